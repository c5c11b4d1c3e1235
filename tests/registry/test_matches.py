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
        ("Ohio", {"kind": "state", "subdivision": "US-OH", "population": 11_799_448}),
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
    ({"name": "San Diego"}, "San Diego US-CA"),
    ({"name": "San Diego", "country": "US", "subdivision": "US-CA"}, "San Diego US-CA"),
    ({"name": "City of San Diego"}, "San Diego US-CA"),
    ({"name": "San Diego County"}, "San Diego County US-CA"),
    ({"name": "Juarez CHH"}, "Juárez MX-CHH"),
    ({"name": "Cd. Juárez, Chih., México"}, "Juárez MX-CHH"),
    ({"name": "Juárez, N.L."}, "Juárez MX-NLE"),
    ({"name": "Tijuana, B.C."}, "Tijuana MX-BCN"),
    ({"name": "Tijuana, Mexico"}, "Tijuana MX-BCN"),
    ({"name": "Tiajuana, B.C."}, "Tijuana MX-BCN"),
    ({"name": "St Louis, Mo., USA"}, "St. Louis US-MO"),
    ({"name": "Lima, Ohio", "country": "US"}, "Lima US-OH"),
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
        {"feature": "name", "value": 0.89, "weight": 1.0, "asked": "cd juarez", "found": "Juárez", "language": "en", "name_kind": "preferred"},
        {"feature": "subdivision", "value": 1.0, "weight": 0.25, "asked": "MX-CHH", "found": "MX-CHH", "language": None, "name_kind": None},
    ]
    (by_key,) = next(result for (example, _), result in zip(MEANT, results, strict=True) if "name" not in example)["candidates"]
    assert (by_key["score"], [item["feature"] for item in by_key["features"]]) == (1.0, ["identifier"])


@pytest.mark.parametrize(
    ("example", "decision", "first"),
    [
        ({"name": "Juárez", "country": "MX"}, Decision.several_alike, "Juárez MX-CHH"),
        ({"name": "Juárez, MX"}, Decision.several_alike, "Juárez MX-CHH"),
        ({"name": "Tijuana, Jalisco"}, Decision.not_alike_enough, "Tijuana MX-BCN"),
        ({"name": "Lema"}, Decision.not_alike_enough, "Lima US-OH"),
        ({"name": "Tijuana", "country": "US", "subdivision": "US-CA"}, Decision.not_alike_enough, "Tijuana MX-BCN"),
        ({"name": "Juárez", "identifiers": [{"scheme": "inegi", "value": "99999"}], "subdivision": "MX-CHH"}, Decision.not_alike_enough, "Juárez MX-CHH"),
        ({"name": "Xyzzy"}, Decision.nothing_found, None),
        ({"identifiers": [{"scheme": "inegi", "value": "00000"}]}, Decision.nothing_found, None),
    ],
    ids=["two of one name", "two in one country", "another state", "a letter in four", "elsewhere", "another identifier", "nobody", "no holder"],
)
async def test_what_is_not_clear_is_no_match(registry: httpx.AsyncClient, example: dict[str, Any], decision: Decision, first: str | None) -> None:
    known = await actors(registry)
    (result,) = await ask(registry, example)
    assert (result["decision"], result["match"]) == (decision.value, None), result
    assert (result["candidates"][0]["id"] if first else result["candidates"]) == (known[first] if first else [])


async def test_a_place_behind_the_name_is_told_as_what_it_is(registry: httpx.AsyncClient) -> None:
    known = await actors(registry)
    examples = ({"name": "Juárez, Chih., MX"}, {"name": "Lima, Ohio"}, {"name": "Lima, Ohio", "subdivision": "US-OH"}, {"name": "Juárez, Ohio"})
    told = [
        [(item["feature"], item["value"], item["asked"], item["found"]) for item in result["candidates"][0]["features"]]
        for result in await ask(registry, *examples)
    ]
    assert told[0] == [("name", 1, "Juárez, Chih., MX", "Juárez"), ("subdivision", 1, "chih", "MX-CHH"), ("country", 1, "mx", "MX")]
    assert told[1] == [("name", 1, "Lima, Ohio", "Lima"), ("subdivision", 1, "ohio", "US-OH")]
    assert told[2] == [("name", 1, "Lima, Ohio", "Lima"), ("subdivision", 1, "US-OH", "US-OH")], "said twice, it counts once"
    assert [feature for feature, *_ in told[3]] == ["name"], "it is elsewhere, and the whole is no name of it"
    assert known


