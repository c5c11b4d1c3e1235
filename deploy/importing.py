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
    if answer.status_code != 201 and answer.status_code != 200:
        raise StartRefused(f"{email} cannot sign in at {http.base_url}: {answer.json().get('detail', answer.status_code)}")
    return str(answer.json()["access_token"])


async def import_file(address: str, file: Path, *, email: str, password: str, dry_run: bool) -> int:
    """Import a file and print what came of it; the exit code."""
    console = Console()
    async with httpx.AsyncClient(base_url=address, timeout=60) as http:
        http.headers["Authorization"] = f"Bearer {await sign_in(http, email, password)}"
        ended = await run_import(http, await asyncio.to_thread(file.read_bytes), console, dry_run=dry_run)
        console.print(f"{ended['state']}: {ended['counts']}")
        if ended["state"] != "failed":
            return 0
        problems = (await http.get(f"/v1/imports/{ended['id']}/problems")).json()["items"]
    for problem in problems:
        console.print(f"line {problem['line']}, {problem['column']}: {problem['message']}", style="red", highlight=False, soft_wrap=True)
    return 1


async def run_import(http: httpx.AsyncClient, content: bytes, console: Console, *, dry_run: bool = False, title: str = "Importing actors") -> dict[str, Any]:
    """Send a CSV file and follow its status to the end; the last status."""
    parameters = {"preset": "actors", **({"validate_only": "true"} if dry_run else {})}
    key = hashlib.sha256(content + str(parameters).encode()).hexdigest()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(f"{title}: uploading", total=content.count(b"\n"))
        answer = await http.post("/v1/imports", params=parameters, content=content, headers={"Content-Type": "text/csv", "Idempotency-Key": key})
        if answer.status_code != 202:
            raise StartRefused(f"The import was refused: {answer.text}")
        status: dict[str, Any] = answer.json()
        while status["state"] not in ENDED:
            progress.update(task, description=f"{title}: {status['state']}", total=status["rows_total"], completed=status["rows_read"])
            await asyncio.sleep(0.1)
            status = (await http.get(f"/v1/imports/{status['id']}")).raise_for_status().json()
    return status
