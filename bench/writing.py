"""A write against the same rows written bare: one agreement."""

import asyncio
import statistics
import time
from collections.abc import Mapping

import asyncpg

from bench import copies
from bench.calls import bearer, call
from bench.results import Result
from deploy import stack
from deploy.credentials import Credentials
from deploy.seed import cast

WRITES = 60


async def directories_filled(urls: Mapping[str, str]) -> None:
    """Wait until agreements and briefings know every actor of the registry."""
    registry, *others = [await asyncpg.connect(urls[name].replace("+asyncpg", "")) for name in ("registry", "agreements", "briefings")]
    wanted = await registry.fetchval("SELECT count(*) FROM actors")
    for connection in others:
        for _ in range(3_000):
            if await connection.fetchval("SELECT count(*) FROM directory_actors") >= wanted:
                break
            await asyncio.sleep(0.1)
    for connection in (registry, *others):
        await connection.close()


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """In this process, without sockets."""
    assembled = stack.assemble(urls)
    async with assembled.app.own.router.lifespan_context(assembled.app.own):
        found = [await _agreement(assembled, urls, await bearer(assembled.app, "san-diego", credentials))]
        await assembled.http.aclose()
        await assembled.gateway_database.dispose()
    return found


async def _agreement(assembled: stack.Stack, urls: Mapping[str, str], proposer: dict[str, str]) -> Result:
    parties = []
    for identifier in (cast.SAN_DIEGO, cast.TIJUANA):
        _, page, _ = await call(assembled.app, "GET", f"/v1/actors?identifier={identifier}", None, {})
        parties.append({"actor_id": page["items"][0]["id"]})
    body = {"titles": {"en": "Bench"}, "kind": "mou", "topics": ["water_pollution"], "parties": parties}
    connection = await asyncpg.connect(urls["agreements"].replace("+asyncpg", ""))
    ours, bare, rows = [], [], 0
    for _ in range(WRITES):
        started = time.perf_counter()
        status, made, _ = await call(assembled.app, "POST", "/v1/agreements", body, proposer)
        ours.append(time.perf_counter() - started)
        if status != 201:
            raise RuntimeError(f"the agreement was refused: {made}")
        captured = await copies.capture(connection, made["id"])
        rows = len(captured)
        started = time.perf_counter()
        await copies.insert(connection, captured)
        bare.append(time.perf_counter() - started)
    await connection.close()
    ratio = statistics.median(bare) / statistics.median(ours)
    return Result("one agreement proposed, through the gateway", f"its {rows} rows, one bare transaction", ratio, None, f"{rows} rows")
