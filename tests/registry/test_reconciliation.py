"""The reconciliation service as the protocol's clients use it: the shapes are those of its own JSON schemas (version 0.2)."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi import FastAPI

from services.registry.actors.models import ActorKind
from services.registry.reconciliation.schemas import Suggestions
from services.registry.reconciliation.service import FORM
from services.registry.reconciliation.vocabulary import MOST, PROPERTIES
from shared.errors import Invalid, UnsupportedMedia
from tests.registry.test_matches import actors
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer

PATH = "/v1/reconciliation"
CANDIDATE = {"id": str, "name": str, "description": str, "type": list, "score": float, "match": bool, "features": list}


async def ask(client: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """A batch as a form, as the protocol's clients send it, and as a parameter: both answer alike."""
    document = json.dumps(wanted)
    posted = await client.post(PATH, content=urlencode({"queries": document}), headers={"Content-Type": FORM})
    assert posted.status_code == 200, posted.text
    got = await client.get(f"{PATH}?queries={quote(document)}")
    assert got.json() == posted.json()
    found: dict[str, Any] = posted.json()
    assert found.keys() == wanted.keys()
    for item in found.values():
        for candidate in item["result"]:
            assert {name: type(value) for name, value in candidate.items()} == CANDIDATE
            assert all(set(feature) == {"id", "value"} for feature in candidate["features"])
    return found


async def test_the_manifest_says_what_is_offered(registry: httpx.AsyncClient) -> None:
    answer = await registry.get(PATH)
    manifest = answer.json()
    assert (answer.status_code, manifest["versions"]) == (200, ["0.2"])
    assert all(isinstance(manifest[name], str) for name in ("name", "identifierSpace", "schemaSpace"))
    assert manifest["view"]["url"] == "http://127.0.0.1:8000/v1/actors/{{id}}"
    assert [kind["id"] for kind in manifest["defaultTypes"]] == [kind.value for kind in ActorKind]
    offered = [manifest["suggest"][kind]["service_path"] + "?prefix=c" for kind in ("entity", "type", "property")]
    for path in (*offered, manifest["extend"]["propose_properties"]["service_path"]):
        assert (await registry.get(path)).status_code == 200


