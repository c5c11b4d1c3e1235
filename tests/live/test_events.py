"""Relay and feed: late commits, concurrent relays, long polls, and who may read what."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared import errors
from shared.access import Caller
from shared.database import Database
from shared.directory import directory_actors
from shared.events import EVERYONE, Event, Restricted, Visibility, event_row, events
from shared.feed import AUDIT, FOLLOW, READ, FeedQuery, read_feed
from shared.ids import new_id
from shared.relay import relay_forever, relay_once
from shared.work import open_work
from tests.conftest import client_of
from tests.support import toy
from tests.support.feeds import FOLLOWER, read_all
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
READER = caller(READ, subject="reader", organization=new_id())
WRITER = caller("toy:write", organization=new_id())


async def publish(database: Database, name: str, who: Caller = WRITER) -> UUID:
    async with open_work(database, who) as work:
        return work.record(toy.BoxMade(box_id=new_id(), name=name, owner=who.organization))


async def names(app: FastAPI, who: Caller = FOLLOWER) -> list[str]:
    return [event["data"]["name"] for event in await read_all(app, "toy", who)]


async def test_a_row_that_commits_late_is_read_after_the_ones_that_were_read_before(live_toy: FastAPI) -> None:
    database = live_toy.state.database
    async with open_work(database, WRITER) as late:
        late.record(toy.BoxMade(box_id=new_id(), name="late", owner=None))
        await late.flush()
        await publish(database, "early")
        assert await relay_once(database) == 1
        assert await names(live_toy) == ["early"]
    assert await names(live_toy) == ["early"], "unpositioned rows are not read"
    assert await relay_once(database) == 1
    assert await names(live_toy) == ["early", "late"]


async def test_relays_side_by_side_leave_no_gap_and_no_double(live_toy: FastAPI) -> None:
    database = live_toy.state.database

    async def publish_some(writer: int) -> None:
        for number in range(25):
            await publish(database, f"{writer}/{number}")

    relays = [asyncio.create_task(relay_forever(database, poll=0.01)) for _ in range(3)]
    await asyncio.gather(*(publish_some(writer) for writer in range(4)))
    while await relay_once(database):
        pass
    for task in relays:
        task.cancel()
    await asyncio.gather(*relays, return_exceptions=True)
    async with database.session(read_only=True) as session:
        await relay_once(database)
        positions = list((await session.execute(text("SELECT position FROM events ORDER BY position"))).scalars())
    assert positions == list(range(1, 101))
    read = await names(live_toy)
    for writer in range(4):
        assert [name for name in read if name.startswith(f"{writer}/")] == [f"{writer}/{number}" for number in range(25)]


async def test_an_event_that_names_nobody_is_shown_to_nobody_and_holds_nothing_up(live_toy: FastAPI) -> None:
    """The nil UUID stands for everyone in the list of readers; whoever acts for it, or is named by it, is not everyone."""
    database = live_toy.state.database
    told = await publish(database, "nobody's")
    async with database.engine.begin() as connection:
        closed = "UPDATE events SET visibility = 'organizations', organizations = ARRAY[CAST(:nil AS uuid), NULL] WHERE id = :id"
        await connection.execute(text(closed), {"nil": EVERYONE, "id": told})
    await publish(database, "everyone's")
    assert await relay_once(database) == 2
    for organization in (READER.organization, EVERYONE):
        assert await names(live_toy, caller(READ, subject="reader", organization=organization)) == ["everyone's"]
    assert await names(live_toy) == ["nobody's", "everyone's"]


async def test_a_rolled_back_change_leaves_no_event(live_toy: FastAPI) -> None:
    with pytest.raises(RuntimeError):
        async with open_work(live_toy.state.database, WRITER) as work:
            work.record(toy.BoxMade(box_id=new_id(), name="never", owner=None))
            await work.flush()
            raise RuntimeError
    assert await relay_once(live_toy.state.database) == 0


async def test_a_long_poll_is_woken_and_holds_no_connection(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    await database.signals.listening.wait()
    relay = asyncio.create_task(relay_forever(database, poll=30))
    waiting = [asyncio.create_task(read_feed(database, FOLLOWER, FeedQuery(timeout=30_000), source="toy")) for _ in range(40)]
    await asyncio.sleep(0)
    await publish(database, "woken")
    answers = await asyncio.gather(*waiting)
    relay.cancel()
    assert all(b'"woken"' in bytes(answer.body) for answer in answers), "forty waiters over a pool of eight"


async def test_an_unknown_position_is_gone_and_never_the_start(live_toy: FastAPI) -> None:
    await publish(live_toy.state.database, "one")
    async with client_of(live_toy) as client:
        for query in (f"lastEventId={new_id()}",):
            assert_problem(await client.get(f"/v1/events/toy?{query}", headers=bearer(READER)), errors.FeedPositionUnknown)
        assert_problem(await client.get("/v1/events/toy?lastEventId=x", headers=bearer(READER)), errors.Invalid)
        assert_problem(await client.get("/v1/events/toy"), errors.Unauthorized)
        assert_problem(await client.get("/v1/events/toy", headers=bearer(caller("toy:write"))), errors.Forbidden)
        empty = await client.get("/v1/events/toy", headers=bearer(READER))
    assert empty.json() == []


class Whispered(Event):
    type, aggregate, visibility = "box.whispered", "box", "organizations"
    box_id: UUID
    name: str
    hidden: Annotated[str, Restricted]
    told: tuple[UUID, ...]

    def concerns(self) -> list[UUID]:
        return list(self.told)


ORGANIZATIONS = [new_id() for _ in range(3)]
VISIBILITIES: list[Visibility] = ["public", "organizations", "internal"]
one_event = st.tuples(st.sampled_from(VISIBILITIES), st.sets(st.sampled_from(ORGANIZATIONS)))
KEPT = dict(zip(ORGANIZATIONS, ("MX", "US", None), strict=True))
one_caller = st.tuples(st.sampled_from([None, *ORGANIZATIONS]), st.sampled_from([READ, AUDIT, FOLLOW]), st.sampled_from([None, "MX", "CA"]))


async def _publish_with(database: Database, visibility: Visibility, told: set[UUID], number: int) -> None:
    event = Whispered(box_id=new_id(), name=f"n{number}", hidden=f"secret{number}", told=tuple(told))
    row = event_row(event, caller=WRITER, at=datetime.now(UTC), request_id="test", reason=f"why{number}")
    async with database.engine.begin() as connection:
        await connection.execute(events.insert(), {**row, "visibility": visibility, "after": {"state": f"after{number}"}})


async def test_rows_and_fields_reach_exactly_those_they_concern(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    loop = asyncio.get_running_loop()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(one_event, min_size=1, max_size=6), one_caller)
    def check(published: list[tuple[Visibility, set[UUID]]], who: tuple[UUID | None, str, str | None]) -> None:
        reader = Caller(organization=who[0], scopes=frozenset({READ, who[1]}), country=who[2])
        asyncio.run_coroutine_threadsafe(_check(database, published, reader), loop).result()

    async with database.engine.begin() as connection:
        for organization, country in KEPT.items():
            row = {"id": organization, "kind": "municipality", "status": "active", "name": "X", "names": {}, "border_m": {}, "position": 1}
            await connection.execute(directory_actors.insert(), {**row, "country": country})
    await asyncio.to_thread(check)


async def _check(database: Database, published: list[tuple[Visibility, set[UUID]]], who: Caller) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("TRUNCATE events"))
    for number, (visibility, told) in enumerate(published):
        await _publish_with(database, visibility, told, number)
    await relay_once(database)
    body = bytes((await read_feed(database, who, FeedQuery(), source="toy")).body).decode()
    everything = who.may(FOLLOW) or (who.may(AUDIT) and who.organization is None and who.country is None)
    for number, (visibility, told) in enumerate(published):
        of_country = who.may(AUDIT) and who.country is not None and who.country in {KEPT[one] for one in told}
        concerned = everything or who.organization in told or of_country
        assert (f'"n{number}"' in body) == (concerned or visibility == "public")
        for closed in (f"secret{number}", f"why{number}", f"after{number}"):
            assert (closed in body) == concerned


async def test_the_database_coming_back_wakes_whoever_waited(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    await database.signals.listening.wait()
    async with database.engine.begin() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
    news = database.signals.watch("feed")
    assert await database.signals.wait(news, 30)
