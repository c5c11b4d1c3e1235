"""Everything at the same moment, with real commits: whoever comes second is told, nothing contradicts itself, nothing fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from services.agreements.agreements.lifecycle import ActionKind, status_after
from services.agreements.app import create_app
from services.agreements.settings import Settings
from shared.access import Caller
from shared.database import Database
from shared.errors import Conflict
from shared.ids import new_id
from shared.work import open_work
from tests.conftest import client_of
from tests.support import tokens, toy
from tests.support.database import Templates
from tests.support.make import agreements as make
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
MEANT = {200, 201, 403, 409, 412}


@pytest.fixture
async def app(templates: Templates) -> AsyncIterator[FastAPI]:
    async with templates.clone("agreements") as url:
        made = create_app(Settings(database_url=url), tokens.verifier())
        async with made.router.lifespan_context(made):
            await make.actors(made.state.database)
            yield made


async def everything_at_once(client: httpx.AsyncClient, made: dict[str, Any], number: int) -> list[httpx.Response]:
    """Signatures, a withdrawal, a new text, a decision, an adoption and a change, all on what was read before."""
    hashes = await make.hashes(client, made["id"])
    gate = made["gates"][0]["id"]
    calls = [
        make.signature(client, made["id"], make.san_diego, text_hashes=hashes),
        make.signature(client, made["id"], make.tijuana, text_hashes=hashes),
        make.text(client, made["id"], make.tijuana, body=f"Another text {number}", reason="A better one."),
        make.decision(client, gate),
        make.adoption(client, made["id"], make.tijuana, text_hashes=hashes),
        client.patch(f"/v1/agreements/{made['id']}", json={"topics": ["water"]}, headers=bearer(make.san_diego) | {"If-Match": '"1", "2", "9", "10", "11"'}),
    ]
    if number % 2:
        calls.append(make.withdrawal(client, made["id"]))
    shift = number % len(calls)
    return list(await asyncio.gather(*calls[shift:], *calls[:shift]))


def contradictions(found: dict[str, Any]) -> list[str]:
    """What an agreement says against itself."""
    deeds = [(ActionKind(action["kind"]), UUID(action["party_id"]) if action["party_id"] else None) for action in found["actions"]]
    kinds = [kind for kind, _ in deeds]
    standing = sorted(item["sha256"] for item in found["texts"] if item["standing"] and item["authentic"])
    claims = {
        "the status is not what follows from the actions": status_after(deeds, [UUID(party["id"]) for party in found["parties"]]).value == found["status"],
        "actions have gaps": [action["nth"] for action in found["actions"]] == list(range(1, len(deeds) + 1)),
        "a signature over another text": all(item["text_hashes"] == standing for item in found["signatures"]),
        "signatures and their actions differ in number": kinds.count(ActionKind.sign) == len(found["signatures"]),
        "in force twice": kinds.count(ActionKind.enter_into_force) <= 1,
        "signed while the gate was not cleared": not found["signatures"] or all(gate["cleared"] for gate in found["gates"]),
        "in force without every signature": found["in_force_on"] is None or len(found["signatures"]) == len(found["parties"]),
    }
    return [claim for claim, holds in claims.items() if not holds]


async def test_an_agreement_under_every_act_at_once_does_not_contradict_itself(app: FastAPI) -> None:
    async with client_of(app) as client:
        for number in range(12):
            made = await (make.cleared_agreement(client) if number % 3 else make.adopted_agreement(client))
            answers = await everything_at_once(client, made, number)
            assert {answer.status_code for answer in answers} <= MEANT, [(answer.status_code, answer.text[:300]) for answer in answers]
            found = (await make.read(client, made["id"])).json()
            assert contradictions(found) == [], found
    async with app.state.database.engine.connect() as connection:
        unheard = text("SELECT count(*) FROM signatures s WHERE NOT EXISTS (SELECT FROM events e WHERE e.payload->>'party_id' = s.party_id::text)")
        assert (await connection.execute(unheard)).scalar_one() == 0


async def locked_in_turn(database: Database, names: Sequence[str], met: asyncio.Barrier) -> str:
    """Locks two rows one after the other; the two of them meet in the middle."""
    async with open_work(database, Caller(), now=datetime.now(UTC)) as work:
        await work.execute(select(toy.Box).where(toy.Box.name == names[0]).with_for_update())
        await met.wait()
        await work.execute(select(toy.Box).where(toy.Box.name == names[1]).with_for_update())
        work.record(toy.BoxMade(box_id=new_id(), name=names[0], owner=None))
    return "done"


async def test_of_two_that_wait_for_each_other_one_is_told_to_send_it_again(live_toy: FastAPI) -> None:
    database = live_toy.state.database
    async with client_of(live_toy) as client:
        for name in ("a", "b"):
            assert (await client.post("/v1/boxes", json={"name": name}, headers=bearer(tokens.caller("toy:write")))).status_code == 201
    met = asyncio.Barrier(2)
    found = await asyncio.gather(*(locked_in_turn(database, names, met) for names in (("a", "b"), ("b", "a"))), return_exceptions=True)
    assert found.count("done") == 1
    (refused,) = (item for item in found if item != "done")
    assert isinstance(refused, Conflict)
    assert refused.members == {"retry": True}
    async with database.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM events WHERE payload->>'name' IN ('a', 'b')"))).scalar_one() == 3
