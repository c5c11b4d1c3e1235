"""Merge and split: whatever was judged and taken back, in whichever order, every answer is what it was."""

import random
from typing import Any

import httpx
import orjson
import pytest

from tests.support.make import registry as make

EVERYTHING = "include=names,identifiers,parents,seats,ties,merged"
NAMES = ("Juárez", "Ciudad Juárez", "Cd. Juárez", "El Paso", "Paso del Norte", "San Diego")


async def answers(client: httpx.AsyncClient, ids: list[str]) -> bytes:
    """Everything anybody can read, without versions and the instants of changes."""
    queries = (EVERYTHING, "q=juarez", "q=paso", "status=merged", f"within={ids[0]}", "facets=kind,status&count=exact", "has_seat=true")
    paths = [f"/v1/actors/{actor}?{EVERYTHING}" for actor in ids] + [f"/v1/actors/{actor}/neighbours" for actor in ids]
    paths += [f"/v1/actors?{query}" for query in queries]
    paths += ["/v1/seats?include=holders&include=contact_points", "/v1/ties", *(f"/v1/ties?actor={actor}" for actor in ids)]
    found = [((answer := await client.get(path)).status_code, answer.headers.get("location"), answer.json() if answer.content else None) for path in paths]
    matched = await client.post("/v1/actors/match", json={"examples": [{"name": name, "limit": 5} for name in NAMES]})
    found.append((matched.status_code, None, matched.json()))
    return orjson.dumps(_bare(found), option=orjson.OPT_SORT_KEYS)


def _bare(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _bare(value) for name, value in found.items() if name not in ("updated_at", "version", "request_id")}
    return [_bare(item) for item in found] if isinstance(found, list | tuple) else found


async def crowd(client: httpx.AsyncClient) -> list[str]:
    """Actors with identifiers, parents, seats and ties, so that each has something to lose."""
    ids: list[str] = []
    for number, name in enumerate(NAMES):
        parent: dict[str, Any] = {"parent_id": ids[0]} if number in (2, 4) else {}
        identifiers = [{"scheme": "fips", "value": f"{number:05}"}]
        ids.append((await make.actor(client, name, identifiers=identifiers, population=1_000 * number, **parent))["id"])
        await make.seat(client, ids[-1], contact_points=[{"channel": "email", "address": f"mayor@{number}.example"}])
    for one, other in ((0, 3), (1, 5), (2, 4), (1, 3)):
        await make.tie(client, ids[one], ids[other])
    return ids


@pytest.mark.parametrize("seed", [1, 2, 3, 4], ids=["first", "second", "third", "fourth"])
async def test_judgements_and_their_withdrawal_restore_every_answer(registry: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)
    ids = await crowd(registry)
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
        assert await answers(registry, ids) != before
    chance.shuffle(standing)
    for judgement in standing:
        assert (await make.withdraw(registry, judgement)).status_code == 200
    assert await answers(registry, ids) == before
