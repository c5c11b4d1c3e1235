"""Matches through the registry, in batches and one by one, against the bare candidate query with rapidfuzz and nothing else.

Names of the registry's own actors, every third with a letter left out. Over the governments that `bench.importing` has brought in where
COMITY_REAL_DATA names them, else over the sample. One process answers, so a rate is that of a core. For comparison, yente's documentation
states about 4 to 30 matches a second for a core.
"""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import httpx
from rapidfuzz import fuzz
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.engine import make_url

from bench.results import Result
from bench.searching import IMPORTED
from bench.servers import server
from deploy.credentials import Credentials
from services.registry.actors.words import folded
from services.registry.matches.candidates import CANDIDATES, values_of
from services.registry.matches.schemas import MOST_EXAMPLES, Example
from shared.database import SERVER_SETTINGS

ROUNDS = 6
SINGLES = 60
NAMES = "SELECT name, country, CURRENT_DATE AS today FROM actors WHERE kind IN ('county', 'municipality', 'state') ORDER BY hashtext(name), id LIMIT $1"
Way = Callable[[list[dict[str, Any]]], Awaitable[int]]


async def measure(urls: Mapping[str, str], _credentials: Credentials) -> list[Result]:
    """Both ways in turn, so that a slow moment of the machine hits both."""
    url = make_url(urls["registry"])
    if "COMITY_REAL_DATA" in os.environ:
        url = url.set(database=IMPORTED)
    text = url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), server_settings=SERVER_SETTINGS)
    try:
        rows = await connection.fetch(NAMES, MOST_EXAMPLES)
        examples = [_example(nth, row["name"], row["country"]) for nth, row in enumerate(rows)]
        count = await connection.fetchval("SELECT count(*) FROM actors")
        bare = _bare(connection, rows[0]["today"])
        async with server("registry", {**urls, "registry": text}, ready="/readyz") as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            batches = await _compared([_asked(http), bare], [examples] * ROUNDS)
            singles = await _compared([_asked(http), bare], [[example] for example in (examples * SINGLES)[:SINGLES]])
    finally:
        await connection.close()
    against = "the bare query and rapidfuzz"
    said = f"{batches[0]:,.0f}/s over {count:,} actors; yente states 4 to 30"
    return [
        Result(f"matches in batches of {len(examples)}", against, batches[0] / batches[1], 0.4, said),
        Result("matches one by one", against, singles[0] / singles[1], 0.2, f"{singles[0]:,.0f}/s, one client"),
    ]


def _example(nth: int, name: str, country: str | None) -> dict[str, Any]:
    mistyped = name[:3] + name[4:] if nth % 3 == 0 and len(name) > 6 else name
    return {"name": mistyped, **({"country": country} if country else {})}


async def _compared(ways: list[Way], batches: list[list[dict[str, Any]]]) -> list[float]:
    """Examples a second by each way; the first round fills caches."""
    took, done = [0.0] * len(ways), 0
    for nth, batch in enumerate([batches[0], *batches]):
        for at, way in enumerate(ways):
            begun = time.perf_counter()
            if await way(batch) != len(batch):
                raise RuntimeError("an example was not answered")
            took[at] += time.perf_counter() - begun if nth else 0.0
        done += len(batch) if nth else 0
    return [done / seconds for seconds in took]


def _asked(http: httpx.AsyncClient) -> Way:
    async def ask(batch: list[dict[str, Any]]) -> int:
        answer = (await http.post("/v1/actors/match", json={"examples": batch})).raise_for_status()
        return sum(bool(result["candidates"]) for result in answer.json()["results"])

    return ask


def _bare(connection: Any, today: Any) -> Way:
    """The same statement, and of each example the candidate with the best ratio of any of its names."""
    compiled = CANDIDATES.compile(dialect=dialect())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves the constructor untyped
    statement, names = str(compiled), list(compiled.positiontup or ())

    async def ask(batch: list[dict[str, Any]]) -> int:
        values = {**values_of([Example(**example) for example in batch]), "today": today}
        asked = [folded(example["name"]) for example in batch]
        best: dict[int, tuple[float, Any]] = {}
        for row in await connection.fetch(statement, *(values[name] for name in names)):
            found = max(fuzz.ratio(asked[row["nth"]], name) for name in row["folded"])
            best[row["nth"]] = max(best.get(row["nth"], (0.0, row["id"])), (found, row["id"]))
        return len(best)

    return ask
