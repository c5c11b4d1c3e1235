"""People: who may see, record and change them; memberships in the same manner."""

from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.people.schemas import PersonRead
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
READER = make.coordinator()
EVERYTHING = "include=seats&include=memberships&include=contact_points"


def member(actor_id: str) -> Caller:
    return caller(organization=UUID(actor_id), subject="member")


async def rows(app: FastAPI, statement: str, **values: Any) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text(statement), values)).all())


async def test_a_manager_records_people_of_the_own_organisation(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city = await make.actor(registry, "City")
    who = make.manager(city["id"])
    answer = await registry.post("/v1/people", json={"name": "  Ana Pérez ", "reason": "New delegate."}, headers=bearer(who))
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/people/{answer.json()['id']}")
    assert answer.json() == {
        "id": answer.json()["id"],
        "organization_id": city["id"],
        "name": "Ana Pérez",
        "erased_at": None,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
    }
    (event,) = await rows(registry_app, "SELECT * FROM events WHERE aggregatetype = 'person'")
    assert (event.type, event.visibility, event.reason, event.organizations) == ("person.recorded", "organizations", "New delegate.", [UUID(city["id"])])
    assert event.payload == {"person_id": answer.json()["id"], "organization_id": city["id"]}


async def test_a_bad_person_is_refused(registry: httpx.AsyncClient) -> None:
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other")
    headers = bearer(make.manager(city["id"]))
    assert_problem(await registry.post("/v1/people", json={"name": "Ana"}), Unauthorized)
    assert_problem(await registry.post("/v1/people", json={"name": "Ana"}, headers=bearer(member(city["id"]))), Forbidden, scope="seats:manage")
    for body in ({}, {"name": " "}, {"name": None}, {"name": "x" * 301}, {"name": "Ana", "email": "ana@city.example"}):
        assert_problem(await registry.post("/v1/people", json=body, headers=headers), Invalid)
    assert_problem(await registry.post("/v1/people", json={"name": "Ana", "organization_id": other["id"]}, headers=headers), errors.PersonOfAnother)
    assert_problem(await registry.post("/v1/people", json={"name": "Ana", "reason": "For Ana."}, headers=headers), errors.ReasonNamesPerson)
    assert_problem(await registry.post("/v1/people", json={"name": "Ana"}, headers=bearer(make.WRITER)), Invalid)
    unknown = {"name": "Ana", "organization_id": NOBODY}
    assert_problem(await registry.post("/v1/people", json=unknown, headers=bearer(make.WRITER)), errors.PersonActorUnknown)


async def test_people_are_for_those_they_belong_to(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, office, commission, stranger = [await make.actor(registry, name) for name in ("City", "Office", "Commission", "Stranger")]
    person, who = await make.person(registry, city["id"]), make.manager(city["id"])
    seat = await make.seat(registry, office["id"])
    assert (await make.hand_over(registry, seat["id"], READER, person_id=person["id"])).status_code == 201
    await make.membership(registry, person["id"], commission["id"], who, on_behalf_of_id=city["id"])
    await make.person(registry, stranger["id"], "Bo Li")
    sees = [(member(actor["id"]), True) for actor in (city, office, commission)] + [(READER, True)]
    for one, seen in [
        *sees,
        (member(stranger["id"]), False),
        (make.manager(stranger["id"]), False),
        (make.coordinator("MX"), False),
        (make.WRITER, False),
        (None, False),
    ]:
        headers = bearer(one) if one else {}
        with queries(registry_app.state.database, at_most=1):
            listed = await registry.get(f"/v1/people?{EVERYTHING}&count=exact", headers=headers)
        names = {item["name"] for item in listed.json()["items"]}
        assert ("Ana Pérez" in names, listed.json()["total"]) == (seen, len(names))
        with queries(registry_app.state.database, at_most=1):
            read = await registry.get(f"/v1/people/{person['id']}?{EVERYTHING}", headers=headers)
        if seen:
            PersonRead.model_validate(read.json())
        else:
            assert_problem(read, errors.PersonNotFound)
    whole = (await registry.get(f"/v1/people/{person['id']}?{EVERYTHING}", headers=bearer(READER))).json()
    assert [(item["seat_id"], item["valid_from"], item["valid_through"]) for item in whole["seats"]] == [(seat["id"], "2026-11-22", None)]
    assert [(item["organization_id"], item["on_behalf_of_id"], item["role"]) for item in whole["memberships"]] == [(commission["id"], city["id"], "delegate")]
    hidden = (await registry.get(f"/v1/people/{person['id']}?{EVERYTHING}", headers=bearer(member(office["id"])))).json()
    assert (len(hidden["seats"]), hidden["memberships"]) == (1, []), "each sees what is between the person and itself"


async def test_people_are_listed_by_what_they_do(registry: httpx.AsyncClient) -> None:
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other")
    ana, bo = await make.person(registry, city["id"], "Ana"), await make.person(registry, other["id"], "Bo")
    seat = await make.seat(registry, city["id"])
    await make.hand_over(registry, seat["id"], make.manager(city["id"]), person_id=ana["id"])
    await registry.post(f"/v1/people/{bo['id']}/erasure", json={"reason": "Asked."}, headers=bearer(make.manager(other["id"])))
    wanted = {
        "": [ana, bo], f"organization={city['id']}": [ana], f"seat={seat['id']}": [ana], "erased=true": [bo], "erased=false": [ana], f"id={bo['id']}": [bo],
    }  # fmt: skip
    for query, expected in wanted.items():
        items = (await registry.get(f"/v1/people?{query}", headers=bearer(READER))).json()["items"]
        assert [item["id"] for item in items] == [person["id"] for person in expected], query
    first = (await registry.get("/v1/people?limit=1", headers=bearer(READER))).json()
    assert [item["id"] for item in (await registry.get(f"/v1/people?limit=1&cursor={first['next']}", headers=bearer(READER))).json()["items"]] == [bo["id"]]


async def test_a_name_is_corrected_with_its_etag(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other")
    person, who = await make.person(registry, city["id"], "Ana Peres"), make.manager(city["id"])
    path = f"/v1/people/{person['id']}"
    assert_problem(await registry.patch(path, json={"name": "Ana Pérez"}, headers=bearer(who)), PreconditionRequired)
    etag = (await registry.get(path, headers=bearer(who))).headers["etag"]
    done = await registry.patch(path, json={"name": "Ana Pérez", "reason": "Misspelt."}, headers=bearer(who) | {"If-Match": etag})
    assert (done.status_code, done.json()["name"]) == (200, "Ana Pérez")
    assert_problem(await registry.patch(path, json={"name": "Late"}, headers=bearer(who) | {"If-Match": etag}), PreconditionFailed)
    assert_problem(await make.with_match(registry, "PATCH", path, who, name="Ana P.", reason="It was Ana Pérez."), errors.ReasonNamesPerson)
    await make.membership(registry, person["id"], other["id"], who, on_behalf_of_id=city["id"])
    assert_problem(await make.with_match(registry, "PATCH", path, make.manager(other["id"]), name="Mine"), errors.PersonOfAnother)
    same = await make.with_match(registry, "PATCH", path, who, name="Ana Pérez")
    assert same.headers["etag"] == done.headers["etag"]
    found = await rows(registry_app, "SELECT type, payload, before, after FROM events WHERE aggregatetype = 'person' ORDER BY seq")
    assert [(event.type, event.before, event.after) for event in found] == [("person.recorded", None, None), ("person.changed", None, None)]
    assert found[1].payload["changed"] == ["name"]


async def test_people_are_found_by_name_among_those_one_sees(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    city, other = await make.actor(registry, "City"), await make.actor(registry, "Other", country="MX", subdivision="MX-BCN")
    names = ("Juan Pérez García", "Ana Perezoso", "Íñigo O'Neil-Muñoz")
    for name in names:
        await make.person(registry, city["id"], name)
    await make.person(registry, other["id"], "Juan Pérez")
    wanted = {
        "per": names[:2], "garcia JUAN": names[:1], "perez": names[:2], "iñigo": names[2:], "munoz": names[2:], "neil": names[2:], "arez": (), "(.*": None,
        "a.*": names[1:2],
    }  # fmt: skip
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get("/v1/people", params={"q": query, "limit": 50}, headers=bearer(make.manager(city["id"])))
        if expected is None:
            assert_problem(answer, Invalid)
        else:
            assert [item["name"] for item in answer.json()["items"]] == list(expected), query
    first = (await registry.get("/v1/people?q=per&limit=1", headers=bearer(READER))).json()
    second = await registry.get(f"/v1/people?q=per&limit=1&cursor={first['next']}", headers=bearer(READER))
    assert [item["name"] for item in second.json()["items"]] == ["Ana Perezoso"]
    assert (await registry.get("/v1/people?q=juan", headers=bearer(make.coordinator("MX")))).json()["items"][0]["name"] == "Juan Pérez"
