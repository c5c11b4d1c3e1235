"""A release to 100,000 seats through the gateway in one process, against a bare INSERT … SELECT of the very rows it wrote.

The directory is made up in SQL, in a database of its own. The bare rows go into a table of the same columns, checks and indexes that has grown by the
same rows in every round before; and, as a floor that no ledger with lists reaches, into one of the three key columns alone.
"""

import contextlib
import resource
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url

from bench.calls import bearer, call
from bench.results import Result
from deploy import stack
from deploy.credentials import Credentials
from deploy.databases import ensure_databases
from deploy.platform import MIGRATIONS
from deploy.seed import cast
from shared import migrate

SEATS = 100_000
FEW = 1_000
APART = 9  # metres from one government to the next, so that a distance is a number of seats
ROUNDS = 5
ACKNOWLEDGEMENTS = 40
NOT_COUNTED = ("BEGIN", "COMMIT", "ROLLBACK")
DIRECTORY = f"""
    INSERT INTO directory_actors (id, kind, status, name, names, country, subdivision, population, border_m, position)
    SELECT md5('actor' || n)::uuid, CASE WHEN n % 3 = 0 THEN 'county' ELSE 'municipality' END, 'active', 'Government ' || n,
           jsonb_build_object('en', 'Government ' || n), 'US', 'US-CA', n, jsonb_build_object('MX', n * {APART}), n
    FROM generate_series(1, {SEATS}) AS n;
    INSERT INTO directory_seats (id, actor_id, role, title, status, position)
    SELECT md5('seat' || n)::uuid, md5('actor' || n)::uuid, 'chief_executive', 'Head of Government ' || n, 'active', n
    FROM generate_series(1, {SEATS}) AS n;
    ANALYZE directory_actors, directory_seats;
    CREATE TABLE bare_deliveries (LIKE deliveries INCLUDING ALL);
    CREATE TABLE narrow_deliveries (release_id uuid, seat_id uuid, channel text, PRIMARY KEY (release_id, seat_id, channel));
    CREATE UNLOGGED TABLE source_rows (LIKE deliveries);
"""
ONE_SEAT = """
    WITH of AS (INSERT INTO directory_actors VALUES ($1, 'agency', 'active', 'One', '{}', NULL, NULL, NULL, NULL, NULL, NULL, '{}', 1) RETURNING id)
    INSERT INTO directory_seats SELECT $2, id, 'clerk', 'One', 'active', 1 FROM of
"""


@dataclass(frozen=True)
class Bench:
    """What is measured: the platform, a connection beside it, and whoever asks."""

    assembled: stack.Stack
    connection: asyncpg.Connection
    people: Mapping[str, dict[str, str]]


async def measure(urls: Mapping[str, str], credentials: Credentials) -> list[Result]:
    """Releases and acknowledgements, in this process, without sockets."""
    async with _running(urls, credentials) as bench:
        return [*await _releases(bench), await _acknowledgements(bench)]


@contextlib.asynccontextmanager
async def _running(urls: Mapping[str, str], credentials: Credentials) -> AsyncIterator[Bench]:
    await ensure_databases(urls["briefings"], ["comity_bench_release"])
    fresh = make_url(urls["briefings"]).set(database="comity_bench_release").render_as_string(hide_password=False)
    await migrate.upgrade(MIGRATIONS["briefings"], fresh)
    assembled = stack.assemble({**urls, "briefings": fresh})
    connection = await asyncpg.connect(fresh.replace("+asyncpg", ""), server_settings={"jit": "off"})
    async with assembled.app.own.router.lifespan_context(assembled.app.own):
        people = {who: await bearer(assembled.app, who, credentials) for who in ("san-diego", "author", "releaser")}
        await connection.execute(DIRECTORY)
        yield Bench(assembled, connection, people)
        await connection.close()
        await assembled.http.aclose()
        await assembled.gateway_database.dispose()


async def _releases(bench: Bench) -> list[Result]:
    statements: dict[int, int] = {}
    peaks: dict[int, int] = {}
    wide, narrow, rates = [], [], []
    for seats in (FEW, *[SEATS] * ROUNDS):
        before = _peak(forget=True)
        taken, statements[seats], release = await _release_once(bench, seats)
        peaks[seats] = max(peaks.get(seats, 0), _peak() - before)
        if release["recipients"] != seats:
            raise RuntimeError(f"{seats} seats were meant, {release['recipients']} received it")
        bare, floor = await _bare(bench.connection, UUID(release["id"]))
        if seats == SEATS:
            wide.append(bare / taken)
            narrow.append(floor / taken)
            rates.append(seats / taken)
    if len(set(statements.values())) != 1:
        raise RuntimeError(f"a release takes a fixed number of statements, but: {statements}")
    grown = f"peak memory +{peaks[FEW]:,} kB for {FEW:,}, +{peaks[SEATS]:,} kB for {SEATS:,}"
    said = f"{statistics.median(rates):,.0f} seats/s, {statements[SEATS]} statements, {grown}"
    return [
        Result(f"a release to {SEATS:,} seats, through the gateway", "INSERT … SELECT of the same rows, same indexes", statistics.median(wide), 0.6, said),
        Result("the same", "INSERT … SELECT of its keys alone, no other column or index", statistics.median(narrow)),
    ]


