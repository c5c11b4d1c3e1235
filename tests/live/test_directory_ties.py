"""Ties in the directories: the last state of each, and audiences that ask for networks and partners, in SQL as in Python."""

import random
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.briefings.audiences.selection import facts_of, position
from services.briefings.audiences.vocabulary import MEMBERSHIPS, VOCABULARY
from shared import directory
from shared.directory import directory_actors, directory_seats
from shared.ids import new_id
from shared.predicates import Truth, compile_sql, evaluate, read_predicate, truth
from tests.support.database import Templates

pytestmark = pytest.mark.live
PLACES = ["US", "MX", "CA", None]
TYPES = ["sister_city", "cooperation", "network_membership", "commission_membership", "office_of"]
STATES = ["active", "dormant", "proposed", "ended"]


@pytest.fixture
async def connection(templates: Templates) -> AsyncIterator[AsyncConnection]:
    """A connection to a briefings database whose changes are rolled back."""
    engine = create_async_engine(await templates.template("briefings"))
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


class Feed:
    """The registry's events as a follower gets them."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def tell(self, type_: str, **data: Any) -> None:
        self.events.append({"type": type_, "sequence": len(self.events) + 1, "data": data})

    def actor(self, country: str | None) -> str:
        actor_id, seat_id = str(new_id()), str(new_id())
        self.tell("actor.registered", actor_id=actor_id, kind="municipality", status="active", name="A", names={}, country=country, border_m={})
        self.tell("seat.created", seat_id=seat_id, actor_id=actor_id, role="protocol", title="Protocol", status="active")
        return actor_id

    def tie(self, from_id: str, to_id: str, type_: str = "sister_city", status: str = "active", tie_id: str | None = None) -> dict[str, Any]:
        known = {"from_id": from_id, "to_id": to_id, "tie_type": type_, "status": status, "tie_id": tie_id or str(new_id())}
        self.tell("tie.changed" if tie_id else "tie.recorded", **known, symmetric=True, role=None, valid_from="2001-02-03", valid_through=None)
        return known


async def test_the_directory_holds_the_last_state_of_every_tie(connection: AsyncConnection) -> None:
    feed = Feed()
    one, two = str(new_id()), str(new_id())
    first, second = feed.tie(one, two), feed.tie(two, one, "office_of")
    feed.tie(one, two, status="dormant", tie_id=first["tie_id"])
    await directory.project(connection, feed.events[:2])
    for _ in range(2):
        await directory.project(connection, feed.events)
    await directory.project(connection, feed.events[:1])
    rows = [tuple(map(str, row)) for row in await connection.execute(text("SELECT id, type, from_id, to_id, status, valid_from, position FROM directory_ties"))]
    assert sorted(rows) == sorted(
        [
            (first["tie_id"], "sister_city", one, two, "dormant", "2001-02-03", "3"),
            (second["tie_id"], "office_of", two, one, "active", "2001-02-03", "2"),
        ]
    )
    assert (await connection.execute(select(position()))).scalar_one() == 3, "an audience knows how far the ties have come"
    await directory.clear(connection)
    assert (await connection.execute(text("SELECT count(*) FROM directory_ties"))).scalar_one() == 0


def plain_facts(countries: dict[str, str | None], ties: list[dict[str, Any]], actor: str) -> dict[str, list[str]]:
    """The three lists, as they follow from the ties."""
    standing = [tie for tie in ties if tie["status"] in ("active", "dormant")]
    partners = {
        other
        for tie in standing
        if tie["tie_type"] in ("sister_city", "cooperation")
        for own, other in ((tie["from_id"], tie["to_id"]), (tie["to_id"], tie["from_id"]))
        if own == actor
    }
    return {
        "networks": sorted({tie["to_id"] for tie in standing if tie["tie_type"] in MEMBERSHIPS and tie["from_id"] == actor}),
        "partners": sorted(partners),
        "partner_countries": sorted({country for partner in partners if (country := countries[partner])}),
    }


async def test_sql_and_evaluator_agree_on_networks_and_partners(connection: AsyncConnection) -> None:
    chance, feed = random.Random(4), Feed()
    countries = {feed.actor(country): country for country in PLACES * 3}
    actors = list(countries)
    pairs = [chance.sample(actors, 2) for _ in range(60)]
    ties = [feed.tie(one, two, chance.choice(TYPES), chance.choice(STATES)) for one, two in pairs]
    await directory.project(connection, feed.events)
    joined = select(directory_actors.c.id).join(directory_seats, directory_seats.c.actor_id == directory_actors.c.id)
    names = ("networks", "partners", "partner_countries")
    told = {str(row[0]): row[1] for row in await connection.execute(joined.add_columns(facts_of(names)))}
    assert told == {actor: plain_facts(countries, ties, actor) for actor in actors}
    asked = [("partner_countries", country) for country in PLACES if country] + [(fact, actor) for fact in names[:2] for actor in actors]
    seen = set()
    for fact, value in asked:
        predicate = read_predicate({"op": "all", "of": [{"op": "not", "of": {"op": "includes", "fact": fact, "value": value}}]})
        answers = await connection.execute(joined.add_columns(compile_sql(predicate, VOCABULARY)))
        in_sql = {str(row[0]): Truth.of(row[1]) for row in answers}
        assert in_sql == {actor: truth(predicate, told[actor]) for actor in actors}
        seen |= set(in_sql.values())
    assert seen == {Truth.true, Truth.false}


async def test_a_membership_is_said_in_words() -> None:
    network = str(UUID(int=7))
    predicate = read_predicate({"op": "includes", "fact": "networks", "value": network})
    verdict = evaluate(predicate, {"networks": []}, language="en", vocabulary=VOCABULARY)
    assert verdict.outcome is Truth.false
    assert verdict.trace.sentence.startswith("The networks and commissions it is a member of")
