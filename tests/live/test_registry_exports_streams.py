"""Exports as streams: they wait in line for their turn, hold a piece at a time, and give up what they hold when the reader leaves."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import orjson
import pytest
from fastapi import Request
from sqlalchemy import text

from services.registry.errors import ExportTooWide
from services.registry.imports import exporting, objects, uploads
from services.registry.imports.exports.views import ExportView
from services.registry.imports.shapes import Makes
from services.registry.imports.uploads import Slots
from shared.access import Caller
from shared.errors import Unavailable
from tests.support.database import Templates
from tests.support.gateways import until
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry

pytestmark = pytest.mark.live
MANY = """
    INSERT INTO actors (id, kind, status, preferred_language, name, sort_name, names, border_m, created_at, updated_at, version, source)
    SELECT gen_random_uuid(), 'county', 'active', 'en', 'County ' || n, 'county ' || n, jsonb_build_object('en', 'County ' || n), '{}', now(), now(), 1,
           repeat('a long source ', 20)
    FROM generate_series(1, 40000) AS n
"""
AT_IT = "SELECT wait_event FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY%' AND state = 'active'"


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates, exports_at_once=1) as registry:
        yield registry


def slots(live: LiveRegistry) -> Slots:
    held: Slots = live.app.state.exports
    return held


async def test_who_comes_while_all_places_are_taken_waits_for_one(live: LiveRegistry) -> None:
    answers = await asyncio.gather(*(live.client.get("/v1/actors/export") for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert not slots(live).slots.locked()


async def test_who_waits_too_long_is_told_before_the_first_byte(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PATIENCE", 0.01)
    async with slots(live).slot():
        assert_problem(await live.client.get("/v1/actors/export"), Unavailable)
    assert (await live.client.get("/v1/actors/export")).status_code == 200


async def test_a_reader_who_leaves_frees_the_connection_and_the_place(live: LiveRegistry) -> None:
    """A slow reader holds PostgreSQL back, so that nothing piles up on the way; when it leaves, nobody is left at it."""
    async with live.database.engine.begin() as connection:
        await connection.execute(text(MANY))
    first, left = asyncio.Event(), asyncio.Event()
    taken = 0

    async def receive() -> dict[str, Any]:
        if not first.is_set():
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal taken
        if message["type"] == "http.response.body":
            taken += len(message["body"])
            first.set()
            await left.wait()

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": "/v1/actors/export",
    }
    scope |= {"raw_path": b"/v1/actors/export", "query_string": b"", "headers": [(b"host", b"test")], "scheme": "http", "root_path": "", "state": {}}
    reading = asyncio.create_task(live.app(scope, receive, send))
    await first.wait()

    async def held_back() -> bool:
        return [row.wait_event for row in await live.rows(AT_IT)] == ["ClientWrite"]

    await until(held_back)
    assert slots(live).slots.locked()
    assert taken < 1_000_000
    sent = await make.post_import(live.client, make.csv_file([make.import_row(1)]), query="preset=actors&validate_only=true")
    assert sent.status_code == 202, "who reads slowly keeps nobody from sending"
    reading.cancel()
    left.set()
    await asyncio.gather(reading, return_exceptions=True)

    async def gone() -> bool:
        return not slots(live).slots.locked() and not await live.rows(AT_IT)

    await until(gone)
    whole = await live.client.get("/v1/actors/export")
    assert (whole.status_code, whole.text.count("\n")) == (200, 40_001)


async def test_a_reader_who_takes_nothing_is_given_up(live: LiveRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PATIENCE", 0.2)
    async with live.database.engine.begin() as connection:
        await connection.execute(text(MANY))
    waiting: asyncio.Queue[bytes] = asyncio.Queue(1)
    request = Request({"type": "http", "app": live.app, "method": "GET", "path": "/", "query_string": b"", "headers": [], "state": {"request_id": "r" * 8}})
    exported = exporting.Exported(request, Caller(), Makes.actors, ExportView())
    with pytest.raises(TimeoutError):
        await exporting._copied(exported, waiting)
    assert not slots(live).slots.locked()

    async def gone() -> bool:
        return not await live.rows(AT_IT)

    await until(gone)


async def test_a_file_wider_than_an_import_takes_is_refused_before_its_first_byte(live: LiveRegistry) -> None:
    actor = await make.actor(live.client)
    async with live.database.engine.begin() as connection:
        wide = "INSERT INTO actor_identifiers (actor_id, scheme, value) SELECT CAST(:id AS uuid), 's' || n, 'v' FROM generate_series(1, :many) AS n"
        await connection.execute(text(wide), {"id": actor["id"], "many": 250})
    assert_problem(await live.client.get("/v1/actors/export"), ExportTooWide)
    whole = await live.client.get("/v1/actors/export?format=ndjson")
    assert (whole.status_code, len(whole.json()) > 250) == (200, True)
    async with live.database.engine.begin() as connection:
        await connection.execute(text(wide.replace("'s'", "'t'")), {"id": actor["id"], "many": 1_500})
    assert_problem(await live.client.get("/v1/actors/export?format=ndjson"), ExportTooWide)
    row = {"key_scheme": "fips", "key_value": "1", "kind": "county"} | {f"id:u{n}": "1" for n in range(250)}
    found = objects.read(orjson.dumps(row), 1, None)
    assert [fault.code for fault in found.faults] == ["columns_too_many"]
