"""Imports without a worker: cutting and reading files, and who sees what of an import."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.registry import errors
from services.registry.imports import rows, splitting, staging
from services.registry.imports.models import Import, ImportProblem, ImportState
from services.registry.imports.schemas import ImportProblemRead, ImportRead
from services.registry.imports.splitting import Chunk, Splitter
from shared.errors import Forbidden, Invalid, Unauthorized, UnsupportedMedia
from shared.ids import new_id
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

ORG = new_id()
COLLEAGUE = caller("imports:run", organization=ORG, subject="colleague")
APPLIED = {"created": 1, "changed": 2, "unchanged": 3}
TITLES = list(make.import_row(1))


def cut(content: bytes, size: int) -> list[Chunk]:
    """The chunks of a file that comes in pieces of this size."""
    splitter = Splitter()
    found = [splitter.feed(content[start : start + size]) for start in range(0, len(content), size)]
    return [chunk for chunk in [*found, splitter.rest()] if chunk is not None]


cells = st.text(alphabet=st.sampled_from('ab",\n\r é😀'), max_size=8)


@given(table=st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=30), size=st.integers(1, 40), chunk=st.integers(1, 60))
def test_chunks_are_whole_records_however_the_bytes_come(table: list[list[str]], size: int, chunk: int) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    content = file.getvalue().encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "CHUNK", chunk)
        found = cut(content, size)
    assert b"".join(item.content for item in found) == content
    assert [record for item in found for record in csv.reader(io.StringIO(item.content.decode(), newline=""))] == table
    assert sum(item.records for item in found) == len(table)
    line = 1
    for item in found:
        assert item.first_line == line
        line += item.content.count(b"\n")


def test_a_quote_that_is_never_closed_does_not_hold_the_whole_file() -> None:
    content = b'a,b\n"' + b"x,y\n" * 1_000_000
    found = cut(content, 65_536)
    assert b"".join(item.content for item in found) == content
    assert max(len(item.content) for item in found) <= splitting.LONGEST_RECORD + 65_536


def read(*given_rows: dict[str, str], titles: list[str] | None = None) -> rows.Found:
    content = make.csv_file(list(given_rows))
    found_titles, faults = rows.header(content)
    assert not faults
    return rows.read(content, 1, titles or found_titles, skip_header=True)


def test_a_row_is_staged_as_it_is_meant() -> None:
    row = make.import_row(6073, **{"name:es": " Condado de San Diego ", "id:ocd": "ocd-division/x", "lat": "32.715", "lon": "-117.16"})
    found = read(row)
    assert (found.read, found.valid, found.faults, found.readable) == (1, 1, [], True)
    staged = dict(zip(staging.FIELDS, found.rows[0], strict=True))
    assert staged["names"] == '{"en":"County 6073","es":"Condado de San Diego"}'
    assert staged["folded"] == '{"en":"county 6073","es":"condado de san diego"}'
    assert staged["identifiers"] == '{"ocd":"ocd-division/x","fips":"06073"}'
    assert staged["border_m"] == '{"MX":60730}'
    assert (staged["line"], staged["lat"], staged["lon"], staged["population"]) == (2, 32.715, -117.16, 7073)
    assert (staged["parent_scheme"], staged["website"], staged["faulty"]) == (None, None, False)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("kind", "planet", "is not one of the values of this column"),
        ("key_scheme", "FIPS", "is not the name of a scheme"),
        ("key_value", "x" * 201, "is longer than 200 characters"),
        ("name:en", "x" * 301, "is longer than 300 characters"),
        ("name:en", "a\x07b", "holds a control character"),
        ("preferred_language", "English", "is not a language"),
        ("name:en", "!!!", "has no letter and no digit"),
        ("country", "USA", "is not a country code"),
        ("country", "XX", "is not a country code"),
        ("subdivision", "California", "is not a subdivision code"),
        ("subdivision", "MX-BCN", "is not in US"),
        ("population", "1,000", "is not a whole number from 0 to 20000000000"),
        ("population", "-1", "is not a whole number from 0 to 20000000000"),
        ("population", "\u0663", "is not a whole number from 0 to 20000000000"),
        ("border_m:MX", "20037509", "is not a whole number from 0 to 20037508"),
        ("seat_role", "king", "is not one of the values of this column"),
        ("seat_email", "Ana <ana@x.example>", "is not an e-mail address"),
        ("read_on", "2026-02-30", "is not a date"),
        ("read_on", "20260101", "is not a date"),
        ("source", "a\x00b", "holds a control character"),
    ],
)
def test_a_bad_cell_is_named(column: str, value: str, message: str) -> None:
    found = read(make.import_row(1), make.import_row(2, **{column: value}), make.import_row(3))
    assert (found.read, found.valid) == (3, 2)
    (fault,) = found.faults
    assert (fault.line, fault.column, fault.message) == (3, column, message)
    assert fault.value == value[:200].replace("\x00", "\ufffd")
    assert fault.remedy


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"lat": "1"}, "lon", "is missing beside lat"),
        ({"parent_value": "x"}, "parent_scheme", "is missing beside parent_value"),
        ({"seat_title": ""}, "seat_title", "is missing beside seat_role"),
        ({"seat_title": "", "seat_role": ""}, "seat_role", "is missing beside seat_email"),
        ({"key_value": " "}, "key_value", "is missing"),
        ({"id:fips": "other"}, "id:fips", "is not the key's value"),
        ({"lat": "north", "lon": "1"}, "lat", "is not a number of degrees from -90 to 90"),
        ({"lat": "nan", "lon": "1"}, "lat", "is not a number of degrees from -90 to 90"),
        ({"lat": "1", "lon": "180.5"}, "lon", "is not a number of degrees from -180 to 180"),
        ({"website": "www.x.example"}, "website", "is not a web address"),
    ],
)
def test_cells_that_belong_together_are_missed(change: dict[str, str], column: str, message: str) -> None:
    (fault,) = read(make.import_row(1, **change)).faults
    assert (fault.column, fault.message) == (column, message)


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (b"", [(1, "key_scheme", "is missing"), (1, "key_value", "is missing")]),
        (b"key_scheme,key_value,colour\n", [(1, "colour", "is not a column of this import")]),
        (b"key_scheme,key_value,name:\n", [(1, "name:", "is not a column of this import")]),
        (b"key_scheme,key_value,border_m:Mexico\n", [(1, "border_m:Mexico", "is not a column of this import")]),
        (b"key_scheme,key_value,kind,kind\n", [(1, "kind", "is there twice")]),
        (b"key_scheme,key_value,\n", [(1, None, "column 3 has no title")]),
        (b"key_scheme;key_value\n", [(1, None, "separates its cells by semicolons")]),
        (b"key_scheme\tkey_value\n", [(1, None, "separates its cells by tabs")]),
        (b"key_scheme,key_value" + b",kind" * 200, [(1, None, "the file has more than 200 columns")]),
        (b"key_scheme,k\xe9y\n", [(1, None, "is not UTF-8 text")]),
        (b'key_scheme,"key', [(1, None, "opens a quote that is never closed")]),
    ],
)
def test_a_bad_header_is_explained(content: bytes, faults: list[Any]) -> None:
    assert [(fault.line, fault.column, fault.message) for fault in rows.header(content)[1]] == faults


def test_a_header_may_begin_with_a_byte_order_mark() -> None:
    assert rows.header(b"\xef\xbb\xbfkey_scheme, key_value \r\n") == (["key_scheme", "key_value"], [])


@pytest.mark.parametrize(
    ("line", "message", "readable"),
    [
        ("fips,1", "has another number of cells than the header: 2 instead of 18", True),
        ('fips,"1', "opens a quote that is never closed", False),
        ('fips,"1"2', "has text after the closing quote of a cell", False),
        (f'fips,"{"x" * 140_000}"', "holds a cell of more than 131072 characters", False),
        ("fips,\udce9", "is not UTF-8 text", False),
    ],
)
def test_a_bad_line_is_explained(line: str, message: str, readable: bool) -> None:
    content = make.csv_file([make.import_row(1)]) + line.encode(errors="surrogateescape") + b"\n"
    found = rows.read(content, 1, TITLES, skip_header=True)
    (fault,) = found.faults
    assert (fault.line, fault.message, found.readable) == (3, message, readable)


def test_lines_are_those_of_the_file() -> None:
    first = make.import_row(1, **{"name:en": 'County\n"One"', "kind": "x"})
    found = read(first, make.import_row(2, kind="y"))
    assert [fault.line for fault in found.faults] == [2, 4]
    later = rows.read(make.csv_file([make.import_row(1, kind="x")]).partition(b"\n")[2], 100, TITLES, skip_header=False)
    assert [fault.line for fault in later.faults] == [100]
    blank = rows.read(b"\n\n" + make.csv_file([make.import_row(1, kind="x")]).partition(b"\n")[2], 2, TITLES, skip_header=False)
    assert [(fault.line, blank.read) for fault in blank.faults] == [(4, 1)]


async def store_import(app: FastAPI, **values: Any) -> UUID:
    """An import that is there already."""
    made = Import(
        **{"preset": "actors", "state": ImportState.failed, "validate_only": False, "subject": "importer", "request_id": "r", **values},
        id=new_id(),
        created_at=NOON,
        updated_at=NOON,
    )
    async with app.state.database.session(read_only=False) as session:
        session.add(made)
        await session.commit()
    return made.id


async def test_imports_are_seen_by_their_account_and_its_organisation(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    mine = await store_import(registry_app)
    ours = await store_import(
        registry_app, subject="another", organization=ORG, state=ImportState.done, rows_applied={"created": 1, "changed": 2, "unchanged": 3}
    )
    for who, seen in ((make.IMPORTER, [mine]), (COLLEAGUE, [ours]), (caller("imports:run", subject="stranger"), [])):
        with queries(registry_app.state.database, at_most=1):
            page = (await registry.get("/v1/imports?count=exact", headers=bearer(who))).json()
        assert ([item["id"] for item in page["items"]], page["total"]) == ([str(item) for item in seen], len(seen))
        for import_id in (mine, ours):
            with queries(registry_app.state.database, at_most=1):
                answer = await registry.get(f"/v1/imports/{import_id}", headers=bearer(who))
            if import_id in seen:
                ImportRead.model_validate(answer.json())
            else:
                assert_problem(answer, errors.ImportNotFound)
                assert_problem(await registry.get(f"/v1/imports/{import_id}/problems", headers=bearer(who)), errors.ImportNotFound)
                assert_problem(await registry.post(f"/v1/imports/{import_id}/cancel", headers=bearer(who)), errors.ImportNotFound)
    assert (await registry.get(f"/v1/imports/{ours}", headers=bearer(COLLEAGUE))).json()["rows_applied"] == APPLIED
    assert (await registry.get("/v1/imports?state=done&state=failed", headers=bearer(COLLEAGUE))).json()["items"][0]["id"] == str(ours)
    assert (await registry.get("/v1/imports?state=uploading", headers=bearer(COLLEAGUE))).json()["items"] == []


async def test_problems_come_line_by_line(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    import_id, other = await store_import(registry_app), await store_import(registry_app)
    async with registry_app.state.database.session(read_only=False) as session:
        for line in (9, 3, 3, 7, 3):
            session.add(ImportProblem(import_id=import_id, line=line, column="kind", value="planet", message="is wrong", remedy="Mend it."))
        session.add(ImportProblem(import_id=other, line=1, column=None, value=None, message="is wrong", remedy="Mend it."))
        await session.commit()
    lines, cursor = [], None
    while True:
        parameters = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        with queries(registry_app.state.database, at_most=2):
            page = (await registry.get(f"/v1/imports/{import_id}/problems", params=parameters, headers=bearer(make.IMPORTER))).json()
        for item in page["items"]:
            ImportProblemRead.model_validate(item)
            lines.append(item["line"])
        cursor = page["next"]
        if cursor is None:
            break
    assert lines == [3, 3, 3, 7, 9]
    page = (await registry.get(f"/v1/imports/{import_id}/problems?column=name:en", headers=bearer(make.IMPORTER))).json()
    assert page["items"] == []


async def test_what_was_found_before_there_were_languages_stays_english(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    import_id = await store_import(registry_app, failure="It failed.")
    async with registry_app.state.database.session(read_only=False) as session:
        session.add(ImportProblem(import_id=import_id, line=1, column="kind", value="planet", message="is wrong", remedy="Mend it."))
        await session.commit()
    headers = bearer(make.IMPORTER) | {"Accept-Language": "es"}
    (item,) = (await registry.get(f"/v1/imports/{import_id}/problems", headers=headers)).json()["items"]
    assert item == {"line": 1, "column": "kind", "value": "planet", "code": None, "message": "is wrong", "remedy": "Mend it."}
    assert (await registry.get(f"/v1/imports/{import_id}", headers=headers)).json()["failure"] == "It failed."


async def test_a_request_that_is_no_import_is_refused_before_a_byte_is_read(registry: httpx.AsyncClient) -> None:
    content = make.csv_file([make.import_row(1)])
    assert_problem(await registry.post("/v1/imports?preset=actors", content=content), Unauthorized)
    assert_problem(await make.post_import(registry, content, who=make.WRITER), Forbidden, scope="imports:run")
    assert_problem(await registry.post("/v1/imports?preset=actors", json={}, headers=bearer(make.IMPORTER)), UnsupportedMedia)
    assert_problem(await registry.post("/v1/imports?preset=actors", headers=bearer(make.IMPORTER)), UnsupportedMedia)
    for query in ("", "preset=people", "preset=actors&validate_only=perhaps", "preset=actors&dry=1"):
        assert_problem(await make.post_import(registry, content, query=query), Invalid)
    assert_problem(await make.post_import(registry, content, key="x" * 201), Invalid)
    for path in ("/v1/imports", f"/v1/imports/{new_id()}", f"/v1/imports/{new_id()}/problems"):
        assert_problem(await registry.get(path, headers=bearer(make.WRITER)), Forbidden)


async def test_what_has_ended_is_not_cancelled(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    for state in (ImportState.done, ImportState.failed, ImportState.cancelled):
        import_id = await store_import(registry_app, state=state)
        assert_problem(await registry.post(f"/v1/imports/{import_id}/cancel", headers=bearer(make.IMPORTER)), errors.ImportOver, state=state.value)
    waiting = await store_import(registry_app, state=ImportState.validating)
    answer = await registry.post(f"/v1/imports/{waiting}/cancel", headers=bearer(make.IMPORTER))
    assert (answer.status_code, answer.json()["state"], answer.json()["finished_at"]) == (200, "cancelled", "2026-11-22T12:00:00.000000Z")


def test_an_import_stops_only_before_its_end() -> None:
    for state in ImportState:
        job = Import(state=state)
        if state in (ImportState.uploading, ImportState.validating, ImportState.applying):
            job.cancel(at=NOON + timedelta(hours=1))
            assert (job.state, job.finished_at) == (ImportState.cancelled, NOON + timedelta(hours=1))
        else:
            with pytest.raises(errors.ImportOver):
                job.cancel(at=NOON)
