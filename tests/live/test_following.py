"""A long history followed from zero: the exact state at the end, with never more than two pages held."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench import history
from shared import directory, errors, feed
from shared.access import Caller
from shared.database import Database
from shared.follower import Cursor, FeedEvent, Follower, followed_events, followers
from shared.ids import new_id
from shared.relay import relay_once
from shared.work import open_work
from tests.support import toy
from tests.support.database import Templates
from tests.support.feeds import FeedClient
from tests.support.queries import queries

pytestmark = pytest.mark.live
EVENTS = 20_000
DATABASE_PATIENCE = 120


@pytest.fixture
async def target(templates: Templates) -> AsyncIterator[Database]:
    async with templates.clone("toy") as url:
        database = Database(url)
        yield database
        await database.dispose()


async def positioned(database: Database) -> None:
    while await relay_once(database):
        pass


async def publish(database: Database, *names: str) -> None:
    for name in names:
        async with open_work(database, Caller(subject="test")) as work:
            work.record(toy.BoxMade(box_id=new_id(), name=name, owner=None))
    await positioned(database)


async def tallied(database: Database) -> list[str]:
    async with database.engine.connect() as connection:
        return list((await connection.execute(text("SELECT name FROM tallies ORDER BY name"))).scalars())


async def until_applied(following: Follower, position: int) -> None:
    """Run the follower as a worker does until it has applied this position."""
    task = asyncio.create_task(following.forever())
    try:
        async with asyncio.timeout(DATABASE_PATIENCE):
            while (await following.cursor()).position < position and not task.done():  # noqa: ASYNC110 - what is waited for stands in the database
                await asyncio.sleep(0)
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(ended, asyncio.CancelledError), ended


class Watched(FeedClient):
    """Counts what the follower holds: pages that were asked for and are not applied yet, and how large they are."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.held = self.most_held = self.largest = self.pages = 0

    async def get(self, path: str, parameters: dict[str, Any], *, patience: float = 10.0) -> httpx.Response:
        self.held += 1
        self.most_held = max(self.most_held, self.held)
        answer = await super().get(path, parameters, patience=patience)
        self.largest = max(self.largest, len(answer.content))
        self.pages += 1
        return answer

    async def project(self, connection: AsyncConnection, batch: list[FeedEvent]) -> None:
        await directory.project(connection, batch)
        self.held -= 1


async def told(database: Database, prefix: str, key: str) -> dict[UUID, dict[str, Any]]:
    """The last state of each, straight from the table of events, one event after the other."""
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT payload, position FROM events WHERE type LIKE :kind ORDER BY position"), {"kind": f"{prefix}.%"})
        return {UUID(payload[key]): {**payload, "position": position} for payload, position in rows}


async def kept(database: Database, table: str) -> dict[UUID, dict[str, Any]]:
    async with database.engine.connect() as connection:
        return {row.id: dict(row._mapping) for row in await connection.execute(text(f"SELECT * FROM {table}"))}


def as_kept(state: dict[str, Any], key: str) -> dict[str, Any]:
    ids = {"id": UUID(state[key])} | {name: UUID(state[name]) for name in ("actor_id", "parent_id") if name in state and name != key}
    return {name: value for name, value in state.items() if name not in (key, "identifiers")} | ids


async def test_twenty_thousand_events_leave_the_state_they_tell(live_toy: FastAPI, target: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "PAGE_BYTES", 400_000)
    source = live_toy.state.database
    await history.fill(source.url.render_as_string(hide_password=False), EVENTS)
    await positioned(source)
    watched = Watched(live_toy)
    await until_applied(Follower(target, watched, "toy", watched.project, directory.clear), EVENTS)
    for prefix, key, unmerged in (("actor", "actor_id", "canonical_id"), ("seat", "seat_id", "recorded_actor_id")):
        expected = {identifier: as_kept(state, key) | {unmerged: None} for identifier, state in (await told(source, prefix, key)).items()}
        assert len(expected) > 1_000
        assert await kept(target, f"directory_{prefix}s") == expected
    assert watched.most_held == 2, "one that is applied and one that is read ahead"
    assert watched.largest < 400_000 + 2_000, "a page ends with the event that fills it"
    assert watched.pages > EVENTS / 1_000, "and so before it has as many events as were asked for"


