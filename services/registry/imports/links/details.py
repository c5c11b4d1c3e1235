"""What a file says of known actors beside their own rows: identifiers, names, parents, seats.

Such a file goes the way of a file of actors, so that locks, checks, events and counts are the same: each actor that is meant gets a row
that says nothing but who it is, and what is said of it is compared and applied beside. It registers nobody and retires nobody.
"""

from dataclasses import dataclass

from sqlalchemy import TextClause

from services.registry.imports.links import identifiers, names, parents, seats
from services.registry.imports.links.matching import STAGE
from services.registry.imports.shapes import Makes

Statements = tuple[TextClause, ...]


@dataclass(frozen=True)
class Detail:
    """`stage` turns the rows into those of the actors that they mean; `compare` finds what will change and puts the actors concerned into
    `retold`, and what is wrong into `faults`; `apply` writes it, once it is recorded how they stood."""

    stage: Statements
    compare: Statements
    apply: Statements


DETAILS: dict[Makes, Detail] = {
    Makes.identifiers: Detail(identifiers.STAGE, identifiers.COMPARE, identifiers.APPLY),
    Makes.names: Detail(STAGE, names.COMPARE, names.APPLY),
    Makes.parents: Detail(STAGE, parents.COMPARE, parents.APPLY),
    Makes.seats: Detail(STAGE, seats.COMPARE, seats.APPLY),
}
