"""Reads the entries of a version from CSV or JSON: all of them or none, and every fault with its line."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from services.registry.actors.words import folded
from services.registry.watchlists.errors import WatchlistEntriesWrong
from services.registry.watchlists.schemas import MOST_ENTRIES, WatchlistEntryGiven
from shared.errors import UnsupportedMedia
from shared.exports import FORMULA
from shared.translations import Complaint, Sentence

CSV, JSON = "text/csv", "application/json"
COLUMNS = ("names", "identifiers", "country", "reason", "source")
SEVERAL = ("names", "identifiers")  # within a cell with | between them
NEEDED = {"names", "reason"}
# What a cell is not, in words; of all others the only pattern is that they hold no control character.
SHAPES = {"country": "is not two capital letters, as in ISO 3166-1", "identifiers": "is not scheme:value, such as lei:5299001"}
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry, the line it stands on, and its names as matching looks them up."""

    line: int
    given: WatchlistEntryGiven
    folded: tuple[str, ...]


def require_known(media_type: str) -> str:
    """The media type without its parameters; UnsupportedMedia for one that is neither CSV nor JSON."""
    bare = media_type.partition(";")[0].strip().lower()
    if bare not in (CSV, JSON):
        raise UnsupportedMedia("Send the entries as text/csv or application/json.")
    return bare


def entries_of(content: bytes, media_type: str) -> list[Entry]:
    """The entries of a body. WatchlistEntriesWrong with `errors`, each with its line, when one of them has a fault."""
    found: list[Entry] = []
    faults: list[dict[str, Any]] = []
    for line, given in _rows(content) if media_type == CSV else _objects(content):
        if len(found) + len(faults) >= MOST_ENTRIES:
            raise _refused(Sentence("A version has at most {most} entries.", most=MOST_ENTRIES), [_fault(line, "", "is one too many")])
        try:
            entry = WatchlistEntryGiven.model_validate(given)
        except ValidationError as error:
            faults += [_fault(line, _pointer(item["loc"]), _said(item)) for item in error.errors(include_url=False)]
            if len(faults) >= MOST_FAULTS:
                break
            continue
        found.append(Entry(line, entry, tuple(dict.fromkeys(folded(name) for name in entry.names))))
    if faults:
        raise _refused(Sentence("Mend the entries that are named and send the version again; at most {most} are.", most=MOST_FAULTS), faults[:MOST_FAULTS])
    if not found:
        raise _refused("The version has no entries.", [_fault(1, "", "has no entries")])
    return found


def _rows(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and cells of each record; a record of several lines counts from its first."""
    last = 0
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        if not NEEDED <= set(header) <= set(COLUMNS) or len(set(header)) < len(header):
            said = Sentence("The first line names the columns: {columns}. names and reason are needed.", columns=", ".join(COLUMNS))
            raise _refused(said, [_fault(1, "", "is not a header")])
        last = reader.line_num
        for record in reader:
            line, last = last + 1, reader.line_num
            if any(cell.strip() for cell in record):
                yield line, _row(header, record, line)
    except UnicodeDecodeError as error:
        raise _refused("The file is not UTF-8.", [_fault(content.count(b"\n", 0, error.start) + 1, "", "is not UTF-8")]) from error
    except csv.Error as error:
        raise _refused("The file is not CSV (RFC 4180).", [_fault(last + 1, "", "cannot be read: a quote may be missing")]) from error


def _row(header: list[str], record: list[str], line: int) -> dict[str, Any]:
    if len(record) != len(header):
        raise _refused("A line has more or fewer cells than there are columns.", [_fault(line, "", "has another number of cells than the header")])
    cells = {name: unguarded(cell.strip()) for name, cell in zip(header, record, strict=True)}
    several = {name: [part.strip() for part in cells.get(name, "").split("|") if part.strip()] for name in SEVERAL}
    return {**{name: cell for name, cell in cells.items() if cell and name not in SEVERAL}, **several}


def _objects(content: bytes) -> Iterator[tuple[int, Any]]:
    """Place and content of each entry, the first being 1."""
    try:
        body = orjson.loads(content)
    except ValueError as error:
        raise _refused("The body is not JSON.", [_fault(1, "", "is not JSON")]) from error
    entries = body.get("entries") if isinstance(body, dict) and set(body) == {"entries"} else None
    if not isinstance(entries, list):
        raise _refused("The body is an object with a list of entries.", [_fault(1, "", "is not an object with a list of entries")])
    yield from enumerate(entries, 1)


def unguarded(cell: str) -> str:
    """A cell without the apostrophe by which an export keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _said(error: Any) -> str:
    return SHAPES.get(error["loc"][0], "holds a control character") if error["type"] == "string_pattern_mismatch" else Complaint(error)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{part}" for part in location)


def _fault(line: int, pointer: str, detail: str) -> dict[str, Any]:
    return {"in": "body", "pointer": f"/entries/{line}{pointer}", "line": line, "detail": detail}


def _refused(detail: str, faults: list[dict[str, Any]]) -> WatchlistEntriesWrong:
    return WatchlistEntriesWrong(detail, errors=faults)
