"""What is personal reaches nobody whom it does not concern: every route that reads, in every form, with everything included."""

import inspect
from collections.abc import Iterator
from enum import StrEnum
from typing import get_args
from uuid import UUID

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gateway.roles import SCOPES, SCOPES_OF
from services.registry.app import ROUTERS
from shared.access import Caller
from shared.reading import unwrapped
from tests.support.make import registry as make
from tests.support.tokens import bearer, caller

NAME, OWN, OFFICE = "Ximena Álvarez", "ximena@personal.example", "switchboard@city.example"
WORDS = ("Ximena", "personal.example", "switchboard")
FORMS = ("application/json", "text/csv", "application/x-ndjson", "application/geo+json", "text/calendar", "application/graphml+xml", "text/vnd.graphviz")
NEEDED = {"at": "2026-11-22T12:00:00Z", "to": "{other}", "q": "City"}


def reads() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
                yield route


def models_of(route: APIRoute) -> Iterator[type[BaseModel]]:
    for parameter in inspect.signature(route.endpoint).parameters.values():
        bare, _ = unwrapped(parameter.annotation)
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            yield bare


def included(route: APIRoute) -> list[tuple[str, str]]:
    """Every `include` that a route takes, and what it cannot do without."""
    found: list[tuple[str, str]] = []
    for model in models_of(route):
        for name, info in model.model_fields.items():
            if name == "include":
                listed, _ = unwrapped(info.annotation)
                kind, _ = unwrapped(get_args(listed)[0])
                assert issubclass(kind, StrEnum)
                found += [("include", item.value) for item in kind]
            elif info.is_required():
                found.append((name, NEEDED.get(name, "1")))
    return found


async def planted(client: httpx.AsyncClient) -> dict[str, str]:
    """A city with somebody in everything, and the ids of it all by the names of path parameters."""
    city, other = await make.actor(client, "City", kind="municipality", lat=32.5, lon=-117.0), await make.actor(client, "Other", kind="commission")
    who, seat = make.manager(city["id"]), await make.seat(client, city["id"])
    person = await make.person(client, city["id"], NAME)
    await make.hand_over(client, seat["id"], who, person_id=person["id"])
    points = [{"channel": "email", "address": OFFICE}, {"channel": "email", "address": OWN, "kind": "personal", "person_id": person["id"]}]
    assert (await make.with_match(client, "PATCH", f"/v1/seats/{seat['id']}", who, contact_points=points)).status_code == 200
    member = await make.membership(client, person["id"], other["id"], who, on_behalf_of_id=city["id"], note=f"{NAME} speaks French.")
    claim = await client.post(f"/v1/seats/{seat['id']}/claims", json={"person_id": person["id"], "note": f"I am {NAME}."}, headers=bearer(who))
    tie = await make.tie(client, city["id"], other["id"])
    event = (await client.get(f"/v1/seats/{seat['id']}/history")).json()["items"][0]["id"]
    return {
        "actor_id": city["id"], "other": other["id"], "seat_id": seat["id"], "person_id": person["id"], "membership_id": member["id"],
        "claim_id": claim.json()["id"], "tie_id": tie["id"], "event_id": event,
    }  # fmt: skip


def filled(path: str, ids: dict[str, str]) -> str:
    kind = path.split("/")[1]
    own = {"actors": "actor_id", "seats": "seat_id", "people": "person_id", "memberships": "membership_id", "ties": "tie_id"}.get(kind, "actor_id")
    for name in [part[1:-1].partition(":")[0] for part in path.split("/") if part.startswith("{")]:
        path = path.replace("{" + name + "}", ids.get(name, ids[own]))
    return path


async def said(client: httpx.AsyncClient, ids: dict[str, str], who: Caller | None) -> tuple[str, int]:
    """All that every read answers to this caller, and how many answered with something."""
    texts, answered = [], 0
    for route in reads():
        query: list[tuple[str, str | int | float | bool | None]] = [(name, value.format(**ids)) for name, value in included(route)]
        for form in FORMS:
            headers = {"Accept": form} | (bearer(who) if who else {})
            answer = await client.get(f"/v1{filled(route.path, ids)}", params=query, headers=headers)
            assert answer.status_code < 500, (route.path, answer.text)
            answered += answer.status_code == 200
            texts.append(answer.text)
    return "\n".join(texts), answered


STRANGER = UUID("01890000-0000-7000-8000-000000000000")
# As the roles are, by the role and the country of somebody whose organisation is another one.
NATION = "national_coordinator"
AT_HOME = frozenset().union(*(scopes for role, scopes in SCOPES_OF.items() if role != NATION))
OTHERS: dict[str, Caller | None] = {
    "public": None,
    "every role but the nation's, of the same country": caller(*AT_HOME, organization=STRANGER, subject="stranger", roles=("manager",), country="US"),
    "every role of another country": caller(*SCOPES, organization=STRANGER, subject="stranger", roles=(NATION,), country="MX"),
    "the nation's role without a country": caller(*SCOPES_OF[NATION], organization=STRANGER, subject="stranger", roles=(NATION,)),
}


@pytest.mark.parametrize("who", sorted(OTHERS))
async def test_no_read_tells_what_is_personal(registry: httpx.AsyncClient, who: str) -> None:
    one = OTHERS[who]
    text, answered = await said(registry, await planted(registry), one)
    assert answered > 60
    assert [word for word in WORDS if word in text] == []


async def test_those_whom_it_concerns_read_it(registry: httpx.AsyncClient) -> None:
    ids = await planted(registry)
    for one in (caller(organization=UUID(ids["actor_id"])), make.coordinator(), caller("contacts:read", "events:audit")):
        text, _ = await said(registry, ids, one)
        assert [word for word in WORDS if word not in text] == []
