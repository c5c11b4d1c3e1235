"""Reads a sheet of a workbook in a process of its own: workbook in, CSV out.

A file of two kilobytes may ask for half a terabyte: a cell in the last row and column of a sheet, or a long text that every cell repeats.
The library that reads it then ends the process it runs in. Here that is one that serves nobody else, under a limit of memory and of time.
What a cell shows whose formula failed (#REF!) the library leaves out: that is read from the sheet's own XML. It imports nothing of the house,
so that it starts at once. What is wrong with the workbook it says on the error output, as JSON.
"""

import csv
import io
import json
import os
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import IO, NoReturn
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

SECONDS = 120  # of processor time
REFUSED = 3
PIECE = 1_048_576
MARK = re.compile(rb"""\st\s*=\s*["']e["']""")  # of a cell that holds an error
Attributes = dict[str, str]
Errors = dict[int, dict[int, str]]  # row and column, from 0, to what the cell shows
Cell = int | float | str | bool | time | date | datetime | timedelta | None


def main(memory: int, most_rows: int, most_columns: int, sheet: str | None) -> None:
    """Write the rows of a sheet, the first unless named, as CSV: line n of it is row n of the sheet."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = workbook.sheet_names
        if not names or (sheet is not None and sheet not in names):
            _refuse("sheet_missing", sheets=names)
        found = workbook.get_sheet_by_name(sheet or names[0])
    except CalamineError:
        _refuse("unreadable")
    if found.end is not None and found.end[0] > most_rows:
        _refuse("rows_too_many")
    _write(found, most_columns, _errors(content, found.name))


def _write(sheet: CalamineSheet, most_columns: int, errors: Errors) -> None:
    if sheet.start is None:
        return
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    before = sheet.start[1]  # the rows above the first cell are given, the columns before it are not
    titles = None
    for number, row in enumerate(sheet.iter_rows()):
        cells = [""] * min(before, most_columns + 1) + [_text(cell) for cell in row[: most_columns + 1]]
        for at, shown in errors.get(number, {}).items():
            if at < len(cells):
                cells[at] = shown
        titles = len(cells) if titles is None else titles
        while cells and not cells[-1] and (len(cells) > titles or cells == [""] * len(cells)):
            cells.pop()
        writer.writerow(cells)
        if written.tell() > PIECE:
            _send(written)
    _send(written)


def _errors(content: bytes, name: str) -> Errors:
    """The cells of a sheet whose formula failed. Few sheets have one, so that the text is searched before it is read as XML."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {part.lower(): part for part in archive.namelist()}
        path = parts.get(_part_of(archive, parts, name).lower())
        if path is None:
            return {}
        with archive.open(path) as file:
            if not _marked(file):
                return {}
        with archive.open(path) as file:
            return _read_errors(file)


def _part_of(archive: zipfile.ZipFile, parts: dict[str, str], name: str) -> str:
    """Where in the archive a sheet is: the workbook names its relation, the relation its path; empty where they do not."""
    found: dict[str, str] = {}
    targets: dict[str, str] = {}

    def sheet(tag: str, given: Attributes) -> None:
        if tag.endswith(" sheet"):
            found[given.get("name", "")] = next((value for key, value in given.items() if key.endswith(" id")), "")

    def relation(tag: str, given: Attributes) -> None:
        if tag.endswith(" Relationship"):
            targets[given.get("Id", "")] = given.get("Target", "")

    for path, start in (("xl/workbook.xml", sheet), ("xl/_rels/workbook.xml.rels", relation)):
        if path in parts:
            parser = expat.ParserCreate(namespace_separator=" ")
            parser.StartElementHandler = start
            parser.Parse(archive.read(parts[path]), True)
    target = targets.get(found.get(name, ""), "")
    return target[1:] if target.startswith("/") else f"xl/{target}" if target else ""


def _marked(file: IO[bytes]) -> bool:
    before = b""
    while piece := file.read(PIECE):
        if MARK.search(before + piece):
            return True
        before = piece[-64:]
    return False


def _read_errors(file: IO[bytes]) -> Errors:
    """A row and a cell may leave out where they are: then they follow the one before."""
    errors: Errors = {}
    row, at, shows = -1, -1, False
    shown: list[str] = []

    def start(tag: str, given: Attributes) -> None:
        nonlocal row, at, shows
        shown.clear()
        if tag.endswith(" row"):
            row, at = int(given["r"]) - 1 if "r" in given else row + 1, -1
        elif tag.endswith(" c"):
            at = _column(given["r"]) if "r" in given else at + 1
            shows = given.get("t") == "e"

    def end(tag: str) -> None:
        if shows and tag.endswith(" v"):
            errors.setdefault(row, {})[at] = "".join(shown).strip()

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda text: shown.append(text) if shows else None
    parser.ParseFile(file)
    return errors


def _column(reference: str) -> int:
    """The number, from 0, of a column by its letters: A, Z, AA."""
    number = 0
    for letter in reference.rstrip("0123456789"):
        number = number * 26 + ord(letter) - 64
    return number - 1


def _send(written: io.StringIO) -> None:
    sys.stdout.buffer.write(written.getvalue().encode())
    written.seek(0)
    written.truncate()


def _text(cell: Cell) -> str:
    """What a CSV file would have in the cell. Line breaks become blanks, so that lines are rows."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return " ".join(str(cell).splitlines()).replace("\x00", "\ufffd")


def _refuse(what: str, **told: object) -> NoReturn:
    sys.stderr.write(json.dumps({"refused": what, **told}))
    sys.stderr.flush()
    os._exit(REFUSED)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
