"""Reads a chunk of the file: rows ready for the staging table, and what is wrong with the cells."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from services.registry.actors.words import folded
from services.registry.imports.cells import FAMILIES, KEY, MOST_COLUMNS, BadCell, column
from services.registry.imports.presets import Layout, Preset, layout

# The staging table's columns after the import's id, in the order of the records.
FIELDS = (
    "line", "faulty", "key_scheme", "key_value", "kind", "source_kind", "status", "dissolved_on", "preferred_language", "names", "folded", "identifiers",
    "parent_scheme", "parent_value", "country", "subdivision", "lat", "lon", "population", "website", "border_m",
    "seat_role", "seat_title", "seat_email", "source", "licence", "read_on", "fields",
)  # fmt: skip
PAIRS = (("parent_scheme", "parent_value"), ("lat", "lon"), ("seat_role", "seat_title"))
SEPARATORS = {";": "semicolons", "\t": "tabs"}  # what spreadsheets write instead of commas
SHOWN = 200  # characters of a bad value that a problem shows


class Fault(NamedTuple):
    """What is wrong in a line, in which column, and how to mend it."""

    line: int
    column: str | None
    value: str | None
    message: str
    remedy: str


@dataclass
class Found:
    """What a chunk held."""

    read: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    valid: int = 0
    readable: bool = True  # False: a record cannot be told from the next, so that reading the file ends here
    faults: list[Fault] = field(default_factory=list)


def header(content: bytes, preset: Preset | None = None) -> tuple[list[str], list[Fault]]:
    """The titles in the first record of the file, and what is wrong with them."""
    records = _records(content, 1)
    try:
        line, titles = next(records, (1, []))
    except _Unreadable as error:
        return [], [error.fault]
    titles = [title.strip().replace("\x00", "\ufffd") for title in titles]
    if len(titles) == 1 and (found := next((name for sign, name in SEPARATORS.items() if sign in titles[0]), None)):
        return [], [Fault(line, None, None, f"separates its cells by {found}", "Save the file as CSV with commas.")]
    if len(titles) > MOST_COLUMNS:
        return [], [Fault(line, None, None, f"the file has more than {MOST_COLUMNS} columns", "Remove the columns that are not needed.")]
    needed = KEY if preset is None else preset.columns()
    faults: list[Fault] = []
    for position, title in enumerate(titles):
        if preset is None:
            faults += _unknown(line, position, title)
        if title in titles[:position] and (preset is None or title in needed):
            faults.append(Fault(line, title[:SHOWN], None, "is there twice", "Keep one of the two columns."))
    why = "Each row is found again by key_scheme and key_value." if preset is None else "The preset reads this column; send the file as its source gives it."
    return titles, faults + [Fault(line, title, None, "is missing", why) for title in needed if title not in titles]


def _unknown(line: int, position: int, title: str) -> Iterator[Fault]:
    try:
        column(title)
    except BadCell as error:
        yield Fault(line, title[:SHOWN] or f"column {position + 1}", None, error.message, error.remedy)


def read(content: bytes, first_line: int, titles: Sequence[str], *, skip_header: bool, preset: Preset | None = None) -> Found:
    """The rows and faults of a chunk. Reading goes on after a bad cell, and ends at a record that cannot be told from the next."""
    form = layout(preset, titles)
    found = Found()
    try:
        for number, (line, cells) in enumerate(_records(content, first_line)):
            if not cells or (skip_header and number == 0):
                continue
            found.read += 1
            read_record(found, form, line, cells)
    except _Unreadable as error:
        found.readable = False
        found.faults.append(error.fault)
    return found


class _Unreadable(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _records(content: bytes, first_line: int) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        raise _Unreadable(Fault(line, None, None, "is not UTF-8 text", "Save the file as CSV in UTF-8.")) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = first_line
    try:
        for cells in reader:
            yield line, cells
            line = first_line + reader.line_num
    except csv.Error as error:
        remedy = "Close every quote, double a quote inside a quoted cell, and keep cells short."
        raise _Unreadable(Fault(line, None, None, f"cannot be read as CSV: {error}", remedy)) from error


def read_record(found: Found, form: Layout, line: int, record: Sequence[str]) -> None:
    if len(record) != form.width:
        message = f"has {len(record)} cells, the header has {form.width}"
        found.faults.append(Fault(line, None, None, message, "Give every line as many cells as the header; quote a cell that holds a comma."))
        return
    faults: list[Fault] = []
    single: dict[str, Any] = {}
    several: dict[str, dict[str, Any]] = {"names": {}, "identifiers": {}, "border_m": {}}
    for item, cell in zip(form.columns, form.cells(record), strict=True):
        value = cell.strip() if isinstance(cell, str) else cell.value
        if not value:
            continue
        try:
            if isinstance(cell, BadCell):
                raise cell
            read_value = item.read(value)
        except BadCell as error:
            faults.append(Fault(line, item.title, value[:SHOWN].replace("\x00", "\ufffd"), error.message, error.remedy))
            continue
        if item.key:
            several[item.field][item.key] = read_value
        else:
            single[item.field] = read_value
    faults += _together(line, single, several["identifiers"], {fault.column for fault in faults})
    found.faults += faults
    if not faults:
        found.valid += 1
    if "key_scheme" in single and "key_value" in single:
        found.rows.append(_staged(line, bool(faults), single, several))


def _together(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    """What cells of one row must have to do with each other; a cell that is bad by itself has been named already."""
    for one, other in PAIRS:
        for missing, present in ((one, other), (other, one)):
            if missing not in single and missing not in bad and present in single:
                yield Fault(line, missing, None, f"is missing beside {present}", "Fill both cells, or neither.")
    for title in KEY:
        if title not in single and title not in bad:
            yield Fault(line, title, None, "is missing", "Each row is found again by key_scheme and key_value.")
    if "seat_email" in single and "seat_role" not in single and "seat_role" not in bad:
        yield Fault(line, "seat_role", None, "is missing beside seat_email", "Say which seat the address belongs to.")
    if "subdivision" in single and "country" in single and not single["subdivision"].startswith(f"{single['country']}-"):
        yield Fault(line, "subdivision", single["subdivision"], f"is not in {single['country']}", "Correct the country or the subdivision.")
    scheme, value = single.get("key_scheme"), single.get("key_value")
    if scheme in identifiers and value is not None and identifiers[scheme] != value:
        yield Fault(line, f"id:{scheme}", identifiers[scheme], "is not the key's value", "Empty the cell, or correct it.")


def _staged(line: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    names = several["names"]
    several["identifiers"][single["key_scheme"]] = single["key_value"]
    fields = [name for name in single if name not in KEY]
    fields += [f"{family}:{key}" for family, (held, _, _) in FAMILIES.items() for key in several[held]]
    of_the_row = {
        **single,
        "line": line,
        "faulty": faulty,
        "fields": fields,
        "names": orjson.dumps(names).decode(),
        "folded": orjson.dumps({language: folded(name) for language, name in names.items()}).decode(),
        "identifiers": orjson.dumps(several["identifiers"]).decode(),
        "border_m": orjson.dumps(several["border_m"]).decode(),
    }
    return tuple(map(of_the_row.get, FIELDS))
