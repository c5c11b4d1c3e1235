"""Memberships of people: who may record, change and see them, and that one is never there twice."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.memberships.schemas import MembershipRead
from shared.errors import Forbidden, Invalid, PreconditionRequired, Unauthorized
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
READER = make.coordinator()


@pytest.fixture
async def delegate(registry: httpx.AsyncClient) -> dict[str, Any]:
    """A city, a commission, and somebody of the city."""
    city, commission = await make.actor(registry, "City"), await make.actor(registry, "Commission", kind="commission")
    person = await make.person(registry, city["id"])
    return {"city": city["id"], "commission": commission["id"], "person": person["id"], "who": make.manager(city["id"])}


async def post(client: httpx.AsyncClient, delegate: dict[str, Any], who: Any = None, **overrides: Any) -> httpx.Response:
    body = {"person_id": delegate["person"], "organization_id": delegate["commission"], "on_behalf_of_id": delegate["city"], "role": "delegate", **overrides}
    return await client.post("/v1/memberships", json=body, headers=bearer(who or delegate["who"]))


async def events(app: FastAPI) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'membership' ORDER BY seq"))).all())


async def test_a_city_sends_a_delegate(registry: httpx.AsyncClient, registry_app: FastAPI, delegate: dict[str, Any]) -> None:
    answer = await post(registry, delegate, valid_from="2026-01-01", note="Speaks French.", source="council minutes", reason="The council voted.")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    MembershipRead.model_validate(made)
    assert made == {
        "id": made["id"], "person_id": delegate["person"], "person_name": "Ana Pérez", "organization_id": delegate["commission"],
        "organization_name": "Commission", "on_behalf_of_id": delegate["city"], "on_behalf_of_name": "City", "role": "delegate",
        "valid_from": "2026-01-01", "valid_through": None, "note": "Speaks French.", "source": "council minutes", "read_on": None,
        "created_at": "2026-11-22T12:00:00.000000Z", "updated_at": "2026-11-22T12:00:00.000000Z",
    }  # fmt: skip
    assert answer.headers["location"] == f"/v1/memberships/{made['id']}"
    (event,) = await events(registry_app)
    assert (event.type, event.visibility, event.reason) == ("membership.recorded", "organizations", "The council voted.")
    assert sorted(map(str, event.organizations)) == sorted([delegate["city"], delegate["commission"]])
    assert event.after == {"role": "delegate", "valid_from": "2026-01-01", "valid_through": None, "read_on": None}
    assert "French" not in str(event) and "minutes" not in str(event)


async def test_a_membership_is_there_once_at_a_time(registry: httpx.AsyncClient, delegate: dict[str, Any]) -> None:
    assert (await post(registry, delegate, valid_from="2026-01-01", valid_through="2026-06-30")).status_code == 201
    for days in ({}, {"valid_from": "2026-06-30"}, {"valid_through": "2026-01-01"}):
        assert_problem(await post(registry, delegate, **days), errors.MembershipExists)
    for other in ({"valid_from": "2026-07-01"}, {"role": "chair"}, {"role": None}, {"on_behalf_of_id": None, "organization_id": delegate["city"]}):
        assert (await post(registry, delegate, **other)).status_code == 201


async def test_who_may_record_and_see(registry: httpx.AsyncClient, registry_app: FastAPI, delegate: dict[str, Any]) -> None:
    stranger = await make.actor(registry, "Stranger")
    assert_problem(await registry.post("/v1/memberships", json={}), Unauthorized)
    assert_problem(await post(registry, delegate, caller(organization=UUID(delegate["city"]))), Forbidden, scope="seats:manage")
    assert_problem(await post(registry, delegate, make.manager(stranger["id"])), errors.MembershipOfOthers)
    blind = caller("seats:manage", organization=UUID(stranger["id"]))
    assert_problem(await post(registry, delegate, blind, organization_id=stranger["id"]), errors.PersonUnknown)
    made = (await post(registry, delegate)).json()
    for who, seen in ((None, False), (blind, False), (make.WRITER, False), (READER, True)):
        headers = bearer(who) if who else {}
        answer = await registry.get(f"/v1/memberships/{made['id']}", headers=headers)
        assert answer.status_code == (200 if seen else 404)
        with queries(registry_app.state.database, at_most=1):
            assert len((await registry.get("/v1/memberships", headers=headers)).json()["items"]) == seen
    for side in ("city", "commission"):
        member = caller(organization=UUID(delegate[side]))
        assert (await registry.get(f"/v1/memberships/{made['id']}", headers=bearer(member))).json()["person_name"] == "Ana Pérez"


async def test_a_bad_membership_is_refused(registry: httpx.AsyncClient, delegate: dict[str, Any]) -> None:
    for override in (
        {"role": " "},
        {"valid_from": "2026-01-02", "valid_through": "2026-01-01"},
        {"on_behalf_of_id": delegate["commission"]},
        {"person_name": "Ana"},
    ):
        assert_problem(await post(registry, delegate, **override), Invalid)
    assert_problem(await post(registry, delegate, person_id=NOBODY), errors.PersonUnknown)
    assert_problem(await post(registry, delegate, organization_id=NOBODY), errors.MembershipActorUnknown)
    assert_problem(await post(registry, delegate, reason="Ana Pérez was sent."), errors.ReasonNamesPerson)
    assert_problem(await registry.get(f"/v1/memberships/{NOBODY}"), errors.MembershipNotFound)


async def test_a_membership_changes_and_ends(registry: httpx.AsyncClient, registry_app: FastAPI, delegate: dict[str, Any]) -> None:
    made = (await post(registry, delegate, valid_from="2026-01-01")).json()
    path, who = f"/v1/memberships/{made['id']}", delegate["who"]
    assert_problem(await registry.patch(path, json={"role": "chair"}, headers=bearer(who)), PreconditionRequired)
    changed = await make.with_match(registry, "PATCH", path, who, role="chair", note="Since May.", reason="Promoted.")
    assert (changed.status_code, changed.json()["role"], changed.json()["note"]) == (200, "chair", "Since May.")
    same = await make.with_match(registry, "PATCH", path, who, role="chair")
    assert same.headers["etag"] == changed.headers["etag"]
    assert (await make.with_match(registry, "PATCH", path, who, note=None)).json()["note"] is None
    for bad in ({"valid_through": "2025-12-31"}, {"person_id": NOBODY}, {"role": ""}):
        assert_problem(await make.with_match(registry, "PATCH", path, who, **bad), Invalid)
    end = f"{path}/end"
    assert_problem(await make.with_match(registry, "POST", end, who, of=path, on="2025-12-31", reason="x"), Invalid)
    assert_problem(await make.with_match(registry, "POST", end, who, of=path), Invalid)
    ended = await make.with_match(registry, "POST", end, who, of=path, on="2026-10-31", reason="The term is over.")
    assert (ended.status_code, ended.json()["valid_through"]) == (200, "2026-10-31")
    assert_problem(await make.with_match(registry, "POST", end, who, of=path, reason="Again."), errors.MembershipOver)
    etag = (await registry.get(path, headers=bearer(who))).headers["etag"]
    for other in (make.manager(NOBODY), make.coordinator("MX")):
        refused = await registry.patch(path, json={"role": "x"}, headers=bearer(other) | {"If-Match": etag})
        assert_problem(refused, errors.MembershipNotFound)
    told = await events(registry_app)
    assert [(event.before, event.after) for event in told[1:]] == [
        ({"role": "delegate"}, {"role": "chair"}),
        ({}, {}),
        ({"valid_through": None}, {"valid_through": "2026-10-31"}),
    ]


async def test_memberships_are_listed_by_whom_where_and_when(registry: httpx.AsyncClient, registry_app: FastAPI, delegate: dict[str, Any]) -> None:
    old = (await post(registry, delegate, valid_from="2020-01-01", valid_through="2020-12-31")).json()
    new = (await post(registry, delegate, valid_from="2026-01-01")).json()
    own = (await post(registry, delegate, organization_id=delegate["city"], on_behalf_of_id=None)).json()
    wanted = {
        "": [old, new, own], f"organization={delegate['commission']}": [old, new], f"on_behalf_of={delegate['city']}": [old, new],
        f"person={delegate['person']}": [old, new, own], f"person={NOBODY}": [], "as_of=2020-06-01": [old, own], "as_of=2026-11-22": [new, own],
        f"id={new['id']}": [new],
    }  # fmt: skip
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/memberships?{query}", headers=bearer(READER))
        assert [item["id"] for item in answer.json()["items"]] == [item["id"] for item in expected], query
        for item in answer.json()["items"]:
            MembershipRead.model_validate(item)
