"""Writes against the same rows written bare: one agreement, and a release to about a thousand seats."""

import asyncio
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import event

from bench import copies
from bench.calls import call
from bench.results import Result
from deploy import stack
from deploy.credentials import Credentials
from deploy.seed import cast

WRITES = 60
RELEASES = 7
SEATS = 1_000
NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK")


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
    """Both writes, in this process, without sockets."""
    assembled = stack.assemble(urls)
    async with assembled.app.own.router.lifespan_context(assembled.app.own):
        people = {who: await _bearer(assembled.app, who, credentials) for who in ("san-diego", "author", "releaser")}
        found = [await _agreement(assembled, urls, people), *await _releases(assembled, urls, people)]
        await assembled.http.aclose()
        await assembled.gateway_database.dispose()
    return found


async def _bearer(app: Any, who: str, credentials: Credentials) -> dict[str, str]:
    email = f"{who}@comity.example"
    _, session, _ = await call(app, "POST", "/v1/session", {"email": email, "password": credentials.password(email)}, {})
    return {"Authorization": f"Bearer {session['access_token']}"}


async def _agreement(assembled: stack.Stack, urls: Mapping[str, str], people: Mapping[str, dict[str, str]]) -> Result:
    parties = []
    for identifier in (cast.SAN_DIEGO, cast.TIJUANA):
        _, page, _ = await call(assembled.app, "GET", f"/v1/actors?identifier={identifier}", None, {})
        parties.append({"actor_id": page["items"][0]["id"]})
    body = {"titles": {"en": "Bench"}, "kind": "mou", "topics": ["water_pollution"], "parties": parties}
    connection = await asyncpg.connect(urls["agreements"].replace("+asyncpg", ""))
    ours, bare, rows = [], [], 0
    for _ in range(WRITES):
        started = time.perf_counter()
        status, made, _ = await call(assembled.app, "POST", "/v1/agreements", body, people["san-diego"])
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


async def _releases(assembled: stack.Stack, urls: Mapping[str, str], people: Mapping[str, dict[str, str]]) -> list[Result]:
    connection = await asyncpg.connect(urls["briefings"].replace("+asyncpg", ""))
    states = await _states_with(connection, SEATS)
    counts: dict[int, int] = {}
    ours, bare, seats = [], [], 0
    for chosen in [states[:1], *[states] * RELEASES]:
        taken, statements, release = await _release_once(assembled, people, chosen)
        counts[release["recipients"]] = statements
        if chosen is states[:1]:
            continue
        seats = release["recipients"]
        ours.append(taken)
        bare.append(await _copy_deliveries(connection, release["id"]))
    await connection.close()
    said = ", ".join(f"{statements} statements for {recipients} seats" for recipients, statements in sorted(counts.items()))
    if len(set(counts.values())) != 1:
        raise RuntimeError(f"a release takes a fixed number of statements, but: {said}")
    return [Result(f"a release to {seats:,} seats", "INSERT … SELECT of the same rows", statistics.median(bare) / statistics.median(ours), None, said)]


async def _states_with(connection: asyncpg.Connection, seats: int) -> list[str]:
    """States of the US whose counties together have about this many chief executives."""
    rows = await connection.fetch("SELECT subdivision, count(*) AS n FROM directory_actors WHERE kind = 'county' AND country = 'US' GROUP BY 1 ORDER BY 2, 1")
    chosen, total = [], 0
    for row in rows:
        if total + row["n"] <= seats:
            chosen.append(row["subdivision"])
            total += row["n"]
    return chosen


async def _release_once(assembled: stack.Stack, people: Mapping[str, dict[str, str]], states: list[str]) -> tuple[float, int, Any]:
    facts = {"role": ["chief_executive"], "kind": ["county"], "subdivision": states}
    predicate = {"op": "all", "of": [{"op": "one_of", "fact": fact, "values": values} for fact, values in facts.items()]}
    part = {"heading": "Bench", "body": "Bench", "language": "en", "marking": "TLP:GREEN"}
    body = {"title": "Bench", "summary": "Bench", "type": "bulletin", "status": "Test", "parts": [part], "audience": {"predicate": predicate}}
    body["expires_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    status, made, headers = await call(assembled.app, "POST", "/v1/briefings", body, people["author"])
    if status != 201:
        raise RuntimeError(f"the draft was refused: {made}")
    sent: list[str] = []
    engine = assembled.services["briefings"].state.database.engine.sync_engine

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", on_statement)
    started = time.perf_counter()
    decision = {"unknown": "leave_out"}
    status, release, _ = await call(
        assembled.app, "POST", f"/v1/briefings/{made['id']}/releases", decision, {**people["releaser"], "If-Match": headers["etag"]}
    )
    taken = time.perf_counter() - started
    event.remove(engine, "before_cursor_execute", on_statement)
    if status != 201:
        raise RuntimeError(f"the release was refused: {release}")
    return taken, len(sent), release


async def _copy_deliveries(connection: asyncpg.Connection, release_id: str) -> float:
    """The same rows by INSERT … SELECT into a table of the same shape and indexes; seconds."""
    await connection.execute("DROP TABLE IF EXISTS bare_deliveries; CREATE TABLE bare_deliveries (LIKE deliveries INCLUDING ALL)")
    await connection.execute("CREATE TEMPORARY TABLE IF NOT EXISTS source_rows (LIKE deliveries); TRUNCATE source_rows")
    await connection.execute("INSERT INTO source_rows SELECT * FROM deliveries WHERE release_id = $1", release_id)
    started = time.perf_counter()
    await connection.execute("INSERT INTO bare_deliveries SELECT * FROM source_rows")
    return time.perf_counter() - started
