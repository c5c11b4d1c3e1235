"""The fan-out: one statement that judges the directory and freezes the recipients, whatever their number."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CTE, ColumnElement, Select, Text, any_, case, cast, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.dml import ReturningInsert

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.selection import facts_of, found_names, judged, number
from services.briefings.deliveries.models import Channel, Delivery, Omission, Outcome
from services.briefings.releases.models import Release, UnknownChoice
from shared.columns import Timestamp
from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.predicates import Truth
from shared.work import Work

Values = dict[str, ColumnElement[Any]]
NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Tally:
    """What a fan-out found and made."""

    recipients: int
    unknown: int
    digest: str
    missing: list[UUID]


async def fan_out(work: Work, release: Release, audience: Audience) -> Tally:
    """Make the deliveries of a release: those the audience includes, and the unknown ones if the release says so."""
    row = (await work.execute(_statement(release, audience))).one()
    found = {UUID(seat) for seat in orjson.loads(row.found)}
    missing = [seat for seat in audience.seats if seat not in found]
    return Tally(row.recipients, row.unknown, row.digest or NOBODY, missing)


def _statement(release: Release, audience: Audience) -> Select[Any]:
    rows = judged(audience)
    let_in = release.unknown_choice is UnknownChoice.include
    made = _inserted(Delivery, _deliveries(release, rows, audience), rows, [Truth.true, Truth.unknown] if let_in else [Truth.true]).cte("made")
    seat_id = made.c.seat_id
    in_order = func.string_agg(cast(seat_id, Text), aggregate_order_by(literal(",", Text), seat_id))
    tally = select(
        func.count().label("recipients"),
        func.encode(func.sha256(func.convert_to(in_order, "UTF8")), "hex").label("digest"),
        number(rows, Truth.unknown).label("unknown"),
        found_names(rows).label("found"),
    ).select_from(made)
    if let_in:
        return tally
    return tally.add_cte(_inserted(Omission, _snapshot(release, rows, audience), rows, [Truth.unknown]).cte("left_out"))


def _inserted(table: type[Delivery] | type[Omission], values: Values, rows: CTE, outcomes: list[Truth]) -> ReturningInsert[Any]:
    """One row of the table for each judged seat with one of these outcomes."""
    source = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(rows)
        .join(seats, seats.c.id == rows.c.seat_id)
        .join(actors, actors.c.id == seats.c.actor_id)
        .where(rows.c.outcome == any_(literal([outcome.value for outcome in outcomes], ARRAY(Text))))
    )
    return insert(table).from_select(list(values), source).returning(table.seat_id)


def _snapshot(release: Release, rows: CTE, audience: Audience) -> Values:
    """What is kept of every seat, so that the reason outlives the directory's changes."""
    return {
        "release_id": literal(release.id),
        "seat_id": rows.c.seat_id,
        "actor_id": seats.c.actor_id,
        "actor_name": actors.c.name,
        "role": seats.c.role,
        "title": seats.c.title,
        "facts": facts_of(audience.facts()),
    }


def _deliveries(release: Release, rows: CTE, audience: Audience) -> Values:
    """A row in the inbox is its own delivery: queued and delivered at the release, in one attempt."""
    at = literal(release.released_at, Timestamp)
    return _snapshot(release, rows, audience) | {
        "channel": literal(Channel.inbox.value, Text),
        # A random id is enough: the inbox is read by seat, the ledger by briefing, and PostgreSQL before 18 makes no UUIDv7.
        "id": func.gen_random_uuid(),
        "briefing_id": literal(release.briefing_id),
        "organization_id": literal(release.organization_id),
        "marking": literal(release.marking.value, Text),
        "outcome": case((rows.c.outcome == Truth.true.value, Outcome.included.value), else_=Outcome.unknown.value),
        "named": rows.c.named,
        "attempts": literal(1),
        "queued_at": at,
        "delivered_at": at,
    }
