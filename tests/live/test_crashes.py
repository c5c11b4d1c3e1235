"""A real process killed with SIGKILL at every point of publish, relay and follow: nothing lost, nothing doubled."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared.access import Caller
from shared.database import Database
from shared.feed import READ
from shared.follower import Follower, followers
from shared.ids import new_id
from shared.relay import relay_once
from shared.work import open_work
from tests.support import toy
from tests.support.database import Templates
from tests.support.feeds import FeedClient, read_all
from tests.support.tokens import caller

pytestmark = pytest.mark.live


@pytest.fixture
async def target(templates: Templates) -> AsyncIterator[Database]:
    async with templates.clone("toy") as url:
        database = Database(url)
        yield database
        await database.engine.dispose()


async def run_child(role: str, point: str, source: Database, target: Database, name: str = "") -> int:
    urls = [database.url.render_as_string(hide_password=False) for database in (source, target)]
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.live.crash_child", role, point, *urls, name)
    return await child.wait()


async def publish(database: Database, *names: str) -> None:
    for name in names:
        async with open_work(database, Caller(subject="parent")) as work:
            work.record(toy.BoxMade(box_id=new_id(), name=name, owner=None))


async def publish_and_relay(database: Database, *names: str) -> None:
    await publish(database, *names)
    await relay_once(database)


async def tallied(database: Database) -> list[str]:
    async with database.engine.connect() as connection:
        return list((await connection.execute(text("SELECT name FROM tallies ORDER BY name"))).scalars())


@pytest.mark.parametrize(
    ("point", "kept"),
    [("before:INSERT INTO events", False), ("after:INSERT INTO events", False), ("before:COMMIT", False), ("after:COMMIT", True), ("none", True)],
)
async def test_publishing_keeps_the_event_exactly_when_it_was_committed(live_toy: FastAPI, target: Database, point: str, kept: bool) -> None:
    source = live_toy.state.database
    code = await run_child("publish", point, source, target, "child")
    assert code == (0 if point == "none" else -signal.SIGKILL)
    await relay_once(source)
    assert [event["data"]["name"] for event in await read_all(live_toy, "toy")] == (["child"] if kept else [])


RELAYING = [
    *("after:SELECT pg_try_advisory_xact_lock", "before:WITH waiting", "after:WITH waiting", "before:WITH due", "after:WITH due"),
    *("before:COMMIT", "after:COMMIT"),
]


@pytest.mark.parametrize("point", RELAYING)
async def test_a_relay_killed_anywhere_leaves_positions_without_gap_or_double(live_toy: FastAPI, target: Database, point: str) -> None:
    source = live_toy.state.database
    await publish(source, "a", "b", "c")
    assert await run_child("relay", point, source, target) == -signal.SIGKILL
    await publish(source, "d")
    while await relay_once(source):
        pass
    async with source.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT position, payload ->> 'name' FROM events ORDER BY position"))).all()
    assert [tuple(row) for row in rows] == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
    anybody = await read_all(live_toy, "toy", caller(READ))
    assert [event["sequence"] for event in anybody] == [1, 2, 3, 4], "the list of readers went with the positions"


APPLYING = [
    *("before:INSERT INTO followers", "after:INSERT INTO followers", "after:SELECT followers.position \n"),  # the locked one, of that column alone
    *("before:INSERT INTO tallies", "after:INSERT INTO tallies", "before:INSERT INTO followed_events", "after:INSERT INTO followed_events"),
    *("before:UPDATE followers", "after:UPDATE followers", "before:COMMIT", "after:COMMIT"),
]


@pytest.mark.parametrize("point", APPLYING)
async def test_a_follower_killed_anywhere_has_applied_each_event_once(live_toy: FastAPI, target: Database, point: str) -> None:
    await publish_and_relay(live_toy.state.database, "a", "b", "c", "d", "e")
    assert await run_child("follow", point, live_toy.state.database, target) == -signal.SIGKILL
    follower = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=2)
    while await follower.once():
        pass
    assert await tallied(target) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("point", APPLYING)
async def test_a_follower_killed_while_it_holds_the_next_batch_has_applied_each_event_once(live_toy: FastAPI, target: Database, point: str) -> None:
    await publish_and_relay(live_toy.state.database, "a", "b", "c", "d", "e")
    assert await run_child("work", f"2:{point}", live_toy.state.database, target) == -signal.SIGKILL
    assert await tallied(target) == (["a", "b", "c", "d"] if point == "after:COMMIT" else ["a", "b"])
    follower = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=2)
    while await follower.once():
        pass
    assert await tallied(target) == ["a", "b", "c", "d", "e"]


async def test_a_batch_read_twice_and_followers_side_by_side_apply_once(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    await publish(source, *"abcdefgh")
    await relay_once(source)
    batch = await read_all(live_toy, "toy")
    follower = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=3)
    await asyncio.gather(*(follower.apply(batch[start : start + 4]) for start in (0, 0, 0)))
    await asyncio.gather(*(follower.apply(batch) for _ in range(3)))
    assert await tallied(target) == list("abcdefgh")


async def test_a_follower_that_was_away_and_one_that_starts_from_zero_agree(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    follower = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies, batch=4)
    await publish(source, "a", "b")
    await relay_once(source)
    assert await follower.once() == 2
    names = [f"n{number:03}" for number in range(50)]
    await publish(source, *names)
    await relay_once(source)
    while await follower.once():
        pass
    grown = await tallied(target)
    assert grown == ["a", "b", *names]
    await follower.replay()
    assert await tallied(target) == []
    while await follower.once():
        pass
    assert await tallied(target) == grown


async def test_a_position_the_source_has_lost_means_a_replay_from_zero(live_toy: FastAPI, target: Database) -> None:
    source = live_toy.state.database
    follower = Follower(target, FeedClient(live_toy), "toy", toy.tally, toy.clear_tallies)
    await publish(source, "a", "b")
    await relay_once(source)
    await follower.once()
    async with target.engine.begin() as connection:
        await connection.execute(followers.update().values(last_event_id=new_id()))
    assert await follower.once() == 0
    assert await follower.once() == 2
    assert await tallied(target) == ["a", "b"]
