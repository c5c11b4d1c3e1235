"""The local directory: the actors, seats and ties of the registry as the other services need them, kept by following its feed.

No personal data: events name people by id only, and so does the directory.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request
from sqlalchemy import BigInteger, Column, ColumnElement, Date, Float, Index, Table, Text, TextClause, bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.columns import platform
from shared.database import Database
from shared.errors import DirectoryBehind, Invalid
from shared.events import events
from shared.follower import DIRECTORY_SIGNAL, REMEMBER_FOR, FeedEvent, followed_events
from shared.ids import instant_of
from shared.work import Work

PATIENCE = 2.0
IDENTITY = ("actor.merged", "actor.split")

directory_actors = Table(
    "directory_actors",
    platform,
    Column("id", PGUUID(as_uuid=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False, comment="in the actor's preferred language"),
    Column("names", JSONB, nullable=False, comment="language to name"),
    Column("country", Text),
    Column("subdivision", Text),
    Column("parent_id", PGUUID(as_uuid=True)),
    Column("lat", Float),
    Column("lon", Float),
    Column("population", BigInteger),
    Column("border_m", JSONB, nullable=False, comment="country to whole metres; a country that is absent is not recorded"),
    Column("position", BigInteger, nullable=False),
    Column("canonical_id", PGUUID(as_uuid=True), comment="the actor into which this one was merged"),
    Index("ix_directory_actors_place", "country", "subdivision"),
    Index("ix_directory_actors_parent_id", "parent_id"),
    Index("ix_directory_actors_canonical_id", "canonical_id", postgresql_where=text("canonical_id IS NOT NULL")),
)
directory_seats = Table(
    "directory_seats",
    platform,
    Column("id", PGUUID(as_uuid=True), primary_key=True),
    Column("actor_id", PGUUID(as_uuid=True), nullable=False, comment="the actor as it is known now"),
    Column("role", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("recorded_actor_id", PGUUID(as_uuid=True), comment="the actor as the registry's event named it, where that one was merged"),
    Index("ix_directory_seats_actor_id", "actor_id"),
    Index("ix_directory_seats_role", "role"),
)

directory_ties = Table(
    "directory_ties",
    platform,
    Column("id", PGUUID(as_uuid=True), primary_key=True),
    Column("type", Text, nullable=False),
    Column("from_id", PGUUID(as_uuid=True), nullable=False),
    Column("to_id", PGUUID(as_uuid=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_through", Date),
    Column("position", BigInteger, nullable=False),
    Column("recorded_from_id", PGUUID(as_uuid=True), comment="the side as the registry's event named it, where that one was merged"),
    Column("recorded_to_id", PGUUID(as_uuid=True), comment="as recorded_from_id"),
    Index("ix_directory_ties_from_id", "from_id", "type"),
    Index("ix_directory_ties_to_id", "to_id", "type"),
)

_ACTORS = text(
    """
    INSERT INTO directory_actors
        (id, kind, status, name, names, country, subdivision, parent_id, lat, lon, population, border_m, position)
    SELECT actor_id, kind, status, name, names, country, subdivision, parent_id, lat, lon, population, coalesce(border_m, '{}'), position
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
        actor_id uuid, kind text, status text, name text, names jsonb, country text, subdivision text, parent_id uuid,
        lat float, lon float, population bigint, border_m jsonb, position bigint)
    ON CONFLICT (id) DO UPDATE SET
        kind = excluded.kind, status = excluded.status, name = excluded.name, names = excluded.names, country = excluded.country,
        subdivision = excluded.subdivision, parent_id = excluded.parent_id, lat = excluded.lat, lon = excluded.lon,
        population = excluded.population, border_m = excluded.border_m, position = excluded.position
    WHERE directory_actors.position < excluded.position
    """
)
_SEATS = text(
    """
    INSERT INTO directory_seats (id, actor_id, role, title, status, position)
    SELECT seat_id, actor_id, role, title, status, position
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(seat_id uuid, actor_id uuid, role text, title text, status text, position bigint)
    ON CONFLICT (id) DO UPDATE SET
        actor_id = excluded.actor_id, recorded_actor_id = NULL, role = excluded.role, title = excluded.title, status = excluded.status,
        position = excluded.position
    WHERE directory_seats.position < excluded.position
    """
)
_TIES = text(
    """
    INSERT INTO directory_ties (id, type, from_id, to_id, status, valid_from, valid_through, position)
    SELECT tie_id, tie_type, from_id, to_id, status, valid_from, valid_through, position
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
        tie_id uuid, tie_type text, from_id uuid, to_id uuid, status text, valid_from date, valid_through date, position bigint)
    ON CONFLICT (id) DO UPDATE SET
        type = excluded.type, from_id = excluded.from_id, to_id = excluded.to_id, recorded_from_id = NULL, recorded_to_id = NULL, status = excluded.status,
        valid_from = excluded.valid_from, valid_through = excluded.valid_through, position = excluded.position
    WHERE directory_ties.position < excluded.position
    """
)
# A merge or split says by which actor another is known; the position moves for whoever is concerned, so that what a seat is judged by counts as changed.
_IDENTITIES = text(
    """
    WITH said AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(actor_id uuid, canonical_id uuid, former_canonical_id uuid, position bigint)
    ), concerned AS (
        SELECT each.id, max(position) AS position FROM said CROSS JOIN LATERAL unnest(ARRAY[actor_id, canonical_id, former_canonical_id]) AS each (id)
        WHERE each.id IS NOT NULL GROUP BY each.id
    ), latest AS (SELECT DISTINCT ON (actor_id) actor_id, canonical_id FROM said ORDER BY actor_id, position DESC)
    UPDATE directory_actors AS a
    SET canonical_id = CASE WHEN s.actor_id IS NULL THEN a.canonical_id ELSE s.canonical_id END, position = greatest(a.position, c.position)
    FROM concerned AS c LEFT JOIN latest AS s ON s.actor_id = c.id WHERE a.id = c.id
    """
)
# Rows that name an actor whose identity changed, and rows that came in this batch, name whom it is known by; what the event named is kept beside it.
_SEATS_REPOINTED = """
    UPDATE directory_seats AS s SET actor_id = coalesce(a.canonical_id, a.id), recorded_actor_id = CASE WHEN a.canonical_id IS NOT NULL THEN a.id END
    FROM directory_actors AS a
    WHERE a.id = coalesce(s.recorded_actor_id, s.actor_id) AND s.actor_id <> coalesce(a.canonical_id, a.id) AND @which
