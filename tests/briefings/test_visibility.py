"""What a caller may not see does not exist for it, whoever it is: one property over random callers and every route."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from services.briefings.access import ACKNOWLEDGE, AUDIT, DRAFT, INBOX, LEDGER, READ, RELEASE
from shared.access import Caller
from shared.ids import new_id
from tests.support.make import briefings as make
from tests.support.tokens import bearer

OTHER = new_id()
ROLES = ["member", "briefing_author", "briefing_releaser", "auditor", "integrator", "follower", "national_coordinator", "manager"]
DESK = {READ, DRAFT, RELEASE}


@dataclass(frozen=True)
class Case:
    """A briefing, who issues it, and the seats that have it with their deliveries."""

    id: str
    organization: UUID
    deliveries: dict[UUID, str]


@pytest.fixture
async def world(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> list[Case]:
    """A draft and three releases of one organisation, a draft and a release of another."""
    seats = await make.border_towns(briefings_app.state.database)
    named = {"seats": [str(seats["San Diego"])]}
    hers = make.person("briefing_author", organization=OTHER, subject="author of the other")
    letting = make.person("briefing_releaser", organization=OTHER, subject="releaser of the other")
    made = []
    for author, releaser, content in (
        (make.AUTHOR, None, {}),
        (make.AUTHOR, make.RELEASER, {}),
        (make.AUTHOR, make.RELEASER, {"parts": [make.part(marking="TLP:CLEAR")]}),
        (make.AUTHOR, make.RELEASER, {"parts": [make.part(marking="TLP:RED")], "audience": named}),
        (hers, None, {}),
        (hers, letting, {"audience": {"seats": [str(seat) for seat in seats.values()]}}),
    ):
        draft = await make.briefing(briefings, author, **content)
        deliveries = {}
        if releaser is not None:
            answer = await make.release(briefings, draft, releaser, unknown="leave_out")
            assert answer.status_code == 201, answer.text
            ledger = await briefings.get("/v1/deliveries", params={"briefing": draft.json()["id"]}, headers=bearer(releaser))
            deliveries = {UUID(line["seat_id"]): line["id"] for line in ledger.json()["items"]}
        assert author.organization is not None
        made.append(Case(draft.json()["id"], author.organization, deliveries))
    return made


SEATS = [make.seat_of(make.government(name))["id"] for name in ("San Diego", "Los Angeles", "Brewster", "Tijuana")]
callers = st.builds(
    lambda roles, organization, seats: make.person(*roles, organization=organization, subject="random", seats=tuple(seats)),
    st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True),
    st.sampled_from([make.STATE, OTHER, make.government("San Diego")["id"], None]),
    st.lists(st.sampled_from(SEATS), max_size=2, unique=True),
)


def expected(allowed: bool, *, scope: bool) -> int:
    return 403 if not scope else 200 if allowed else 404


async def check(client: httpx.AsyncClient, who: Caller, case: Case) -> None:
    """Every read of one briefing and of its deliveries answers as the caller's scopes, organisation and seats say."""

    async def status(path: str, method: str = "GET", **request: Any) -> int:
        return (await client.request(method, f"/v1{path}", headers=bearer(who) | {"If-Match": '"1"'}, **request)).status_code

    issuing = AUDIT in who.scopes or (who.organization == case.organization and bool(who.scopes & DESK))
    receiving = INBOX in who.scopes and bool(set(who.seats) & set(case.deliveries))
    reading = bool(who.scopes & {READ, INBOX})
    path = f"/briefings/{case.id}"
    assert await status(path) == expected(issuing or receiving, scope=reading)
    assert await status(f"{path}/audience") == expected(issuing, scope=READ in who.scopes)
    assert await status(f"{path}/releases") == expected(issuing, scope=READ in who.scopes)
    for seat in SEATS[:2]:
        assert await status(f"{path}/recipients/{seat}/explain") == expected(issuing, scope=LEDGER in who.scopes)
    own = who.organization == case.organization
    for method, target, body, scope in (("PATCH", path, {"title": "x"}, DRAFT), ("DELETE", path, None, DRAFT), ("POST", f"{path}/releases", {}, RELEASE)):
        if not (own and scope in who.scopes):
            assert await status(target, method, json=body) == (404 if scope in who.scopes else 403), (method, target)
    ledger_seen = AUDIT in who.scopes or who.organization == case.organization
    for seat, delivery in case.deliveries.items():
        held = seat in who.seats
        assert await status(f"/deliveries/{delivery}") == expected(ledger_seen, scope=LEDGER in who.scopes)
        assert await status(f"/inbox/{delivery}") == expected(held, scope=INBOX in who.scopes)
        assert await status(f"/inbox/{delivery}/openings", "POST") == expected(held, scope=INBOX in who.scopes)
        assert await status(f"/inbox/{delivery}/acknowledgements", "POST") == expected(held, scope=ACKNOWLEDGE in who.scopes)


async def check_lists(client: httpx.AsyncClient, who: Caller, cases: list[Case]) -> None:
    """Lists hold exactly what single reads would show, and recipients are told nothing of the others."""
    if who.scopes & {READ, INBOX}:
        answer = await client.get("/v1/briefings?limit=200", headers=bearer(who))
        shown = {item["id"]: item for item in answer.json()["items"]}
        for case in cases:
            issuing = AUDIT in who.scopes or (who.organization == case.organization and bool(who.scopes & DESK))
            receiving = INBOX in who.scopes and bool(set(who.seats) & set(case.deliveries))
            assert (case.id in shown) == (issuing or receiving)
            assert case.id not in shown or (shown[case.id]["issuing"] is not None) == issuing
    if INBOX in who.scopes:
        found = {item["id"] for item in (await client.get("/v1/inbox?limit=200", headers=bearer(who))).json()["items"]}
        assert found == {delivery for case in cases for seat, delivery in case.deliveries.items() if seat in who.seats}
    if LEDGER in who.scopes:
        lines = {item["id"] for item in (await client.get("/v1/deliveries?limit=200", headers=bearer(who))).json()["items"]}
        seen = [case for case in cases if AUDIT in who.scopes or who.organization == case.organization]
        assert lines == {delivery for case in seen for delivery in case.deliveries.values()}


async def test_what_is_invisible_does_not_exist(briefings: httpx.AsyncClient, world: list[Case]) -> None:
    found: list[Caller] = []

    @given(callers)
    @settings(max_examples=30, deadline=None, database=None)
    def collect(who: Caller) -> None:
        found.append(who)

    collect()
    for who in dict.fromkeys(found):
        for case in world:
            await check(briefings, who, case)
        await check_lists(briefings, who, world)


async def test_the_public_and_a_machine_of_elsewhere_get_no_word(briefings: httpx.AsyncClient, world: list[Case]) -> None:
    machine = make.person("integrator", organization=OTHER, subject="machine")
    for case in world:
        for path in (f"/briefings/{case.id}", f"/briefings/{case.id}/audience", "/briefings", "/inbox", "/deliveries"):
            assert (await briefings.get(f"/v1{path}")).status_code == 401
            refused = await briefings.get(f"/v1{path}", headers=bearer(machine))
            assert refused.status_code == 403
            assert b"Tijuana" not in refused.content
