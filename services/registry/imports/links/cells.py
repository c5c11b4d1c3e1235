"""The columns of imports of ties, of official domains, and of what else is said of known actors: identifiers, names, parents, seats."""

import re

from services.registry.actors.models import ActorKind, NameKind
from services.registry.imports.cells import (
    COUNTRY,
    LANGUAGE_CELL,
    LINE_CELL,
    SCHEME,
    SCHEME_CELL,
    SUBDIVISION_CELL,
    VALUE_CELL,
    Column,
    Read,
    choice,
    day,
    email,
    form,
    line_of_text,
    name,
)
from services.registry.imports.faults import BadCell
from services.registry.seats.models import SeatRole
from services.registry.ties.models import TieStatus
from services.registry.ties.types import TieType

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.IGNORECASE)
LONGEST_NOTE = 20_000
_KINDS = choice(*ActorKind)


def several(read: Read) -> Read:
    """Cells of which one may hold several, with semicolons between."""

    def read_each(cell: str) -> list[str]:
        return sorted({read(part.strip()) for part in cell.split(";") if part.strip()})

    return read_each


def domain(cell: str) -> str:
    if not DOMAIN.fullmatch(cell):
        raise BadCell("not_a_domain")
    return cell.lower()


def _side(title: str, field: str) -> dict[str, tuple[str, Read]]:
    """By what an actor is found: an identifier, or a name within countries, a subdivision and kinds."""
    cells: dict[str, Read] = {
        "scheme": SCHEME_CELL,
        "value": VALUE_CELL,
        "name": LINE_CELL,
        "kind": several(_KINDS),
        "country": several(form(COUNTRY, "not_a_country")),
        "subdivision": SUBDIVISION_CELL,
    }
    return {f"{title}_{word}": (f"{field}_{word}", read) for word, read in cells.items()}


_ORIGIN: dict[str, tuple[str, Read]] = {"source": ("source", LINE_CELL), "licence": ("licence", LINE_CELL), "read_on": ("read_on", day)}
_DAYS: dict[str, tuple[str, Read]] = {"valid_from": ("valid_from", day), "valid_through": ("valid_through", day)}
TIES: dict[str, tuple[str, Read]] = {
    "type": ("type", choice(*TieType)),
    **_side("from", "from"),
    **_side("to", "to"),
    "role": ("role", LINE_CELL),
    "status": ("status", choice(*(status for status in TieStatus if status is not TieStatus.withdrawn))),
    "end_reason": ("end_reason", LINE_CELL),
    **_DAYS,
    "last_activity_on": ("last_activity_on", day),
    "note": ("note", line_of_text(LONGEST_NOTE)),
    **_ORIGIN,
}
DOMAINS: dict[str, tuple[str, Read]] = {"domain": ("domain", domain), "domain_type": ("domain_type", LINE_CELL), **_side("actor", "from"), **_ORIGIN}
IDENTIFIERS: dict[str, tuple[str, Read]] = {**_side("actor", "from"), **_DAYS, **_ORIGIN}
NAMES: dict[str, tuple[str, Read]] = {
    **_side("actor", "from"),
    "language": ("language", LANGUAGE_CELL),
    "name": ("name", name),
    "kind": ("type", choice(*NameKind)),
    **_DAYS,
    "source": ("source", LINE_CELL),
}
PARENTS: dict[str, tuple[str, Read]] = {**_side("actor", "from"), **_side("parent", "to"), **_DAYS}
SEATS: dict[str, tuple[str, Read]] = {
    **_side("actor", "from"),
    "role": ("role", choice(*SeatRole)),
    "title": ("title", LINE_CELL),
    "email": ("address", email),
}


def found_in(cells: dict[str, tuple[str, Read]], title: str, *, families: bool = False) -> Column:
    """The column of this title; BadCell when there is none."""
    if title in cells:
        field, read = cells[title]
        return Column(title, field, "", read)
    family, colon, scheme = title.partition(":")
    if families and colon and family == "id" and SCHEME.fullmatch(scheme):
        return Column(title, "identifiers", scheme, VALUE_CELL)
    offered = ", ".join([*cells, *(["id:<scheme>"] if families else [])])
    raise BadCell("column_unknown", offered=offered)
