"""Whoever writes actors for a country writes those of that country: what of another's may not be read is not replaced or moved either."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from gateway.roles import SCOPES_OF
from services.registry.errors import ActorOfAnother, MembershipOfOthers, PersonOfAnother, SeatOfAnother, TieOfOthers
from shared.access import Caller
from shared.errors import Problem
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

SCOPES = SCOPES_OF["national_coordinator"] | {"seats:manage"}
EVERYWHERE = caller(*SCOPES, subject="keeper", roles=("operator",))


def coordinator(country: str | None, organization: UUID | None = None) -> Caller:
    return caller(*SCOPES, subject=f"nation-{country}", roles=("national_coordinator",), country=country, organization=organization)


@dataclass
class Land:
    """Two governments of Mexico and what is recorded of them."""

    client: httpx.AsyncClient
    city: str
    state: str
    seat: str
    person: str
    ids: dict[str, str] = field(default_factory=dict)

    async def send(self, who: Caller, method: str, path: str, *, of: str | None = None, **body: Any) -> httpx.Response:
        etag = (await self.client.get(of or path, headers=bearer(EVERYWHERE))).headers.get("etag", "")
        return await self.client.request(method, path, json=body, headers=bearer(who) | ({"If-Match": etag} if method == "PATCH" or of else {}))


@pytest.fixture
async def mexico(registry: httpx.AsyncClient) -> Land:
    city = await make.actor(registry, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN")
    state = await make.actor(registry, "Baja California", kind="state", country="MX", subdivision="MX-BCN")
    point = {"channel": "email", "address": "presidencia@tijuana.example"}
    seat = await make.seat(registry, city["id"], who=EVERYWHERE, contact_points=[point])
    held = await registry.post(
        f"/v1/seats/{seat['id']}/holders", json={"name": "Alma Quintanar", "valid_from": "2026-01-01"}, headers=bearer(coordinator("MX"))
    )
    assert held.status_code == 201, held.text
    person = held.json()["holders"][0]["person_id"]
    return Land(registry, city["id"], state["id"], seat["id"], person)


Act = Callable[[Land, Caller], Awaitable[httpx.Response]]


async def patch_actor(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "PATCH", f"/v1/actors/{land.city}", population=1)


async def move_actor(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "PATCH", f"/v1/actors/{land.city}", country="US", subdivision="US-CA")


async def dissolve_actor(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "PATCH", f"/v1/actors/{land.city}", status="dissolved")


async def judge(land: Land, who: Caller) -> httpx.Response:
    body = {"left_id": land.city, "right_id": land.state, "verdict": "different", "reason": "Two."}
    return await land.send(who, "POST", "/v1/judgements", **body)


async def create_seat(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "POST", "/v1/seats", actor_id=land.city, role="international_affairs", title="Asuntos internacionales")


async def replace_addresses(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "PATCH", f"/v1/seats/{land.seat}", contact_points=[{"channel": "email", "address": "mine@us.example"}])


async def ask_for_a_name(land: Land, who: Caller) -> httpx.Response:
    """The reason is looked through for the names of holders: who may not read them gets no answer to that."""
    return await land.send(who, "PATCH", f"/v1/seats/{land.seat}", title="Presidencia", reason="Checked.")


async def hand_over(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "POST", f"/v1/seats/{land.seat}/holders", name="Usurper", valid_from="2026-11-20")


async def record_person(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "POST", "/v1/people", name="Somebody", organization_id=land.city)


async def join(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "POST", "/v1/memberships", organization_id=land.city, person_id=land.person, role="delegate")


async def tie(land: Land, who: Caller) -> httpx.Response:
    return await land.send(who, "POST", "/v1/ties", type="cooperation", from_id=land.city, to_id=land.state)


ACTS: list[tuple[Act, type[Problem]]] = [
    (patch_actor, ActorOfAnother),
    (dissolve_actor, ActorOfAnother),
    (judge, ActorOfAnother),
    (create_seat, SeatOfAnother),
    (replace_addresses, SeatOfAnother),
    (ask_for_a_name, SeatOfAnother),
    (hand_over, SeatOfAnother),
    (record_person, PersonOfAnother),
    (join, MembershipOfOthers),
    (tie, TieOfOthers),
]
BY_NAME = [act.__name__ for act, _ in ACTS]


@pytest.mark.parametrize(("act", "refusal"), ACTS, ids=BY_NAME)
async def test_another_countrys_coordinator_is_refused_and_nothing_is_changed(mexico: Land, registry_app: FastAPI, act: Act, refusal: type[Problem]) -> None:
    before = await everything(mexico)
    for stranger in (coordinator("US"), coordinator(None, organization=UUID(mexico.state)), coordinator("US", organization=UUID(mexico.state))):
        if refusal in (MembershipOfOthers, TieOfOthers) and stranger.organization:
            continue  # a side's own
        assert_problem(await act(mexico, stranger), refusal)
    assert await everything(mexico) == before


@pytest.mark.parametrize("act", [act for act, _ in ACTS], ids=BY_NAME)
async def test_their_own_countrys_may(mexico: Land, act: Act) -> None:
    answer = await act(mexico, coordinator("MX"))
    assert answer.status_code in (200, 201), answer.text


async def test_only_whoever_keeps_the_registry_moves_an_actor_to_another_country(mexico: Land) -> None:
    for who in (coordinator("MX"), coordinator("US")):
        assert_problem(await move_actor(mexico, who), ActorOfAnother)
    assert (await move_actor(mexico, EVERYWHERE)).json()["country"] == "US"


@pytest.mark.parametrize("change", ["null", "parent"])
async def test_nor_does_anybody_else_take_it_out_of_its_country(mexico: Land, change: str) -> None:
    """Neither by saying that it has none nor by putting a body inside somebody abroad."""
    body = await make.actor(mexico.client, "Agency", kind="agency", country="MX", subdivision=None)
    abroad = await make.actor(mexico.client, "Nation", kind="nation", subdivision=None)
    land = Land(mexico.client, body["id"], abroad["id"], "", "")
    given: dict[str, Any] = {"country": None} if change == "null" else {"parent_id": abroad["id"]}
    before = (await mexico.client.get(f"/v1/actors/{body['id']}")).json()
    assert_problem(await land.send(coordinator("MX"), "PATCH", f"/v1/actors/{body['id']}", **given), ActorOfAnother)
    assert (await mexico.client.get(f"/v1/actors/{body['id']}")).json() == before
    assert (await land.send(EVERYWHERE, "PATCH", f"/v1/actors/{body['id']}", **given)).status_code == 200


async def test_a_guess_at_what_is_hidden_is_answered_like_any_other(mexico: Land) -> None:
    answers = [
        await mexico.send(coordinator("US"), "PATCH", f"/v1/seats/{mexico.seat}", title="Presidencia", reason=f"Checked with {name}.")
        for name in ("Quintanar", "Pérez")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]


async def test_a_judgement_of_two_countries_is_made_and_taken_back_by_whoever_keeps_both(mexico: Land) -> None:
    twin = await make.actor(mexico.client, "Tijuana", country="US")
    body = {"left_id": mexico.city, "right_id": twin["id"], "verdict": "different", "reason": "Two."}
    for one in ("MX", "US"):
        assert_problem(await mexico.send(coordinator(one), "POST", "/v1/judgements", **body), ActorOfAnother)
    made = (await mexico.send(EVERYWHERE, "POST", "/v1/judgements", **body)).json()
    path = f"/v1/judgements/{made['id']}"
    assert_problem(await mexico.send(coordinator("US"), "PATCH", path, verdict="same", reason="One."), ActorOfAnother)
    assert_problem(await mexico.send(coordinator("MX"), "POST", f"{path}/withdrawal", of=path, reason="No."), ActorOfAnother)


async def test_what_belongs_to_no_country_is_kept_by_whoever_keeps_the_registry(registry: httpx.AsyncClient) -> None:
    network = await make.actor(registry, "Network", kind="network", country=None, subdivision=None)
    land = Land(registry, network["id"], network["id"], "", "")
    assert_problem(await patch_actor(land, coordinator("US")), ActorOfAnother)
    assert (await patch_actor(land, EVERYWHERE)).status_code == 200


async def everything(land: Land) -> list[Any]:
    paths = (f"/v1/actors/{land.city}", f"/v1/seats/{land.seat}?include=holders,contact_points", "/v1/judgements", f"/v1/seats?actor={land.city}", "/v1/ties")
    return [(await land.client.get(path, headers=bearer(coordinator("MX")))).json() for path in paths]
