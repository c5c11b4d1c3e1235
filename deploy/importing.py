"""Bulk imports from the command line, over the platform's own API, with progress."""

import asyncio
import contextlib
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.errors import StartRefused
from deploy.words import say
from shared.ids import new_id
from shared.languages import Language

ENDED = {"done", "failed", "cancelled"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GZIP = b"\x1f\x8b"
UPLOADS = 3
BEGINNING = 65_536  # bytes, of which the first line tells what a file is


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


@dataclass(frozen=True)
class Wanted:
    """What is to be done with a file: the parameters of POST /v1/imports, those that are not given left out."""

    preset: str = "actors"
    source: str | None = None
    retire: bool = False
    retire_at_most: int | None = None
    sheet: str | None = None
    validate_only: bool = False

    def parameters(self) -> dict[str, str]:
        return {name: "true" if value is True else str(value) for name, value in asdict(self).items() if value not in (None, False)}


@dataclass(frozen=True)
class Account:
    """Who imports, and in which language they read."""

    email: str
    password: str
    language: Language = "en"


async def import_file(address: str, file: Path, account: Account, wanted: Wanted) -> int:
    """Import a file and print what came of it; the exit code. StartRefused says why nothing was tried."""
    console, language = Console(), account.language
    content = await asyncio.to_thread(file.read_bytes)
    if wanted.sheet is not None and _headers(content)["Content-Type"] != XLSX:
        raise StartRefused(say(language, "no_workbook", name=file.name))
    async with httpx.AsyncClient(base_url=address, timeout=60, headers={"Accept-Language": language}) as http:
        http.headers["Authorization"] = f"Bearer {await sign_in(http, account.email, account.password)}"
        ended = await run_import(http, content, console, wanted, title=say(language, "importing", name=file.name), language=language)
        problems = (await http.get(f"/v1/imports/{ended['id']}/problems")).raise_for_status().json()["items"]
    for problem in problems:
        console.print(_told(problem, language), style="red", highlight=False, markup=False, soft_wrap=True)
    if (more := ended.get("problems", 0) - len(problems)) > 0:
        console.print(say(language, "more", more=more, id=ended["id"]), style="red", highlight=False, markup=False, soft_wrap=True)
    console.print(_outcome(ended, language), highlight=False, markup=False, soft_wrap=True)
    return 0 if ended["state"] == "done" else 1


def _headers(content: bytes) -> dict[str, str]:
    """What the file is, and whether gzip packed it, by how it begins."""
    if not content.startswith(GZIP):
        return {"Content-Type": _kind(content)}
    with contextlib.suppress(zlib.error):  # what is broken inside, the platform says
        return {"Content-Type": _kind(zlib.decompressobj(wbits=31).decompress(content, BEGINNING)), "Content-Encoding": "gzip"}
    return {"Content-Type": "text/csv", "Content-Encoding": "gzip"}


def _kind(content: bytes) -> str:
    """The Content-Type of a file, by how it begins: a ZIP archive, an object, or else a table."""
    if content.startswith(b"PK"):
        return XLSX
    if content.lstrip().startswith(b"{"):
        return "application/x-ndjson"
    titles = content.partition(b"\n")[0]
    return "text/tab-separated-values" if b"\t" in titles and b"," not in titles else "text/csv"


def _told(problem: dict[str, Any], language: Language) -> str:
    where = say(language, "cell" if problem["column"] else "line", line=str(problem["line"]), column=problem["column"])
    value = f"{problem['value']!r} " if problem["value"] is not None else ""  # with what a terminal would obey written out
    return say(language, "told", where=where, what=f"{value}{problem['message']}", remedy=problem["remedy"])


def _outcome(ended: dict[str, Any], language: Language) -> str:
    if ended["state"] != "done":
        return say(language, ended["state"], why=ended["failure"] or say(language, "nothing"))
    counts = ", ".join(say(language, kind, count=count) for kind, count in ended["rows_applied"].items())
    told = [say(language, "dry" if ended["validate_only"] else "done", counts=counts)]
    if ended.get("orphans"):
        told.append(say(language, "gone", orphans=ended["orphans"], retired=ended["retired"], id=ended["id"]))
    if ended.get("suggestions"):
        told.append(say(language, "asked" if ended["validate_only"] else "left", left=ended["suggestions"], id=ended["id"]))
    return " ".join(told)


async def run_import(
    http: httpx.AsyncClient,
    content: bytes,
    console: Console,
    wanted: Wanted = Wanted(),
    *,
    title: str = "Importing",
    language: Language = "en",
) -> dict[str, Any]:
    """Send a file and follow its status to the end; the last status."""
    parameters = wanted.parameters()
    headers = {**_headers(content), "Idempotency-Key": str(new_id())}  # an upload that breaks off is sent again, and is the same
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(say(language, "uploading", title=title), total=content.count(b"\n"))
        for attempt in range(1, UPLOADS + 1):
            try:
                answer = await http.post("/v1/imports", params=parameters, content=content, headers=headers)
                break
            except httpx.TransportError as error:
                if attempt == UPLOADS:
                    raise StartRefused(say(language, "refused", why=f"{http.base_url}: {type(error).__name__}")) from error
        if answer.status_code != 202:
            raise StartRefused(say(language, "refused", why=_reason(answer)))
        status: dict[str, Any] = answer.json()
        while status["state"] not in ENDED:
            progress.update(task, description=say(language, status["state"], title=title), total=status["rows_total"], completed=status["rows_read"])
            await asyncio.sleep(0.1)
            status = (await http.get(f"/v1/imports/{status['id']}")).raise_for_status().json()
    return status
