"""What a file may make: actors, ties, official domains, or what else is said of actors: identifiers, names, parents, seats.

Each has columns of its own and a table in which its rows wait.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from services.registry.imports import cells, staging
from services.registry.imports.cells import Column
from services.registry.imports.faults import Fault
from services.registry.imports.links import cells as link_cells
from services.registry.imports.links import staging as link_staging

Together = Callable[[int, dict[str, Any], dict[str, Any], set[str | None]], Iterator[Fault]]
Staged = Callable[[int, int, bool, dict[str, Any], dict[str, dict[str, Any]]], tuple[Any, ...] | None]


class Makes(StrEnum):
    actors = "actors"
    ties = "ties"
    domains = "domains"
    identifiers = "identifiers"
    names = "names"
    parents = "parents"
    seats = "seats"


REMEMBERED = frozenset({Makes.actors, Makes.ties, Makes.domains})
"""Of which the registry remembers what a source brought, so that its next file may retire it."""


@dataclass(frozen=True)
class Shape:
    """`column` gives the column of a title (BadCell for none), `together` what is wrong between the cells of a row, `staged` its record."""

    offered: tuple[str, ...]
    needed: tuple[str, ...]
    column: Callable[[str], Column]
    together: Together
    staged: Staged
    table: str
    fields: tuple[str, ...]


def _actor(line: int, part: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...] | None:
    """A row without a key has been named already, and means nobody."""
    return staging.staged(line, faulty, single, several) if "key_scheme" in single and "key_value" in single else None


def _links(columns: dict[str, Any], needed: tuple[str, ...], together: Together, staged: Staged = link_staging.staged, *, families: bool = False) -> Shape:
    offered = (*columns, "id:<scheme>") if families else tuple(columns)
    column = partial(link_cells.found_in, columns, families=families)
    return Shape(offered, needed, column, together, staged, "import_links", link_staging.FIELDS)


SHAPES: dict[Makes, Shape] = {
    Makes.actors: Shape(tuple(cells.OFFERED.split(", ")), cells.KEY, cells.column, staging.together, _actor, "import_rows", staging.FIELDS),
    Makes.ties: _links(link_cells.TIES, ("type",), link_staging.of_tie),
    Makes.domains: _links(link_cells.DOMAINS, ("domain",), link_staging.of_domain),
    Makes.identifiers: _links(link_cells.IDENTIFIERS, (), link_staging.of_identifiers, link_staging.staged_whole, families=True),
    Makes.names: _links(link_cells.NAMES, ("language", "name", "kind"), link_staging.of_name, link_staging.staged_whole),
    Makes.parents: _links(link_cells.PARENTS, (), link_staging.of_parent, link_staging.staged_whole),
    Makes.seats: _links(link_cells.SEATS, ("role", "title"), link_staging.of_seat, link_staging.staged_each),
}
