"""Bulk imports from the command line, over the platform's own API, with progress."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.errors import StartRefused

ENDED = {"done", "failed", "cancelled"}


async def access_token(address: str, email: str, password: str) -> str:
    """An access token for an account; StartRefused says why there is none."""
    async with httpx.AsyncClient(base_url=address, timeout=10) as http:
        return await sign_in(http, email, password)


async def sign_in(http: httpx.AsyncClient, email: str, password: str) -> str:
    try:
        answer = await http.post("/v1/session", json={"email": email, "password": password})
    except httpx.HTTPError as error:
        raise StartRefused(f"{http.base_url} does not answer ({type(error).__name__}). Start it with: make up") from error
    if answer.status_code == 401:
        mend = "Set COMITY_DATA to the data folder of that platform: it keeps the passwords."
        raise StartRefused(f"{email} cannot sign in at {http.base_url} with the password that is kept here. {mend}")
    if answer.status_code != 201:
        raise StartRefused(f"{email} cannot sign in at {http.base_url}: {_reason(answer)}")
    return str(answer.json()["access_token"])


def _reason(answer: httpx.Response) -> str:
    """What a refusal says about itself, which need not come from a platform at all."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    said = " ".join(filter(None, (problem.get("title"), problem.get("detail")))) if isinstance(problem, dict) else ""
    return said or f"it answers {answer.status_code}."


async def import_file(address: str, file: Path, *, email: str, password: str, preset: str = "actors", dry_run: bool = False) -> int:
    """Import a file and print what came of it; the exit code."""
    console = Console()
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        http.headers["Authorization"] = f"Bearer {await sign_in(http, email, password)}"
        ended = await run_import(http, await asyncio.to_thread(file.read_bytes), console, preset=preset, dry_run=dry_run, title=f"Importing {file.name}")
        problems = (await http.get(f"/v1/imports/{ended['id']}/problems")).raise_for_status().json()["items"]
    for problem in problems:
        console.print(_told(problem), style="red", highlight=False, markup=False, soft_wrap=True)
    console.print(_outcome(ended), highlight=False, markup=False, soft_wrap=True)
    return 0 if ended["state"] == "done" else 1


def _kind(content: bytes) -> str:
    """The Content-Type of a file, by how it begins: a ZIP archive, an object, or else a table."""
    if content.startswith(b"PK"):
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    if content.lstrip().startswith(b"{"):
        return "application/x-ndjson"
    titles = content.partition(b"\n")[0]
    return "text/tab-separated-values" if b"\t" in titles and b"," not in titles else "text/csv"


def _told(problem: dict[str, Any]) -> str:
    where = f"line {problem['line']}" + (f", {problem['column']}" if problem["column"] else "")
    value = f" {problem['value']!r}" if problem["value"] is not None else ""
    return f"{where}:{value} {problem['message']}. {problem['remedy']}"


def _outcome(ended: dict[str, Any]) -> str:
    if ended["state"] != "done":
        return f"{ended['state'].capitalize()}: {ended['failure'] or 'nothing was applied.'}"
    counts = ", ".join(f"{count:,} {kind}" for kind, count in ended["rows_applied"].items())
    done = f"A dry run, nothing was applied. It would be: {counts}." if ended["validate_only"] else f"Done: {counts}."
    left = ended.get("suggestions")
    return f"{done} Left to people: {left:,}, at /v1/imports/{ended['id']}/suggestions." if left else done


async def run_import(
    http: httpx.AsyncClient,
    content: bytes,
    console: Console,
    *,
    preset: str = "actors",
    dry_run: bool = False,
    title: str = "Importing",
) -> dict[str, Any]:
    """Send a file and follow its status to the end; the last status."""
    parameters = {"preset": preset, **({"validate_only": "true"} if dry_run else {})}
    key = hashlib.sha256(content + str(parameters).encode()).hexdigest()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"{title}: uploading", total=content.count(b"\n"))
        answer = await http.post("/v1/imports", params=parameters, content=content, headers={"Content-Type": _kind(content), "Idempotency-Key": key})
        if answer.status_code != 202:
            raise StartRefused(f"The import was refused: {_reason(answer)}")
        status: dict[str, Any] = answer.json()
        while status["state"] not in ENDED:
            progress.update(task, description=f"{title}: {status['state']}", total=status["rows_total"], completed=status["rows_read"])
            await asyncio.sleep(0.1)
            status = (await http.get(f"/v1/imports/{status['id']}")).raise_for_status().json()
    return status
