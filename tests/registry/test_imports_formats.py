"""The forms of files: NDJSON, workbooks, gzip."""

import gzip
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import date, datetime

import pytest

from services.registry.imports import formats, objects, rows, staging
from services.registry.imports.cells import FAILED_FORMULAS
from services.registry.imports.presets import SHELF
from services.registry.imports.splitting import stray_quote
from shared.errors import Invalid, Problem, TooLarge, UnsupportedMedia
from tests.support.make import registry as make
from tests.support.workbooks import NAMESPACE, RELATIONS, Failed, workbook


async def stream(content: bytes, size: int = 7) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def plain(content: bytes, encoding: str = "gzip", limit: int = 1_000_000) -> bytes:
    return b"".join([piece async for piece in formats.unpacked(stream(content), encoding, limit)])


async def sheet(content: bytes, name: str | None = None) -> str:
    return b"".join([piece async for piece in formats.from_workbook(stream(content, 4_096), name)]).decode()


async def test_gzip_is_unpacked_and_bounded() -> None:
    content = b"key_scheme,key_value\n" * 1_000
    assert await plain(gzip.compress(content)) == content
    assert await plain(content, "") == content
    for encoding in ("br", "deflate", "gzip, gzip"):
        with pytest.raises(UnsupportedMedia):
            await plain(content, encoding)
    with pytest.raises(TooLarge):
        await plain(gzip.compress(b"x" * 10_000_000), limit=100_000)
    for broken in (b"no gzip", gzip.compress(content)[:-10]):
        with pytest.raises(Invalid):
            await plain(broken)


async def test_a_sheet_becomes_what_the_csv_would_have_been() -> None:
    made = workbook({"First": [["key_scheme", "key_value", "population", "read_on"], ["fips", "06073", 3298634, None], [], ["a", 'say "x"\nor y', 1.5, True]]})
    assert await sheet(made) == 'key_scheme,key_value,population,read_on\nfips,06073,3298634,\n\na,"say ""x"" or y",1.5,true\n'


async def test_days_of_a_sheet_are_read_as_they_are_shown() -> None:
    moment = datetime(2026, 11, 22, 12, 30)  # noqa: DTZ001 - a sheet knows no time zones
    made = workbook(
        {"Days": [["read_on", "dissolved_on", "n"], [date(2026, 11, 22), date(1900, 3, 1), 46348], [date(1999, 12, 31), moment, date(2024, 2, 29)]]}
    )
    assert await sheet(made) == "read_on,dissolved_on,n\n2026-11-22,1900-03-01,46348\n1999-12-31,2026-11-22T12:30:00,2024-02-29\n"


async def test_cells_between_tabs_become_what_the_csv_would_have_been() -> None:
    content = b'a\tb\r\n1\tsay "x", y\n\n\t\xc3\xa9'
    expected = '"a","b"\n"1","say ""x"", y"\n\n"","é"\n'
    for size in (1, 3, 100):
        assert b"".join([piece async for piece in formats.from_tabs(stream(content, size))]).decode() == expected
    with pytest.raises(Invalid):
        assert [piece async for piece in formats.from_tabs(stream(b"x" * (formats.LONGEST_LINE + 1), formats.LONGEST_LINE))] == []


async def test_a_formula_that_failed_is_what_it_shows() -> None:
    """The library that reads workbooks takes such a cell for an empty one."""
    made = workbook({"A": [["first"]], "B": [["key_scheme", "key_value", "note"], [None, None, Failed("#N/A")], ["x", Failed("#REF!")], [Failed("#DIV/0!")]]})
    assert await sheet(made, "B") == "key_scheme,key_value,note\n,,#N/A\nx,#REF!,\n#DIV/0!,,\n"
    assert await sheet(workbook({"A": [[None], [None, Failed("#NAME?")]]})) == "\n,#NAME?\n"
    assert await sheet(made) == "first\n"
    bare = without_places(workbook({"A": [["a", "b"], ["c", Failed("#REF!")]]}))
    assert await sheet(bare) == "a,b\nc,#REF!\n"


