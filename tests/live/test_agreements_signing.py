"""Signing with real commits: two at the same moment, the last signature once, and the story as an integrator reads it."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.agreements.app import create_app
from services.agreements.settings import Settings
from shared.access import Caller
from shared.relay import relay_once
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates
from tests.support.feeds import FOLLOWER, read_all
from tests.support.make import agreements as make
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
STORY = [
    ("agreement.proposed", "agreement proposed"),
    ("gate.opened", "gate opened"),
    ("text.attached", "text attached"),
    ("text.attached", "text attached"),
    ("text.adopted", "text adopted"),
    ("text.adopted", "text adopted"),
    ("gate.filed", "gate filed"),
    ("gate.decided", "gate decided"),
    ("agreement.signed", "agreement signed"),
    ("agreement.signed", "agreement signed"),
    ("agreement.entered_into_force", "agreement entered into force"),
]


@pytest.fixture
async def app(templates: Templates) -> AsyncIterator[FastAPI]:
    async with templates.clone("agreements") as url:
        made = create_app(Settings(database_url=url), tokens.verifier())
        async with made.router.lifespan_context(made):
            await make.actors(made.state.database)
            yield made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as made:
        yield made


async def counted(app: FastAPI, statement: str) -> int:
    async with app.state.database.engine.connect() as connection:
        return int((await connection.execute(text(statement))).scalar_one())


async def test_one_party_twice_at_the_same_moment_signs_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    hashes = await make.hashes(client, made["id"])
    answers = await asyncio.gather(*(make.signature(client, made["id"], make.tijuana, text_hashes=hashes) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/already_signed"}
    assert await counted(app, "SELECT count(*) FROM signatures") == 1
    assert await counted(app, "SELECT count(*) FROM events WHERE type = 'agreement.signed'") == 1


async def test_the_last_two_at_the_same_moment_bring_it_in_force_once(app: FastAPI, client: httpx.AsyncClient) -> None:
    for _ in range(5):
        made = await make.cleared_agreement(client)
        hashes = await make.hashes(client, made["id"])
        answers = await asyncio.gather(*(make.signature(client, made["id"], who, text_hashes=hashes) for who in (make.san_diego, make.tijuana)))
        assert [answer.status_code for answer in answers] == [201, 201], [answer.text for answer in answers]
        assert sorted(answer.json()["agreement_status"] for answer in answers) == ["in_force", "partly_signed"]
    assert await counted(app, "SELECT count(*) FROM events WHERE type = 'agreement.entered_into_force'") == 5
    assert await counted(app, "SELECT count(*) FROM agreements WHERE status = 'in_force'") == 5


async def test_a_new_text_and_a_signature_at_the_same_moment_leave_no_signature_over_another_text(app: FastAPI, client: httpx.AsyncClient) -> None:
    for number in range(5):
        made = await make.cleared_agreement(client)
        hashes = await make.hashes(client, made["id"])
        attached, signed = await asyncio.gather(
            make.text(client, made["id"], make.tijuana, body=f"Another text {number}", reason="A better one."),
            make.signature(client, made["id"], make.san_diego, text_hashes=hashes),
        )
        assert sorted((attached.status_code, signed.status_code)) == [201, 409], (attached.text, signed.text)
        now = (await make.read(client, made["id"])).json()
        standing = sorted(item["sha256"] for item in now["texts"] if item["standing"])
        assert all(item["text_hashes"] == standing for item in now["signatures"])


async def test_two_decisions_at_the_same_moment_are_one(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make.adopted_agreement(client)
    path = f"/v1/gates/{made['gates'][0]['id']}"
    headers = bearer(make.sre) | {"If-Match": (await client.get(path, headers=bearer(make.sre))).headers["etag"]}
    bodies = [{"outcome": outcome, "reasons": "Considered."} for outcome in ("procedente", "no_procedente")]
    answers = await asyncio.gather(*(client.post(f"{path}/decisions", json=body, headers=headers) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 412]
    assert await counted(app, "SELECT count(*) FROM gate_decisions") == 1


async def test_a_withdrawal_and_the_last_signature_at_the_same_moment_agree(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    await make.signature(client, made["id"], make.san_diego)
    hashes = await make.hashes(client, made["id"])
    signed, gone = await asyncio.gather(make.signature(client, made["id"], make.tijuana, text_hashes=hashes), make.withdrawal(client, made["id"]))
    status = (await make.read(client, made["id"])).json()["status"]
    assert (signed.status_code, gone.status_code, status) in {(201, 201, "terminated"), (409, 201, "withdrawn")}


async def read(app: FastAPI, who: Caller) -> list[dict[str, object]]:
    while await relay_once(app.state.database):
        pass
    return await read_all(app, "agreements", who, limit=100)


async def test_an_integrator_reads_the_story_without_a_word_of_the_draft(app: FastAPI, client: httpx.AsyncClient) -> None:
    await make.agreement(client, draft=True, titles={"en": "A secret draft"})
    made = await make.agreement_in_force(client)
    outside, inside, audited = [await read(app, who) for who in (make.integrator, make.tijuana, make.auditor)]
    assert [(event["type"], event["data"]["step"]) for event in outside] == STORY  # type: ignore[index]
    for event in outside[:-1]:
        told = str(event)
        for closed in ("water pollution", "procedente", "non_binding", "interinstitutional", "secret", *(item["sha256"] for item in made["texts"])):
            assert closed not in told
        assert (event["reason"], event["before"], event["after"], event["authid"]) == (None, None, None, None)
        assert event["data"]["agreement_id"] == made["id"]  # type: ignore[index]
        assert event["data"]["parties"] == [str(make.SAN_DIEGO), str(make.TIJUANA)]  # type: ignore[index]
    assert outside[-1]["data"]["titles"]["en"] == "Cross-border water pollution"  # type: ignore[index]
    assert outside[-1]["data"]["decisions"][0]["outcome"] == "procedente"  # type: ignore[index]
    assert [event["id"] for event in inside] == [event["id"] for event in outside]
    assert inside[7]["data"]["outcome"] == "procedente"  # type: ignore[index]
    assert inside[7]["reason"] == "Within the powers of the municipality."
    assert [event["type"] for event in audited] == ["agreement.drafted", *(kind for kind, _ in STORY)]
    assert len(await read(app, FOLLOWER)) == len(STORY) + 1