PLACED: tuple[tuple[str, str, str | None], ...] = (
    ("Denver", "US-CO", "municipality"), ("Denver County", "US-CO", "county"), ("Adams County", "US-CO", "county"), ("Adams County", "US-WA", "county"),
    ("Wilmington", "US-DE", None), ("Wilmington", "US-NC", None), ("Lafayette", "US-LA", None), ("Lafayette", "US-IN", None),
    ("Lafayette County", "US-LA", "county"), ("Portland", "US-ME", None), ("Portland", "US-OR", None),
    ("Honolulu", "US-HI", None), ("Vancouver", "CA-BC", None), ("Vancouver", "US-WA", None),
    ("Tijuana", "MX-BCN", None), ("La Paz", "MX-BCS", None), ("La Paz", "MX-MEX", None), ("La Paz County", "US-AZ", "county"), ("Juárez", "MX-CHH", None),
    ("Juárez", "MX-NLE", None), ("Richmond", "US-CA", None), ("Richmond", "CA-BC", None), ("Richmond", "US-VA", None), ("Toronto", "CA-ON", None),
    ("Colima", "MX-COL", "municipality"), ("Colima", "MX-COL", "state"), ("Santa Rosa", "MX-BCN", None), ("Santa Rosa", "CA-BC", None),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Denver, CO", "Denver US-CO"),
        ("Denver, Co., USA", "Denver US-CO"),
        ("Denver County, CO", "Denver County US-CO"),
        ("Adams Co, CO", "Adams County US-CO"),
        ("Wilmington, DE", "Wilmington US-DE"),
        ("Wilmingtn, DE", "Wilmington US-DE"),
        ("Wilmington, N.C.", "Wilmington US-NC"),
        ("Lafayette, LA", "Lafayette US-LA"),
        ("Lafayette, IN", "Lafayette US-IN"),
        ("Portland, ME", "Portland US-ME"),
        ("Portland, OR", "Portland US-OR"),
        ("Honolulu, HI", "Honolulu US-HI"),
        ("Vancouver, BC", "Vancouver CA-BC"),
        ("Vancouver, B.C.", "Vancouver CA-BC"),
        ("Tijuana, BC", "Tijuana MX-BCN"),
        ("Tijuana, B.C., Mexico", "Tijuana MX-BCN"),
        ("La Paz, B.C.S.", "La Paz MX-BCS"),
        ("La Paz, Edo. Méx.", "La Paz MX-MEX"),
        ("Juárez, Chih.", "Juárez MX-CHH"),
        ("Juárez, N.L.", "Juárez MX-NLE"),
        ("Colima, Col.", "Colima MX-COL municipality"),
        ("Richmond, CA", "Richmond US-CA"),
        ("Richmond, BC, CA", "Richmond CA-BC"),
        ("Toronto, CA", "Toronto CA-ON"),
        ("Santa Rosa, B.C., CA", "Santa Rosa CA-BC"),
    ],
    ids=lambda value: value,
)
async def test_what_stands_behind_a_comma_names_the_place(registry: httpx.AsyncClient, name: str, meant: str) -> None:
    known = await placed(registry)
    (result,) = await ask(registry, {"name": name})
    assert (result["decision"], result["match"]) == ("clear", known[meant]), result


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("Santa Rosa, BC", Decision.several_alike),
        ("Denver CO", Decision.several_alike),
        ("Richmond", Decision.several_alike),
        ("Denver, DE", Decision.not_alike_enough),
        ("Wilmington, LA", Decision.not_alike_enough),
    ],
    ids=["two provinces", "no comma", "no place", "nobody there", "an article elsewhere"],
)
async def test_what_leads_to_two_or_to_nobody_is_no_match(registry: httpx.AsyncClient, name: str, decision: Decision) -> None:
    await placed(registry)
    (result,) = await ask(registry, {"name": name})
    assert (result["decision"], result["match"]) == (decision, None), result