async def test_a_batch_takes_the_same_statements_whatever_its_size(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await history.fill(source.url.render_as_string(hide_password=False), 1_100)
    await positioned(source)
    counts = []
    for size in (8, 1_000):
        following = Follower(target, FeedClient(live_toy), "toy", directory.project, directory.clear, batch=size)
        with queries(target, at_most=8) as sent:
            assert await following.once() == size
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_only_what_somebody_may_wait_for_is_noted_event_by_event(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await history.fill(source.url.render_as_string(hide_password=False), 90)  # one a day, for 90 days
    await publish(source, "now")
    following = Follower(target, FeedClient(live_toy), "toy", directory.project, directory.clear)
    assert await following.once() == 91
    async with target.engine.connect() as connection:
        noted = (await connection.execute(followed_events.select())).all()
    assert 1 <= len(noted) <= 3
    assert await directory.applied(target, noted[-1].event_id, patience=0)
    first = orjson.loads((await FeedClient(live_toy).get("/v1/events/toy", {"limit": 1})).content)[0]
    assert await directory.applied(target, UUID(first["id"]), patience=0), "older than what is noted, so applied long ago"


async def test_a_batch_asked_for_before_somebody_started_over_is_not_applied(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await publish(source, "a", "b", "c", "d")
    following = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=2)
    await following.once()
    cursor = await following.cursor()
    assert cursor.position == 2
    late = (await following.client.get("/v1/events/toy", {"limit": 2, "lastEventId": str(cursor.event_id)})).json()
    await following.replay()
    assert await following.apply(late, after=cursor.position) == 0
    assert (await tallied(target), await following.cursor()) == ([], Cursor())
    await until_applied(following, 4)
    assert await tallied(target) == ["a", "b", "c", "d"]


async def test_followers_side_by_side_that_read_ahead_apply_each_event_once(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    names = sorted(f"n{number:02}" for number in range(60))
    await publish(source, *names)
    side_by_side = [Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=size) for size in (2, 3, 7)]
    await asyncio.gather(*(until_applied(one, len(names)) for one in side_by_side))
    assert await tallied(target) == names


async def test_a_worker_whose_cursor_is_lost_starts_over_by_itself(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await publish(source, "a", "b", "c")
    following = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=2)
    await until_applied(following, 3)
    async with target.engine.begin() as connection:
        await connection.execute(followers.update().values(last_event_id=new_id(), position=1))
    await until_applied(following, 3)
    assert await tallied(target) == ["a", "b", "c"]


async def test_of_several_workers_that_find_the_cursor_lost_one_starts_over(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await publish(source, "a", "b")
    following = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies)
    lost = Cursor(7, new_id())
    async with target.engine.begin() as connection:
        await connection.execute(followers.insert().values(source="toy", position=7, last_event_id=lost.event_id, updated_at=datetime.now(UTC)))
    await following.replay(since=lost)
    assert await following.once() == 2
    await following.replay(since=lost)
    assert (await tallied(target), (await following.cursor()).position) == (["a", "b"], 2)


async def test_a_failed_read_ahead_comes_after_what_was_applied(live_toy: FastAPI, target: Database) -> None:
    class Failing(FeedClient):
        asked = 0

        async def get(self, path: str, parameters: dict[str, Any], *, patience: float = 10.0) -> httpx.Response:
            self.asked += 1
            return await super().get(path, parameters, patience=patience) if self.asked == 1 else httpx.Response(503)

    await publish(live_toy.state.database, "a", "b", "c")
    following = Follower(target, Failing(live_toy), "toy", toy.tally, toy.clear_tallies, batch=2)
    with pytest.raises(errors.Unavailable):
        await following.forever()
    assert (await tallied(target), (await following.cursor()).position) == (["a", "b"], 2)
