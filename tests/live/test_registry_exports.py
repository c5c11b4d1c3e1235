"""The registry as a file: an import takes it back, and what is read into an empty registry is exported as the same bytes."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from deploy.seed import actors as sample
from services.registry.actors.words import folded
from services.registry.imports.cells import plain
from shared.schemas import FIRST_DAY, LAST_DAY
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import NASTY, exported, guarded, imported
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
NAMES = [cell if folded(cell) else f"{cell}x" for cell in NASTY]  # a name has a letter or a digit


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


@pytest.fixture
async def other(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


def nasty() -> bytes:
    rows = [
        make.import_row(number, **{"name:en": guarded(name), "source": cell, "seat_title": cell, "id:x": f"{cell}{number}", "source_kind": cell})
        for number, (cell, name) in enumerate(zip(map(guarded, NASTY), NAMES, strict=True), 1)
    ]
    rows[3] |= {"lat": "-0.00001", "lon": "179.123456789012", "border_m:CA": "0", "website": "https://x.example/?a=b", "name:es": "Condado"}
    rows[5] |= {"lat": "0.012345678901234567", "lon": "0"}
    rows[4] |= {"parent_scheme": "fips", "parent_value": "00001", "status": "dissolved", "dissolved_on": "2001-02-03"}
    return make.csv_file(rows)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_a_file_goes_round_unchanged(live: LiveRegistry, templates: Templates, form: str) -> None:
    await imported(live, nasty())
    await make.actor(live.client, "=Without an identifier")
    first = await exported(live, form=form)
    again = await imported(live, first, form=form)
    assert again["rows_applied"] == {"created": 0, "changed": 0, "unchanged": len(NASTY) + 1}
    async with live_registry(templates) as empty:
        await imported(empty, first, form=form)
        assert await exported(empty, form=form) == first
        names = {row.name for row in await empty.rows("SELECT name FROM actors")}
        assert names == {row.name for row in await live.rows("SELECT name FROM actors")} == {*NAMES, "=Without an identifier"}


async def test_no_cell_of_a_csv_is_a_formula(live: LiveRegistry) -> None:
    await imported(live, nasty())
    rows = list(csv.DictReader(io.StringIO((await exported(live)).decode(), newline="")))
    numbers = {"lat", "lon"}
    assert not [cell for row in rows for title, cell in row.items() if title not in numbers and cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {plain(row["name:en"]) for row in rows} == set(NAMES)
    objects = [orjson.loads(line) for line in (await exported(live, form="ndjson")).splitlines()]
    assert {row["name:en"] for row in objects} == set(NAMES)


async def test_the_whole_sample_goes_round(live: LiveRegistry, templates: Templates, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    sample.write_csv(file)
    await imported(live, file.read_bytes())
    first = await exported(live)
    async with live_registry(templates) as empty:
        await imported(empty, first)
        assert await exported(empty) == first


async def test_addresses_are_for_those_who_may_read_them(live: LiveRegistry) -> None:
    await imported(live, nasty())
    answer = await live.client.get("/v1/actors/export")
    assert (answer.status_code, b"@1.example" in answer.content, "seat_email" in answer.text) == (200, False, False)
    assert b"chair@1.example" in await exported(live)
    abroad = await live.client.get("/v1/actors/export", headers=bearer(make.coordinator("MX")))
    assert (b"@1.example" in abroad.content, "seat_email" in abroad.text) == (False, True)
    texas = (await make.actor(live.client, "Texas", kind="state", subdivision="US-TX"))["id"]
    office = (await make.actor(live.client, "Texas in Mexico", kind="office", country="MX", identifiers=[{"scheme": "own", "value": "office"}]))["id"]
    await make.tie(live.client, office, texas, type="office_of")
    await make.seat(live.client, office, role="head", contact_points=[{"channel": "email", "address": "head@texas.example", "preferred": True}])
    for country, seen in (("US", True), ("MX", False)):
        answer_there = await live.client.get("/v1/actors/export?country=MX", headers=bearer(make.coordinator(country)))
        assert ("own" in answer_there.text, "head@texas.example" in answer_there.text) == (True, seen), "an office abroad is its own country's"
    forgotten = replace(make.coordinator(None), organization=UUID(texas), scopes=frozenset({"contacts:read", "events:audit"}))
    for nobodys in (make.coordinator(None), forgotten, make.manager("01890000-0000-7000-8000-000000000000")):
        assert "@" not in (await live.client.get("/v1/actors/export?identifier_scheme=fips", headers=bearer(nobodys))).text.replace("'@SUM", "")
    own = (await live.client.get("/v1/actors/export", headers=bearer(make.manager(office)))).text
    assert ("head@texas.example" in own, "@1.example" in own) == (True, False), "whoever reads it in a list of seats has it in the file"
    assert answer.headers["content-disposition"] == 'attachment; filename="actors.csv"'


LETTERS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)
WORDS = st.sampled_from(NASTY).filter(lambda text: "\r" not in text) | LETTERS.map(str.strip).filter(bool)
NAMED = WORDS.filter(folded)
PLACES = st.floats(-90, 90, allow_subnormal=False).map(lambda value: f"{value:.9f}")
ROWS = st.lists(
    st.fixed_dictionaries(
        {"name:en": NAMED, "source": WORDS, "source_kind": WORDS, "id:x": WORDS},
        optional={
            "name:es": NAMED,
            "population": st.integers(0, 20_000_000_000).map(str),
            "border_m:CA": st.integers(0, 20_000_000).map(str),
            "dissolved_on": st.dates(FIRST_DAY, LAST_DAY).map(str),
            "website": st.just("https://a.example/?b=c&d=é"),
            "parent": st.just("yes"),
            "place": st.tuples(PLACES, PLACES),
        },
    ),
    min_size=1,
    max_size=5,
)


def of_rows(rows: list[dict[str, Any]]) -> bytes:
    """A file of our own columns; each row's parent is the row before, and no identifier is there twice."""
    made = []
    for number, row in enumerate(rows, 1):
        given = {name: guarded(cell) for name, cell in row.items() if isinstance(cell, str) and name != "parent"}
        given["id:x"] = guarded(f"{row['id:x']}{number}")
        if "dissolved_on" in row:
            given["status"] = "dissolved"
        if "place" in row:
            given |= {"lat": row["place"][0], "lon": row["place"][1]}
        if "parent" in row and number > 1:
            given |= {"parent_scheme": "fips", "parent_value": f"{number - 1:05}"}
        made.append(make.import_row(number, **given))
    return make.csv_file(made)


async def cleared(registry: LiveRegistry) -> None:
    async with registry.database.engine.begin() as connection:
        await connection.execute(text("TRUNCATE actors CASCADE"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, form=st.sampled_from(["csv", "ndjson"]))
async def test_whatever_is_imported_goes_round(live: LiveRegistry, other: LiveRegistry, rows: list[dict[str, Any]], form: str) -> None:
    for registry in (live, other):
        await cleared(registry)
    await imported(live, of_rows(rows))
    first = await exported(live, form=form)
    await imported(other, first, form=form)
    assert await exported(other, form=form) == first
    assert sorted(row.name for row in await other.rows("SELECT name FROM actors")) == sorted(row["name:en"] for row in rows)
