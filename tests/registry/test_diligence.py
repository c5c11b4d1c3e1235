"""Checks of counterparts: what is asked, who sees them, and how a person concludes."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.diligence.items import ITEMS, ChecklistItem
from services.registry.diligence.schemas import DiligenceItems, DiligenceRead
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.languages import SPOKEN
from tests.support.make import diligence as make
from tests.support.make.registry import actor, judgement
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
NOON = "2026-11-22T12:00:00.000000Z"


async def cities(client: httpx.AsyncClient) -> tuple[str, str]:
    """San Diego and Tijuana."""
    one = await actor(client, "San Diego", kind="municipality")
    two = await actor(client, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN")
    return one["id"], two["id"]


async def events(app: FastAPI, kind: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = :kind ORDER BY seq"), {"kind": kind})).all())


async def test_the_questions_are_for_everyone_in_every_language(registry: httpx.AsyncClient) -> None:
    body = (await registry.get("/v1/diligence/items")).json()
    DiligenceItems.model_validate(body)
    assert [item["item"] for item in body["items"]] == list(ChecklistItem)
    for item in body["items"]:
        assert set(item["question"]) == set(SPOKEN) and item["source"]
        assert len(set(item["question"].values())) == len(SPOKEN) and all(question.endswith("?") for question in item["question"].values())


async def test_a_check_begins_with_every_item_open(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    made = await make.check(registry, there, who=make.manager(here), agreement_id=NOBODY)
    DiligenceRead.model_validate(made)
    blank = {"status": "open", "note": None, "source": None, "answered_by": None, "answered_at": None}
    assert made == {
        "id": made["id"],
        "organization_id": here,
        "counterpart_id": there,
        "counterpart_name": "Tijuana",
        "agreement_id": NOBODY,
        "edition": 1,
        "previous_id": None,
        "state": "open",
        "unanswered": len(ITEMS),
        "concerns": 0,
        **dict.fromkeys(("verdict", "reason", "conditions")),
        "opened_by": "manager",
        "concluded_by": None,
        "concluded_at": None,
        "created_at": NOON,
        "updated_at": NOON,
        "answers": [{"item": item, **blank} for item in ChecklistItem],
    }
    (event,) = await events(registry_app, "diligence")
    assert (event.type, event.visibility, event.organizations) == ("diligence.opened", "organizations", [UUID(here)])
    ids = {"diligence_id": made["id"], "organization_id": here, "counterpart_id": there, "agreement_id": NOBODY}
    assert event.payload == {**ids, "edition": 1, "state": "open", "verdict": None, "answers": dict.fromkeys(ChecklistItem, "open")}


async def test_answers_say_who_found_what_and_the_events_do_not(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    made = await make.check(registry, there, who=make.manager(here))
    path = f"/v1/diligence/{made['id']}"
    given = [
        {"item": "payment", "status": "concern", "note": "Travel is paid by a lobby firm.", "source": "invoice 7"},
        {"item": "exit", "status": "clear"},
    ]
    one, two = make.manager(here, "one"), make.manager(here, "two")
    first = await registry.patch(path, json={"answers": given}, headers=await make.tagged(registry, path, one))
    body = first.json()
    DiligenceRead.model_validate(body)
    said = {item["item"]: item for item in body["answers"]}
    assert said["payment"] == {**given[0], "answered_by": "one", "answered_at": NOON}
    assert said["exit"] == {"note": None, "source": None, **given[1], "answered_by": "one", "answered_at": NOON}
    assert (body["unanswered"], body["concerns"]) == (len(ITEMS) - 2, 1)
    same = await registry.patch(path, json={"answers": given}, headers=await make.tagged(registry, path, two))
    assert same.json() == body, "who repeats what was said has not found it"
    back = await registry.patch(path, json={"answers": [{"item": "exit", "status": "open"}]}, headers=await make.tagged(registry, path, two))
    assert back.json()["unanswered"] == len(ITEMS) - 1
    told = await events(registry_app, "diligence")
    assert [event.type for event in told] == ["diligence.opened", "diligence.answered", "diligence.answered"]
    assert not [event for event in told if "lobby" in str(event) or "invoice" in str(event)]


async def test_a_verdict_needs_every_answer_and_freezes_the_check(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    made = await make.check(registry, there, who=who)
    await make.answer_all(registry, made["id"], who=who, but=("goals", "exit"))
    assert_problem(await make.conclude(registry, made["id"], who=who), errors.DiligenceIncomplete, items=["goals", "exit"])
    spanish = await make.conclude(registry, made["id"], who=make.manager(here))
    assert "goals, exit" in spanish.json()["detail"]
    await make.answer_all(registry, made["id"], who=who)
    verdict = {"verdict": "proceed_with_conditions", "reason": "The goals are sound.", "conditions": "Publish the text."}
    concluded = await make.conclude(registry, made["id"], who=make.manager(here, "mayor"), **verdict)
    assert concluded.status_code == 200, concluded.text
    body = concluded.json()
    DiligenceRead.model_validate(body)
    assert {name: body[name] for name in verdict} == verdict
    assert (body["state"], body["concluded_by"], body["concluded_at"]) == ("concluded", "mayor", NOON)
    last = (await events(registry_app, "diligence"))[-1]
    assert (last.type, last.payload["verdict"], last.reason) == ("diligence.concluded", "proceed_with_conditions", None)
    assert "Publish" not in str(last) and "sound" not in str(last)
    assert_problem(await make.conclude(registry, made["id"], who=who), errors.DiligenceFrozen)
    path = f"/v1/diligence/{made['id']}"
    change = {"answers": [{"item": "exit", "status": "open"}]}
    assert_problem(await registry.patch(path, json=change, headers=await make.tagged(registry, path, who)), errors.DiligenceFrozen)
    assert (await registry.get(path, headers=bearer(who))).json() == body


async def test_a_concluded_check_is_reopened_as_a_new_version_with_its_answers(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    made = await make.check(registry, there, who=who)
    path = f"/v1/diligence/{made['id']}"
    assert_problem(await registry.post(f"{path}/reopen", headers=bearer(who)), errors.DiligenceUnconcluded)
    await make.answer_all(registry, made["id"], who=make.manager(here, "clerk"))
    before = (await make.conclude(registry, made["id"], who=who)).json()
    again = await registry.post(f"{path}/reopen", headers=bearer(who))
    assert again.status_code == 201, again.text
    body = again.json()
    DiligenceRead.model_validate(body)
    assert (body["edition"], body["previous_id"], body["state"], body["unanswered"]) == (2, made["id"], "open", 0)
    assert body["answers"] == before["answers"] and body["answers"][0]["answered_by"] == "clerk"
    assert (await registry.get(path, headers=bearer(who))).json() == before
    assert_problem(await registry.post(f"{path}/reopen", headers=bearer(who)), errors.DiligenceReopened)
    latest = (await registry.get("/v1/diligence?latest=true", headers=bearer(who))).json()["items"]
    assert [item["id"] for item in latest] == [body["id"]]
    earlier = (await registry.get("/v1/diligence?latest=false", headers=bearer(who))).json()["items"]
    assert [item["id"] for item in earlier] == [made["id"]]


async def test_one_check_is_open_for_a_counterpart_and_an_agreement(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    await make.check(registry, there, who=who)
    again = await registry.post("/v1/diligence", json={"counterpart_id": there}, headers=bearer(who))
    assert_problem(again, errors.DiligenceUnderWay)
    await make.check(registry, there, who=who, agreement_id=NOBODY)
    await make.check(registry, here, who=make.manager(there, country="MX"))


async def test_a_bad_check_is_refused(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    opened = "/v1/diligence"
    assert_problem(await registry.post(opened, json={"counterpart_id": NOBODY}, headers=bearer(who)), errors.DiligenceActorUnknown)
    assert_problem(await registry.post(opened, json={"counterpart_id": here}, headers=bearer(who)), errors.DiligenceOfOneself)
    assert_problem(await registry.post(opened, json={}, headers=bearer(who)), Invalid)
    for nobody in (caller("diligence:write"), make.manager(NOBODY)):
        assert_problem(await registry.post(opened, json={"counterpart_id": there}, headers=bearer(nobody)), errors.RecordNeedsOrganization)
    made = await make.check(registry, there, who=who)
    path = f"{opened}/{made['id']}"
    headers = await make.tagged(registry, path, who)
    bad: list[Any] = [
        [],
        [{"item": "nationality", "status": "concern", "note": "X"}],
        [{"item": "exit", "status": "concern"}],
        [{"item": "exit", "status": "not_applicable"}],
        [{"item": "exit", "status": "open", "note": "X"}],
        [{"item": "exit", "status": "clear"}] * 2,
        [{"item": "exit", "status": "clear", "answered_by": "me"}],
    ]
    for answers in bad:
        assert_problem(await registry.patch(path, json={"answers": answers}, headers=headers), Invalid)
    for verdict in ({"reason": " "}, {"verdict": "yes"}, {"conditions": "X"}, {"verdict": "proceed_with_conditions"}):
        assert_problem(await make.conclude(registry, made["id"], who=who, **verdict), Invalid)
    change = {"answers": [{"item": "exit", "status": "clear"}]}
    assert_problem(await registry.patch(path, json=change, headers=bearer(who)), PreconditionRequired)
    assert (await registry.patch(path, json=change, headers=headers)).status_code == 200
    assert_problem(await registry.patch(path, json=change, headers=headers), PreconditionFailed)


async def test_who_sees_a_check_and_who_changes_it(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    other = (await actor(registry, "Chula Vista"))["id"]
    capital = (await actor(registry, "A ministry", kind="agency"))["id"]
    made = await make.check(registry, there, who=make.manager(here))
    path = f"/v1/diligence/{made['id']}"
    reviewer = caller("diligence:read", "diligence:write", organization=UUID(here), roles=("legal_reviewer",), country="US")
    for who in (make.manager(here), reviewer, make.nation(capital), make.AUDITOR, make.auditor(capital, "US")):
        assert (await registry.get(path, headers=bearer(who))).json() == made
    strangers = (make.manager(other), make.manager(there, country="MX"), make.nation(there, "MX"), caller("diligence:read"), make.auditor(there, "ZZ"))
    for who in strangers:
        assert_problem(await registry.get(path, headers=bearer(who)), errors.DiligenceNotFound)
        assert (await registry.get("/v1/diligence?count=exact", headers=bearer(who))).json() == {"items": [], "next": None, "total": 0}
    assert_problem(await registry.get(path), Unauthorized)
    assert_problem(await registry.get(path, headers=bearer(make.member(here))), Forbidden)
    change = {"answers": [{"item": "exit", "status": "clear"}]}
    tagged = await make.tagged(registry, path, make.nation(capital))
    assert_problem(await registry.patch(path, json=change, headers=tagged), errors.DiligenceOfAnother)
    assert_problem(await make.conclude(registry, made["id"], who=make.nation(capital)), errors.DiligenceOfAnother)
    assert_problem(await registry.post(f"{path}/reopen", headers=bearer(make.nation(capital))), errors.DiligenceOfAnother)
    assert_problem(await registry.patch(path, json=change, headers=tagged | bearer(make.AUDITOR)), Forbidden)
    assert_problem(await registry.patch(path, json=change, headers=tagged | bearer(make.manager(other))), errors.DiligenceNotFound)


@pytest.mark.parametrize("many", [1, 12])
async def test_a_list_is_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI, many: int) -> None:
    here, there = await cities(registry)
    who = make.manager(here)
    for nth in range(many):
        await make.check(registry, there, who=who, agreement_id=str(UUID(int=nth + 1)))
        await make.flag(registry, there, who=who)
    with queries(registry_app.state.database, at_most=1):
        listed = (await registry.get("/v1/diligence?include=flags&count=exact&limit=200", headers=bearer(who))).json()
    assert (listed["total"], [len(item["flags"]) for item in listed["items"]]) == (many, [many] * many)
    for item in listed["items"]:
        DiligenceRead.model_validate(item)
    with queries(registry_app.state.database, at_most=1):
        await registry.get(f"/v1/diligence/{listed['items'][0]['id']}?include=flags", headers=bearer(who))


async def test_filters_and_order(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    third = (await actor(registry, "Ensenada", country="MX", subdivision="MX-BCN"))["id"]
    who = make.manager(here)
    one = await make.check(registry, there, who=who, agreement_id=NOBODY)
    two = await make.check(registry, third, who=who)
    path = f"/v1/diligence/{two['id']}"
    worry = {"answers": [{"item": "transfer", "status": "concern", "note": "Sensors."}]}
    await registry.patch(path, json=worry, headers=await make.tagged(registry, path, who))
    await make.answer_all(registry, one["id"], who=who)
    assert (await make.conclude(registry, one["id"], who=who, verdict="undecided")).status_code == 200
    expected = {
        "": [two, one],
        "sort=oldest": [one, two],
        f"counterpart={there}": [one],
        f"agreement={NOBODY}": [one],
        f"organization={here}": [two, one],
        f"organization={there}": [],
        "state=open": [two],
        "verdict=undecided&verdict=proceed": [one],
        "concern=transfer": [two],
        "concern=exit": [],
    }
    for query, found in expected.items():
        listed = (await registry.get(f"/v1/diligence?{query}", headers=bearer(who))).json()["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in found], query
    assert_problem(await registry.get("/v1/diligence?concern=nationality", headers=bearer(who)), Invalid)


async def test_a_merged_counterpart_is_one(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    twin = (await actor(registry, "Tijuana, B.C.", country="MX", subdivision="MX-BCN"))["id"]
    who: Caller = make.manager(here)
    made = await make.check(registry, twin, who=who)
    flag = await make.flag(registry, there, who=who)
    await judgement(registry, there, twin)
    known = (await registry.get(f"/v1/diligence/{made['id']}?include=flags", headers=bearer(who))).json()
    assert (known["counterpart_id"], known["counterpart_name"], [item["id"] for item in known["flags"]]) == (there, "Tijuana", [flag["id"]])
    for asked in (there, twin):
        listed = (await registry.get(f"/v1/diligence?counterpart={asked}", headers=bearer(who))).json()["items"]
        assert [item["id"] for item in listed] == [made["id"]]
