"""The registry as a file: an import takes it back, and what is read into an empty registry is exported as the same bytes."""

import csv
import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.seed import actors as sample
from services.registry.imports.cells import plain
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
READER = caller("imports:run", "contacts:read", subject="importer", roles=("operator",))
NASTY = ["=1+1", "+1", "-x", "@SUM(A1)", "'quoted'", "'=1", "''+1", "a,b", 'say "x"', "two\nlines", "\\N", "\\.", "NULL", "é😀", "a\tb", "a\r\nb"]


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def exported(live: LiveRegistry, form: str = "csv") -> bytes:
    answer = await live.client.get(f"/v1/actors/export?format={form}", headers=bearer(READER))
    assert answer.status_code == 200, answer.text
    return answer.content


async def imported(live: LiveRegistry, content: bytes, form: str = "csv") -> dict[str, Any]:
    kind = {"csv": "text/csv", "ndjson": "application/x-ndjson"}[form]
    answer = await live.client.post("/v1/imports?preset=actors", content=content, headers=bearer(make.IMPORTER) | {"Content-Type": kind})
    status = await make.imported_status(live.client, live.database, answer)
    assert status["state"] == "done", await make.import_problems(live.client, status["id"])
    return status


def guarded(text: str) -> str:
    return f"'{text}" if re.match(r"'*[=+@\t\r-]", text) else text


def nasty() -> bytes:
    rows = [
        make.import_row(number, **{"name:en": text, "source": text, "seat_title": text, "id:x": f"{text}{number}", "source_kind": text})
        for number, text in enumerate(map(guarded, NASTY), 1)
    ]
    rows[3] |= {"lat": "-0.00001", "lon": "179.123456789012", "border_m:CA": "0", "website": "https://x.example/?a=b", "name:es": "Condado"}
    rows[4] |= {"parent_scheme": "fips", "parent_value": "00001", "status": "dissolved", "dissolved_on": "2001-02-03"}
    return make.csv_file(rows)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_a_file_goes_round_unchanged(live: LiveRegistry, templates: Templates, form: str) -> None:
    await imported(live, nasty())
    await make.actor(live.client, "=Without an identifier")
    first = await exported(live, form)
    again = await imported(live, first, form)
    assert again["rows_applied"] == {"created": 0, "changed": 0, "unchanged": len(NASTY) + 1}
    async with live_registry(templates) as empty:
        await imported(empty, first, form)
        assert await exported(empty, form) == first
        names = {row.name for row in await empty.rows("SELECT name FROM actors")}
        assert names == {row.name for row in await live.rows("SELECT name FROM actors")} == {*NASTY, "=Without an identifier"}


async def test_no_cell_of_a_csv_is_a_formula(live: LiveRegistry) -> None:
    await imported(live, nasty())
    rows = list(csv.DictReader(io.StringIO((await exported(live)).decode(), newline="")))
    numbers = {"lat", "lon"}
    assert not [cell for row in rows for title, cell in row.items() if title not in numbers and cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {plain(row["name:en"]) for row in rows} == set(NASTY)
    objects = [orjson.loads(line) for line in (await exported(live, "ndjson")).splitlines()]
    assert {row["name:en"] for row in objects} == set(NASTY)


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
    assert answer.headers["content-disposition"] == 'attachment; filename="actors.csv"'