def _peak(*, forget: bool = False) -> int:
    """The most memory this process has had, in kilobytes, since it was told to forget; where a system cannot forget, since it started."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # macOS counts bytes
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    return int(status.read_text().partition("VmHWM:")[2].split()[0])


async def _bare(connection: asyncpg.Connection, release_id: UUID) -> tuple[float, float]:
    """Seconds for the rows of this release: whole and by their keys alone."""
    await connection.execute("TRUNCATE source_rows")
    await connection.execute("INSERT INTO source_rows SELECT * FROM deliveries WHERE release_id = $1", release_id)
    started = time.perf_counter()
    await connection.execute("INSERT INTO bare_deliveries SELECT * FROM source_rows")
    whole = time.perf_counter()
    await connection.execute("INSERT INTO narrow_deliveries SELECT release_id, seat_id, channel FROM source_rows")
    return whole - started, time.perf_counter() - whole


async def _release_once(bench: Bench, seats: int, *, named: list[str] | None = None) -> tuple[float, int, Any]:
    """Seconds and statements of the release alone, and its answer."""
    clauses: list[dict[str, Any]] = [
        {"op": "compare", "fact": "role", "is": "eq", "value": "chief_executive"},
        {"op": "one_of", "fact": "kind", "values": ["county", "municipality"]},
        {"op": "within", "place": "US"},
        {"op": "near", "country": "MX", "within_m": seats * APART},
    ]
    audience = {"seats": named} if named else {"predicate": {"op": "all", "of": clauses}}
    part = {"heading": "Bench", "body": "Bench", "language": "en", "marking": "TLP:GREEN"}
    body = {"title": "Bench", "summary": "Bench", "type": "bulletin", "status": "Test", "parts": [part], "audience": audience}
    body["expires_at"] = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    status, made, headers = await call(bench.assembled.app, "POST", "/v1/briefings", body, bench.people["author"])
    if status != 201:
        raise RuntimeError(f"the draft was refused: {made}")
    decision = {**bench.people["releaser"], "If-Match": headers["etag"]}
    with _counted(bench) as sent:
        started = time.perf_counter()
        status, release, _ = await call(bench.assembled.app, "POST", f"/v1/briefings/{made['id']}/releases", {"unknown": "leave_out"}, decision)
        taken = time.perf_counter() - started
    if status != 201:
        raise RuntimeError(f"the release was refused: {release}")
    return taken, len(sent), release


@contextlib.contextmanager
def _counted(bench: Bench) -> Iterator[list[str]]:
    """The statements that the service sends meanwhile."""
    sent: list[str] = []
    engine = bench.assembled.services["briefings"].state.database.engine.sync_engine

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)


async def _acknowledgements(bench: Bench) -> Result:
    """One by one for one seat, each its own request, in a ledger of half a million rows."""
    app, asks = bench.assembled.app, bench.people["san-diego"]
    _, found, _ = await call(app, "GET", f"/v1/actors?identifier={cast.SAN_DIEGO}", None, {})
    actor = found["items"][0]["id"]
    _, found, _ = await call(app, "GET", f"/v1/seats?actor={actor}&role=chief_executive", None, {})
    seat = found["items"][0]["id"]
    await bench.connection.execute(ONE_SEAT, UUID(actor), UUID(seat))
    for _ in range(ACKNOWLEDGEMENTS):
        await _release_once(bench, 1, named=[seat])
    _, inbox, _ = await call(app, "GET", f"/v1/inbox?limit={ACKNOWLEDGEMENTS}", None, asks)
    await bench.connection.execute("INSERT INTO bare_deliveries SELECT * FROM deliveries WHERE seat_id = $1", UUID(seat))
    ours, bare = [], []
    for item in inbox["items"]:
        started = time.perf_counter()
        status, _, _ = await call(app, "POST", f"/v1/inbox/{item['id']}/acknowledgements", {}, asks)
        ours.append(time.perf_counter() - started)
        if status != 200:
            raise RuntimeError(f"the acknowledgement was refused: {status}")
        started = time.perf_counter()
        await bench.connection.execute("UPDATE bare_deliveries SET acknowledged_at = now(), acknowledged_by = 'bench' WHERE id = $1", UUID(item["id"]))
        bare.append(time.perf_counter() - started)
    rate = f"{1 / statistics.median(ours):,.0f} a second, one after the other, each with its event"
    return Result("an acknowledgement through the gateway", "a bare UPDATE of the row", statistics.median(bare) / statistics.median(ours), None, rate)
