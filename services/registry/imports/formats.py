"""The forms in which a file may come: CSV, cells between tabs, NDJSON, or a sheet of a workbook, each as it is or compressed by gzip."""

import asyncio
import csv
import io
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from services.registry.imports.cells import MOST_COLUMNS
from shared.errors import Invalid, TooLarge, UnsupportedMedia
from shared.translations import Sentence

CSV, TSV, NDJSON, XLSX = "csv", "tsv", "ndjson", "xlsx"
TYPES = {
    "text/csv": CSV,
    "application/csv": CSV,
    "text/tab-separated-values": TSV,
    "application/x-ndjson": NDJSON,
    "application/ndjson": NDJSON,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": XLSX,
}
MOST_ROWS = 100_000  # of a sheet, beside its header
UNPACKED = 268_435_456  # bytes of a workbook's parts: what a hostile one may cost in memory
MOST_PARTS = 1_000
SPOOL = 1_048_576
LONGEST_LINE = 1_048_576

Stream = AsyncIterator[bytes]
Cell = int | float | str | bool | time | date | datetime | timedelta | None


def form_of(content_type: str) -> str:
    """The form that a Content-Type names; UnsupportedMedia for another."""
    form = TYPES.get(content_type.partition(";")[0].strip().lower())
    if form is None:
        raise UnsupportedMedia(Sentence("Send the file itself as the body, with one of these as Content-Type: {types}.", types=", ".join(TYPES)))
    return form


async def unpacked(stream: Stream, encoding: str, limit: int) -> Stream:
    """The stream as it was before its Content-Encoding; TooLarge when that is more than `limit` bytes."""
    if encoding in ("", "identity"):
        async for received in stream:
            yield received
        return
    if encoding != "gzip":
        raise UnsupportedMedia("Send the file as it is, or with Content-Encoding: gzip.")
    inflate, given = zlib.decompressobj(wbits=31), 0
    async for received in stream:
        waiting = received
        while waiting:
            try:
                piece = inflate.decompress(waiting, SPOOL)
            except zlib.error as error:
                raise _wrong("The body is not what gzip makes.") from error
            waiting = inflate.unconsumed_tail
            given += len(piece)
            if given > limit:
                raise TooLarge(Sentence("The file is larger than {limit} bytes once it is unpacked.", limit=limit), limit=limit)
            if piece:
                yield piece
    if not inflate.eof:
        raise _wrong("The body ends before its gzip stream does.")


def _wrong(message: str) -> Invalid:
    return Invalid(message, errors=[{"in": "body", "pointer": "", "detail": message}])


async def from_tabs(stream: Stream) -> Stream:
    """Lines of cells with tabs between, in which nothing is quoted (IANA text/tab-separated-values), as CSV: line n stays line n."""
    waiting = b""
    async for received in stream:
        *lines, waiting = (waiting + received).split(b"\n")
        if len(waiting) > LONGEST_LINE:
            raise _wrong(Sentence("A line is longer than {most} bytes.", most=LONGEST_LINE))
        if lines:
            yield b"".join(map(_quoted, lines))
    if waiting:
        yield _quoted(waiting)


def _quoted(line: bytes) -> bytes:
    cells = line.removesuffix(b"\r").replace(b'"', b'""').split(b"\t")
    return b'"' + b'","'.join(cells) + b'"\n' if any(cells) else b"\n"


async def from_workbook(stream: Stream, sheet: str | None) -> Stream:
    """The rows of a sheet, the first unless named, as CSV: line n of it is row n of the sheet."""
    with tempfile.SpooledTemporaryFile(SPOOL) as file:
        async for received in stream:
            file.write(received)
        file.seek(0)
        content = await asyncio.to_thread(_as_csv, file, sheet)
    for start in range(0, len(content), SPOOL):
        yield content[start : start + SPOOL]


def _as_csv(file: IO[bytes], sheet: str | None) -> bytes:
    _require_modest(file)
    file.seek(0)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        if sheet is not None and sheet not in workbook.sheet_names:
            raise _wrong(Sentence('The workbook has no sheet "{sheet}". It has: {sheets}.', sheet=sheet, sheets=", ".join(workbook.sheet_names)))
        if not workbook.sheet_names:
            raise _wrong("The workbook has no sheet.")
        rows: list[list[Any]] = workbook.get_sheet_by_name(sheet or workbook.sheet_names[0]).to_python(skip_empty_area=False, nrows=MOST_ROWS + 2)
    except CalamineError as error:
        raise _wrong("The file cannot be read as a workbook.") from error
    if len(rows) > MOST_ROWS + 1:
        raise TooLarge(Sentence("The sheet has more than {most} rows. Send them in several files, or as CSV.", most=MOST_ROWS), limit=MOST_ROWS)
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    for row in rows:
        cells = [_text(cell) for cell in row[: MOST_COLUMNS + 1]]
        while cells and not cells[-1] and (len(cells) > len(rows[0]) or cells == [""] * len(cells)):
            cells.pop()
        writer.writerow(cells)
    return written.getvalue().encode()


def _require_modest(file: IO[bytes]) -> None:
    """A workbook is a ZIP archive, which says how large its parts are; unpacking one of them gives no more than that."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise _wrong("The file cannot be read as a workbook.") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise TooLarge(Sentence("The workbook unpacks to more than {most} bytes.", most=UNPACKED), limit=UNPACKED)


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
