"""Reads a chunk of the file: rows ready for the staging table, and what is wrong with the cells."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.registry.imports.cells import MOST_COLUMNS
from services.registry.imports.faults import BadCell, Fault, of_bad, of_line
from services.registry.imports.presets import Layout, Preset, layout
from services.registry.imports.shapes import SHAPES, Makes, Shape
from services.registry.imports.splitting import stray_quote

SEPARATORS = {";": "semicolons", "\t": "tabs"}  # what spreadsheets write instead of commas, each a code
UNREADABLE = {"unexpected end of data": "quote_open", "expected after": "quote_stray", "larger than field limit": "cell_too_large"}  # in Python's words
SHOWN = 200  # characters of a bad value that a problem shows


@dataclass
class Found:
    """What a chunk held."""

    read: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    valid: int = 0
    readable: bool = True  # False: a record cannot be told from the next, so that reading the file ends here
    faults: list[Fault] = field(default_factory=list)


def header(content: bytes, preset: Preset | None = None, makes: Makes = Makes.actors) -> tuple[list[str], list[Fault]]:
    """The titles in the first record of the file, and what is wrong with them."""
    records = _records(content, 1)
    try:
        line, titles = next(records, (1, []))
    except _Unreadable as error:
        return [], [error.fault]
    titles = [title.strip().replace("\x00", "\ufffd") for title in titles]
    if len(titles) == 1 and (found := next((name for sign, name in SEPARATORS.items() if sign in titles[0]), None)):
        return [], [of_line(line, found)]
    if len(titles) > MOST_COLUMNS:
        return [], [of_line(line, "columns_too_many", most=MOST_COLUMNS)]
    shape = SHAPES[makes]
    needed = shape.needed if preset is None else tuple(preset.columns())
    faults: list[Fault] = []
    for position, title in enumerate(titles):
        if preset is None:
            faults += _unknown(shape, line, position, title)
        if title in titles[:position] and (preset is None or title in needed):
            faults.append(Fault(line, title[:SHOWN], None, "column_twice"))
    missing = "column_missing" if preset is None else "column_of_preset_missing"
    return titles, faults + [Fault(line, title, None, missing) for title in needed if title not in titles]


def _unknown(shape: Shape, line: int, position: int, title: str) -> Iterator[Fault]:
    if not title:
        yield of_line(line, "column_untitled", number=position + 1, offered=", ".join(shape.offered))
        return
    try:
        shape.column(title)
    except BadCell as bad:
        yield of_bad(line, title[:SHOWN], None, bad)


def read(content: bytes, first_line: int, titles: Sequence[str], *, skip_header: bool, preset: Preset | None = None, makes: Makes = Makes.actors) -> Found:
    """The rows and faults of a chunk. Reading goes on after a bad cell, and ends at a record that cannot be told from the next."""
    form = layout(preset, titles, makes=makes)
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
        super().__init__(fault.code)
        self.fault = fault


def _records(content: bytes, first_line: int) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        raise _Unreadable(of_line(line, "not_utf8")) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = first_line
    stray = stray_quote(content.removeprefix(codecs.BOM_UTF8))
    try:
        for cells in reader:
            if stray is not None and stray[0] < reader.line_num:
                raise _Unreadable(of_line(line, stray[1]))
            yield line, cells
            line = first_line + reader.line_num
    except csv.Error as error:
        code = next((code for words, code in UNREADABLE.items() if words in str(error)), "not_csv")
        raise _Unreadable(of_line(line, code, most=csv.field_size_limit())) from error


def read_record(found: Found, form: Layout, line: int, record: Sequence[str]) -> None:
    if len(record) != form.width:
        found.faults.append(of_line(line, "cells_miscounted", found=len(record), expected=form.width))
        return
    if not form.reads(record):
        found.valid += 1
        return
    faults: list[Fault] = []
    for part, cells in enumerate(form.parts(record)):
        faults += _read_part(found, form, (line, part), cells)
    found.faults += faults
    if not faults:
        found.valid += 1


def _read_part(found: Found, form: Layout, at: tuple[int, int], record: Sequence[str]) -> list[Fault]:
    """Stages one row that a record makes; what is wrong with it."""
    line, part = at
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
        except BadCell as bad:
            faults.append(of_bad(line, item.title, value[:SHOWN].replace("\x00", "\ufffd"), bad))
            continue
        if item.key:
            several[item.field][item.key] = read_value
        else:
            single[item.field] = read_value
    faults += form.shape.together(line, single, several["identifiers"], {fault.column for fault in faults})
    made = form.shape.staged(line, part, bool(faults), single, several)
    if made is not None:
        found.rows.append(made)
    return faults
