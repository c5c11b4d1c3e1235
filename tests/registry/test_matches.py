"""Matches: who is meant by an example, how sure that is, and why."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.registry.actors.words import folded
from services.registry.matches.likeness import likeness, name_of
from services.registry.matches.schemas import Decision, MatchAnswer
from services.registry.matches.scoring import MARGIN, THRESHOLD
from shared.errors import Invalid
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

MEXICAN = {"kind": "municipality", "country": "MX"}


async def actors(client: httpx.AsyncClient) -> dict[str, str]:
    """What a match must tell apart, as name and place to id."""
    known: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Juárez", {**MEXICAN, "subdivision": "MX-CHH", "population": 1_512_450, "lat": 31.74, "lon": -106.49, **held("inegi", "08037")}),
        ("Juárez", {**MEXICAN, "subdivision": "MX-NLE", "population": 471_523, "lat": 25.65, "lon": -100.1, **held("inegi", "19031")}),
        ("Tijuana", {**MEXICAN, "subdivision": "MX-BCN", "population": 1_922_523}),
        ("San Diego", {"kind": "municipality", "population": 1_386_932}),
        ("San Diego County", {"population": 3_298_634, **held("fips", "06073")}),
        ("St. Louis", {"kind": "municipality", "subdivision": "US-MO", "population": 293_310}),
        ("Lima", {"kind": "municipality", "subdivision": "US-OH", "population": 35_579}),
        ("Ely", {"kind": "municipality", "subdivision": "US-NV", "population": 3_924}),
    )
    found = {}
    for name, fields in known:
        made = await make.actor(client, name, **fields)
        found[f"{name} {made['subdivision']}"] = made["id"]
    return found


def held(scheme: str, value: str) -> dict[str, Any]:
    return {"identifiers": [{"scheme": scheme, "value": value}]}


async def ask(client: httpx.AsyncClient, *examples: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await client.post("/v1/actors/match", json={"examples": list(examples)})
    assert answer.status_code == 200, answer.text
    MatchAnswer.model_validate(answer.json())
    assert (answer.json()["threshold"], answer.json()["margin"]) == (THRESHOLD, MARGIN)
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


MEANT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "cd juarez", "subdivision": "MX-CHH"}, "Juárez MX-CHH"),
    ({"name": "JUAREZ", "lat": 31.7, "lon": -106.4}, "Juárez MX-CHH"),
    ({"name": "Tiajuana", "country": "MX"}, "Tijuana MX-BCN"),
    ({"name": "Tiuana"}, "Tijuana MX-BCN"),
    ({"name": "San Diego", "kind": "municipality"}, "San Diego US-CA"),
    ({"name": "County of San Diego", "kind": "county"}, "San Diego County US-CA"),
    ({"name": "Saint Louis"}, "St. Louis US-MO"),
    ({"name": "Ely"}, "Ely US-NV"),
    ({"name": "Lima"}, "Lima US-OH"),
    ({"identifiers": [{"scheme": "inegi", "value": "19031"}]}, "Juárez MX-NLE"),
    ({"name": "Ciudad Juarez", "identifiers": [{"scheme": "inegi", "value": "19031"}]}, "Juárez MX-NLE"),
)


async def test_who_is_meant_is_said_with_its_reasons(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    known = await actors(registry)
    with queries(registry_app.state.database, at_most=1):
        results = await ask(registry, *(example for example, _ in MEANT))
    for (example, meant), result in zip(MEANT, results, strict=True):
        assert (result["decision"], result["match"]) == ("clear", known[meant]), (example, result)
        assert result["candidates"][0]["id"] == known[meant]
        scores = [candidate["score"] for candidate in result["candidates"]]
        assert scores == sorted(scores, reverse=True)
    assert results[0]["candidates"][0]["features"] == [
        {"feature": "name", "value": 0.93, "weight": 1.0, "asked": "cd juarez", "found": "Juárez", "language": "en", "name_kind": "preferred"},
        {"feature": "subdivision", "value": 1.0, "weight": 0.25, "asked": "MX-CHH", "found": "MX-CHH", "language": None, "name_kind": None},
    ]
    (by_key,) = results[9]["candidates"]
    assert (by_key["score"], [item["feature"] for item in by_key["features"]]) == (1.0, ["identifier"])


@pytest.mark.parametrize(
    ("example", "decision", "first"),
    [
        ({"name": "Juárez", "country": "MX"}, Decision.several_alike, "Juárez MX-CHH"),
        ({"name": "San Diego"}, Decision.several_alike, "San Diego US-CA"),
        ({"name": "Lema"}, Decision.not_alike_enough, "Lima US-OH"),
        ({"name": "Tijuana", "country": "US", "subdivision": "US-CA"}, Decision.not_alike_enough, "Tijuana MX-BCN"),
        ({"name": "Juárez", "identifiers": [{"scheme": "inegi", "value": "99999"}], "subdivision": "MX-CHH"}, Decision.not_alike_enough, "Juárez MX-CHH"),
        ({"name": "Xyzzy"}, Decision.nothing_found, None),
        ({"identifiers": [{"scheme": "inegi", "value": "00000"}]}, Decision.nothing_found, None),
    ],
    ids=["two of one name", "city and county", "a letter in four", "elsewhere", "another identifier", "nobody", "no holder"],
)
async def test_what_is_not_clear_is_no_match(registry: httpx.AsyncClient, example: dict[str, Any], decision: Decision, first: str | None) -> None:
    known = await actors(registry)
    (result,) = await ask(registry, example)
    assert (result["decision"], result["match"]) == (decision.value, None), result
    assert (result["candidates"][0]["id"] if first else result["candidates"]) == (known[first] if first else [])


async def test_a_shared_alias_alone_is_no_match(registry: httpx.AsyncClient) -> None:
    names = [{"language": "en", "name": "New York"}, {"language": "en", "name": "Big Apple", "kind": "alternative"}]
    city = await make.actor(registry, kind="municipality", subdivision="US-NY", names=names)
    alone, confirmed = await ask(registry, {"name": "Big Apple", "country": "US"}, {"name": "Big Apple", "subdivision": "US-NY"})
    assert (alone["decision"], alone["match"], alone["candidates"][0]["id"]) == ("only_another_name", None, city["id"])
    assert alone["candidates"][0]["features"][0]["name_kind"] == "alternative"
    assert (confirmed["decision"], confirmed["match"]) == ("clear", city["id"])


async def test_agreeing_places_do_not_make_up_for_an_unlike_name(registry: httpx.AsyncClient) -> None:
    await actors(registry)
    (result,) = await ask(registry, {"name": "Tijuca do Sul", **MEXICAN, "subdivision": "MX-BCN", "population": 1_922_523})
    for candidate in result["candidates"]:
        assert candidate["score"] <= next(item["value"] for item in candidate["features"] if item["feature"] == "name")
    assert result["match"] is None


async def test_what_was_merged_is_matched_as_the_actor_it_is_now(registry: httpx.AsyncClient) -> None:
    known = await actors(registry)
    fields: dict[str, Any] = {**MEXICAN, "subdivision": "MX-CHH", **held("unlocode", "MX CJS")}
    other = await make.actor(registry, "Heroica Ciudad Juárez", **fields)
    await make.judgement(registry, known["Juárez MX-CHH"], other["id"])
    examples: list[dict[str, Any]] = [{"name": "Heroica Ciudad Juárez", "subdivision": "MX-CHH"}, {"identifiers": [{"scheme": "unlocode", "value": "MX CJS"}]}]
    for result in await ask(registry, *examples):
        assert result["match"] == known["Juárez MX-CHH"]
        assert other["id"] not in [candidate["id"] for candidate in result["candidates"]]


async def test_the_answer_speaks_the_language_of_the_request_and_keeps_to_its_limit(registry: httpx.AsyncClient) -> None:
    for _ in range(4):
        await make.actor(registry, names=[{"language": "en", "name": "Mexico City"}, {"language": "es", "name": "Ciudad de México"}])
    answer = await registry.post("/v1/actors/match", json={"examples": [{"name": "Mexico City", "limit": 2}]}, headers={"Accept-Language": "es"})
    (result,) = answer.json()["results"]
    assert [candidate["name"] for candidate in result["candidates"]] == ["Ciudad de México"] * 2
    assert result["decision"] == "several_alike"


async def test_a_bad_example_is_refused(registry: httpx.AsyncClient) -> None:
    for example in ({}, {"name": "..."}, {"name": ""}, {"name": "X", "lat": 1}, {"name": "X", "limit": 0}, {"name": "X", "country": "USA"}, {"title": "X"}):
        assert_problem(await registry.post("/v1/actors/match", json={"examples": [example]}), Invalid)
    for examples in ([], [{"name": "X"}] * 101):
        assert_problem(await registry.post("/v1/actors/match", json={"examples": examples}), Invalid)
    assert len(await ask(registry, *[{"name": "Juárez"}] * 100)) == 100


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Ely", "Ely", 1, 1),
        ("Cd. Juárez", "Ciudad Juárez", 0.98, 0.98),
        ("Ciudad Juárez", "Juárez", 0.93, 0.93),
        ("San Diego County", "City of San Diego", 0.7, 0.8),
        ("Lima", "Lema", 0, THRESHOLD - 0.01),
        ("Ely", "Ely Iowa", 0, 0.5),
        ("Tijuana", "Tiajuana", THRESHOLD, 0.95),
        ("Nuevo Laredo", "Laredo", 0, THRESHOLD - 0.1),
        ("Diego San", "San Diego", 0.9, 0.98),
        ("Washington", "Wilmington", 0, 0.6),
    ],
    ids=["short", "abbreviated", "kind left out", "other kind", "a letter in four", "longer", "mistaken", "another word", "turned", "unlike"],
)
def test_names_are_as_alike_as_people_mean_them(one: str, other: str, least: float, most: float) -> None:
    found = likeness(name_of(folded(one)), name_of(folded(other)))
    assert least <= found <= most
    assert found == likeness(name_of(folded(other)), name_of(folded(one)))


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_a_likeness_is_a_share_and_the_same_name_is_whole(one: str, other: str) -> None:
    left, right = folded(one), folded(other)
    if left and right:
        assert 0 <= likeness(name_of(left), name_of(right)) <= 1
        assert likeness(name_of(left), name_of(left)) == 1
