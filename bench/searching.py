"""Searches through the registry against the same statement by bare asyncpg, and against the words alone without ranking.

A fixed mix: exact names, beginnings, mistakes, two words, a place beside the name. Over the governments that `bench.importing` has brought
in where COMITY_REAL_DATA names them, else over the sample.
"""

import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import httpx
from sqlalchemy.engine import make_url

from bench.results import Result
from bench.servers import server
from deploy.credentials import Credentials
from services.registry.actors.filters import ActorFilters
from services.registry.actors.repository import Actors
from services.registry.actors.schemas import ActorRead
from shared import repository
from shared.access import Caller
from shared.database import SERVER_SETTINGS, Database
from shared.repository import shape_of
from shared.work import open_work

MIX = (
    "tijuana", "san diego", "el paso", "los angeles",
    "tij", "san", "sa", "mont",
    "tiajuana", "san deigo", "los angelos", "jaurez",
    "santa cruz", "nuevo laredo", "county of san diego", "ciudad juarez",
    "juarez chh", "san diego, california", "tx houston", "el paso us-tx",
)  # fmt: skip
ROUNDS = 15
IMPORTED = "comity_bench_import"  # where bench.importing has put the file
# What is left of a search when nothing is ranked: the names that have the words, fifty of them.
WORDS = """
    SELECT a.id, a.name FROM actor_names AS n JOIN actors AS a ON a.id = n.actor_id
    WHERE n.words @@ to_tsquery('simple', $1) ORDER BY a.sort_name, a.id LIMIT 51
"""
Search = Callable[[str], Awaitable[Any]]


async def measure(urls: Mapping[str, str], _credentials: Credentials) -> list[Result]:
    """Each phrase by each way in turn, so that a slow moment of the machine hits all of them; the 95th percentile of each way."""
    url = make_url(urls["registry"])
    if "COMITY_REAL_DATA" in os.environ:
        url = url.set(database=IMPORTED)
    text = url.render_as_string(hide_password=False)
    prepared = await _prepared(text)
    connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), server_settings=SERVER_SETTINGS)
    try:
        async with server("registry", {**urls, "registry": text}, ready="/readyz") as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            ways: dict[str, Search] = {
                "registry": lambda phrase: _asked(http, phrase),
                "statement": lambda phrase: connection.fetchrow(prepared[phrase][0], *prepared[phrase][1]),
                "words": lambda phrase: connection.fetch(WORDS, " & ".join(f"{word}:*" for word in phrase.replace(",", "").split())),
            }
            found = dict(zip(ways, await _compared(list(ways.values())), strict=True))
            actors = await connection.fetchval("SELECT count(*) FROM actors")
    finally:
        await connection.close()
    said = f"p95 {found['registry'] * 1000:.0f} ms over {actors:,} actors"
    return [
        Result("a search through the registry, p95", "its statement by bare asyncpg", found["statement"] / found["registry"], 0.5, said),
        Result("the same", "the words alone, unranked", found["words"] / found["registry"]),
    ]


async def _compared(ways: list[Search]) -> list[float]:
    took: list[list[float]] = [[] for _ in ways]
    for nth in range(ROUNDS + 1):
        for phrase in MIX:
            for way, times in zip(ways, took, strict=True):
                begun = time.perf_counter()
                await way(phrase)
                if nth:  # the first round fills caches
                    times.append(time.perf_counter() - begun)
    return [statistics.quantiles(times, n=20)[-1] for times in took]


async def _asked(http: httpx.AsyncClient, phrase: str) -> None:
    answer = await http.get("/v1/actors", params={"q": phrase})
    if answer.status_code != 200 or not json.loads(answer.content)["items"]:
        raise RuntimeError(f"{phrase}: {answer.text[:500]}")


async def _prepared(url: str) -> dict[str, tuple[str, list[Any]]]:
    """The statement of each phrase's list and its arguments."""
    database = Database(url)
    found: dict[str, tuple[str, list[Any]]] = {}
    listing: Any = repository._listing
    for phrase in MIX:
        filters = ActorFilters(q=phrase)
        async with open_work(database, Caller(), read_only=True) as work:
            values = {**Actors(work).values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
        statement = listing(Actors, ActorRead, ActorFilters, shape_of(filters), frozenset())
        found[phrase] = (statement.text, statement.arguments(values))
    await database.dispose()
    return found
