"""Reads a sheet of a workbook in a process of its own: workbook in, CSV out.

A file of two kilobytes may ask for half a terabyte: a cell in the last row and column of a sheet, or a long text that every cell repeats.
The library that reads it then ends the process it runs in. Here that is one that serves nobody else, under a limit of memory and of time.
It imports nothing of the house, so that it starts at once. What is wrong with the workbook it says on the error output, as JSON.
"""

import csv
import io
import json
import os
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import NoReturn

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

SECONDS = 120  # of processor time
REFUSED = 3
PIECE = 1_048_576
Cell = int | float | str | bool | time | date | datetime | timedelta | None


def main(memory: int, most_rows: int, most_columns: int, sheet: str | None) -> None:
    """Write the rows of a sheet, the first unless named, as CSV: line n of it is row n of the sheet."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        names = workbook.sheet_names
        if not names or (sheet is not None and sheet not in names):
            _refuse("sheet_missing", sheets=names)
        found = workbook.get_sheet_by_name(sheet or names[0])
    except CalamineError:
        _refuse("unreadable")
    if found.end is not None and found.end[0] > most_rows:
        _refuse("rows_too_many")
    _write(found, most_columns)


def _write(sheet: CalamineSheet, most_columns: int) -> None:
    if sheet.start is None:
        return
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    before = sheet.start[1]  # the rows above the first cell are given, the columns before it are not
    titles = None
    for row in sheet.iter_rows():
        cells = [""] * min(before, most_columns + 1) + [_text(cell) for cell in row[: most_columns + 1]]
        titles = len(cells) if titles is None else titles
        while cells and not cells[-1] and (len(cells) > titles or cells == [""] * len(cells)):
            cells.pop()
        writer.writerow(cells)
        if written.tell() > PIECE:
            _send(written)
    _send(written)


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
