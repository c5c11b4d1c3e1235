"""The fan-out: one statement that judges the directory once and freezes the recipients, whatever their number.

What a delivery copies from its release is read from the release's row, so that no delivery is of a release that is not there:
a foreign key would be checked row by row, at a third of the whole cost (docs/decisions/0013).
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CTE, BigInteger, ColumnElement, LargeBinary, Select, SQLColumnExpression, Text, case, cast, func, insert, literal, select, text, true
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.sql.dml import ReturningInsert

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.selection import digest_of, members
from services.briefings.deliveries.models import Channel, Delivery, Omission, Outcome
from services.briefings.releases.models import Release, UnknownChoice
from shared.ids import new_id
from shared.reading import EMPTY
from shared.work import Work

Values = dict[str, SQLColumnExpression[Any]]
MEMORY = "64MB"  # for this transaction: the judged directory of some 300,000 seats without a file on the way
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
    await work.execute(text(f"SET LOCAL work_mem = '{MEMORY}'"))
    row = (await work.execute(_statement(release, audience))).one()
    found = {UUID(seat) for seat in orjson.loads(row.found)}
    missing = [seat for seat in audience.seats if seat not in found]
    return Tally(row.recipients, row.unknown, row.digest, missing)


def _statement(release: Release, audience: Audience) -> Select[Any]:
    """Counts and digest are those of the rows that were written, not of those that were meant."""
    rows = members(audience)
    let_in = release.unknown_choice is UnknownChoice.include
    made = _inserted(Delivery, _deliveries(rows, let_in=let_in), release, rows, true() if let_in else rows.c.member).cte("made")
    unknown: ColumnElement[Any]
    if let_in:
        unknown = func.count().filter(made.c.outcome == Outcome.unknown.value)
    else:
        left_out = _inserted(Omission, _snapshot(rows), release, rows, rows.c.member.is_(None)).cte("left_out")
        unknown = select(func.count()).select_from(left_out).scalar_subquery()
    tally = select(func.count().label("recipients"), digest_of(made.c.seat_id, true()).label("digest"), unknown.label("unknown"))
    return tally.add_columns(_named(made).label("found")).select_from(made)


def _inserted(table: type[Delivery] | type[Omission], values: Values, release: Release, rows: CTE, which: ColumnElement[bool]) -> ReturningInsert[Any]:
    """One row of the table for each of these members."""
    labelled: list[ColumnElement[Any]] = [value.label(name) for name, value in values.items()]
    source = select(*labelled).select_from(Release).join(rows, Release.id == release.id).where(which)
    returned = [getattr(table, name) for name in ("seat_id", "outcome", "named") if hasattr(table, name)]
    return insert(table).from_select(list(values), source).returning(*returned)


def _named(made: CTE) -> ColumnElement[Any]:
    """The named seats among the recipients, as JSON text."""
    return cast(func.coalesce(func.json_agg(made.c.seat_id).filter(made.c.named), EMPTY), Text)


def _snapshot(rows: CTE) -> Values:
    """What is kept of every seat, so that the reason outlives the directory's changes."""
    kept = ("seat_id", "actor_id", "actor_name", "role", "title", "facts")
    return {"release_id": Release.id, **{name: rows.c[name] for name in kept}}


def _deliveries(rows: CTE, *, let_in: bool) -> Values:
    """A row in the inbox is its own delivery: queued and delivered at the release, in one attempt."""
    included = literal(Outcome.included.value, Text)
    return _snapshot(rows) | {
        "channel": literal(Channel.inbox.value, Text),
        "id": _ids(rows),
        "briefing_id": Release.briefing_id,
        "organization_id": Release.organization_id,
        "marking": Release.marking,
        "outcome": case((rows.c.member, included), else_=Outcome.unknown.value) if let_in else included,
        "named": rows.c.named,
        "attempts": literal(1),
        "queued_at": Release.released_at,
        "delivered_at": Release.released_at,
    }


def _ids(rows: CTE) -> ColumnElement[Any]:
    """A UUIDv7 for each row: ids of one release lie together in their index, and nobody counts recipients by them or finds the next one.

    The instant and 18 random bits are the release's, the other 56 bits a hash of the seat under a seed nobody keeps. PostgreSQL before 18
    makes no UUIDv7, and its `gen_random_uuid` asks the operating system for every row, which takes three times as long.
    """
    prefix = literal(new_id().bytes[:9], LargeBinary)
    hashed = func.int8send(func.uuid_hash_extended(rows.c.seat_id, literal(secrets.randbits(63), BigInteger)))
    return cast(func.encode(prefix.op("||")(func.substr(hashed, 1, 7)), "hex"), PGUUID)
