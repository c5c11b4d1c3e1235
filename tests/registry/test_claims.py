"""Claims: somebody says whose account it is, another manager decides, and evidence informs but never decides."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.claims.schemas import ClaimRead
from services.registry.domains.schemas import OfficialDomainRead
from shared.errors import Forbidden, Invalid, Unauthorized
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
EVIDENCE = {"domain": "city.example", "type": "City", "source": ".gov list", "read_on": "2026-08-22"}


@pytest.fixture
async def mayor(registry: httpx.AsyncClient, registry_app: FastAPI) -> dict[str, Any]:
    """A city with an official domain, its seat and who holds it."""
    city = await make.actor(registry, "City")
    seat, manager = await make.seat(registry, city["id"]), make.manager(city["id"])
    handed = (await make.hand_over(registry, seat["id"], manager, name="Ana Pérez")).json()
    await make.domain(registry_app.state.database, city["id"], "city.example")
    ana = caller("seats:claim", organization=UUID(city["id"]), subject="ana")
    return {"city": city["id"], "seat": seat["id"], "person": handed["holder"]["person_id"], "manager": manager, "ana": ana}


async def claim(client: httpx.AsyncClient, mayor: dict[str, Any], who: Any = None, **overrides: Any) -> httpx.Response:
    body = {"person_id": mayor["person"], "email": "ana.perez@Mail.City.example", **overrides}
    return await client.post(f"/v1/seats/{mayor['seat']}/claims", json=body, headers=bearer(who or mayor["ana"]))


async def decide(client: httpx.AsyncClient, mayor: dict[str, Any], claim_id: str, who: Any = None, **overrides: Any) -> httpx.Response:
    body = {"status": "verified", "reason": "Seen in person.", **overrides}
    return await client.post(f"/v1/seats/{mayor['seat']}/claims/{claim_id}/decision", json=body, headers=bearer(who or mayor["manager"]))


async def holder(client: httpx.AsyncClient, mayor: dict[str, Any]) -> Any:
    return (await client.get(f"/v1/seats/{mayor['seat']}", headers=bearer(mayor["manager"]))).json()["holder"]["verification"]


async def test_a_manager_verifies_what_somebody_else_claims(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    assert await holder(registry, mayor) is None
    answer = await claim(registry, mayor, note="My second week.")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    ClaimRead.model_validate(made)
    assert made == {
        "id": made["id"], "seat_id": mayor["seat"], "person_id": mayor["person"], "person_name": "Ana Pérez", "subject": "ana",
        "email_domain": "mail.city.example", "note": "My second week.", "evidence": [EVIDENCE], "status": "unverified",
        "decided_by": None, "decided_at": None, "decision": None,
        "withdrawn_by": None, "withdrawn_at": None, "withdrawal": None, "created_at": "2026-11-22T12:00:00.000000Z",
    }  # fmt: skip
    assert await holder(registry, mayor) == "unverified", "evidence verifies nobody by itself"
    done = await decide(registry, mayor, made["id"])
    assert (done.status_code, await holder(registry, mayor)) == (200, "verified"), done.text
    decided = {"status": "verified", "decided_by": "manager", "decided_at": "2026-11-22T12:00:00.000000Z", "decision": "Seen in person."}
    assert done.json() == made | decided
    async with registry_app.state.database.session(read_only=True) as session:
        events = (await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'claim' ORDER BY seq"))).all()
    assert [(event.type, event.visibility, event.payload["status"], event.payload["official"], event.reason) for event in events] == [
        ("claim.made", "organizations", "unverified", True, None),
        ("claim.decided", "organizations", "verified", True, "Seen in person."),
    ]
    assert [event.organizations for event in events] == [[UUID(mayor["city"])]] * 2
    assert "Ana" not in str(events) and "@" not in str(events)


async def test_what_the_evidence_was_stays_with_the_decision(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor)).json()
    await decide(registry, mayor, made["id"], status="refused", reason="Nobody here knows the account.")
    async with registry_app.state.database.session(read_only=False) as session:
        await session.execute(text("DELETE FROM actor_domains"))
        await session.commit()
    (kept,) = (await registry.get(f"/v1/seats/{mayor['seat']}/claims", headers=bearer(mayor["manager"]))).json()["items"]
    assert (kept["status"], kept["evidence"], await holder(registry, mayor)) == ("refused", [EVIDENCE], "refused")
    again = (await claim(registry, mayor)).json()
    assert (again["evidence"], await holder(registry, mayor)) == ([], "refused"), "the last decision stands until the next"


async def test_nobody_decides_their_own_claim(registry: httpx.AsyncClient, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor, mayor["manager"])).json()
    assert_problem(await decide(registry, mayor, made["id"]), errors.OwnClaim)
    assert await holder(registry, mayor) == "unverified"
    assert (await decide(registry, mayor, made["id"], make.manager(mayor["city"], "another"))).status_code == 200


async def test_a_claim_is_decided_once(registry: httpx.AsyncClient, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor)).json()
    assert_problem(await claim(registry, mayor, note="Again."), errors.ClaimExists)
    assert (await decide(registry, mayor, made["id"], status="refused")).status_code == 200
    assert_problem(await decide(registry, mayor, made["id"]), errors.ClaimDecided, decided="refused")
    assert (await claim(registry, mayor)).status_code == 201


async def test_who_may_claim_and_decide(registry: httpx.AsyncClient, mayor: dict[str, Any]) -> None:
    other = await make.actor(registry, "Other")
    stranger = make.manager(other["id"], "stranger")
    assert_problem(await registry.post(f"/v1/seats/{mayor['seat']}/claims", json={"person_id": mayor["person"]}), Unauthorized)
    assert_problem(await claim(registry, mayor, caller(organization=UUID(mayor["city"]))), Forbidden, scope="seats:claim")
    assert_problem(await claim(registry, mayor, stranger), errors.ClaimOfAnother)
    assert_problem(await claim(registry, mayor, person_id=NOBODY), errors.PersonUnknown)
    bystander = await make.person(registry, mayor["city"], "Bo Li")
    assert_problem(await claim(registry, mayor, person_id=bystander["id"]), errors.ClaimByStranger)
    for bad in ({"email": "nobody"}, {"note": " "}, {"status": "verified"}):
        assert_problem(await claim(registry, mayor, **bad), Invalid)
    made = (await claim(registry, mayor)).json()
    assert_problem(await decide(registry, mayor, made["id"], mayor["ana"]), Forbidden, scope="seats:manage")
    assert_problem(await decide(registry, mayor, made["id"], stranger), errors.ClaimNotFound)
    moved = make.manager(other["id"], "ana")  # who made it, and manages another organisation by now
    assert_problem(await decide(registry, mayor, made["id"], moved), errors.SeatOfAnother)
    assert_problem(await decide(registry, mayor, NOBODY), errors.ClaimNotFound)
    for undecided in ({"status": "unverified"}, {"reason": " "}, {"reason": None}):
        assert_problem(await decide(registry, mayor, made["id"], **undecided), Invalid)
    assert_problem(await decide(registry, mayor, made["id"], reason="Ana Pérez is known here."), errors.ReasonNamesPerson)


async def test_somebody_with_an_address_at_the_seat_may_claim(registry: httpx.AsyncClient, mayor: dict[str, Any]) -> None:
    person = await make.person(registry, mayor["city"], "Bo Li")
    point = {"channel": "email", "address": "bo@own.example", "kind": "personal", "person_id": person["id"]}
    await make.with_match(registry, "PATCH", f"/v1/seats/{mayor['seat']}", mayor["manager"], contact_points=[point])
    made = await claim(registry, mayor, person_id=person["id"], email=None)
    assert (made.status_code, made.json()["email_domain"], made.json()["evidence"]) == (201, None, [])


async def test_claims_are_listed_for_those_whom_they_concern(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor)).json()
    path = f"/v1/seats/{mayor['seat']}/claims"
    outside = caller(organization=UUID(NOBODY), subject="ana")
    for who, seen in (
        (None, 0),
        (caller(organization=UUID(NOBODY)), 0),
        (mayor["manager"], 1),
        (outside, 1),
        (make.coordinator(), 1),
        (make.coordinator("MX"), 0),
    ):
        with queries(registry_app.state.database, at_most=2):
            items = (await registry.get(path, headers=bearer(who) if who else {})).json()["items"]
        assert len(items) == seen
    for query, count in (("status=unverified", 1), ("status=verified", 0), (f"person={mayor['person']}", 1), (f"person={NOBODY}", 0)):
        assert len((await registry.get(f"{path}?{query}", headers=bearer(mayor["manager"]))).json()["items"]) == count
    assert_problem(await registry.get(f"/v1/seats/{NOBODY}/claims"), errors.SeatNotFound)
    assert made["evidence"] == [EVIDENCE]


@pytest.mark.parametrize(
    ("email", "official"),
    [("a@city.example", True), ("a@CITY.EXAMPLE", True), ("a@x.y.city.example", True), ("a@notcity.example", False), ("a@example.org", False)],
    ids=["itself", "case", "under_it", "ends_alike", "another"],
)
async def test_a_domain_is_evidence_for_what_is_under_it(registry: httpx.AsyncClient, mayor: dict[str, Any], email: str, official: bool) -> None:
    assert bool((await claim(registry, mayor, email=email)).json()["evidence"]) is official


async def test_official_domains_are_public(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    for query, count in (("", 1), ("domain=City.Example", 1), ("domain=other.example", 0), (f"actor={mayor['city']}", 1), (f"actor={NOBODY}", 0)):
        with queries(registry_app.state.database, at_most=1):
            items = (await registry.get(f"/v1/official-domains?{query}")).json()["items"]
        assert len(items) == count, query
        for item in items:
            OfficialDomainRead.model_validate(item)
            assert item == {**EVIDENCE, "actor_id": mayor["city"], "actor_name": "City", "licence": "CC0"}
    assert_problem(await registry.get("/v1/official-domains?domain=nothing"), Invalid)


async def test_a_refused_impostor_takes_no_verification_away(registry: httpx.AsyncClient, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor)).json()
    assert (await decide(registry, mayor, made["id"])).status_code == 200
    impostor = caller("seats:claim", organization=UUID(mayor["city"]), subject="colleague")
    other = (await claim(registry, mayor, impostor)).json()
    assert await holder(registry, mayor) == "verified"
    assert (await decide(registry, mayor, other["id"], status="refused")).status_code == 200
    assert await holder(registry, mayor) == "verified"


async def test_a_verification_is_taken_back(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    made = (await claim(registry, mayor)).json()
    path = f"/v1/claims/{made['id']}/withdrawal"

    async def withdraw(who: Any = None, **body: Any) -> httpx.Response:
        return await registry.post(path, json={"reason": "The account changed hands.", **body}, headers=bearer(who or mayor["manager"]))

    assert_problem(await withdraw(), errors.ClaimNotVerified, stands="unverified")
    await decide(registry, mayor, made["id"])
    assert_problem(await registry.post(path, json={"reason": "x"}), Unauthorized)
    assert_problem(await withdraw(mayor["ana"]), Forbidden, scope="seats:manage")
    assert_problem(await withdraw(make.manager(NOBODY)), errors.ClaimNotFound)
    assert_problem(await withdraw(make.manager(NOBODY, "ana")), errors.SeatOfAnother)
    assert_problem(await withdraw(reason=" "), Invalid)
    assert_problem(await withdraw(reason="Pérez left."), errors.ReasonNamesPerson)
    done = await withdraw()
    assert done.status_code == 200, done.text
    ClaimRead.model_validate(done.json())
    said = [done.json()[name] for name in ("status", "decided_by", "withdrawn_by", "withdrawn_at", "withdrawal")]
    assert said == ["withdrawn", "manager", "manager", "2026-11-22T12:00:00.000000Z", "The account changed hands."]
    assert await holder(registry, mayor) is None, "what was taken back counts no more"
    async with registry_app.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'claim' ORDER BY seq DESC LIMIT 1"))).one()
    assert (event.type, event.reason, event.before, event.after) == (
        "claim.withdrawn", "The account changed hands.", {"status": "verified"}, {"status": "withdrawn"},
    )  # fmt: skip
    assert (event.visibility, event.organizations) == ("organizations", [UUID(mayor["city"])])
    assert_problem(await withdraw(), errors.ClaimNotVerified, stands="withdrawn")
    assert (await claim(registry, mayor)).status_code == 201
    assert await holder(registry, mayor) == "unverified"


async def test_claims_that_wait_are_found_in_one_place(registry: httpx.AsyncClient, registry_app: FastAPI, mayor: dict[str, Any]) -> None:
    answer = await claim(registry, mayor)
    made = answer.json()
    assert answer.headers["location"] == f"/v1/claims/{made['id']}"
    deputy = await make.seat(registry, mayor["city"], role="deputy")
    bo = (await make.hand_over(registry, deputy["id"], mayor["manager"], name="Bo Li")).json()["holder"]["person_id"]
    other = (await registry.post(f"/v1/seats/{deputy['id']}/claims", json={"person_id": bo}, headers=bearer(mayor["ana"]))).json()
    await decide(registry, {**mayor, "seat": deputy["id"]}, other["id"])
    wanted = {
        "": [other, made], "status=unverified": [made], "status=verified": [other], f"seat={deputy['id']}": [other], f"person={bo}": [other],
        f"organization={mayor['city']}": [other, made], f"organization={NOBODY}": [], f"person={bo}&status=refused": [],
    }  # fmt: skip
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1):
            found = (await registry.get(f"/v1/claims?{query}", headers=bearer(mayor["manager"]))).json()["items"]
        assert [item["id"] for item in found] == [item["id"] for item in expected], query
    first = (await registry.get("/v1/claims?limit=1", headers=bearer(mayor["manager"]))).json()
    following = await registry.get(f"/v1/claims?limit=1&cursor={first['next']}", headers=bearer(mayor["manager"]))
    assert [item["id"] for item in following.json()["items"]] == [made["id"]]
    sees = [(mayor["manager"], 2), (make.coordinator(), 2), (make.coordinator("MX"), 0), (make.manager(NOBODY), 0), (make.manager(NOBODY, "ana"), 2), (None, 0)]
    for who, count in sees:
        headers = bearer(who) if who else {}
        assert len((await registry.get("/v1/claims", headers=headers)).json()["items"]) == count
        read = await registry.get(f"/v1/claims/{made['id']}", headers=headers)
        assert read.json() == made if count else assert_problem(read, errors.ClaimNotFound)