async def test_who_is_elsewhere_has_the_place_against_them(registry: httpx.AsyncClient) -> None:
    known = await placed(registry)
    plain, doubted = await ask(registry, {"name": "Richmond, CA"}, {"name": "Richmond, CA", "subdivision": "CA-BC"})
    against = next(one for one in plain["candidates"] if one["id"] == known["Richmond CA-BC"])
    assert [(item["feature"], item["value"], item["asked"], item["found"]) for item in against["features"]] == [
        ("name", 1, "Richmond, CA", "Richmond"),
        ("subdivision", 0, "ca", "CA-BC"),
    ]
    assert (doubted["decision"], doubted["match"]) == ("not_alike_enough", None), "the example says two places"


async def placed(client: httpx.AsyncClient) -> dict[str, str]:
    found: dict[str, str] = {}
    for people, (name, code, kind) in enumerate(PLACED):
        made = await make.actor(client, name, kind=kind or "municipality", country=code[:2], subdivision=code, population=1_000 * people)
        found |= {f"{name} {code}": made["id"], f"{name} {code} {kind}": made["id"]}
    return found


async def test_a_state_is_not_in_itself(registry: httpx.AsyncClient) -> None:
    place: dict[str, Any] = {"country": "MX", "subdivision": "MX-PUE"}
    state = await make.actor(registry, "Puebla", kind="state", population=6_583_278, **place)
    city = await make.actor(registry, "Puebla", kind="municipality", population=1_692_181, **place)
    names = ("Puebla, Pue.", "Ciudad de Puebla", "Estado de Puebla", "Puebla", "Puebla, México")
    found = [(result["decision"], result["match"]) for result in await ask(registry, *({"name": name} for name in names))]
    assert found == [("clear", city["id"]), ("clear", city["id"]), ("clear", state["id"]), ("several_alike", None), ("several_alike", None)]


async def test_what_confirms_counts_more_than_what_is_not_known(registry: httpx.AsyncClient) -> None:
    """Four of one name: only of one it is known that it lies there. One alone is a match although nothing is known of where it lies."""
    here = await make.actor(registry, "Springfield", kind="municipality", subdivision="US-IL", lat=39.8, lon=-89.64)
    for _ in range(3):
        await make.actor(registry, "Springfield", kind="municipality", subdivision=None, country=None)
    lone = await make.actor(registry, "Xenia", kind="municipality", subdivision=None, country=None)
    asked: dict[str, Any] = {"lat": 39.8, "lon": -89.65}
    both, alone, unplaced, placed = await ask(
        registry, {"name": "Springfield", **asked}, {"name": "Xenia", **asked}, {"name": "Springfield"}, {"name": "Springfield", "subdivision": "US-IL"}
    )
    assert (both["decision"], both["match"], placed["match"]) == ("clear", here["id"], here["id"])
    assert (alone["match"], unplaced["decision"]) == (lone["id"], "several_alike")
    absent = {"feature": "distance", "value": 0.6, "weight": 0.3, "asked": "39.8,-89.65", "found": None, "language": None, "name_kind": None}
    assert both["candidates"][1]["features"][1] == absent
    assert both["candidates"][1]["score"] == round((1 + 0.6 * 0.3) / 1.3, 4)


async def test_few_wrong_letters_are_found_among_many_alike(registry: httpx.AsyncClient) -> None:
    city = await make.actor(registry, "Tucson", kind="municipality", subdivision="US-AZ")
    await make.actor(registry, "Arizona", kind="state", subdivision="US-AZ")
    for nth in range(25):
        await make.actor(registry, f"Tuscola {chr(97 + nth)}", kind="county_subdivision", subdivision="US-IL")
    found = await ask(registry, {"name": "tuscon"}, {"name": "Tuscon, Arizona"}, {"name": "tuscon az"})
    assert [result["candidates"][0]["id"] for result in found] == [city["id"]] * 3
    assert [result["decision"] for result in found] == ["clear"] * 3


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
        ("Ciudad Juárez", "Juárez", 0.89, 0.89),
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
