"""Follows another service's feed into a local projection: cursor and projection move in one transaction.

Exactly-once effect: a crash before the commit repeats the batch, a batch read twice is recognised by its positions, and the
projection is a pure function of the feed, so it can be dropped and replayed from zero at any time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Table, Text, delete, select, update
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import logs
from shared.clients import MachineClient
from shared.columns import Timestamp, platform
from shared.database import Database
from shared.errors import Unavailable

log = logs.get(__name__)
DIRECTORY_SIGNAL = "directory"
REMEMBER_FOR = timedelta(days=1)

followers = Table(
    "followers",
    platform,
    Column("source", Text, primary_key=True),
    Column("last_event_id", PGUUID(as_uuid=True)),
    Column("position", BigInteger, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)
followed_events = Table(
    "followed_events",
    platform,
    Column("event_id", PGUUID(as_uuid=True), primary_key=True),
    Column("source", Text, nullable=False),
    Column("applied_at", Timestamp, nullable=False),
    Index("ix_followed_events_applied_at", "applied_at"),
)

FeedEvent = dict[str, Any]
Project = Callable[[AsyncConnection, list[FeedEvent]], Awaitable[None]]
Clear = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True)
class Follower:
    """One followed feed and what is made of it."""

    database: Database
    client: MachineClient
    source: str
    project: Project
    clear: Clear
    batch: int = 500

    async def once(self, *, wait_ms: int = 0) -> int:
        """Read one batch and apply it; how many events it brought."""
        last = await self._last_event_id()
        parameters = {"limit": self.batch, "timeout": wait_ms, **({"lastEventId": str(last)} if last else {})}
        answer = await self.client.get(f"/v1/events/{self.source}", parameters, patience=wait_ms / 1000 + 10)
        if answer.status_code == 410:
            log.warning("follower.replays", source=self.source, last_event_id=str(last))
            await self.replay()
            return 0
        if answer.status_code != 200:
            raise Unavailable(f"the feed of {self.source} answered {answer.status_code}")
        batch: list[FeedEvent] = answer.json()
        if batch:
            await self.apply(batch)
        return len(batch)

    async def apply(self, batch: list[FeedEvent]) -> int:
        """Apply what is new in a batch, in one transaction with the cursor; how many events were new."""
        now = datetime.now(UTC)
        async with self.database.engine.begin() as connection:
            start = {"source": self.source, "position": 0, "updated_at": now}
            await connection.execute(insert(followers).values(start).on_conflict_do_nothing())
            held = select(followers.c.position).where(followers.c.source == self.source).with_for_update()
            position = (await connection.execute(held)).scalar_one()
            fresh = [event for event in batch if event["sequence"] > position]
            if not fresh:
                return 0
            await self.project(connection, fresh)
            rows = [{"event_id": UUID(event["id"]), "source": self.source, "applied_at": now} for event in fresh]
            await connection.execute(insert(followed_events).on_conflict_do_nothing(), rows)
            moved = {"position": fresh[-1]["sequence"], "last_event_id": UUID(fresh[-1]["id"]), "updated_at": now}
            await connection.execute(update(followers).where(followers.c.source == self.source).values(moved))
        self.database.signals.send(DIRECTORY_SIGNAL)
        return len(fresh)

    async def replay(self) -> None:
        """Drop the projection and the cursor together; the next read starts from zero."""
        async with self.database.engine.begin() as connection:
            await connection.execute(delete(followers).where(followers.c.source == self.source))
            await connection.execute(delete(followed_events).where(followed_events.c.source == self.source))
            await self.clear(connection)

    async def forever(self) -> None:
        """Follow by long poll. The caller restarts this after a failure, with back-off."""
        while True:
            await self.once(wait_ms=20_000)

    async def _last_event_id(self) -> UUID | None:
        async with self.database.reader.connect() as connection:
            found = await connection.execute(select(followers.c.last_event_id).where(followers.c.source == self.source))
            return found.scalar_one_or_none()


async def forget_followed(database: Database, now: datetime) -> int:
    """Forget which events were applied more than a day ago; how many."""
    async with database.engine.begin() as connection:
        return (await connection.execute(delete(followed_events).where(followed_events.c.applied_at < now - REMEMBER_FOR))).rowcount
