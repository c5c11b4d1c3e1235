"""Files of every form through the API, and the status as events."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from services.registry import errors
from services.registry.imports.formats import TYPES
from services.registry.imports.schemas import ImportRead
from services.registry.worker import import_once
from shared.errors import TooLarge
from shared.ids import new_id
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer
from tests.support.workbooks import Failed, workbook

pytestmark = pytest.mark.live
NDJSON, XLSX = "application/x-ndjson", next(kind for kind, form in TYPES.items() if form == "xlsx")
ROWS = [make.import_row(number) for number in range(1, 30)]


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates, max_import=60_000) as registry:
        yield registry


def lines(rows: list[dict[str, str]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def sheet(rows: list[dict[str, str]]) -> bytes:
    return workbook({"Read me": [["nothing"]], "Rows": [list(rows[0]), *(list(row.values()) for row in rows)]})


async def send(live: LiveRegistry, content: bytes, kind: str, query: str = "preset=actors", **headers: str) -> Any:
    return await live.client.post(f"/v1/imports?{query}", content=content, headers=bearer(make.IMPORTER) | {"Content-Type": kind} | headers)


async def ended(live: LiveRegistry, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    while await import_once(live.database):
        pass
    return await make.import_status(live.client, answer.json()["id"])


async def test_every_form_of_a_file_says_the_same(live: LiveRegistry) -> None:
    first = await ended(live, await send(live, make.csv_file(ROWS), "text/csv"))
    assert (first["rows_total"], first["rows_applied"]["created"]) == (29, 29)
    for content, kind, query, headers in (
        (lines(ROWS), NDJSON, "", {}),
        (sheet(ROWS), XLSX, "&sheet=Rows", {}),
        (gzip.compress(make.csv_file(ROWS)), "text/csv", "", {"Content-Encoding": "gzip"}),
        (gzip.compress(lines(ROWS)), NDJSON, "", {"Content-Encoding": "gzip"}),
    ):
        done = await ended(live, await send(live, content, kind, f"preset=actors{query}", **headers))
        assert (done["state"], done["rows_total"], done["rows_read"], done["bytes"]) == ("done", 29, 29, len(content))
        assert done["rows_applied"] == {"created": 0, "changed": 0, "unchanged": 29}


async def test_problems_name_lines_and_rows_of_the_sheet(live: LiveRegistry) -> None:
    rows = [*ROWS[:3], make.import_row(4, kind="planet", source="two\nlines"), make.import_row(5, kind="planet"), make.import_row(6, kind=Failed("#REF!"))]
    for content, kind, query, expected in (
        (lines(rows), NDJSON, "", [4, 5, 6]),
        (sheet(rows), XLSX, "&sheet=Rows", [5, 6, 7]),
    ):
        failed = await ended(live, await send(live, content, kind, f"preset=actors{query}"))
        problems = await make.import_problems(live.client, failed["id"])
        assert [line for line, _, _ in problems] == expected
    assert problems[-1] == (7, "kind", "is what a formula shows that failed")


async def test_a_small_body_that_unpacks_to_a_large_one_is_refused(live: LiveRegistry) -> None:
    assert_problem(await send(live, gzip.compress(b"x" * 1_000_000), "text/csv", **{"Content-Encoding": "gzip"}), TooLarge, limit=60_000)
    assert await live.count("import_chunks") == 0


def told(text: str) -> list[dict[str, Any]]:
    found = [orjson.loads(part.partition("data: ")[2]) for part in text.split("\n\n") if part.startswith("event: status")]
    for item in found:
        ImportRead.model_validate(item)
    return found


async def test_the_status_is_told_as_events_until_the_end(live: LiveRegistry) -> None:
    answer = await send(live, make.csv_file(ROWS), "text/csv")
    path = answer.headers["location"]
    accept = bearer(make.IMPORTER) | {"Accept": "text/event-stream"}
    watching = asyncio.create_task(live.client.get(path, headers=accept))
    while await import_once(live.database):
        pass
    stream = await asyncio.wait_for(watching, 30)
    assert stream.headers["content-type"].startswith("text/event-stream")
    statuses = told(stream.text)
    assert statuses[-1]["state"] == "done"
    assert [item["rows_read"] for item in statuses] == sorted(item["rows_read"] for item in statuses)
    (last,) = told((await live.client.get(path, headers=accept)).text)
    assert last == statuses[-1]
    assert_problem(await live.client.get(f"/v1/imports/{new_id()}", headers=accept), errors.ImportNotFound)


async def test_who_watches_holds_no_connection(live: LiveRegistry) -> None:
    answer = await send(live, make.csv_file(ROWS), "text/csv")
    accept = bearer(make.IMPORTER) | {"Accept": "text/event-stream"}
    watching = [asyncio.create_task(live.client.get(answer.headers["location"], headers=accept)) for _ in range(40)]
    assert (await live.client.get("/v1/actors?limit=1")).status_code == 200
    while await import_once(live.database):
        pass
    for stream in await asyncio.wait_for(asyncio.gather(*watching), 60):
        assert told(stream.text)[-1]["state"] == "done"
