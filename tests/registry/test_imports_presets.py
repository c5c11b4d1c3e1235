"""Presets: data that says how the files of others are read."""

from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from services.registry.imports import rows, staging
from services.registry.imports.links import staging as link_staging
from services.registry.imports.presets import DOCUMENTED, NAMES, SHELF, Preset, layout
from services.registry.imports.presets.language import Choice
from services.registry.imports.schemas import PresetsRead
from tests.support.queries import queries

GOVERNMENTS = SHELF["actors-us-mx-ca"]
TIJUANA = {
    "kind": "municipality",
    "name_en": "Tijuana",
    "name_local": "Tijuana",
    "country": "MX",
    "national_code": "02004",
    "parent_ocd_id": "ocd-division/country:mx/state:bc",
    "lat": "32.532461",
    "lon": "-117.018913",
    "population": "1922523",
    "kind_detail": "municipio",
    "pop_year": "2020",
    "pop_source": "inegi_censo_2020",
    "coord_source": "inegi_ageeml_cabecera",
}
KEY = {"key_scheme": "x", "key_value": {"from": "id"}}


def choice(**given: Any) -> Choice:
    return Choice.model_validate(given)


def read(preset: Preset, *records: dict[str, str], titles: list[str] | None = None) -> rows.Found:
    titles = titles or preset.columns()
    lines = [",".join(titles), *(",".join(record.get(title, "") for title in titles) for record in records)]
    content = "\n".join(lines).encode()
    found, faults = rows.header(content, preset)
    assert (found, faults) == (titles, [])
    return rows.read(content, 1, titles, skip_header=True, preset=preset)


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (choice(**{"from": "a"}), "A1"),
        (choice(text="{a}/{b}"), "A1/x"),
        (choice(text="{a}{c}"), ""),
        (choice(text="always"), "always"),
        (choice(**{"from": "a", "match": "^A(.)"}), "1"),
        (choice(**{"from": "a", "match": "^B(.)"}), ""),
        (choice(**{"from": "b", "map": {"x": "ours"}}), "ours"),
        (choice(**{"from": "a", "map": {"x": "ours"}, "other": "rest"}), "rest"),
        (choice(**{"from": "b", "upper": True, "before": "US-"}), "US-X"),
        (choice(**{"from": "a", "lower": True}), "a1"),
        (choice(**{"from": "c", "before": "US-"}), ""),
    ],
)
def test_a_choice_makes_a_cell(made: Choice, given: str) -> None:
    assert made.gives({"a": 0, "b": 1, "c": 2})(["A1", "x", ""]) == given


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"when": {"a": ["A1", "A2"]}}, True),
        ({"when": {"a": ["A2"]}}, False),
        ({"when": {"a": ["*"], "c": [""]}}, True),
        ({"when": {"c": ["*"]}}, False),
        ({"unless": {"a": ["A1"]}}, False),
        ({"unless": {"a": ["A1"], "c": ["*"]}}, True),
        ({"when": {"a": ["*"]}, "unless": {"b": ["x"]}}, False),
    ],
)
def test_a_choice_has_conditions(conditions: dict[str, Any], holds: bool) -> None:
    held = choice(text="x", **conditions).holds({"a": 0, "b": 1, "c": 2})
    assert held is not None
    assert held(["A1", "x", ""]) is holds


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "county"},
        {**KEY, "colour": "red"},
        {**KEY, "kind": {"from": "a", "text": "b"}},
        {**KEY, "kind": {}},
        {**KEY, "kind": {"from": "a", "other": "b"}},
        {**KEY, "kind": {"from": "a", "match": "no group"}},
        {**KEY, "kind": []},
        {**KEY, "kind": {"from": "a", "python": "print()"}},
    ],
)
def test_a_preset_that_makes_no_sense_does_not_load(fields: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        Preset.model_validate({"title": "t", "about": "a", "source": "s", "licence": "l", "fields": fields})


@pytest.mark.parametrize("name", sorted(SHELF))
def test_every_preset_says_what_it_is(name: str) -> None:
    preset = SHELF[name]
    assert all(len(text.strip()) > 3 for text in (preset.title, preset.about, preset.source, preset.licence))
    assert preset.columns()
    assert {"source", "licence"} <= set(preset.fields)
    assert layout(preset, preset.columns()).width == len(preset.columns())


def test_a_row_of_the_governments_becomes_one_of_ours() -> None:
    found = read(GOVERNMENTS, TIJUANA)
    assert (found.read, found.valid, found.faults) == (1, 1, [])
    staged = dict(zip(staging.FIELDS, found.rows[0], strict=True))
    assert (staged["key_scheme"], staged["key_value"], staged["kind"], staged["subdivision"]) == ("inegi", "02004", "municipality", "MX-BCN")
    assert (staged["names"], staged["preferred_language"], staged["parent_scheme"]) == ('{"es":"Tijuana"}', "es", "ocd")
    assert staged["source"] == "Governments of the US, MX and CA: population inegi_censo_2020 2020; place inegi_ageeml_cabecera"
    assert staged["licence"] == "CC0 1.0 (division); INEGI terms of free use"
    assert (staged["lat"], staged["population"], staged["status"]) == (32.532461, 1_922_523, None)


def test_a_problem_names_the_column_of_the_file() -> None:
    found = read(GOVERNMENTS, TIJUANA | {"kind": "kingdom"}, TIJUANA | {"population": "many", "lon": "+181"})
    assert [(fault.line, fault.column, fault.value, fault.message) for fault in found.faults] == [
        (2, "kind", "kingdom", "is not one of the values that this preset knows"),
        (3, "lon", "+181", "is not a number of degrees from -180 to 180"),
        (3, "population", "many", "is not a whole number from 0 to 20000000000"),
    ]


def test_columns_that_a_preset_does_not_read_are_left_aside_and_one_it_needs_is_missed() -> None:
    titles = ["colour", "colour", *GOVERNMENTS.columns()]
    assert read(GOVERNMENTS, TIJUANA, titles=titles).valid == 1
    short = [title for title in GOVERNMENTS.columns() if title != "population"]
    (fault,) = rows.header(",".join(short).encode(), GOVERNMENTS)[1]
    assert (fault.line, fault.column, fault.message) == (1, "population", "is missing")
    (twice,) = rows.header(",".join([*GOVERNMENTS.columns(), "lat"]).encode(), GOVERNMENTS)[1]
    assert (twice.column, twice.message) == ("lat", "is there twice")


TIE = {"type": "sister_city", "from_name": {"from": "a"}, "to_name": {"from": "b"}}


def test_a_preset_reads_the_rows_it_is_about_and_splits_what_a_cell_lists() -> None:
    given = {"title": "t", "about": "a", "source": "s", "licence": "l", "makes": "ties", "fields": TIE}
    preset = Preset.model_validate({**given, "rows": {"when": {"kind": ["city"]}, "unless": {"a": ["Nobody"]}}, "each": {"column": "a", "by": ";"}})
    records = [{"a": "One; Two;", "b": "X", "kind": "city"}, {"a": "Nobody", "b": "X", "kind": "city"}, {"a": "Three", "kind": "town"}]
    found = read(preset, *records)
    assert (found.read, found.valid, found.faults) == (3, 3, [])
    staged = [dict(zip(link_staging.FIELDS, entry, strict=True)) for entry in found.rows]
    assert [(item["line"], item["part"], item["from_side"]) for item in staged] == [
        (2, 0, '{"name":"One","folded":"one"}'),
        (2, 1, '{"name":"Two","folded":"two"}'),
    ]
    assert len({item["key"] for item in staged}) == 2
    missing = read(preset, {"a": "One", "kind": "city"})
    assert [(fault.line, fault.column, fault.message) for fault in missing.faults] == [(2, "to_name", "is missing")]


@pytest.mark.parametrize(
    "given",
    [
        {"makes": "ties", "fields": {"from_name": "x"}},
        {"makes": "ties", "fields": {**TIE, "key_scheme": "x"}},
        {"makes": "ties", "fields": TIE, "once": True},
        {"fields": KEY, "each": {"column": "a", "by": ";"}},
        {"fields": KEY, "each": {"column": "a", "by": ""}},
        {"makes": "people", "fields": KEY},
    ],
    ids=["no type", "a column of actors", "once", "each of actors", "no separator", "unknown"],
)
def test_a_preset_says_only_what_it_can_make(given: dict[str, Any]) -> None:
    with pytest.raises((ValidationError, ValueError)):
        Preset.model_validate({"title": "t", "about": "a", "source": "s", "licence": "l", **given})


async def test_presets_are_listed_with_what_they_read(registry: httpx.AsyncClient, registry_app: Any) -> None:
    with queries(registry_app.state.database, at_most=0):
        answer = await registry.get("/v1/imports/presets")
    assert answer.status_code == 200
    PresetsRead.model_validate(answer.json())
    assert [item["name"] for item in answer.json()["items"]] == list(NAMES)
    assert answer.json()["items"] == DOCUMENTED
