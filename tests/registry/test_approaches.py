"""Approach reports: what is filed, who knows of it, and that nobody else can tell."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.approaches.models import MOST_CORRECTIONS
from services.registry.approaches.schemas import ApproachRead
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from tests.support.make import diligence as make
from tests.support.make.registry import actor, judgement
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
NOON = "2026-11-22T12:00:00.000000Z"
SECRET = "zyzzyva"  # no other text of these tests holds it


async def cities(client: httpx.AsyncClient) -> tuple[str, str]:
    """San Diego, and an association that seeks contact."""
    one = await actor(client, "San Diego", kind="municipality")
    two = await actor(client, "Friendship Association", kind="organisation", country="CN", subdivision=None)
    return one["id"], two["id"]


async def events(app: FastAPI) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'approach' ORDER BY seq"))).all())


async def test_a_report_is_kept_and_the_event_says_only_that_it_is(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    given = {
        "approached_by": f"Mx {SECRET}",
        "actor_id": there,
        "happened_on": "2026-11-20",
        "place": f"Hotel {SECRET}",
        "through": f"{SECRET} LLC",
        "asked": f"To oppose {SECRET}.",
        "channel": "in_person",
    }
    made = await make.report(registry, who=make.member(here), **given)
    ApproachRead.model_validate(made)
    assert made == {
        "id": made["id"],
        "organization_id": here,
        "reported_by": "member",
        **given,
        "withdrawn_at": None,
        "withdrawal_reason": None,
        "created_at": NOON,
        "updated_at": NOON,
        "corrections": [],
    }
    (event,) = await events(registry_app)
    assert (event.type, event.visibility, event.organizations) == ("approach.reported", "organizations", [UUID(here)])
    assert event.payload == {"approach_id": made["id"], "organization_id": here, "corrections": 0, "withdrawn": False}
    assert SECRET not in str(event) and there not in str(event)


async def test_corrections_follow_and_the_report_stays(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    made = await make.report(registry, who=make.member(here, "one"))
    path = f"/v1/approach-reports/{made['id']}/corrections"
    first = {"text": f"It was the {SECRET}.", "actor_id": there}
    for given, who in ((first, "one"), ({"text": "It was in the evening."}, "two")):
        answer = await registry.post(path, json=given, headers=bearer(make.member(here, who)))
        assert answer.status_code == 201, answer.text
    body = answer.json()
    ApproachRead.model_validate(body)
    told: list[dict[str, Any]] = [{**first, "corrected_by": "one", "corrected_at": NOON}]
    told += [{"text": "It was in the evening.", "actor_id": None, "corrected_by": "two", "corrected_at": NOON}]
    assert body == {**made, "corrections": told}
    found = (await registry.get(f"/v1/approach-reports?actor={there}", headers=bearer(make.member(here)))).json()["items"]
    assert [item["id"] for item in found] == [made["id"]]
    kept = await events(registry_app)
    assert [(event.type, event.payload["corrections"]) for event in kept] == [("approach.reported", 0), ("approach.corrected", 1), ("approach.corrected", 2)]
    assert SECRET not in str(kept) and there not in str(kept)
    for _ in range(MOST_CORRECTIONS - 2):
        await registry.post(path, json={"text": "More."}, headers=bearer(make.member(here)))
    assert_problem(await registry.post(path, json={"text": "More."}, headers=bearer(make.member(here))), errors.ApproachCorrectionsFull)


async def test_the_author_withdraws_a_report(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, _ = await cities(registry)
    other = (await actor(registry, "Chula Vista"))["id"]
    author = make.member(here, "author")
    made = await make.report(registry, who=author)
    path = f"/v1/approach-reports/{made['id']}"
    reason = {"reason": f"It was {SECRET}."}
    headers = await make.tagged(registry, path, author)
    assert_problem(await registry.post(f"{path}/withdrawal", json=reason, headers=bearer(author)), PreconditionRequired)
    for who in (make.member(here, "colleague"), make.nation(other)):
        assert_problem(await registry.post(f"{path}/withdrawal", json=reason, headers=headers | bearer(who)), errors.ApproachOfAnother)
    assert_problem(await registry.post(f"{path}/withdrawal", json={}, headers=headers), Invalid)
    answer = await registry.post(f"{path}/withdrawal", json=reason, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**made, "withdrawn_at": NOON, "withdrawal_reason": reason["reason"]}
    assert_problem(await registry.post(f"{path}/withdrawal", json=reason, headers=headers), PreconditionFailed)
    assert_problem(await registry.post(f"{path}/withdrawal", json=reason, headers=await make.tagged(registry, path, author)), errors.ApproachWithdrawn)
    assert_problem(await registry.post(f"{path}/corrections", json={"text": "X"}, headers=bearer(author)), errors.ApproachWithdrawn)
    assert SECRET not in str(await events(registry_app))
    for withdrawn, expected in (("true", [made["id"]]), ("false", [])):
        listed = (await registry.get(f"/v1/approach-reports?withdrawn={withdrawn}", headers=bearer(author))).json()["items"]
        assert [item["id"] for item in listed] == expected


async def test_a_bad_report_is_refused(registry: httpx.AsyncClient) -> None:
    here, _ = await cities(registry)
    who = make.member(here)
    bad: list[dict[str, Any]] = [
        {"approached_by": " "},
        {"asked": ""},
        {"happened_on": "2026-11-24"},
        {"happened_on": "soon"},
        {"channel": "pigeon"},
        {"country": "CN"},
        {"visibility": "public"},
    ]
    for override in bad:
        assert_problem(await make.post_report(registry, who=who, **override), Invalid)
    assert_problem(await make.post_report(registry, who=who, actor_id=NOBODY), errors.ApproachActorUnknown)
    for nobody in (caller("approaches:report"), make.member(NOBODY)):
        assert_problem(await make.post_report(registry, who=nobody), errors.RecordNeedsOrganization)
    made = await make.report(registry, who=who)
    path = f"/v1/approach-reports/{made['id']}/corrections"
    assert_problem(await registry.post(path, json={"text": "X", "actor_id": NOBODY}, headers=bearer(who)), errors.ApproachActorUnknown)
    assert_problem(await registry.post(path, json={}, headers=bearer(who)), Invalid)


async def test_who_sees_a_report(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    other = (await actor(registry, "Chula Vista"))["id"]
    capital = (await actor(registry, "A ministry", kind="agency"))["id"]
    made = await make.report(registry, who=make.member(here), actor_id=there)
    path = f"/v1/approach-reports/{made['id']}"
    for who in (make.member(here, "colleague"), make.manager(here), make.nation(capital), make.AUDITOR, make.auditor(capital, "US")):
        assert (await registry.get(path, headers=bearer(who))).json() == made
        assert (await registry.get("/v1/approach-reports", headers=bearer(who))).json()["items"] == [made]
    foreign = make.auditor(there, "ZZ")
    assert_problem(await registry.get(path, headers=bearer(foreign)), errors.ApproachNotFound)
    assert (await registry.get("/v1/approach-reports", headers=bearer(foreign))).json()["items"] == []
    for who in (make.manager(other), make.manager(there, country="CN"), make.nation(there, "CN"), caller("approaches:report")):
        assert_problem(await registry.get(path, headers=bearer(who)), errors.ApproachNotFound)
        listed = await registry.get(f"/v1/approach-reports?count=exact&actor={there}", headers=bearer(who))
        assert listed.json() == {"items": [], "next": None, "total": 0}
        assert_problem(await registry.post(f"{path}/corrections", json={"text": "X"}, headers=bearer(who)), errors.ApproachNotFound)
    assert_problem(await registry.get(path), Unauthorized)
    assert_problem(await registry.get(path, headers=bearer(caller("actors:write", "diligence:read"))), Forbidden)
    for who in (make.nation(capital), make.AUDITOR):
        refused = await registry.post(f"{path}/corrections", json={"text": "X"}, headers=bearer(who))
        assert_problem(refused, errors.ApproachOfAnother if who is not make.AUDITOR else Forbidden)


@pytest.mark.parametrize("many", [1, 12])
async def test_a_list_is_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI, many: int) -> None:
    here, _ = await cities(registry)
    for nth in range(many):
        made = await make.report(registry, who=make.member(here), happened_on=f"2026-10-{nth + 1:02}")
        await registry.post(f"/v1/approach-reports/{made['id']}/corrections", json={"text": "More."}, headers=bearer(make.member(here)))
    with queries(registry_app.state.database, at_most=1):
        listed = (await registry.get("/v1/approach-reports?count=exact&limit=200", headers=bearer(make.member(here)))).json()
    assert listed["total"] == len(listed["items"]) == many
    for item in listed["items"]:
        ApproachRead.model_validate(item)


async def test_filters_and_order(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    twin = (await actor(registry, "Friendship Assoc.", kind="organisation", country="CN", subdivision=None))["id"]
    who = make.member(here)
    one = await make.report(registry, who=who, happened_on="2026-11-20", actor_id=twin)
    two = await make.report(registry, who=who, happened_on="2026-11-01", channel="letter")
    await judgement(registry, there, twin)
    expected = {
        "": [two, one],
        "sort=latest": [one, two],
        f"actor={there}": [one],
        f"actor={twin}": [one],
        "channel=letter": [two],
        "from=2026-11-20": [one],
        "to=2026-11-01": [two],
        f"organization={here}": [two, one],
        f"organization={there}": [],
    }
    for query, found in expected.items():
        listed = (await registry.get(f"/v1/approach-reports?{query}", headers=bearer(who))).json()["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in found], query
    first = (await registry.get("/v1/approach-reports?limit=1&sort=latest", headers=bearer(who))).json()
    rest = (await registry.get(f"/v1/approach-reports?limit=1&sort=latest&cursor={first['next']}", headers=bearer(who))).json()
    assert [item["id"] for page in (first, rest) for item in page["items"]] == [one["id"], two["id"]]
