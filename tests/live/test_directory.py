"""The local directory follows the registry's facts, and `Comity-After` waits for them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared import directory, errors
from shared.access import Caller
from shared.database import Database
from shared.events import Event
from shared.follower import Follower
from shared.ids import new_id
from shared.relay import relay_once
from shared.web import ServiceApp
from shared.work import open_work
from tests.conftest import client_of
from tests.support import toy
from tests.support.database import Templates
from tests.support.feeds import FeedClient
from tests.support.problems import assert_problem

pytestmark = pytest.mark.live


class ActorFact(Event):
    """The contract of the registry's actor events, as this side reads it."""

    type, aggregate, visibility = "actor.registered", "actor", "public"
    actor_id: UUID
    kind: str = "county"
    status: str = "active"
    name: str
    names: dict[str, str] = {}
    country: str | None = "US"
    subdivision: str | None = None
    parent_id: UUID | None = None
    lat: float | None = None
    lon: float | None = None
    population: int | None = None
    border_m: dict[str, int] = {}
    identifiers: dict[str, str] = {}


class SeatFact(Event):
    type, aggregate, visibility = "seat.created", "seat", "public"
    seat_id: UUID
    actor_id: UUID
    role: str = "chief_executive"
    title: str = "Mayor"
    status: str = "active"


@pytest.fixture
async def reader(templates: Templates) -> AsyncIterator[ServiceApp]:
    """A service that keeps a directory."""
    async with templates.clone("toy") as url:
        app = toy.app(url)
        app.state.before_work = [directory.honour_comity_after]
        async with app.router.lifespan_context(app):
            yield app


def follower_of(source: FastAPI, target: Database) -> Follower:
    return Follower(target, FeedClient(source), "toy", directory.project, directory.clear, batch=3)


async def tell(database: Database, *facts: Event) -> UUID:
    async with open_work(database, Caller(subject="registry")) as work:
        for fact in facts:
            work.record(fact)
    while await relay_once(database):
        pass
    return work.recorded[-1]


async def rows(database: Database, table: str) -> list[dict[str, Any]]:
    async with database.engine.connect() as connection:
        return [dict(row._mapping) for row in await connection.execute(text(f"SELECT * FROM {table} ORDER BY id"))]


async def test_the_directory_holds_the_last_state_of_every_actor_and_seat(live_toy: FastAPI, reader: ServiceApp) -> None:
    source, target = live_toy.state.database, reader.state.database
    first, second, seat = new_id(), new_id(), new_id()
    await tell(
        source,
        ActorFact(actor_id=first, name="Old name", border_m={"MX": 0}, population=5),
        SeatFact(seat_id=seat, actor_id=first),
        ActorFact(actor_id=second, name="Other", names={"es": "Otro"}),
        ActorFact(actor_id=first, name="New name", border_m={"MX": 0}, status="dissolved"),
        toy.BoxMade(box_id=new_id(), name="not for the directory", owner=None),
    )
    follower = follower_of(live_toy, target)
    while await follower.once():
        pass
    kept = {row["id"]: row for row in await rows(target, "directory_actors")}
    assert kept.keys() == {first, second}
    assert (kept[first]["name"], kept[first]["status"], kept[first]["border_m"]) == ("New name", "dissolved", {"MX": 0})
    assert (kept[second]["names"], kept[second]["border_m"]) == ({"es": "Otro"}, {})
    before = await rows(target, "directory_actors"), await rows(target, "directory_seats")
    await follower.replay()
    while await follower.once():
        pass
    assert (await rows(target, "directory_actors"), await rows(target, "directory_seats")) == before


async def test_a_request_waits_for_the_event_it_names(live_toy: FastAPI, reader: ServiceApp) -> None:
    event = await tell(live_toy.state.database, ActorFact(actor_id=new_id(), name="New"))
    async with client_of(reader) as client:
        waiting = asyncio.create_task(client.get("/v1/boxes", headers={"Comity-After": str(event)}))
        await follower_of(live_toy, reader.state.database).once()
        assert (await waiting).status_code == 200
        assert_problem(await client.get("/v1/boxes", headers={"Comity-After": "x"}), errors.Invalid)


async def test_an_event_that_does_not_come_is_a_503_with_a_time_to_retry(reader: ServiceApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PATIENCE", 0.0)
    async with client_of(reader) as client:
        answer = await client.get("/v1/boxes", headers={"Comity-After": str(new_id())})
    assert_problem(answer, errors.DirectoryBehind)
    assert answer.headers["retry-after"]


async def test_an_event_of_ones_own_needs_no_waiting(reader: ServiceApp) -> None:
    event = await tell(reader.state.database, toy.BoxMade(box_id=new_id(), name="mine", owner=None))
    async with client_of(reader) as client:
        assert (await client.get("/v1/boxes", headers={"Comity-After": str(event)})).status_code == 200
