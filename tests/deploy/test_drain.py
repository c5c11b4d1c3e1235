"""How processes end on SIGTERM: what was asked is answered, what is at hand is finished, and nothing happens twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from starlette.types import Receive, Scope, Send

from deploy.draining import Draining
from deploy.working import run_until
from shared.database import Database
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.processes import Parts, parts_of, stopped, until

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("processes")]
HELD = "LOCK TABLE actors IN SHARE ROW EXCLUSIVE MODE"  # readers pass, writers wait
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"


@pytest.fixture
async def parts(templates: Templates) -> AsyncIterator[Parts]:
    async with parts_of(templates) as made:
        yield made


async def waiting(connection: asyncpg.Connection, count: int) -> None:
    for _ in range(1_200):
        if await connection.fetchval(WAITING) == count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not {count} statements came to wait")


def office(name: str) -> dict[str, Any]:
    return {"kind": "office", "preferred_language": "en", "names": [{"language": "en", "name": name}]}


async def refused(address: str) -> None:
    """Returns when nothing accepts connections there any more."""
    for _ in range(1_200):
        try:
            async with httpx.AsyncClient(base_url=address) as http:
                await http.get("/healthz")
        except httpx.TransportError:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("new connections are still accepted")


async def test_no_request_is_cut_and_none_is_done_twice(parts: Parts) -> None:
    long = {"COMITY_DRAIN_SECONDS": "3600"}  # until a second signal, so that the test decides
    registry, gateway = await asyncio.gather(parts.start("serve", "registry", **long), parts.start("serve", "gateway", **long))
    async with await parts.operator() as http, parts.connection("registry") as holder:
        poll = asyncio.create_task(http.get("/v1/events/registry", params={"timeout": 30_000}))
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(HELD)
        changes = [asyncio.create_task(http.post("/v1/actors", json=office(f"Office {number}"))) for number in range(3)]
        await waiting(holder, 3)

        registry.terminate()
        gateway.terminate()
        await parts.answers("registry", "/readyz", 503)
        await parts.answers("gateway", "/readyz", 503)
        answer = await poll
        assert (answer.status_code, answer.json()) == (200, []), "a waiting poll ends at once"
        late = await http.get("/v1/actors")
        assert (late.status_code, late.headers["connection"]) == (200, "close"), "who still comes is answered and sent elsewhere"

        registry.terminate()
        gateway.terminate()
        await refused(parts.address("registry"))
        await refused(parts.address())
        assert not any(change.done() for change in changes)
        await transaction.rollback()
        assert [answer.status_code for answer in await asyncio.gather(*changes)] == [201, 201, 201]
        assert (await registry.wait(), await gateway.wait()) == (0, 0)
        assert await holder.fetchval("SELECT count(*) FROM actors") == 3
        assert await holder.fetchval("SELECT count(*) FROM events WHERE type = 'actor.registered'") == 3


async def test_a_worker_finishes_the_import_at_hand(parts: Parts) -> None:
    worker, _, _ = await asyncio.gather(parts.start("work", "registry"), parts.start("serve", "registry"), parts.start("serve", "gateway"))
    async with await parts.operator() as http, parts.connection("registry") as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute(HELD)
        content = make.csv_file([make.import_row(number) for number in range(1, 51)])
        begun = await http.post("/v1/imports", params={"preset": "actors"}, content=content, headers={"Content-Type": "text/csv"})
        assert begun.status_code == 202, begun.text
        await waiting(holder, 1)
        worker.terminate()
        await transaction.rollback()
        assert await worker.wait() == 0
        ended = (await http.get(f"/v1/imports/{begun.json()['id']}")).json()
        assert (ended["state"], ended["rows_applied"]["created"]) == ("done", 50), "the transaction at hand was not given up"

        again = await parts.start("work", "registry")
        before = await holder.fetchval("SELECT count(*) FROM events")
        made = await http.post("/v1/actors", json=office("After"))
        last = {"lastEventId": made.headers["comity-event"]}
        for _ in range(1_200):  # until the relay of the second worker has given the new event its place
            if (await http.get("/v1/events/registry", params=last)).status_code == 200:
                break
            await asyncio.sleep(0.05)
        assert await holder.fetchval("SELECT count(*) FROM events") == before + 1
        assert await holder.fetchval("SELECT count(*) FROM actors") == 51
        assert await stopped(again) == 0


async def test_loops_end_between_two_transactions(templates: Templates) -> None:
    stop, inside, go_on, ended = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def busy() -> None:
        while True:
            async with database.engine.begin() as connection:
                await connection.execute(text("UPDATE relay_state SET position = position + 1"))
                inside.set()
                await go_on.wait()
                await connection.execute(text("UPDATE relay_state SET position = position + 1"))

    async def idle() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("idle")
            raise

    async with templates.clone("toy") as url:
        database = Database(url)
        task = asyncio.create_task(run_until(stop, database, {"busy": busy, "idle": idle}))
        await inside.wait()
        stop.set()
        await until(lambda: ended == ["idle"])
        assert not task.done()
        go_on.set()
        await task
        async with database.reader.connect() as connection:
            position = (await connection.execute(text("SELECT position FROM relay_state"))).scalar_one()
        assert position == 2, "the transaction at hand was committed, and no other was begun"
        await database.dispose()


async def feed(scope: Scope, receive: Receive, send: Send) -> None:
    """Waits for ever when it is asked to, and writes into its scope, as frameworks do."""
    assert "route" not in scope
    scope["route"] = "a feed"
    if b"timeout" in scope["query_string"]:
        await asyncio.Event().wait()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": scope["query_string"]})


async def test_polls_are_asked_again_without_the_wait() -> None:
    draining = Draining(feed)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(draining), base_url="http://test") as http:
        before = await http.get("/v1/events?limit=5")
        assert "connection" not in before.headers
        poll = asyncio.create_task(http.get("/v1/events/registry?timeout=30000&limit=5&lastEventId=a%20b"))
        await asyncio.sleep(0)
        draining.begun.set()
        for answer in (await poll, await http.get("/v1/events/registry?timeout=30000&limit=5&lastEventId=a%20b")):
            assert (answer.status_code, answer.text, answer.headers["connection"]) == (200, "limit=5&lastEventId=a+b", "close")
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["type"], ready.headers["retry-after"]) == (503, "/problems/unavailable", "1")
