"""Merge and split: whatever was judged and taken back, in whichever order, every answer is what it was."""

import random
from itertools import combinations
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
from fastapi import FastAPI

from tests.support.make import registry as make
from tests.support.tokens import bearer, caller

EVERYTHING = "include=names,identifiers,parents,seats,ties,merged"
NAMES = ("Juárez", "Ciudad Juárez", "Cd. Juárez", "El Paso", "Paso del Norte", "San Diego")


READER = caller("contacts:read", "capacity:read", "engagements:read", "events:audit", "diligence:read", "approaches:read", subject="reader", country="US")
OF_ONE = (
    "/v1/ties?actor={}",
    "/v1/seats?actor={}",
    "/v1/official-domains?actor={}",
    "/v1/memberships?organization={}",
    "/v1/memberships?on_behalf_of={}",
    "/v1/people?organization={}&include=seats,memberships",
    "/v1/engagements?actor={}",
    "/v1/capacity-reports?actor={}",
    "/v1/actors/{}/neighbours",
    "/v1/actors/{}/history?sort=oldest",
    "/v1/actors/{}/history/state?at=2030-01-01T00:00:00Z",
)
OF_IDENTITY = ("actor.merged", "actor.split")


async def answers(client: httpx.AsyncClient, ids: list[str]) -> bytes:
    """Everything anybody can read, without versions and the instants of changes; histories without the merges and splits themselves."""
    queries = (EVERYTHING, "q=juarez", "q=paso", "status=merged", f"within={ids[0]}", "facets=kind,status&count=exact", "has_seat=true")
    paths = [f"/v1/actors/{actor}?{EVERYTHING}" for actor in ids] + [path.format(actor) for path in OF_ONE for actor in ids]
    paths += [f"/v1/actors?{query}" for query in queries] + [f"/v1/actors/{one}/paths?to={other}" for one, other in combinations(ids, 2)]
    paths += ["/v1/seats?include=holders&include=contact_points", "/v1/ties", "/v1/engagements?country=MX", "/v1/people", "/v1/memberships"]
    paths += [f"/v1/seats/{seat['id']}/claims" for seat in (await client.get("/v1/seats")).json()["items"]]
    found = [await answer_of(client, path) for path in paths]
    matched = await client.post("/v1/actors/match", json={"examples": [{"name": name, "limit": 5} for name in NAMES]})
    found.append((matched.status_code, None, matched.json()))
    return orjson.dumps(_bare(found), option=orjson.OPT_SORT_KEYS)


async def answer_of(client: httpx.AsyncClient, path: str) -> tuple[int, str | None, Any]:
    answer = await client.get(path, headers=bearer(READER))
    body: Any = answer.json() if answer.content else None
    if "/history/state" in path and answer.status_code == 200:
        body = {name: value for name, value in body["state"].items() if name != "canonical_id"}
    elif "/history" in path and answer.status_code == 200:
        body = [item for item in body["items"] if item["type"] not in OF_IDENTITY]
    return answer.status_code, answer.headers.get("location"), body


def _bare(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _bare(value) for name, value in found.items() if name not in ("updated_at", "version", "request_id")}
    return [_bare(item) for item in found] if isinstance(found, list | tuple) else found


async def crowd(client: httpx.AsyncClient, app: FastAPI) -> list[str]:
    """Actors with identifiers, parents, seats, ties and whatever else names one, so that each has something to lose."""
    ids: list[str] = []
    for number, name in enumerate(NAMES):
        parent: dict[str, Any] = {"parent_id": ids[0]} if number in (2, 4) else {}
        identifiers = [{"scheme": "fips", "value": f"{number:05}"}]
        ids.append((await make.actor(client, name, identifiers=identifiers, population=1_000 * number, **parent))["id"])
        seat = await make.seat(client, ids[-1], contact_points=[{"channel": "email", "address": f"mayor@{number}.example"}])
        mayor = (await make.hand_over(client, seat["id"], make.manager(ids[-1]), name=f"Ana {number}")).json()["holder"]["person_id"]
        await make.domain(app.state.database, ids[-1], f"{number}.example")
        ana = caller("seats:claim", organization=UUID(ids[-1]), subject=f"ana {number}")
        claimed = {"person_id": mayor, "email": f"ana@{5 - number}.example"}
        assert (await client.post(f"/v1/seats/{seat['id']}/claims", json=claimed, headers=bearer(ana))).status_code == 201
        await make.capacity(client, ids[-1])
    for one, other in ((0, 3), (1, 5), (2, 4), (1, 3)):
        await make.tie(client, ids[one], ids[other])
        await make.engagement(client, ids[one], ids[other])
        person = await make.person(client, ids[one], f"Luz {one}{other}")
        await make.membership(client, person["id"], ids[other], make.manager(ids[one]), on_behalf_of_id=ids[one])
    return ids


@pytest.mark.parametrize("seed", [1, 2, 3], ids=["first", "second", "third"])
async def test_judgements_and_their_withdrawal_restore_every_answer(registry: httpx.AsyncClient, registry_app: FastAPI, seed: int) -> None:
    chance = random.Random(seed)
    ids = await crowd(registry, registry_app)
    before = await answers(registry, ids)
    standing: list[str] = []
    merged = False
    for _ in range(12):
        if standing and chance.random() < 0.3:
            assert (await make.withdraw(registry, standing.pop(chance.randrange(len(standing))))).status_code == 200
            continue
        left, right = chance.sample(ids, 2)
        answer = await make.post_judgement(registry, left, right, chance.choice(["same", "same", "same", "different", "unsure"]))
        assert answer.status_code in (201, 409), answer.text
        if answer.status_code == 201:
            standing.append(answer.json()["id"])
            merged |= answer.json()["verdict"] == "same"
    assert merged
    if any(item["verdict"] == "same" for item in (await registry.get("/v1/judgements?standing=true")).json()["items"]):
        assert (await registry.get("/v1/actors?status=merged")).json()["items"]
    chance.shuffle(standing)
    for judgement in standing:
        assert (await make.withdraw(registry, judgement)).status_code == 200
    assert await answers(registry, ids) == before