def without_places(made: bytes) -> bytes:
    """The workbook without what says where its rows and cells are, which is optional."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(file, "w") as archive:
        for name in old.namelist():
            archive.writestr(name, re.sub(r'(<(?:row|c)) r="\w+"', r"\1", old.read(name).decode()))
    return file.getvalue()


@pytest.mark.parametrize("cell", sorted(FAILED_FORMULAS))
def test_a_formula_that_failed_is_a_fault_of_its_cell(cell: str) -> None:
    row = make.import_row(1)
    for title in ("name:en", "population", "key_value", "seat_email"):
        found = rows.read(make.csv_file([row, {**row, title: cell}]), 1, list(row), skip_header=True)
        assert [(fault.line, fault.column, fault.value, fault.code) for fault in found.faults][:1] == [(3, title, cell, "formula_failed")]
    meant = rows.read(make.csv_file([{**row, "source": f"'{cell}", "licence": f"{cell} is no error"}]), 1, list(row), skip_header=True)
    assert (meant.faults, dict(zip(staging.FIELDS, meant.rows[0], strict=True))["source"]) == ([], cell)
    assert objects.read(f'{{"key_scheme":"x","key_value":"1","source":"{cell}"}}'.encode(), 1, None).faults == []
    preset = SHELF["bodies"]
    titles = preset.columns()
    content = make.csv_file([{**dict.fromkeys(titles, ""), "name": "x", "kind": "association", "source": cell, "note": "n"}])
    found = rows.read(content, 1, titles, skip_header=True, preset=preset)
    assert [(fault.column, fault.value, fault.code) for fault in found.faults] == [("source", cell, "formula_failed")]


async def test_a_named_sheet_is_read() -> None:
    made = workbook({"One": [["a"]], "Two": [["b"]]})
    assert (await sheet(made), await sheet(made, "Two")) == ("a\n", "b\n")
    with pytest.raises(Invalid, match="One, Two"):
        await sheet(made, "Three")


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(30):
            archive.writestr(f"xl/{number}.xml", b"0" * 10_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("case", "problem"),
    [("no archive", Invalid), ("no workbook", Invalid), ("bomb", TooLarge), ("rows", TooLarge)],
    ids=["archive", "workbook", "bomb", "rows"],
)
async def test_what_is_no_modest_workbook_is_refused(monkeypatch: pytest.MonkeyPatch, case: str, problem: type[Problem]) -> None:
    monkeypatch.setattr(formats, "MOST_ROWS", 3)
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    made = {"no archive": b"a,b\n", "no workbook": empty.getvalue(), "rows": workbook({"A": [["x"]] * 5})}
    with pytest.raises(problem):
        await sheet(bomb() if case == "bomb" else made[case])


def far(shared: int = 0) -> bytes:
    """Two cells as far from each other as a sheet allows, or one long text in many cells."""
    if shared:
        made = workbook({"A": [["x"]]})
        cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, shared))
        parts = {"xl/worksheets/s1.xml": cells, "xl/sharedStrings.xml": f"<sst><si><t>{'x' * 100_000}</t></si></sst>"}
    else:
        made = workbook({"A": [["x"]]})
        parts = {"xl/worksheets/s1.xml": '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(
                    "</Relationships>", f'<Relationship Id="rs" Type="{RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
                )
            if name not in parts:
                archive.writestr(name, content)
        for name, content in parts.items():
            inner = f"<sheetData>{content}</sheetData>" if name.endswith("s1.xml") else content
            whole = f'<worksheet xmlns="{NAMESPACE}">{inner}</worksheet>' if name.endswith("s1.xml") else inner.replace("<sst>", f'<sst xmlns="{NAMESPACE}">')
            archive.writestr(name, whole)
    return file.getvalue()


@pytest.mark.parametrize("shared", [0, 30_000], ids=["far cells", "one long text in many cells"])
async def test_a_small_workbook_that_asks_for_all_memory_is_refused_and_harms_nobody(shared: int) -> None:
    made = far(shared)
    assert len(made) < 300_000
    with pytest.raises(TooLarge):
        await sheet(made)
    assert await sheet(workbook({"A": [["still", "here"]]})) == "still,here\n"


async def test_a_sheet_keeps_its_lines_where_it_begins_late() -> None:
    assert await sheet(workbook({"A": [[None, None], [None, "b"], ["c", None, "d"]]})) == "\n,b,\nc,,d\n"


async def test_several_gzip_members_are_one_file() -> None:
    packed = gzip.compress(b"a,b\n") + gzip.compress(b"") + gzip.compress(b"1,2\n" * 3)
    for size in (1, 7, 10_000):
        assert b"".join([piece async for piece in formats.unpacked(stream(packed, size), "gzip", 1_000)]) == b"a,b\n" + b"1,2\n" * 3
    for broken in (packed + b"more", packed[:-1], packed + gzip.compress(b"x")[:5]):
        with pytest.raises(Invalid):
            assert [piece async for piece in formats.unpacked(stream(broken, 100), "gzip", 1_000)] == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'a,b\n"x ""y""","z\n1"\n"",""\n', None),
        (b'"a"\r\n"b"\r\n', None),
        (b"no quotes at all", None),
        (b'a\n5" pipe\nb\n', (1, "quote_inside")),
        (b'"x\ny"\n"z"q\n', (2, "quote_stray")),
        (b'a, "b"\n', (0, "quote_inside")),
    ],
)
def test_a_quote_out_of_its_place_is_found_in_its_line(content: bytes, found: tuple[int, str] | None) -> None:
    assert stray_quote(content) == found


def test_an_object_a_line_is_a_row() -> None:
    content = b'{"key_scheme":"fips","key_value":"1","kind":"county","population":7,"lat":1.5,"lon":null}\n\n{"key_scheme":"x","key_value":"2","name:en":"B"}'
    found = objects.read(content, 5, None)
    assert (found.read, found.valid, [fault.message for fault in found.faults]) == (2, 1, ["is missing beside lat"])
    staged = [dict(zip(staging.FIELDS, row, strict=True)) for row in found.rows]
    assert [(row["line"], row["population"], row["names"]) for row in staged] == [(5, 7, "{}"), (7, None, '{"en":"B"}')]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", (1, None, "is not JSON")),
        (b"[1]", (1, None, "is not an object")),
        (b'{"colour":"red"}', (1, "colour", "is not a column of this import")),
        (b'{"kind":["county"]}', (1, "kind", "is neither text nor a number")),
        (b'{"kind":true}', (1, "kind", "is neither text nor a number")),
        (b"\xff", (1, None, "is not JSON")),
    ],
)
def test_a_bad_object_is_explained(line: bytes, fault: tuple[int, str | None, str]) -> None:
    found = objects.read(line, 1, None)
    assert [(item.line, item.column, item.message) for item in found.faults] == [fault]


def test_objects_are_read_by_presets_too() -> None:
    found = objects.read(b'{"ocd_id":"ocd-division/country:us","kind":"country","name_en":"U. S.","country":"US","extra":1}', 1, SHELF["actors-us-mx-ca"])
    assert (found.valid, found.rows[0][2:4]) == (1, ("iso3166-1", "US"))


def test_a_content_type_that_is_no_table_is_refused() -> None:
    assert formats.form_of("Text/CSV; charset=utf-8") == formats.CSV
    assert formats.form_of("application/x-ndjson") == formats.NDJSON
    with pytest.raises(UnsupportedMedia):
        formats.form_of("application/json")
