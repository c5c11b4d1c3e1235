"""An import through the gateway, upload to done, against COPY of the rows it wrote into the same tables with the same indexes.

The governments of the folder that COMITY_REAL_DATA names, by their preset; without it, as many made-up counties in our own columns.
"""

import csv
import io
import os
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from sqlalchemy.engine import make_url

from bench.results import Result
from deploy import stack
from deploy.credentials import Credentials
from deploy.databases import ensure_databases
from deploy.importing import sign_in
from deploy.platform import MIGRATIONS
from services.registry.worker import import_once
from shared import migrate

OPERATOR = "operator@comity.example"
MADE_UP = 20_000
PIECE = 65_536
EVERY = 100  # of the rows, one is changed before the file is sent again
# In the order of their foreign keys. A column that the database computes is not copied.
TABLES = ("actors", "actor_names", "actor_identifiers", "actor_parents", "seats", "contact_points", "events")
COLUMNS = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER' ORDER BY ordinal_position
"""


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """Both imports into an empty registry, and the COPY into another."""
    importing, copying = [await _empty(urls["registry"], name) for name in ("comity_bench_import", "comity_bench_copy")]
    preset, content, rows = _file()
    assembled = stack.assemble({**urls, "registry": importing})
    async with assembled.app.own.router.lifespan_context(assembled.app.own):
        transport = httpx.ASGITransport(assembled.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=600) as http:
            http.headers["Authorization"] = f"Bearer {await sign_in(http, OPERATOR, credentials.password(OPERATOR))}"
            database = assembled.services["registry"].state.database
            first = await _import(http, database, preset, content)
            second = await _import(http, database, preset, _changed(content))
        await assembled.http.aclose()
        await assembled.gateway_database.dispose()
    copied, written = await _copy(importing, copying)
    said = f"{rows:,} rows of the file, {written:,} of the tables, {rows / first:,.0f} rows/s"
    return [
        Result("an import through the gateway, upload to done", "COPY of the rows it wrote, same tables", copied / first, 0.25, said),
        Result(f"the same file with 1 in {EVERY} rows changed", "the first import", first / second, None, f"{rows / second:,.0f} rows/s"),
    ]


async def _empty(url: str, name: str) -> str:
    await ensure_databases(url, [name])
    fresh = make_url(url).set(database=name).render_as_string(hide_password=False)
    await migrate.upgrade(MIGRATIONS["registry"], fresh)
    return fresh


def _file() -> tuple[str, bytes, int]:
    """Preset, content and number of rows."""
    real = Path(os.environ.get("COMITY_REAL_DATA", "absent")) / "registry" / "actors_us_mx_ca.csv"
    if real.exists():
        content = real.read_bytes()
        return "actors-us-mx-ca", content, content.count(b"\n") - 1
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    titles = ["key_scheme", "key_value", "kind", "preferred_language", "name:en", "name:es", "id:gnis", "parent_scheme", "parent_value"]
    writer.writerow([*titles, "country", "subdivision", "lat", "lon", "population", "source", "licence"])
    writer.writerow(["bench", "0", "nation", "en", "Nation", "", "0", "", "", "US", "", "", "", "330000000", "made up", "none"])
    for number in range(1, MADE_UP):
        names = (f"County {number}", f"Condado {number}", str(number))
        place = ("US", "US-CA", f"{number % 90}.5", f"-{number % 180}.25", str(number))
        writer.writerow(["bench", number, "county", "en", *names, "bench", "0", *place, "made up", "none"])
    return "actors", file.getvalue().encode(), MADE_UP


def _changed(content: bytes) -> bytes:
    """The file with another population in every so-manieth row."""
    titles, *records = csv.reader(io.StringIO(content.decode(), newline=""))
    at = titles.index("population")
    for record in records[::EVERY]:
        record[at] = str(int(record[at] or 0) + 1)
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows([titles, *records])
    return file.getvalue().encode()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


async def _import(http: httpx.AsyncClient, database: Any, preset: str, content: bytes) -> float:
    """Seconds from the first byte of the upload to the end of the import."""
    started = time.perf_counter()
    answer = await http.post("/v1/imports", params={"preset": preset}, content=_pieces(content), headers={"Content-Type": "text/csv"})
    while await import_once(database):
        pass
    taken = time.perf_counter() - started
    status = (await http.get(answer.headers["location"])).raise_for_status().json()
    if status["state"] != "done":
        raise RuntimeError(f"the import was not done: {status}")
    return taken


async def _copy(source: str, target: str) -> tuple[float, int]:
    """Seconds and rows: what the imports left, one COPY for each table, in one transaction."""
    seconds, written = 0.0, 0
    given, taken = [await asyncpg.connect(url.replace("+asyncpg", "")) for url in (source, target)]
    async with taken.transaction():
        for table in TABLES:
            columns = [row["column_name"] for row in await given.fetch(COLUMNS, table)]
            # The second import's events are no rows of the first.
            wanted = f"SELECT {', '.join(columns)} FROM {table}" + (" WHERE type <> 'actor.changed'" if table == "events" else "")
            held = io.BytesIO()
            written += int((await given.copy_from_query(wanted, output=held, format="binary")).split()[-1])
            held.seek(0)
            started = time.perf_counter()
            await taken.copy_to_table(table, source=held, columns=columns, format="binary")
            seconds += time.perf_counter() - started
    await given.close()
    await taken.close()
    return seconds, written