"""
_TIES_REPOINTED = """
    UPDATE directory_ties AS t
    SET from_id = coalesce(f.canonical_id, f.id), recorded_from_id = CASE WHEN f.canonical_id IS NOT NULL THEN f.id END,
        to_id = coalesce(o.canonical_id, o.id), recorded_to_id = CASE WHEN o.canonical_id IS NOT NULL THEN o.id END
    FROM directory_actors AS f, directory_actors AS o
    WHERE f.id = coalesce(t.recorded_from_id, t.from_id) AND o.id = coalesce(t.recorded_to_id, t.to_id)
          AND (t.from_id <> coalesce(f.canonical_id, f.id) OR t.to_id <> coalesce(o.canonical_id, o.id)) AND @which
"""


def _of(statement: str, which: str) -> TextClause:
    return text(statement.replace("@which", which)).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))


_OF_ACTORS = (_of(_SEATS_REPOINTED, "a.id = ANY (:ids)"), _of(_TIES_REPOINTED, "(f.id = ANY (:ids) OR o.id = ANY (:ids))"))
_OF_SEATS, _OF_TIES = _of(_SEATS_REPOINTED, "s.id = ANY (:ids)"), _of(_TIES_REPOINTED, "t.id = ANY (:ids)")
_ANYBODY_MERGED = text("SELECT 1 FROM directory_actors WHERE canonical_id IS NOT NULL LIMIT 1")


async def project(connection: AsyncConnection, batch: list[FeedEvent]) -> None:
    """Apply a batch of the registry's events: the last state of each actor, seat and tie, then who is known by whom, in a fixed number of statements."""
    named: dict[str, list[UUID]] = {}
    for prefix, key, statement in (("actor.", "actor_id", _ACTORS), ("seat.", "seat_id", _SEATS), ("tie.", "tie_id", _TIES)):
        latest: dict[str, dict[str, Any]] = {}
        for event in batch:
            if event["type"].startswith(prefix) and key in event["data"] and "status" in event["data"]:
                latest[event["data"][key]] = {**event["data"], "position": event["sequence"]}
        named[prefix] = [UUID(identifier) for identifier in latest]
        if latest:
            await connection.execute(statement, {"rows": orjson.dumps(list(latest.values())).decode()})
    await _identify(connection, batch, seats=named["seat."], ties=named["tie."])