async def test_a_batch_is_answered_by_name_with_one_match_where_it_is_clear(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    known = await actors(registry)
    found = await ask(
        registry,
        q0={"query": "Tiajuana", "type": "municipality", "limit": 3, "properties": [{"pid": "country", "v": "mx"}]},
        q1={"query": "Juárez"},
        q2={"query": "Juárez", "type": ["municipality", "county"], "type_strict": "any", "properties": [{"pid": "coordinates", "v": "31.74, -106.49"}]},
        q3={"query": "", "properties": [{"pid": "id:inegi", "v": [{"id": "19031"}]}]},
        q4={"query": "...", "properties": [{"pid": "country", "v": "MX"}]},
        q5={"query": "San Diego", "type": "planet", "properties": [{"pid": "population", "v": "1,386,932"}, {"pid": "population", "v": "many"}], "limit": 999},
    )
    matches = {name: [item["id"] for item in answer["result"] if item["match"]] for name, answer in found.items()}
    clear = {"q0": "Tijuana MX-BCN", "q2": "Juárez MX-CHH", "q3": "Juárez MX-NLE", "q5": "San Diego US-CA"}
    assert matches == {name: [known[clear[name]]] if name in clear else [] for name in found}
    first = found["q0"]["result"][0]
    assert (first["description"], first["type"]) == ("municipality, MX-BCN", [{"id": "municipality", "name": "municipality"}])
    assert [item["id"] for item in found["q1"]["result"]] == [known["Juárez MX-CHH"], known["Juárez MX-NLE"]]
    assert found["q4"] == {"result": []}
    assert 2 <= len(found["q5"]["result"]) <= MOST
    with queries(registry_app.state.database, at_most=1):
        await registry.get(f"{PATH}?queries={quote(json.dumps({'q0': {'query': 'Juárez'}, 'q1': {'query': 'Ely'}}))}")


async def test_a_place_may_be_named_as_people_name_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    known = await actors(registry)
    await make.actor(registry, "Mexico", kind="nation", country="MX", subdivision=None)
    for name, country, subdivision in (("Chihuahua", "MX", "MX-CHH"), ("Nuevo León", "MX", "MX-NLE"), ("Córdoba", "AR", "AR-X"), ("Córdoba", "CO", "CO-COR")):
        await make.actor(registry, name, kind="state", country=country, subdivision=subdivision)
    meant: dict[str, tuple[dict[str, str], str | None]] = {
        "name": ({"subdivision": "Chihuahua"}, "Juárez MX-CHH"),
        "accents": ({"country": "México", "subdivision": "nuevo leon"}, "Juárez MX-NLE"),
        "abbreviation": ({"subdivision": "N.L."}, "Juárez MX-NLE"),
        "code alone": ({"country": "mx", "subdivision": "CHH"}, "Juárez MX-CHH"),
        "country": ({"country": "Mexico"}, None),
        "two of one name": ({"subdivision": "Córdoba"}, None),
        "no place": ({"subdivision": "Atlantis", "country": "-"}, None),
    }
    asked = {name: {"query": "Juárez", "properties": [{"pid": pid, "v": value} for pid, value in given.items()]} for name, (given, _) in meant.items()}
    with queries(registry_app.state.database, at_most=2):
        await registry.get(f"{PATH}?queries={quote(json.dumps(asked))}")
    found = await ask(registry, **asked)
    matches = {name: next((item["id"] for item in answer["result"] if item["match"]), None) for name, answer in found.items()}
    assert matches == {name: known[city] if city else None for name, (_, city) in meant.items()}
    features = {name: {item["id"]: item["value"] for item in answer["result"][0]["features"]} for name, answer in found.items()}
    assert features["country"] == {"name": 1, "country": 1}
    assert features["two of one name"] == features["no place"] == {"name": 1}


async def test_tables_are_extended_by_what_the_registry_knows(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    known = await actors(registry)
    state = await make.actor(registry, kind="state", names=[{"language": "en", "name": "Chihuahua State"}, {"language": "es", "name": "Chihuahua"}])
    read = await registry.get(f"/v1/actors/{known['Juárez MX-CHH']}")
    parented = await registry.patch(read.url.path, json={"parent_id": state["id"]}, headers={**bearer(make.WRITER), "If-Match": read.headers["etag"]})
    assert parented.status_code == 200, parented.text
    other = await make.actor(registry, "Heroica Ciudad Juárez", identifiers=[{"scheme": "unlocode", "value": "MX CJS"}])
    await make.judgement(registry, known["Juárez MX-CHH"], other["id"])
    wanted = ["name", "parent", "country", "population", "coordinates", "lat", "id:inegi", "id:unlocode", "colour"]
    asked = {"ids": [known["Juárez MX-CHH"], other["id"], "nobody"], "properties": [{"id": pid} for pid in wanted]}
    headers = {"Content-Type": f"{FORM}; charset=utf-8", "Accept-Language": "es"}
    with queries(registry_app.state.database, at_most=1):
        answer = await registry.post(PATH, content=urlencode({"extend": json.dumps(asked)}), headers=headers)
    found = answer.json()
    assert [item["id"] for item in found["meta"]] == wanted
    row = {
        "name": [{"str": "Juárez"}],
        "parent": [{"id": state["id"], "name": "Chihuahua"}],
        "country": [{"str": "MX"}],
        "population": [{"int": 1_512_450}],
        "coordinates": [{"str": "31.74,-106.49"}],
        "lat": [{"float": 31.74}],
        "id:inegi": [{"str": "08037"}],
        "id:unlocode": [{"str": "MX CJS"}],
        "colour": [],
    }
    assert found["rows"] == {known["Juárez MX-CHH"]: row, other["id"]: row, "nobody": {pid: [] for pid in wanted}}


async def suggested(client: httpx.AsyncClient, kind: str, **asked: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"{PATH}/suggest/{kind}", params=asked)
    assert answer.status_code == 200, answer.text
    Suggestions.model_validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


async def test_what_is_being_typed_is_completed(registry: httpx.AsyncClient) -> None:
    known = await actors(registry)
    entities = await suggested(registry, "entity", prefix="san d")
    assert [item["id"] for item in entities] == [known["San Diego County US-CA"], known["San Diego US-CA"]]
    assert entities[0]["description"] == "county, US-CA"
    assert await suggested(registry, "entity", prefix="san d", cursor=1) == entities[1:]
    assert await suggested(registry, "entity", prefix="san d", type="municipality") == entities[1:]
    assert await suggested(registry, "entity", prefix="!") == []
    assert [item["id"] for item in await suggested(registry, "type", prefix="county")] == ["county", "county_subdivision"]
    assert [item["id"] for item in await suggested(registry, "property", prefix="in")] == ["id:inegi"]
    proposed = (await registry.get(f"{PATH}/properties?type=municipality&limit=100")).json()
    assert [item["id"] for item in proposed["properties"]] == [*PROPERTIES, "id:fips", "id:inegi"]


@pytest.mark.parametrize(
    "document",
    ["{", "[]", "{}", '{"q": {"name": "X"}}', '{"q": {"query": "X", "limit": 0}}', json.dumps({f"q{n}": {"query": "X"} for n in range(101)})],
    ids=["no JSON", "a list", "nothing", "another field", "no limit", "too many"],
)
async def test_a_bad_batch_is_refused(registry: httpx.AsyncClient, document: str) -> None:
    assert_problem(await registry.get(f"{PATH}?queries={quote(document)}"), Invalid)
    assert_problem(await registry.post(PATH, content=urlencode({"queries": document}), headers={"Content-Type": FORM}), Invalid)


async def test_only_forms_are_taken(registry: httpx.AsyncClient) -> None:
    assert_problem(await registry.post(PATH, json={"queries": "{}"}), UnsupportedMedia)
    assert_problem(await registry.post(PATH, content="callback=x", headers={"Content-Type": FORM}), Invalid)
    assert_problem(await registry.get(f"{PATH}?callback=x"), Invalid)
