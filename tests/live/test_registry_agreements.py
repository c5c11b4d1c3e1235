"""The registry follows agreements that are really signed, left and ended, and a read that names the signature's event waits for it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text

from services.agreements.app import create_app
from services.agreements.settings import Settings
from services.registry.actors.models import Actor
from services.registry.agreements import following
from shared import errors
from shared.follower import Follower
from shared.ids import new_id
from shared.relay import relay_once
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates
from tests.support.feeds import FeedClient
from tests.support.make import agreements as make_agreements
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
KNOWN = "SELECT agreement_id, actor_id, in_force_on, ended_on FROM agreement_parties ORDER BY 1, 2"


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


@pytest.fixture
async def agreements(templates: Templates) -> AsyncIterator[FastAPI]:
    async with templates.clone("agreements") as url:
        made = create_app(Settings(database_url=url), tokens.verifier())
        async with made.router.lifespan_context(made):
            await make_agreements.actors(made.state.database)
            yield made


@pytest.fixture
async def signing(agreements: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(agreements) as client:
        yield client


def follower_of(agreements: FastAPI, live: LiveRegistry) -> Follower:
    return Follower(live.database, FeedClient(agreements), following.SOURCE, following.project, following.clear, batch=5)


async def caught_up(agreements: FastAPI, follower: Follower) -> None:
    while await relay_once(agreements.state.database):
        pass
    while await follower.once():
        pass


async def test_what_is_signed_and_ended_is_known_and_made_again_from_zero(live: LiveRegistry, agreements: FastAPI, signing: httpx.AsyncClient) -> None:
    follower = follower_of(agreements, live)
    await caught_up(agreements, follower)
    assert await live.rows("SELECT position FROM followers WHERE source = 'agreements'") == [(0,)], "an empty feed was read"
    kept, ended = [await make_agreements.agreement_in_force(signing) for _ in range(2)]
    draft = await make_agreements.cleared_agreement(signing)
    await caught_up(agreements, follower)
    parties = {party["actor_id"] for party in kept["parties"]}
    rows = await live.rows(KNOWN)
    assert {(str(row.agreement_id), str(row.actor_id)) for row in rows} == {(made["id"], party) for made in (kept, ended) for party in parties}
    assert {(row.in_force_on.isoformat(), row.ended_on) for row in rows} == {(kept["in_force_on"], None)}
    for made in (ended, draft):
        assert (await make_agreements.withdrawal(signing, made["id"], make_agreements.san_diego)).status_code == 201
    await caught_up(agreements, follower)
    after = await live.rows(KNOWN)
    assert {str(row.agreement_id) for row in after if row.ended_on is not None} == {ended["id"]}
    assert len([row for row in after if row.ended_on is not None]) == 2, "with one of two parties gone, it binds nobody"
    await follower.replay()
    assert await live.count("agreement_parties") == 0
    await caught_up(agreements, follower)
    assert await live.rows(KNOWN) == after


async def test_a_report_that_names_the_signature_waits_for_it(live: LiveRegistry, agreements: FastAPI, signing: httpx.AsyncClient) -> None:
    await make_agreements.agreement_in_force(signing)
    (event,) = await _of(agreements, "SELECT id FROM events WHERE type = 'agreement.entered_into_force'")
    party = str(make_agreements.SAN_DIEGO)
    await known_here(live, make_agreements.SAN_DIEGO)
    report = await make.capacity(live.client, party, as_of=datetime.now(UTC).date().isoformat())
    headers = bearer(make.reporter(party)) | {"Comity-After": str(event)}
    reading = asyncio.create_task(live.client.get(f"/v1/capacity-reports/{report['id']}", headers=headers))
    follower = follower_of(agreements, live)
    await caught_up(agreements, follower)
    assert (await reading).json()["agreements_in_force"] == 1
    refused = await live.client.get(f"/v1/capacity-reports/{report['id']}", headers=headers | {"Comity-After": str(new_id())})
    assert_problem(refused, errors.DirectoryBehind)


async def known_here(live: LiveRegistry, actor_id: UUID) -> None:
    """The agreements' directory of the tests has ids of its own: the registry takes this one."""
    row = {"id": actor_id, "kind": "county", "status": "active", "preferred_language": "en", "name": "San Diego County", "sort_name": "san diego county"}
    days = {"names": {"en": "San Diego County"}, "border_m": {}, "version": 1, "created_at": datetime.now(UTC), "updated_at": datetime.now(UTC)}
    async with live.database.engine.begin() as connection:
        await connection.execute(insert(Actor).values(**row, **days))


async def _of(app: FastAPI, statement: str) -> list[object]:
    async with app.state.database.engine.connect() as connection:
        return list((await connection.execute(text(statement))).scalars())
