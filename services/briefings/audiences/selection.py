"""Audiences in SQL: who is in, who is unknown and how many are out, over the active seats of the directory.

The predicate belongs to one briefing, so its statement is plain SQLAlchemy Core: every value is a bound parameter, and
statements of one shape share SQLAlchemy's cached text and the server's prepared plan. What is built by hand and compiled
once, as the other reads are, would be compiled for each predicate anew.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, SQLColumnExpression, Text, any_, case, cast, false, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, aggregate_order_by
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.vocabulary import VOCABULARY
from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.directory import directory_ties
from shared.predicates import Truth, compile_sql, outcome_sql
from shared.reading import EMPTY

ACTIVE = "active"
_FACTS_AT_ONCE = 40  # PostgreSQL functions take a hundred arguments


def outcome_of(audience: Audience) -> ColumnElement[str]:
    """'true', 'false' or 'unknown' for a row of seats joined with actors; a named seat is 'true'."""
    by_predicate = literal(Truth.false.value) if audience.predicate is None else outcome_sql(audience.predicate, VOCABULARY)
    return case((is_named(audience), Truth.true.value), else_=by_predicate)


def _kept(name: str) -> SQLColumnExpression[Any]:
    """A fact as it is kept: a distance is JSON already, and is not made a number and JSON again for every row."""
    country = name.removeprefix("border_m.")
    return VOCABULARY.column(name) if country == name else actors.c.border_m[country]


def member_of(audience: Audience) -> ColumnElement[Any]:
    """The same as a boolean, NULL for unknown."""
    if audience.predicate is None:
        return is_named(audience)
    by_predicate = compile_sql(audience.predicate, VOCABULARY)
    return or_(is_named(audience), by_predicate) if audience.seats else by_predicate


def is_named(audience: Audience) -> ColumnElement[bool]:
    """Whether the seat of the row is named one by one."""
    return seats.c.id == any_(literal(list(audience.seats), ARRAY(PGUUID(as_uuid=True))))


def facts_of(names: Sequence[str]) -> ColumnElement[Any]:
    """The facts of a row as one JSON object, null where not known."""
    chunks: list[ColumnElement[Any]] = []
    for start in range(0, len(names), _FACTS_AT_ONCE):
        some = names[start : start + _FACTS_AT_ONCE]
        chunks.append(func.jsonb_build_object(*(part for name in some for part in (cast(name, Text), _kept(name)))))
    return functools.reduce(lambda left, right: left.op("||")(right), chunks) if chunks else literal({}, JSONB)


def judged(audience: Audience) -> CTE:
    """Every active seat of an active government with its outcome: `seat_id, named, outcome`."""
    found = select(seats.c.id.label("seat_id"), is_named(audience).label("named"), outcome_of(audience).label("outcome"))
    joined = found.join_from(seats, actors, actors.c.id == seats.c.actor_id)
    return joined.where(seats.c.status == ACTIVE, actors.c.status == ACTIVE).cte("judged")


def members(audience: Audience) -> CTE:
    """Every active seat that belongs to the audience or is not known to, with what a release keeps of it; `member` is NULL for the latter.

    One pass over the directory, kept for the statement: whatever counts, writes and digests sees the same rows.
    """
    member = member_of(audience)
    found = select(
        seats.c.id.label("seat_id"),
        seats.c.actor_id,
        actors.c.name.label("actor_name"),
        seats.c.role,
        seats.c.title,
        facts_of(audience.facts()).label("facts"),
        (is_named(audience) if audience.seats else false()).label("named"),
        member.label("member"),
    )
    joined = found.join_from(seats, actors, actors.c.id == seats.c.actor_id)
    return joined.where(seats.c.status == ACTIVE, actors.c.status == ACTIVE, member.is_not(false())).cte("members")


def digest_of(seat_id: SQLColumnExpression[UUID], where: ColumnElement[bool]) -> ColumnElement[Any]:
    """An aggregate over the rows where it holds: the SHA-256 of seat ids in order, joined by commas, in hex."""
    in_order = func.string_agg(cast(seat_id, Text), aggregate_order_by(literal(",", Text), seat_id)).filter(where)
    return func.encode(func.sha256(func.convert_to(func.coalesce(in_order, ""), "UTF8")), "hex")


def position() -> ColumnElement[int]:
    """How far the directory has come: the position of the latest event of the registry that changed a row of it."""
    return func.greatest(*(func.coalesce(select(func.max(table.c.position)).scalar_subquery(), 0) for table in (seats, actors, directory_ties)))


def number(rows: CTE, outcome: Truth) -> ColumnElement[int]:
    """How many of the judged seats have this outcome."""
    return select(func.count()).select_from(rows).where(rows.c.outcome == outcome.value).scalar_subquery()


def found_names(rows: CTE) -> ColumnElement[Any]:
    """The named seats that are in the directory and active, as JSON text."""
    return cast(func.coalesce(select(func.json_agg(rows.c.seat_id)).where(rows.c.named).scalar_subquery(), EMPTY), Text)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which rows of a preview: their outcomes, how many, and the keys of the row before (outcome's rank, name, seat)."""

    outcomes: tuple[str, ...]
    limit: int
    after: tuple[int, str, UUID] | None


def preview(audience: Audience, part: Slice) -> Select[Any]:
    """One row: `included, unknown, excluded, found` (named seats, JSON), `items` (JSON, one more than the limit), `position` of the directory,
    and the digests of the recipients, `without` the unknown ones and `with_unknown`."""
    rows = judged(audience)
    page = _shown(rows, audience, part).subquery("page")
    entry = func.row_to_json(page.table_valued())
    ordered = aggregate_order_by(entry, page.c.rank, page.c.actor_name, page.c.seat_id)
    digests = select(
        digest_of(rows.c.seat_id, rows.c.outcome == Truth.true.value).label("without"),
        digest_of(rows.c.seat_id, rows.c.outcome != Truth.false.value).label("with_unknown"),
    ).subquery("digests")
    return select(
        digests,
        position().label("position"),
        number(rows, Truth.true).label("included"),
        number(rows, Truth.unknown).label("unknown"),
        number(rows, Truth.false).label("excluded"),
        found_names(rows).label("found"),
        cast(func.coalesce(select(func.json_agg(ordered)).select_from(page).scalar_subquery(), EMPTY), Text).label("items"),
    )


def _shown(rows: CTE, audience: Audience, part: Slice) -> Select[Any]:
    """The judged seats of one page with their facts, in the order of the keys, and one more."""
    rank = case((rows.c.outcome == Truth.true.value, 0), else_=1)
    keys = (rank, actors.c.name, seats.c.id)
    shown = (
        select(
            seats.c.id.label("seat_id"),
            actors.c.id.label("actor_id"),
            actors.c.name.label("actor_name"),
            actors.c.kind,
            seats.c.role,
            seats.c.title,
            actors.c.country,
            actors.c.subdivision,
            rows.c.outcome,
            rows.c.named,
            facts_of(audience.facts()).label("facts"),
            rank.label("rank"),
        )
        .select_from(rows)
        .join(seats, seats.c.id == rows.c.seat_id)
        .join(actors, actors.c.id == seats.c.actor_id)
        .where(rows.c.outcome == any_(literal(list(part.outcomes), ARRAY(Text))))
        .order_by(*keys)
        .limit(part.limit + 1)
    )
    return shown if part.after is None else shown.where(tuple_(*keys) > tuple_(*(literal(value) for value in part.after)))
