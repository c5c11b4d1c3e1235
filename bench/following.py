"""A table of events followed from zero: the relay, the feed page by page, the follower into a database of its own.

BENCH_EVENTS says how many (100,000 unless told). The floor is a bare server-side cursor over the same table in the same run.
"""

import asyncio
import contextlib
import json
import os
import secrets
import statistics
import sys
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import httpx
import orjson
from sqlalchemy import make_url

from bench import history
from bench.results import Result
from bench.servers import server
from deploy.credentials import Credentials
from deploy.databases import ensure_databases
from deploy.platform import MIGRATIONS
from gateway.bootstrap import ensure_client
from shared import directory, migrate
from shared.clients import MachineClient
from shared.database import Database
from shared.follower import Follower
from shared.relay import relay_once

CLIENT = "bench-follower"
SOURCE, COPY = "comity_bench_source", "comity_bench_copy"
MARKS = (0.1, 0.5, 1.0)
Rates = tuple[float, list[float]]  # events a second, and megabytes in memory at each of the marks


async def measure(urls: Mapping[str, str], _credentials: Credentials) -> list[Result]:
    """Ratios to the bare cursor, with the memory of both ends on the way."""
    count = int(os.environ.get("BENCH_EVENTS") or 100_000)
    async with _databases(urls) as (source, copy):
        written = await history.fill(source, count)
        relayed = await _relay(source, count)
        secret = secrets.token_urlsafe(32)
        await _register(urls["gateway"], secret)
        async with server("gateway", {**urls, "registry": source}, ready="/readyz") as port:
            before = await _bare_cursor(source, count)
            read, served_in = await _read(port, secret, count)
            between = await _bare_cursor(source, count)
            applied, kept_in = await _follow(port, copy, secret, count)
            after = await _bare_cursor(source, count)
    what = f"{count:,} events"
    return [
        Result(f"{what} given positions", "the INSERT … SELECT that wrote them", relayed / written, None, f"{relayed:,.0f}/s"),
        _against_the_cursor(f"{what} read from the feed", read, [before, between], f"server {_memory(served_in)}"),
        _against_the_cursor(f"{what} followed into a directory", applied, [between, after], f"follower {_memory(kept_in)}"),
    ]


def _against_the_cursor(what: str, rate: float, bare: list[float], note: str) -> Result:
    """Against the mean of what the cursor took before and after, so that a slow moment of the machine hits both."""
    floor = statistics.harmonic_mean(bare)
    return Result(what, "a bare cursor", rate / floor, None, f"{rate:,.0f}/s of {floor:,.0f}/s; {note}")


def _memory(megabytes: list[float]) -> str:
    return " · ".join(f"{size:.0f}" for size in megabytes) + " MB at " + " · ".join(f"{mark:.0%}" for mark in MARKS)


@contextlib.asynccontextmanager
async def _databases(urls: Mapping[str, str]) -> AsyncIterator[tuple[str, str]]:
    """A registry and a service that follows it, beside the measured ones and gone afterwards."""
    dsn, server_url = urls["registry"].replace("+asyncpg", ""), make_url(urls["registry"])
    made = {part: server_url.set(database=name).render_as_string(hide_password=False) for part, name in (("registry", SOURCE), ("agreements", COPY))}
    await _drop(dsn)
    await ensure_databases(dsn, [SOURCE, COPY])
    try:
        for part, url in made.items():
            await migrate.upgrade(MIGRATIONS[part], url)
        yield made["registry"], made["agreements"]
    finally:
        await _drop(dsn)


async def _drop(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for name in (SOURCE, COPY):
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await connection.close()


async def _register(gateway_url: str, secret: str) -> None:
    database = Database(gateway_url, pool_size=1)
    await ensure_client(database, client_id=CLIENT, name="Bench", roles=["follower"], secret=secret)
    await database.dispose()


async def _relay(source: str, count: int) -> float:
    """The relay as a worker runs it when much has happened at once."""
    database = Database(source, pool_size=1)
    started, done = time.perf_counter(), 0
    while done < count:
        done += await relay_once(database)
    taken = time.perf_counter() - started
    await database.dispose()
    connection = await asyncpg.connect(source.replace("+asyncpg", ""))
    await connection.execute("VACUUM ANALYZE events")
    await connection.close()
    return count / taken


async def _bare_cursor(source: str, count: int) -> float:
    """What the feed gives of every event, fetched as it stands in the table."""
    connection = await asyncpg.connect(source.replace("+asyncpg", ""))
    started, seen = time.perf_counter(), 0
    async with connection.transaction(readonly=True):
        async for _ in connection.cursor(history.COLUMNS, prefetch=1_000):
            seen += 1
    taken = time.perf_counter() - started
    await connection.close()
    if seen != count:
        raise RuntimeError(f"the table holds {seen} events with a position")
    return count / taken


async def _read(port: int, secret: str, count: int) -> Rates:
    """The feed as a follower reads it, over a socket and through the gateway, page after page."""
    memory: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        client = MachineClient(http, CLIENT, secret)
        started, seen, aside = time.perf_counter(), 0, 0.0
        last: dict[str, str] = {}
        while True:
            answer = await client.get("/v1/events/registry", {"limit": 1_000, **last})
            page = orjson.loads(answer.content)
            if not page:
                break
            seen, last = seen + len(page), {"lastEventId": page[-1]["id"]}
            while len(memory) < len(MARKS) and seen >= count * MARKS[len(memory)]:
                paused = time.perf_counter()
                memory.append(await _resident(http))
                aside += time.perf_counter() - paused
        taken = time.perf_counter() - started - aside
    if seen != count:
        raise RuntimeError(f"the feed gave {seen} events")
    return count / taken, memory


async def _resident(http: httpx.AsyncClient) -> float:
    """Megabytes in memory, as the server's own figures say; 0 where the system does not tell."""
    for line in (await http.get("/metrics")).text.splitlines():
        if line.startswith("process_resident_memory_bytes "):
            return float(line.split()[1]) / 1e6
    return 0.0


async def _follow(port: int, copy: str, secret: str, count: int) -> Rates:
    told = {"port": port, "copy": copy, "secret": secret, "count": count}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.following", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate(json.dumps(told).encode())
    if process.returncode:
        raise RuntimeError("the follower failed")
    found = json.loads(out)
    return found["rate"], found["memory"]


async def _followed(told: dict[str, Any]) -> dict[str, Any]:
    """A follower as a worker runs it, in this process, until the last event is applied."""
    database = Database(told["copy"], pool_size=2)
    memory: list[float] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{told['port']}") as http:
        client = MachineClient(http, CLIENT, told["secret"])
        started = time.perf_counter()
        task = asyncio.create_task(Follower(database, client, "registry", directory.project, directory.clear).forever())
        connection = await database.connect()
        while len(memory) < len(MARKS) and not task.done():
            position = await connection.fetchval("SELECT max(position) FROM followers") or 0
            if position >= told["count"] * MARKS[len(memory)]:
                memory.append(await _own_memory())
            else:
                await asyncio.sleep(0.05)
        taken = time.perf_counter() - started
        await connection.close()
        task.cancel()
        outcome = (await asyncio.gather(task, return_exceptions=True))[0]
    await database.dispose()
    if len(memory) < len(MARKS):
        raise RuntimeError(f"the follower ended: {outcome!r}")
    return {"rate": told["count"] / taken, "memory": memory}


async def _own_memory() -> float:
    process = await asyncio.create_subprocess_exec("ps", "-o", "rss=", "-p", str(os.getpid()), stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return float(out) / 1e3


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_followed(json.load(sys.stdin)))))
