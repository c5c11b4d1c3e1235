"""Histories among many events: a page and a state cost what is in them, by the index of the record's own events."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from services.registry.history.repository import AllChanges, Changes
from services.registry.history.schemas import ChangeRead, HistoryOf
from services.registry.history.states import STATE
from shared import repository
from shared.access import Caller
from shared.reading import Statement
from shared.repository import shape_of
from shared.work import open_work
from tests.support.database import Templates
from tests.support.registry import LiveRegistry, live_registry

pytestmark = pytest.mark.live
BUSY = "01890000-0000-7000-8000-000000000001"
EVENTS = """
    INSERT INTO events (id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, request_id, before, after)
    SELECT gen_random_uuid(), 'actor', of, 'actor.changed', now(), state, state, 'public', '{}', '-', '-', '{"population": 0}', state
    FROM (
        SELECT CASE WHEN n % 200 = 0 THEN CAST(:busy AS text) ELSE CAST(gen_random_uuid() AS text) END AS of, jsonb_build_object('population', n) AS state
        FROM generate_series(1, 60000) AS n
    ) AS made
"""


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        async with registry.database.engine.begin() as connection:
            await connection.execute(text(EVENTS), {"busy": BUSY})
        async with registry.database.engine.begin() as connection:
            await connection.execute(text("ANALYZE events"))
        yield registry


async def scans(live: LiveRegistry, statement: Statement, values: dict[str, Any], mode: str) -> list[dict[str, Any]]:
    """How the statement reads its tables, and how many rows each time, as the driver would prepare it."""
    connection: asyncpg.Connection = await live.database.connect()
    try:
        await connection.execute(f"SET plan_cache_mode = {mode}")
        given = zip((await connection.prepare(statement.text)).get_parameters(), statement.arguments(values), strict=True)
        literals = [await connection.fetchval(f"SELECT quote_nullable(CAST(CAST($1 AS {kind.name}) AS text))", value) for kind, value in given]
        await connection.execute(f"PREPARE asked AS {statement.text}")
        explained = await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({', '.join(literals)})")
        return list(_events(json.loads(explained)[0]["Plan"]))
    finally:
        await connection.close()


def _events(node: dict[str, Any]) -> list[dict[str, Any]]:
    own = [node] if node.get("Relation Name") == "events" or node.get("Index Name") == "ix_events_aggregate" else []
    return own + [scan for child in node.get("Plans", ()) for scan in _events(child)]


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("reader", [Changes, AllChanges], ids=["public", "auditor"])
async def test_a_page_walks_along_the_records_own_events(live: LiveRegistry, mode: str, reader: Any) -> None:
    filters = HistoryOf(aggregatetype="actor", aggregateid=BUSY)
    scopes = frozenset({"events:audit"}) if reader is AllChanges else frozenset()
    async with open_work(live.database, Caller(scopes=scopes), read_only=True) as work:
        values = {**reader(work).values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
    listing: Any = repository._listing
    found = await scans(live, listing(reader, ChangeRead, HistoryOf, shape_of(filters), scopes), values, mode)
    assert found
    assert {scan["Node Type"] for scan in found} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}
    assert {scan["Index Name"] for scan in found if "Index Name" in scan} == {"ix_events_aggregate"}
    assert max(scan["Actual Rows"] for scan in found) <= 60, "a page, and none beside"


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_what_happened_to_those_merged_is_found_by_their_ids(live: LiveRegistry, mode: str) -> None:
    other = (await live.rows("SELECT aggregateid FROM events WHERE aggregateid <> :busy LIMIT 1", busy=BUSY))[0].aggregateid
    filters = HistoryOf(aggregatetype="actor", known_as=BUSY, family=[BUSY, other])
    async with open_work(live.database, Caller(), read_only=True) as work:
        values = {**Changes(work).values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
    listing: Any = repository._listing
    found = await scans(live, listing(Changes, ChangeRead, HistoryOf, shape_of(filters), frozenset()), values, mode)
    assert {scan["Index Name"] for scan in found if "Index Name" in scan} == {"ix_events_aggregate"}
    assert "Seq Scan" not in {scan["Node Type"] for scan in found}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_a_state_reads_the_records_own_events(live: LiveRegistry, mode: str) -> None:
    values: dict[str, Any] = {"kind": "actor", "ids": [BUSY], "at": None, "event": None, "sees_all": True, "org": None}
    found = await scans(live, STATE, values, mode)
    assert {scan["Index Name"] for scan in found if "Index Name" in scan} == {"ix_events_aggregate"}
    assert "Seq Scan" not in {scan["Node Type"] for scan in found}