async def _identify(connection: AsyncConnection, batch: list[FeedEvent], *, seats: list[UUID], ties: list[UUID]) -> None:
    """Follow merges and splits; and where anybody is merged, let what came in this batch name whom the actors are known by."""
    said = [{**event["data"], "position": event["sequence"]} for event in batch if event["type"] in IDENTITY]
    if said:
        await connection.execute(_IDENTITIES, {"rows": orjson.dumps(said).decode()})
    elif not (seats or ties) or (await connection.execute(_ANYBODY_MERGED)).first() is None:
        return
    actors = [UUID(item["actor_id"]) for item in said]
    for statement, ids in ((_OF_SEATS, seats), (_OF_TIES, ties), *((statement, actors) for statement in _OF_ACTORS)):
        if ids:
            await connection.execute(statement, {"ids": ids})


async def clear(connection: AsyncConnection) -> None:
    """Empty the directory, before a replay from zero."""
    await connection.execute(delete(directory_ties))
    await connection.execute(delete(directory_seats))
    await connection.execute(delete(directory_actors))


async def actors_named(work: Work, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The directory's rows of these actors as they are known now, by the ids that were asked for; unknown ones are missing."""
    asked = directory_actors.alias("asked")
    known = func.coalesce(asked.c.canonical_id, asked.c.id)
    joined = select(asked.c.id.label("asked_id"), directory_actors).join_from(asked, directory_actors, directory_actors.c.id == known)
    return {row.asked_id: row for row in await work.execute(joined.where(asked.c.id.in_(ids)))}


def known_as(actor_id: Any) -> ColumnElement[Any]:
    """The id under which an actor is known now, in SQL."""
    asked = directory_actors.alias()
    merged = select(asked.c.canonical_id).where(asked.c.id == actor_id).correlate_except(asked).scalar_subquery()
    return func.coalesce(merged, actor_id)


def same_as(actor_id: Any) -> ColumnElement[Any]:
    """All ids of the same actor as this one, in SQL: an array to be compared with an indexed column."""
    other = directory_actors.alias()
    merged = select(other.c.id).where(other.c.canonical_id == known_as(actor_id))
    return func.array_append(func.array(merged.scalar_subquery()), known_as(actor_id))


async def honour_comity_after(request: Request, work: Work) -> None:
    """Wait up to two seconds until the local directory has applied the event named by `Comity-After`, else DirectoryBehind (503)."""
    header = request.headers.get("comity-after")
    if header is None:
        return
    try:
        event_id = UUID(header)
    except ValueError as error:
        raise Invalid(
            "Comity-After takes the id that Comity-Event carried.", errors=[{"in": "header", "pointer": "/Comity-After", "detail": "is not a UUID"}]
        ) from error
    if not await applied(work.database, event_id, patience=PATIENCE):
        raise DirectoryBehind("Send the request again in a moment.", event=str(event_id))


async def applied(database: Database, event_id: UUID, *, patience: float) -> bool:
    """Whether the event is applied here, waiting for it at most `patience` seconds."""
    made_at = instant_of(event_id)
    if made_at is not None and made_at < datetime.now(UTC) - REMEMBER_FOR / 2:
        return True  # older than what followed_events remembers, and far older than any lag that readiness tolerates
    known = select(followed_events.c.event_id).where(followed_events.c.event_id == event_id)
    own = select(events.c.id).where(events.c.id == event_id)
    waited = 0.0
    while True:
        news = database.signals.watch(DIRECTORY_SIGNAL)
        async with database.session(read_only=True) as session:
            if (await session.execute(known.union_all(own))).first() is not None:
                return True
        if waited >= patience:
            return False
        await database.signals.wait(news, 0.5)
        waited += 0.5
