"""Imports that are interrupted, cancelled, repeated or refused, with real commits."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import event
from starlette.requests import ClientDisconnect

from services.registry import errors
from services.registry.imports import splitting
from services.registry.worker import import_forever, import_once
from shared.database import Database
from shared.errors import BadRequest, Invalid, KeyInFlight, KeyReused, TooLarge, Unavailable
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
TABLES = ("actors", "actor_names", "actor_identifiers", "actor_parents", "seats", "contact_points", "events")
STAGING = ("import_rows", "import_chunks")


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "CHUNK", 2_000)


def counties(count: int, **overrides: str) -> list[dict[str, str]]:
    return [make.import_row(number, **overrides) for number in range(1, count + 1)]


async def counted(live: LiveRegistry) -> dict[str, int]:
    return {table: await live.count(table) for table in TABLES}


def cancel_before(database: Database, statement: str, nth: int, task: list[asyncio.Task[None]]) -> Any:
    """Cancel the worker when it is about to send this statement for the nth time."""
    seen = 0

    def on_statement(_connection: Any, _cursor: Any, sent: str, *_: Any) -> None:
        nonlocal seen
        if " ".join(sent.split()).startswith(statement):
            seen += 1
            if seen == nth:
                task[0].cancel()

    event.listen(database.engine.sync_engine, "before_cursor_execute", on_statement)


@pytest.mark.parametrize(
    ("statement", "nth"),
    [
        ("SELECT import_chunks.", 1),
        ("UPDATE imports SET state", 3),
        ("SELECT 1", 2),
        ("INSERT INTO pending", 1),
        ("INSERT INTO actors", 1),
        ("INSERT INTO events", 2),
        ("DELETE FROM import_chunks", 1),
    ],
)
async def test_a_worker_that_vanishes_is_followed_by_another(live: LiveRegistry, small_chunks: None, statement: str, nth: int) -> None:
    content = make.csv_file(counties(100))
    answer = await make.post_import(live.client, content)
    victim = Database(live.database.url)
    tasks: list[asyncio.Task[None]] = []
    cancel_before(victim, statement, nth, tasks)
    tasks.append(asyncio.create_task(import_forever(victim)))
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    await victim.engine.dispose()
    status = await make.import_status(live.client, answer.json()["id"])
    assert status["state"] in ("validating", "applying")
    assert await live.count("actors") == 0
    await until_free(live)
    done = await make.import_status(live.client, answer.json()["id"])
    assert (done["state"], done["rows_read"], done["rows_valid"]) == ("done", 100, 100)
    assert done["rows_applied"] == {"created": 100, "changed": 0, "unchanged": 0}
    assert await counted(live) == dict.fromkeys(TABLES, 100) | {"events": 200, "actor_parents": 0}
    assert [await live.count(table) for table in (*STAGING, "import_problems")] == [0, 0, 0]


async def until_there(live: LiveRegistry) -> None:
    """Wait for the first import to be seen."""
    while await live.count("imports") == 0:
        pass


async def until_free(live: LiveRegistry) -> None:
    """Work off what waits, as soon as the server has noticed that its last worker is gone."""
    while (await live.rows("SELECT count(*) FROM imports WHERE state IN ('uploading', 'validating', 'applying')"))[0][0]:
        await import_once(live.database)


async def test_reads_are_answered_while_an_import_runs(live: LiveRegistry) -> None:
    answer = await make.post_import(live.client, make.csv_file(counties(4_000)))
    work = asyncio.create_task(import_once(live.database))
    answered = 0
    while not work.done():
        health, listed = await live.client.get("/healthz"), await live.client.get("/v1/actors?limit=1")
        assert (health.status_code, listed.status_code) == (200, 200)
        assert listed.json()["items"] == [] or work.done() or (await make.import_status(live.client, answer.json()["id"]))["state"] == "done"
        answered += 1
    assert await work
    assert answered > 5


async def broken(content: bytes) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    raise ClientDisconnect


async def test_an_upload_that_breaks_off_is_taken_up_with_its_key_or_closed(live: LiveRegistry, small_chunks: None) -> None:
    content = make.csv_file(counties(100))
    for key in ("again", None):
        assert_problem(await make.post_import(live.client, broken(content), key=key), BadRequest)
    taken, closed = [row.id for row in await live.rows("SELECT id FROM imports WHERE state = 'uploading' ORDER BY id")]
    answer = await make.post_import(live.client, content, key="again")
    assert (answer.status_code, answer.json()["id"], answer.headers["location"]) == (202, str(taken), f"/v1/imports/{taken}")
    await until_free(live)
    status = await make.import_status(live.client, str(closed))
    assert (status["state"], status["failure"]) == ("failed", "The upload broke off before the file was complete. Send it again.")
    assert (await make.import_status(live.client, str(taken)))["rows_applied"]["created"] == 100
    assert [await live.count(table) for table in STAGING] == [0, 0]


async def test_a_closed_upload_is_taken_up_with_its_key_as_well(live: LiveRegistry) -> None:
    content = make.csv_file(counties(3))
    assert_problem(await make.post_import(live.client, broken(content), key="again"), BadRequest)
    await until_free(live)
    done = await make.imported(live.client, live.database, content, key="again")
    assert (done["state"], done["failure"], done["rows_applied"]["created"]) == ("done", None, 3)
    assert await live.count("imports") == 1


async def test_the_same_key_and_file_are_the_same_import(live: LiveRegistry) -> None:
    content = make.csv_file(counties(3))
    first = await make.post_import(live.client, content, key="once")
    await until_free(live)
    again = await make.post_import(live.client, content, key="once")
    assert (again.status_code, again.json()["id"], again.headers["idempotency-replayed"]) == (202, first.json()["id"], "true")
    assert again.headers["location"] == first.headers["location"]
    assert_problem(await make.post_import(live.client, content + b"\n", key="once"), KeyReused)
    assert_problem(await make.post_import(live.client, content, key="once", query="preset=actors&validate_only=true"), KeyReused)
    other = caller("imports:run", subject="another")
    assert (await make.post_import(live.client, content, key="once", who=other)).json()["id"] != first.json()["id"]
    assert await live.count("imports") == 2


async def test_a_key_in_flight_and_too_many_uploads_are_refused(templates: Templates) -> None:
    content = make.csv_file(counties(3))
    async with live_registry(templates, uploads_at_once=2) as live:
        going_on, under_way = asyncio.Event(), asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield content[:10]
            under_way.set()
            await going_on.wait()
            yield content[10:]

        first = asyncio.create_task(make.post_import(live.client, slow(), key="slow"))
        await under_way.wait()
        await until_there(live)
        assert_problem(await make.post_import(live.client, content, key="slow"), KeyInFlight)
        assert await import_once(live.database) is False
        under_way.clear()
        second = asyncio.create_task(make.post_import(live.client, slow()))
        await under_way.wait()
        assert_problem(await make.post_import(live.client, content), Unavailable)
        going_on.set()
        assert [answer.status_code for answer in await asyncio.gather(first, second)] == [202, 202]


async def test_an_import_is_cancelled_while_its_file_is_on_the_way(live: LiveRegistry) -> None:
    content = make.csv_file(counties(3))
    going_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield content[:10]
        await going_on.wait()
        yield content[10:]

    upload = asyncio.create_task(make.post_import(live.client, slow()))
    await until_there(live)
    (row,) = await live.rows("SELECT id FROM imports")
    cancelled = await live.client.post(f"/v1/imports/{row.id}/cancel", headers=bearer(make.IMPORTER))
    assert cancelled.json()["state"] == "cancelled"
    going_on.set()
    assert_problem(await upload, errors.ImportOver)
    assert [await live.count(table) for table in STAGING] == [0, 0]
    assert await import_once(live.database) is False


async def test_files_have_a_limit_of_their_own(templates: Templates) -> None:
    async with live_registry(templates, max_import=20_000, max_body=1_024) as live:
        content = make.csv_file(counties(50))
        assert 1_024 < len(content) < 20_000
        assert (await make.imported(live.client, live.database, content))["state"] == "done"
        assert_problem(await make.post_import(live.client, content * 4), TooLarge, limit=20_000)

        async def unannounced() -> AsyncIterator[bytes]:
            for _ in range(4):
                yield content

        assert_problem(await make.post_import(live.client, unannounced()), TooLarge, limit=20_000)
        assert_problem(await make.post_import(live.client, b""), Invalid)
        await until_free(live)
        assert await live.count("actors") == 50
