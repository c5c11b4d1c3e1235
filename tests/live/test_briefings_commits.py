"""Briefings with real commits: races that constraints and locks settle, feeds that keep silent, reads straight from the driver."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings import errors as states
from services.briefings.app import create_app
from services.briefings.audiences.schemas import AudiencePreview
from services.briefings.briefings.schemas import BriefingRead
from services.briefings.deliveries.schemas import DeliveryRead, Explanation
from services.briefings.inbox.schemas import InboxItem, InboxRead
from services.briefings.releases.schemas import ReleaseRead
from services.briefings.settings import Settings
from shared import errors
from shared.access import Caller
from shared.ids import new_id
from shared.relay import relay_once
from shared.web import Clock
from tests.briefings.conftest import NOW
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates
from tests.support.feeds import read_all
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer

pytestmark = pytest.mark.live


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[FastAPI]:
    """The briefings service on a database of its own."""
    async with templates.clone("briefings") as url:
        app = create_app(Settings(database_url=url), tokens.verifier(), Clock(NOW))
        async with app.router.lifespan_context(app):
            yield app


@pytest.fixture
async def client(live: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(live) as made:
        yield made


async def rows_of(app: FastAPI, sql: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return [tuple(row) for row in (await session.execute(text(sql))).all()]


async def test_of_many_releases_at_once_one_wins(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.border_towns(live.state.database)
    draft = await make.briefing(client)
    hands = [make.person("briefing_releaser", subject=f"releaser {number}") for number in range(6)]
    answers = await asyncio.gather(*(make.release(client, draft, who, unknown="leave_out") for who in hands))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, states.AlreadyReleased)
    counted = "SELECT (SELECT count(*) FROM releases), (SELECT count(*) FROM deliveries), (SELECT count(*) FROM events WHERE type = 'briefing.released')"
    assert await rows_of(live, counted) == [(1, 1, 1)]


async def test_of_a_release_and_edits_that_cross_nothing_unread_goes_out(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.border_towns(live.state.database)
    for number in range(8):
        draft = await make.briefing(client, title=f"Read {number}")
        path, headers = f"/v1/briefings/{draft.json()['id']}", bearer(make.AUTHOR) | {"If-Match": draft.headers["etag"]}
        edit = client.patch(path, json={"title": f"Unread {number}"}, headers=headers)
        crossing = (edit, make.release(client, draft, unknown="leave_out")) if number % 2 else (make.release(client, draft, unknown="leave_out"), edit)
        answers = await asyncio.gather(*crossing)
        edited, released = answers if number % 2 else reversed(answers)
        now = (await client.get(path, headers=bearer(make.AUTHOR))).json()
        if released.status_code == 201:
            assert_problem(edited, states.BriefingClosed)
            assert (now["state"], now["title"]) == ("released", f"Read {number}")
        else:
            assert_problem(released, errors.PreconditionFailed)
            assert (edited.status_code, now["state"], now["title"]) == (200, "draft", f"Unread {number}")


async def test_acknowledged_by_many_at_once_is_acknowledged_once(client: httpx.AsyncClient, live: FastAPI) -> None:
    seats = await make.border_towns(live.state.database)
    await make.released(client)
    mayor = make.recipient(seats["San Diego"])
    item = (await client.get("/v1/inbox", headers=bearer(mayor))).json()["items"][0]
    hands = [make.person("member", organization=mayor.organization, subject=f"hand {number}", seats=mayor.seats) for number in range(6)]
    kinds = ("openings", "acknowledgements")
    answers = await asyncio.gather(*(client.post(f"/v1/inbox/{item['id']}/{kind}", headers=bearer(who)) for who in hands for kind in kinds))
    assert {answer.status_code for answer in answers} == {200}
    line = (await client.get(f"/v1/deliveries/{item['id']}", headers=bearer(make.RELEASER))).json()
    for answer in answers[1::2]:
        assert answer.json()["acknowledged_by"] == line["acknowledged_by"]
    said = await rows_of(live, "SELECT type, count(*) FROM events WHERE type LIKE 'delivery.%' GROUP BY type ORDER BY type")
    assert said == [("delivery.acknowledged", 1), ("delivery.opened", 1)]


async def feed_of(live: FastAPI, who: Caller) -> list[dict[str, Any]]:
    return await read_all(live, "briefings", who)


async def test_no_feed_but_those_concerned_holds_a_word_of_an_amber_briefing(client: httpx.AsyncClient, live: FastAPI) -> None:
    seats = await make.border_towns(live.state.database)
    made = await make.released(client, title="Zanzibar", summary="Quetzal", parts=[make.part(heading="Obsidian", body="Marimba")])
    mayor = make.recipient(seats["San Diego"])
    item = (await client.get("/v1/inbox", headers=bearer(mayor))).json()["items"][0]
    for kind in ("openings", "acknowledgements"):
        await client.post(f"/v1/inbox/{item['id']}/{kind}", headers=bearer(mayor))
    draft = await make.briefing(client, title="Zanzibar again")
    await client.patch(f"/v1/briefings/{draft.json()['id']}", json={"summary": "Quetzal"}, headers=bearer(make.AUTHOR) | {"If-Match": draft.headers["etag"]})
    public = await make.released(client, title="Pelican", parts=[make.part(marking="TLP:CLEAR")], audience={"seats": [str(seats["Tijuana"])]})
    await relay_once(live.state.database)

    words = ["Zanzibar", "Quetzal", "Obsidian", "Marimba"]
    ids = [made["id"], made["release"]["id"], item["id"], draft.json()["id"], public["release"]["id"], *(str(seat) for seat in seats.values())]
    integrator = make.person("integrator", organization=new_id(), subject="machine")
    for who in (integrator, make.STRANGER, make.recipient(seats["Los Angeles"], "Los Angeles"), make.person("integrator", organization=None)):
        raw = (await client.get("/v1/events/briefings?limit=1000", headers=bearer(who))).text
        assert [word for word in [*words, *ids] if word in raw] == [], who
        assert [event["type"] for event in await feed_of(live, who)] == ["briefing.published"]
        assert "Pelican" in raw
        assert '"recipients"' not in raw

    recipient = await feed_of(live, mayor)
    assert [event["type"] for event in recipient] == ["delivery.opened", "delivery.acknowledged", "briefing.published"]
    for who in (make.AUTHOR, make.AUDITOR):
        events = await feed_of(live, who)
        assert [event["type"] for event in events].count("briefing.released") == 2
        assert not [word for word in words if word in str(events)], "an event says that something changed, never what it says"


async def test_every_read_works_straight_from_the_driver(client: httpx.AsyncClient, live: FastAPI) -> None:
    seats = await make.border_towns(live.state.database)
    made = await make.released(client, parts=[make.part(), make.part(language="es")])
    mayor = make.recipient(seats["San Diego"])

    async def read(path: str, who: Caller = make.RELEASER) -> Any:
        answer = await client.get(f"/v1{path}", headers=bearer(who))
        assert answer.status_code == 200, answer.text
        return answer.json()

    path = f"/briefings/{made['id']}"
    for who in (make.RELEASER, mayor, make.AUDITOR):
        assert BriefingRead.model_validate(await read(path, who)).languages == ["en", "es"]
    for query in ("state=released", "marking=TLP:AMBER", "type=alert", "status=Actual", "topic=water", "include=parts&count=exact"):
        assert [BriefingRead.model_validate(item).id for item in (await read(f"/briefings?{query}"))["items"]] == [UUID(made["id"])]
    assert AudiencePreview.model_validate(await read(f"{path}/audience")).counts.unknown == 1
    assert ReleaseRead.model_validate((await read(f"{path}/releases"))["items"][0]).recipients == 1
    assert Explanation.model_validate(await read(f"{path}/recipients/{seats['San Diego']}/explain")).received
    for query in ("acknowledged=false", "expired=false", "status=Actual", f"seat={seats['San Diego']}", "limit=1"):
        item = InboxItem.model_validate((await read(f"/inbox?{query}", mayor))["items"][0])
    assert InboxRead.model_validate(await read(f"/inbox/{item.id}", mayor)).briefing is not None
    for query in (f"briefing={made['id']}", "state=delivered", "acknowledged=false", f"seat={seats['San Diego']}", "limit=1"):
        assert DeliveryRead.model_validate((await read(f"/deliveries?{query}"))["items"][0]).id == item.id


async def test_a_release_to_ten_thousand_is_one_transaction(client: httpx.AsyncClient, live: FastAPI) -> None:
    towns = [make.government(f"Town {number}") for number in range(10_000)]
    await make.directory(live.state.database, *towns)
    draft = await make.briefing(client)
    answer = await make.release(client, draft, expected_count=10_000)
    assert (answer.status_code, answer.json()["recipients"], answer.json()["deliveries"]["delivered"]) == (201, 10_000, 10_000)
    assert await rows_of(live, "SELECT count(*) FROM events") == [(2,)]
