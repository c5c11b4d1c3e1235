"""Lists of actors as files: the same actors in every form, the whole list, refused when it is asked for in pages."""

import csv
import io
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.actors.schemas import ActorRead
from shared import exports
from shared.errors import Invalid
from tests.support.make import registry as make
from tests.support.problems import assert_problem

CSV, NDJSON, GEOJSON = exports.CSV, exports.NDJSON, exports.GEOJSON
PLACES = ((32.5, -117.0, "US-CA"), (31.7, -106.4, "US-TX"), (None, None, "US-CA"), (-17.7, 178.0, "US-TX"))


@pytest.fixture
async def counties(registry: httpx.AsyncClient) -> list[dict[str, Any]]:
    made = []
    for number in range(9):
        lat, lon, subdivision = PLACES[number % 4]
        made.append(
            await make.actor(
                registry,
                f'County, "{number}"\nof Peña',
                lat=lat,
                lon=lon,
                subdivision=subdivision,
                population=number * 9_000 or None,
                border_m={"MX": number} if number % 2 else {},
                kind=("county", "municipality", "office")[number % 3],
            )
        )
    return made


async def file(client: httpx.AsyncClient, media: str, query: str = "") -> httpx.Response:
    answer = await client.get(f"/v1/actors?{query}", headers={"Accept": media})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["vary"] == "Accept, Accept-Language, Authorization"
    return answer


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def ids(client: httpx.AsyncClient, media: str, query: str) -> list[str]:
    answer = await file(client, media, query)
    if media == CSV:
        return [row["id"] for row in rows_of(answer)]
    if media == NDJSON:
        return [json.loads(line)["id"] for line in answer.text.splitlines()]
    return [feature["id"] for feature in answer.json()["features"]]


async def paged_ids(client: httpx.AsyncClient, query: str) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        page = (await client.get(f"/v1/actors?limit=4&{query}{cursor}", headers={"Accept": "application/json"})).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["county", "pena 3", "cuonty", "zzz"]),
        "kind": st.sampled_from(["county", "municipality"]),
        "subdivision": st.sampled_from(["US-CA", "US-TX"]),
        "population_min": st.sampled_from(["0", "20000"]),
        "border": st.just("MX"),
        "bbox": st.sampled_from(["-118,30,-100,35", "170,-30,-100,40"]),
        "sort": st.sampled_from(["name", "population", "newest"]),
    },
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(query=QUERIES)
async def test_every_form_holds_the_same_actors_in_the_same_order(registry: httpx.AsyncClient, counties: list[dict[str, Any]], query: dict[str, str]) -> None:
    text = str(httpx.QueryParams(query))
    expected = await paged_ids(registry, text)
    for media in (CSV, NDJSON, GEOJSON):
        assert await ids(registry, media, text) == expected, media


async def test_lines_are_the_answers_of_the_list(registry: httpx.AsyncClient, counties: list[dict[str, Any]]) -> None:
    query = "include=names&include=identifiers"
    items = (await registry.get(f"/v1/actors?{query}")).json()["items"]
    answer = await file(registry, NDJSON, query)
    assert [json.loads(line) for line in answer.text.splitlines()] == items
    assert answer.headers["content-disposition"] == 'attachment; filename="actors.ndjson"'
    for line in answer.text.splitlines():
        ActorRead.model_validate_json(line)


async def test_cells_are_the_fields_of_the_list(registry: httpx.AsyncClient, counties: list[dict[str, Any]]) -> None:
    items = (await registry.get("/v1/actors")).json()["items"]
    rows = rows_of(await file(registry, CSV))
    assert list(rows[0]) == list(items[0])
    for row, item in zip(rows, items, strict=True):
        assert row == {
            name: "" if value is None else json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else str(value) for name, value in item.items()
        }


async def test_features_have_their_place(registry: httpx.AsyncClient, counties: list[dict[str, Any]]) -> None:
    items = (await registry.get("/v1/actors")).json()["items"]
    collection = (await file(registry, GEOJSON)).json()
    assert collection["type"] == "FeatureCollection"
    for feature, item in zip(collection["features"], items, strict=True):
        point = None if item["lat"] is None else {"type": "Point", "coordinates": [item["lon"], item["lat"]]}
        assert feature == {"type": "Feature", "id": item["id"], "geometry": point, "properties": item}


@pytest.mark.parametrize(
    ("media", "content"), [(CSV, None), (NDJSON, b""), (GEOJSON, b'{"type":"FeatureCollection","features":[\n\n]}\n')], ids=["csv", "ndjson", "geo"]
)
async def test_an_empty_list_is_an_empty_file(registry: httpx.AsyncClient, media: str, content: bytes | None) -> None:
    answer = await file(registry, media, "kind=nation")
    if content is None:
        assert (rows_of(answer), answer.text.startswith("id,kind,source_kind,status,")) == ([], True)
    else:
        assert answer.content == content


@pytest.mark.parametrize("query", ["limit=5", "count=exact", "facets=kind", "limit=5&count=exact"])
async def test_a_file_has_no_pages(registry: httpx.AsyncClient, query: str) -> None:
    body = assert_problem(await registry.get(f"/v1/actors?{query}", headers={"Accept": CSV}), Invalid)
    assert {item["pointer"] for item in body["errors"]} == {f"/{part.partition('=')[0]}" for part in query.split("&")}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, exports.JSON),
        ("*/*", exports.JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", exports.JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("text/*", CSV),
        ("application/json;q=0.5, text/csv", CSV),
        ("text/csv;q=0.1, application/geo+json;q=0.2", GEOJSON),
        ("application/x-ndjson, */*;q=0.1", NDJSON),
        ("text/csv;q=0", exports.JSON),
        ("image/png", exports.JSON),
        ("text/csv;q=x", CSV),
    ],
    ids=range(12),
)
def test_accept_chooses_the_form(accept: str | None, media: str) -> None:
    assert exports.chosen(accept, (exports.JSON, CSV, NDJSON, GEOJSON)) == media


async def test_the_forms_are_in_the_document(registry_app: FastAPI) -> None:
    content = registry_app.openapi()["paths"]["/v1/actors"]["get"]["responses"]["200"]["content"]
    assert {exports.JSON, CSV, NDJSON, GEOJSON} == set(content)


async def test_no_cell_is_a_formula(registry: httpx.AsyncClient) -> None:
    """A spreadsheet would run it for whoever opens the file; a number below zero is none."""
    names = ["=HYPERLINK(1)", "+1", "-1", "@a", "'=a", "Plain", "'Plain"]
    for name in names:
        await make.actor(registry, name, lat=-32.5, lon=-117.0)
    rows = rows_of(await file(registry, CSV))
    assert {row["name"] for row in rows} == {"'=HYPERLINK(1)", "'+1", "'-1", "'@a", "''=a", "Plain", "'Plain"}
    assert {row["lat"] for row in rows} == {"-32.5"}
    lines = [json.loads(line) for line in (await file(registry, NDJSON)).text.splitlines()]
    assert {line["name"] for line in lines} == set(names)
