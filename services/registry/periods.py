"""Validity over days, and the exclusion of overlaps by the database without an extension.

A row is valid from `valid_from` (null: always has been) through `valid_through` (null: no end known), both days included. In a plane
of keys and days a row is a vertical line, and two rows of one key overlap when their lines touch: a box for GiST, which every
PostgreSQL has. A range over the key's text does the same seventy times slower in a bulk load of 100,000 rows, for want of a distance
between two texts, and one over its 64-bit hash three times slower. The key counts with 53 bits of its hash, what a box can hold:
for two of a million keys to be taken for each other is one chance in 18,000.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, cast, func, select, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped

from shared.database import Database
from shared.errors import Problem
from shared.reading import NOW, Entity

TODAY: ColumnElement[date] = cast(func.timezone("UTC", NOW), Date)


FOREVER = 4_000_000  # days from the year 2000, beyond every date there is


class Dated:
    """The days in which a row is true."""

    valid_from: Mapped[date | None]
    valid_through: Mapped[date | None]

    def is_valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_through is None or self.valid_through >= on)

    def days(self) -> tuple[str, str]:
        """First and last day as text, empty where there is none."""
        return str(self.valid_from or ""), str(self.valid_through or "")


def in_order() -> CheckConstraint:
    """A period does not end before it begins."""
    return CheckConstraint("valid_from <= valid_through", name="period")


def no_overlap(name: str, key_hash: str, error: type[Problem], *, where: str | None = None) -> ExcludeConstraint:
    """Rows of one key are never valid on the same day, or those of them `where` this is so. `key_hash` is SQL that gives the key's 64-bit hash."""
    key = f"(({key_hash}) >> 11)::double precision"
    first, last = f"coalesce(valid_from - '2000-01-01'::date, -{FOREVER})", f"coalesce(valid_through - '2000-01-01'::date, {FOREVER})"
    constraint = ExcludeConstraint((text(f"box(point({key}, {first}), point({key}, {last}))"), "&&"), name=name, using="gist", where=where and text(where))
    constraint.info["error"] = error
    return constraint


def is_current(row: Entity, day: ColumnElement[Any] = TODAY) -> ColumnElement[bool]:
    """The row is valid today, or on another day."""
    begun: ColumnElement[bool] = row.valid_from.is_(None) | (row.valid_from <= day)
    not_over: ColumnElement[bool] = row.valid_through.is_(None) | (row.valid_through >= day)
    return begun & not_over


async def database_clock(database: Database) -> datetime:
    """Now, by the clock that is the same for every worker."""
    async with database.session(read_only=True) as session:
        return (await session.execute(select(func.now()))).scalar_one()
