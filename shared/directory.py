"""The local directory: the actors, seats and ties of the registry as the other services need them, kept by following its feed.

No personal data: events name people by id only, and so does the directory.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from fastapi import Request
from sqlalchemy import BigInteger, Column, Date, Float, Index, Table, Text, delete, select, text
from sqlalchemy.dialects.postgresql import JSONB
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
    Index("ix_directory_actors_place", "country", "subdivision"),
    Index("ix_directory_actors_parent_id", "parent_id"),
)
directory_seats = Table(
    "directory_seats",
    platform,
    Column("id", PGUUID(as_uuid=True), primary_key=True),
    Column("actor_id", PGUUID(as_uuid=True), nullable=False),
    Column("role", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
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
        actor_id = excluded.actor_id, role = excluded.role, title = excluded.title, status = excluded.status, position = excluded.position
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
        type = excluded.type, from_id = excluded.from_id, to_id = excluded.to_id, status = excluded.status,
        valid_from = excluded.valid_from, valid_through = excluded.valid_through, position = excluded.position
    WHERE directory_ties.position < excluded.position
    """
)


async def project(connection: AsyncConnection, batch: list[FeedEvent]) -> None:
    """Apply a batch of the registry's events: the last state of each actor, seat and tie, in three statements at most."""
    for prefix, key, statement in (("actor.", "actor_id", _ACTORS), ("seat.", "seat_id", _SEATS), ("tie.", "tie_id", _TIES)):
        latest: dict[str, dict[str, Any]] = {}
        for event in batch:
            if event["type"].startswith(prefix) and key in event["data"] and "status" in event["data"]:
                latest[event["data"][key]] = {**event["data"], "position": event["sequence"]}
        if latest:
            await connection.execute(statement, {"rows": orjson.dumps(list(latest.values())).decode()})


async def clear(connection: AsyncConnection) -> None:
    """Empty the directory, before a replay from zero."""
    await connection.execute(delete(directory_ties))
    await connection.execute(delete(directory_seats))
    await connection.execute(delete(directory_actors))


async def actors_named(work: Work, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The directory's rows of these actors, by id; unknown ones are missing."""
    found = await work.execute(select(directory_actors).where(directory_actors.c.id.in_(ids)))
    return {row.id: row for row in found}


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
