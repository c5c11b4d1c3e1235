"""The directory follows merges and splits: seats and ties name whom their actor is known by, and name it again when it is split."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import literal, select

from services.registry.judgements.events import ActorWasMerged, ActorWasSplit
from shared import directory
from shared.access import Caller
from shared.database import Database
from shared.events import Event
from shared.follower import Follower
from shared.ids import new_id
from shared.relay import relay_once
from shared.work import open_work
from tests.live.test_directory import ActorFact, SeatFact, reader, rows
from tests.support.feeds import FeedClient

pytestmark = pytest.mark.live
__all__ = ["reader"]


class TieFact(Event):
    type, aggregate, visibility = "tie.recorded", "tie", "public"
    tie_id: UUID
    tie_type: str = "sister_city"
    from_id: UUID
    to_id: UUID
    status: str = "active"
    valid_from: None = None
    valid_through: None = None


async def tell(database: Database, *facts: Event) -> None:
    async with open_work(database, Caller(subject="registry")) as work:
        for fact in facts:
            work.record(fact, reason="They have one seat of government.")
    while await relay_once(database):
        pass


def merged(actor_id: UUID, canonical_id: UUID, former: UUID | None = None) -> Event:
    return ActorWasMerged(actor_id=actor_id, canonical_id=canonical_id, former_canonical_id=former, judgement_id=new_id())


def split(actor_id: UUID, former: UUID) -> Event:
    return ActorWasSplit(actor_id=actor_id, canonical_id=None, former_canonical_id=former, judgement_id=new_id())


async def held(database: Database) -> list[list[dict[str, Any]]]:
    return [await rows(database, table) for table in ("directory_actors", "directory_seats", "directory_ties")]


@pytest.mark.parametrize("batch", [1, 2, 100], ids=["one by one", "in pairs", "at once"])
async def test_seats_and_ties_name_whom_their_actor_is_known_by(live_toy: FastAPI, reader: FastAPI, batch: int) -> None:
    source, target = live_toy.state.database, reader.state.database
    first, second, third = sorted(new_id() for _ in range(3))
    partner, seat, later, tie = new_id(), new_id(), new_id(), new_id()
    follower = Follower(target, FeedClient(live_toy), "toy", directory.project, directory.clear, batch=batch)

    async def told(*facts: Event) -> dict[str, Any]:
        await tell(source, *facts)
        while await follower.once():
            pass
        actors, seats, ties = await held(target)
        return {
            "canonical": {row["id"]: row["canonical_id"] for row in actors if row["canonical_id"]},
            "seats": {row["id"]: row["actor_id"] for row in seats},
            "tie": (ties[0]["from_id"], ties[0]["to_id"]),
        }

    actors = [ActorFact(actor_id=actor, name=name) for actor, name in ((first, "First"), (second, "Second"), (third, "Third"), (partner, "Partner"))]
    await tell(source, *actors)
    state = await told(SeatFact(seat_id=seat, actor_id=third), TieFact(tie_id=tie, from_id=third, to_id=partner), merged(third, second))
    assert state == {"canonical": {third: second}, "seats": {seat: second}, "tie": (second, partner)}
    state = await told(merged(second, first), merged(third, first, second), SeatFact(seat_id=later, actor_id=second, role="liaison"))
    assert state == {"canonical": {second: first, third: first}, "seats": {seat: first, later: first}, "tie": (first, partner)}
    state = await told(SeatFact(seat_id=seat, actor_id=third, title="Presidente"), ActorFact(actor_id=third, name="Third, renamed"))
    assert state == {"canonical": {second: first, third: first}, "seats": {seat: first, later: first}, "tie": (first, partner)}
    merged_whole = await held(target)
    state = await told(split(second, first), merged(third, second, first))
    assert state == {"canonical": {third: second}, "seats": {seat: second, later: second}, "tie": (second, partner)}
    state = await told(split(third, second))
    assert state == {"canonical": {}, "seats": {seat: third, later: second}, "tie": (third, partner)}
    split_whole = await held(target)
    assert not any(row["recorded_actor_id"] for row in split_whole[1])
    await follower.replay()
    while await follower.once():
        pass
    assert await held(target) == split_whole != merged_whole


async def test_whoever_asks_for_a_merged_actor_gets_the_one_it_is_now(live_toy: FastAPI, reader: FastAPI) -> None:
    source, target = live_toy.state.database, reader.state.database
    first, second = sorted(new_id() for _ in range(2))
    await tell(source, ActorFact(actor_id=first, name="First"), ActorFact(actor_id=second, name="Second"), merged(second, first))
    follower = Follower(target, FeedClient(live_toy), "toy", directory.project, directory.clear)
    while await follower.once():
        pass
    async with open_work(target, Caller(), read_only=True) as work:
        known = await directory.actors_named(work, [first, second, new_id()])
        assert {asked: (row.id, row.name) for asked, row in known.items()} == {first: (first, "First"), second: (first, "First")}
        for asked in (first, second):
            (found,) = (await work.execute(select(directory.same_as(literal(asked))))).scalars()
            assert sorted(found) == [first, second]
