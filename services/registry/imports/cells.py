"""The columns of an import of actors: what each may hold, and how to mend what it may not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.registry.actors.models import ActorKind, ActorStatus
from services.registry.actors.schemas import COUNTRY as COUNTRY_FORM
from services.registry.actors.schemas import HALF_THE_EARTH_M, MOST_PEOPLE
from services.registry.actors.words import folded
from services.registry.imports.faults import BadCell
from services.registry.seats.models import Channel, SeatRole
from services.registry.seats.schemas import is_address
from shared.schemas import FIRST_DAY, LAST_DAY

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SCHEME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
COUNTRY = re.compile(COUNTRY_FORM)
SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
WEBSITE = re.compile(r"https?://[^\s\x00-\x1f]{3,}")
WHOLE = re.compile(r"[0-9]{1,11}")
DECIMAL = re.compile(r"[-+]?[0-9]{1,3}(\.[0-9]{1,340})?")  # as many digits as the smallest number has that an export writes
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KEY = ("key_scheme", "key_value")
OWN_SCHEME = "comity"  # of an actor that has no identifier: its id in the registry that exported it
# What a cell shows whose formula failed: as workbooks keep it, and as spreadsheets in Spanish and French write it into a CSV file.
FAILED_FORMULAS = frozenset({
    "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!",
    "#UNKNOWN!", "#BUSY!", "#¡NULO!", "#¡DIV/0!", "#¡VALOR!", "#¡REF!", "#¿NOMBRE?", "#¡NUM!", "#N/D", "#NUL!", "#VALEUR!", "#NOM?", "#NOMBRE!",
})  # fmt: skip
# What an export guards by an apostrophe: what a spreadsheet would run, and what has the text of a failure without being one.
GUARDED_TEXT = rf"([=+@\t\r-]|({'|'.join(map(re.escape, sorted(FAILED_FORMULAS)))})$)"
GUARDED = re.compile("'+" + GUARDED_TEXT)


Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its title, the field it fills, the key within a field that holds several, and how a cell is read."""

    title: str
    field: str
    key: str
    read: Read


def plain(cell: str) -> str | BadCell:
    """A cell of a CSV file without the apostrophe by which an export keeps spreadsheets from taking it for a formula; BadCell for one that failed."""
    if cell.startswith("#") and cell.strip() in FAILED_FORMULAS:
        return BadCell("formula_failed", cell.strip())
    return cell[1:] if cell.startswith("'") and GUARDED.match(cell) else cell


def line_of_text(longest: int) -> Read:
    def read(cell: str) -> str:
        if len(cell) > longest:
            raise BadCell("too_long", longest=longest)
        if not cell.isprintable() and CONTROL.search(cell):
            raise BadCell("control_character")
        return cell

    return read


def form(pattern: re.Pattern[str], code: str, longest: int = 500) -> Read:
    def read(cell: str) -> str:
        if len(cell) > longest or not pattern.fullmatch(cell):
            raise BadCell(code)
        return cell

    return read


def choice(*offered: str) -> Read:
    listed = ", ".join(sorted(offered))

    def read(cell: str) -> str:
        if cell not in offered:
            raise BadCell("not_offered", offered=listed)
        return cell

    return read


def whole_number(most: int) -> Read:
    def read(cell: str) -> int:
        if not WHOLE.fullmatch(cell) or int(cell) > most:
            raise BadCell("not_a_whole_number", most=most)
        return int(cell)

    return read


def degrees(most: int) -> Read:
    def read(cell: str) -> float:
        if not DECIMAL.fullmatch(cell) or abs(float(cell)) > most:
            raise BadCell("not_degrees", most=most)
        return float(cell)

    return read


def day(cell: str) -> date:
    try:
        found = date.fromisoformat(cell) if DAY.fullmatch(cell) else None
    except ValueError:
        found = None
    if found is None:
        raise BadCell("not_a_date")
    if not FIRST_DAY <= found <= LAST_DAY:
        raise BadCell("day_beyond_all")
    return found


def email(cell: str) -> str:
    if len(cell) > 254 or not is_address(Channel.email, cell):
        raise BadCell("not_an_email")
    return cell


def name(cell: str) -> str:
    if not folded(LINE_CELL(cell)):
        raise BadCell("not_a_name")
    return cell


SCHEME_CELL = form(SCHEME, "not_a_scheme")
VALUE_CELL = line_of_text(200)
LINE_CELL = line_of_text(300)
COUNTRY_CELL = form(COUNTRY, "not_a_country")
SUBDIVISION_CELL = form(SUBDIVISION, "not_a_subdivision")
LANGUAGE_CELL = form(LANGUAGE, "not_a_language")
BORDER_CELL = whole_number(HALF_THE_EARTH_M)

SINGLE: dict[str, Read] = {
    "key_scheme": SCHEME_CELL,
    "key_value": VALUE_CELL,
    "kind": choice(*ActorKind),
    "source_kind": LINE_CELL,
    "status": choice(ActorStatus.active, ActorStatus.dissolved),
    "dissolved_on": day,
    "preferred_language": LANGUAGE_CELL,
    "parent_scheme": SCHEME_CELL,
    "parent_value": VALUE_CELL,
    "country": COUNTRY_CELL,
    "subdivision": SUBDIVISION_CELL,
    "lat": degrees(90),
    "lon": degrees(180),
    "population": whole_number(MOST_PEOPLE),
    "website": form(WEBSITE, "not_a_web_address"),
    "seat_role": choice(*SeatRole),
    "seat_title": LINE_CELL,
    "seat_email": email,
    "source": LINE_CELL,
    "licence": LINE_CELL,
    "read_on": day,
}
# Columns of which there is one for each language, scheme or country: the field they fill, what follows the colon, the cell.
FAMILIES: dict[str, tuple[str, re.Pattern[str], Read]] = {
    "name": ("names", LANGUAGE, name),
    "id": ("identifiers", SCHEME, VALUE_CELL),
    "border_m": ("border_m", COUNTRY, BORDER_CELL),
}
OFFERED = f"{', '.join(SINGLE)}, name:<language>, id:<scheme>, border_m:<country>"
MOST_COLUMNS = 200


def column(title: str) -> Column:
    """The column of this title; BadCell when there is none."""
    if title in SINGLE:
        return Column(title, title, "", SINGLE[title])
    family, colon, key = title.partition(":")
    if colon and family in FAMILIES:
        field, pattern, read = FAMILIES[family]
        if pattern.fullmatch(key):
            return Column(title, field, key, read)
    raise BadCell("column_unknown", offered=OFFERED)
