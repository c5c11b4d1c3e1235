"""Networks of thousands: an actor is read with a bounded number of its ties, found by index though a few actors have most of them."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from services.registry.actors.filters import ActorFilters
from services.registry.actors.repository import MOST_TIES, Actors
from services.registry.actors.schemas import ActorRead
from shared import repository
from shared.access import Caller
from shared.repository import shape_of
from shared.work import open_work
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry

pytestmark = pytest.mark.live
MEMBERS = 3_000
FILL = (
    """
    INSERT INTO actors SELECT (jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'name', 'Town ' || n, 'sort_name', 'town ' || n, 'kind', 'municipality'))).*
    FROM actors AS a, generate_series(1, :members) AS n WHERE a.name = 'Hub'
    """,
    """
    INSERT INTO ties (id, type, from_id, to_id, status, quiet_since, created_at, updated_at, version)
    SELECT gen_random_uuid(), 'network_membership', town.id, hub.id, 'active', '2026-01-01', town.created_at, town.created_at, 1
    FROM actors AS town, actors AS hub WHERE town.kind = 'municipality' AND hub.kind = 'network'
    """,
)


@pytest.fixture
async def hubs(templates: Templates) -> AsyncIterator[LiveRegistry]:
    """Two networks of which every town is a member."""
    async with live_registry(templates) as live:
        for name in ("Hub", "Other hub"):
            await make.actor(live.client, name, kind="network")
        async with live.database.engine.begin() as connection:
            for statement in FILL:
                await connection.execute(text(statement), {"members": MEMBERS} if ":members" in statement else {})
            await connection.execute(text("ANALYZE"))
        yield live


async def test_an_actor_is_read_with_a_bounded_number_of_ties(hubs: LiveRegistry) -> None:
    (hub, other) = (await hubs.client.get("/v1/actors?kind=network&include=ties")).json()["items"]
    assert (len(hub["ties"]), len(other["ties"])) == (MOST_TIES, MOST_TIES)
    assert {tie["to_id"] for tie in hub["ties"]} == {hub["id"]}
    towns = (await hubs.client.get("/v1/actors?kind=municipality&include=ties&limit=200")).json()["items"]
    assert {tuple(sorted(tie["to_id"] for tie in town["ties"])) for town in towns} == {tuple(sorted((hub["id"], other["id"])))}
    assert all(tie["from_id"] == town["id"] for town in towns for tie in town["ties"])
    everything = (await hubs.client.get(f"/v1/ties?actor={hub['id']}&limit=1&count=exact")).json()
    assert everything["total"] == MEMBERS, "the list of ties has them all"


async def test_nobodys_ties_are_looked_for_among_all_of_them(hubs: LiveRegistry) -> None:
    filters = ActorFilters.model_validate({"include": ["ties"], "limit": 200})
    async with open_work(hubs.database, Caller(), read_only=True) as work:
        values = {**Actors(work).values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
    statement = repository._listing(Actors, ActorRead, ActorFilters, shape_of(filters), frozenset())
    connection = await hubs.database.connect()
    try:
        plan = await connection.fetch(f"EXPLAIN {statement.text}", *statement.arguments(values))
    finally:
        await connection.close()
    said = "\n".join(row[0] for row in plan)
    assert "ix_ties_from_id" in said and "ix_ties_to_id" in said, said
    assert "Seq Scan on ties" not in said, said
