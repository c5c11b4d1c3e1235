"""The forms in which a file may come: CSV, cells between tabs, NDJSON, or a sheet of a workbook, each as it is or compressed by gzip."""

import asyncio
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import AsyncIterator
from typing import IO, Any

import orjson

from services.registry.imports import workbooks
from services.registry.imports.cells import MOST_COLUMNS
from shared.errors import Invalid, Problem, TooLarge, UnsupportedMedia
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
UNPACKED = 268_435_456  # bytes of a workbook's parts
MEMORY = 1_073_741_824  # bytes of the process that reads a workbook
MOST_PARTS = 1_000
SPOOL = 1_048_576
LONGEST_LINE = 1_048_576

Stream = AsyncIterator[bytes]


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
            if inflate.eof:  # RFC 1952: a file may have several members, which are one
                inflate = zlib.decompressobj(wbits=31)
            try:
                piece = inflate.decompress(waiting, SPOOL)
            except zlib.error as error:
                raise _wrong("The body is not what gzip makes.") from error
            waiting = inflate.unconsumed_tail or inflate.unused_data
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
    with tempfile.TemporaryFile() as file:
        async for received in stream:
            file.write(received)
        _require_modest(file)
        file.seek(0)
        async for piece in _read_apart(file, sheet):
            yield piece


async def _read_apart(file: IO[bytes], sheet: str | None) -> Stream:
    """What the process that reads workbooks writes; a workbook that is too much for it is refused, and harms nobody."""
    bounds = [str(bound) for bound in (MEMORY, MOST_ROWS, MOST_COLUMNS)]
    command = [sys.executable, "-I", workbooks.__file__, *bounds, *filter(None, [sheet])]
    process = await asyncio.create_subprocess_exec(*command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    try:
        while piece := await process.stdout.read(SPOOL):
            yield piece
        said = await process.stderr.read()
        if await process.wait() != 0:
            raise _refusal(orjson.loads(said) if process.returncode == workbooks.REFUSED else {}, sheet)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _refusal(said: dict[str, Any], sheet: str | None) -> Problem:
    refused = said.get("refused")
    if refused == "unreadable":
        return _wrong("The file cannot be read as a workbook.")
    if refused == "sheet_missing":
        if not said["sheets"]:
            return _wrong("The workbook has no sheet.")
        return _wrong(Sentence('The workbook has no sheet "{sheet}". It has: {sheets}.', sheet=sheet, sheets=", ".join(said["sheets"])))
    if refused == "rows_too_many":
        return TooLarge(Sentence("The sheet has more than {most} rows. Send them in several files, or as CSV.", most=MOST_ROWS), limit=MOST_ROWS)
    return TooLarge(
        "The sheet takes too much memory or time to read. Delete empty rows and columns far from the cells and texts that are very long, or send it as CSV.",
        limit=MEMORY,
    )


def _require_modest(file: IO[bytes]) -> None:
    """A workbook is a ZIP archive, which says how large its parts are; unpacking one of them gives no more than that."""
    try:
        parts = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise _wrong("The file cannot be read as a workbook.") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise TooLarge(Sentence("The workbook unpacks to more than {most} bytes.", most=UNPACKED), limit=UNPACKED)
