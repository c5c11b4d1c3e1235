"""Whom and what an engagement names: what is wrong is pointed at, in words, and what was taken back is not named anew."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.registry import errors
from shared.errors import Invalid
from tests.registry.test_engagements import NOBODY, change, cities, events, tie_of
from tests.support.make import registry as make
from tests.support.problems import assert_problem


def places(body: dict[str, Any]) -> list[str]:
    return [item["pointer"] for item in body["errors"]]


async def test_what_is_wrongly_named_is_pointed_at(registry: httpx.AsyncClient) -> None:
    """Whoever sends a hundred participants is told which of them is none."""
    here, there = await cities(registry)
    tie = await make.tie(registry, here, (await make.actor(registry, "Stranger"))["id"])
    made = await make.engagement(registry, here, there)
    host, unknown, owed = (
        {"actor_id": here, "role": "host"},
        {"actor_id": there, "on_behalf_of_id": NOBODY},
        [{"title": "X"}, {"title": "Y", "owner_id": NOBODY}],
    )
    cases: list[tuple[dict[str, Any], Any, list[str]]] = [
        ({"participants": [host, {"actor_id": there}, host]}, errors.ParticipantTwice, ["/participants/2"]),
        (
            {"participants": [host, {"actor_id": NOBODY}, unknown]},
            errors.EngagementActorUnknown,
            ["/participants/1/actor_id", "/participants/2/on_behalf_of_id"],
        ),
        ({"deliverables": owed}, errors.EngagementActorUnknown, ["/deliverables/1/owner_id"]),
        ({"tie_ids": [tie["id"], NOBODY]}, errors.EngagementTieUnknown, ["/tie_ids/1"]),
        ({"tie_ids": [tie["id"]]}, errors.TieWithoutSides, ["/tie_ids/0"]),
    ]
    for body, error, pointers in cases:
        for answer in (await make.post_engagement(registry, here, there, **body), await change(registry, made["id"], **body)):
            assert places(assert_problem(answer, error)) == pointers
    under = await make.tie(registry, here, there)
    assert (await change(registry, made["id"], tie_ids=[under["id"]])).status_code == 200
    assert places(assert_problem(await change(registry, made["id"], participants=[host]), errors.TieWithoutSides, tie=under["id"])) == ["/participants"]


@pytest.mark.parametrize(
    ("language", "topic", "identifier"),
    [
        ("en", "is not a short name in small letters, digits, hyphens and underscores, such as water-quality", "is not a scheme and a value with a colon"),
        (
            "es",
            "no es un nombre corto en minúsculas, cifras, guiones y guiones bajos, como water-quality",
            "no es un esquema y un valor separados por dos puntos",
        ),
        ("fr", "n'est pas un nom court en minuscules, chiffres, traits d'union", "n'est pas un schéma et une valeur séparés par deux-points"),
    ],
)
async def test_a_pattern_is_said_in_words(registry: httpx.AsyncClient, language: str, topic: str, identifier: str) -> None:
    spoken = {"Accept-Language": language}
    for path, said in (("/v1/engagements?topic=Bad+Topic", topic), ("/v1/actors?identifier=x", identifier)):
        (wrong,) = assert_problem(await registry.get(path, headers=spoken), Invalid)["errors"]
        assert wrong["detail"].startswith(said)


async def test_a_withdrawn_tie_takes_no_engagements(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    under, tie = await make.tie(registry, here, there, type="twinning"), await make.tie(registry, here, there)
    made = await make.engagement(registry, here, there, tie_ids=[tie["id"]])
    path = f"/v1/ties/{tie['id']}"
    assert (await make.with_match(registry, "POST", f"{path}/withdrawal", make.TIER, of=path, reason="Another city.")).status_code == 200
    told = len(await events(registry_app, "tie"))
    body = assert_problem(await make.post_engagement(registry, here, there, tie_ids=[under["id"], tie["id"]]), errors.TieWithdrawn, tie=tie["id"])
    assert places(body) == ["/tie_ids/1"]
    other = await make.engagement(registry, here, there)
    assert places(assert_problem(await change(registry, other["id"], tie_ids=[tie["id"]]), errors.TieWithdrawn)) == ["/tie_ids/0"]
    assert (await change(registry, made["id"], starts_on="2026-11-10", ends_on=None, tie_ids=[tie["id"]])).status_code == 200, "it was held under it"
    assert await tie_of(registry, tie) == ("withdrawn", "2026-10-05")
    assert len(await events(registry_app, "tie")) == told
