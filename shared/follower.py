"""Follows another service's feed into a local projection: cursor and projection move in one transaction.

Exactly-once effect: a crash before the commit repeats the batch, a batch read twice is recognised by its positions, and the
projection is a pure function of the feed, so it can be dropped and replayed from zero at any time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Column, Index, Table, Text, bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import logs
from shared.clients import MachineClient
from shared.columns import Timestamp, platform
from shared.database import Database
from shared.errors import Unavailable
from shared.ids import instant_of

log = logs.get(__name__)
DIRECTORY_SIGNAL = "directory"
REMEMBER_FOR = timedelta(days=1)
WAIT_MS = 20_000  # of one long poll

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

_REMEMBER = text("INSERT INTO followed_events (event_id, source, applied_at) SELECT unnest(:ids), :source, :now ON CONFLICT DO NOTHING").bindparams(
    bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))), bindparam("now", type_=Timestamp), bindparam("source", type_=Text)
)

FeedEvent = dict[str, Any]
Project = Callable[[AsyncConnection, list[FeedEvent]], Awaitable[None]]
Clear = Callable[[AsyncConnection], Awaitable[None]]


@dataclass(frozen=True)
class Cursor:
    """How far a feed has been applied: the position and the id of the last event, or neither before the first."""

    position: int = 0
    event_id: UUID | None = None


class CursorLost(Exception):
    """The source does not know the event any more that was applied last."""

    def __init__(self, cursor: Cursor) -> None:
        super().__init__(cursor)
        self.cursor = cursor


@dataclass(frozen=True)
class Follower:
    """One followed feed and what is made of it."""

    database: Database
    client: MachineClient
    source: str
    project: Project
    clear: Clear
    batch: int = 1_000

    async def once(self, *, wait_ms: int = 0) -> int:
        """Read one batch and apply it; how many events it brought."""
        cursor = await self.cursor()
        try:
            batch: list[FeedEvent] = orjson.loads(await self._read(cursor, wait_ms))
        except CursorLost as lost:
            await self.replay(since=lost.cursor)
            return 0
        if batch:
            await self.apply(batch, after=cursor.position)
        elif cursor.event_id is None:
            await self._begin()
        return len(batch)

    async def forever(self) -> None:
        """Follow by long poll, reading the next batch while one is applied: two are held at the most. The caller restarts this after a
        failure, with back-off.
        """
        while True:
            try:
                await self._run(await self.cursor())
            except CursorLost as lost:
                await self.replay(since=lost.cursor)

    async def _run(self, cursor: Cursor) -> None:
        """Go on from the cursor, until somebody else has moved it."""
        ahead = asyncio.create_task(self._read(cursor, WAIT_MS))
        try:
            while True:
                batch: list[FeedEvent] = orjson.loads(await ahead)
                reached = _end_of(batch) if batch else cursor
                ahead = asyncio.create_task(self._read(reached, WAIT_MS))
                if batch and await self.apply(batch, after=cursor.position) < len(batch):
                    return
                if reached.event_id is None:
                    await self._begin()
                cursor = reached
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _read(self, cursor: Cursor, wait_ms: int) -> bytes:
        """The batch after the cursor as it came; CursorLost when the source does not know the cursor."""
        parameters = {"limit": self.batch, "timeout": wait_ms, **({"lastEventId": str(cursor.event_id)} if cursor.event_id else {})}
        answer = await self.client.get(f"/v1/events/{self.source}", parameters, patience=wait_ms / 1000 + 10)
        if answer.status_code == 410:
            raise CursorLost(cursor)
        if answer.status_code != 200:
            raise Unavailable(f"the feed of {self.source} answered {answer.status_code}")
        return answer.content

    async def apply(self, batch: list[FeedEvent], *, after: int = 0) -> int:
        """Apply what is new in a batch, in one transaction with the cursor; how many events were new.

        `after` is the position from which the batch goes on. When the cursor is before that now, somebody has started from zero since the
        batch was asked for, and nothing of it is applied: what comes before it would be skipped.
        """
        now = datetime.now(UTC)
        async with self.database.engine.begin() as connection:
            await connection.execute(self._start(now))
            held = select(followers.c.position).where(followers.c.source == self.source).with_for_update()
            position = (await connection.execute(held)).scalar_one()
            fresh = [event for event in batch if event["sequence"] > position]
            if not fresh or position < after:
                return 0
            await self.project(connection, fresh)
            recent = [identifier for identifier in (UUID(event["id"]) for event in fresh) if is_remembered(identifier, now)]
            if recent:
                await connection.execute(_REMEMBER, {"ids": recent, "source": self.source, "now": now})
            end = _end_of(fresh)
            moved = {"position": end.position, "last_event_id": end.event_id, "updated_at": now}
            await connection.execute(update(followers).where(followers.c.source == self.source).values(moved))
        self.database.signals.send(DIRECTORY_SIGNAL)
        return len(fresh)

    async def _begin(self) -> None:
        """Note that the feed was read and is empty, which is something else than not knowing it."""
        async with self.database.engine.begin() as connection:
            await connection.execute(self._start(datetime.now(UTC)))

    def _start(self, now: datetime) -> Insert:
        return insert(followers).values({"source": self.source, "position": 0, "updated_at": now}).on_conflict_do_nothing()

    async def replay(self, *, since: Cursor | None = None) -> None:
        """Drop the projection and the cursor together; the next read starts from zero. With `since`, only while the cursor still stands
        there: of several workers that find it lost, one starts over.
        """
        mine = followers.c.source == self.source
        if since is not None:
            log.warning("follower.replays", source=self.source, last_event_id=str(since.event_id))
            mine &= followers.c.last_event_id == since.event_id
        async with self.database.engine.begin() as connection:
            dropped = (await connection.execute(delete(followers).where(mine))).rowcount
            if since is None or dropped:
                await connection.execute(delete(followed_events).where(followed_events.c.source == self.source))
                await self.clear(connection)

    async def cursor(self) -> Cursor:
        """How far this feed has been applied here."""
        async with self.database.reader.connect() as connection:
            held = select(followers.c.position, followers.c.last_event_id).where(followers.c.source == self.source)
            found = (await connection.execute(held)).one_or_none()
        return Cursor() if found is None else Cursor(found.position, found.last_event_id)


def _end_of(batch: list[FeedEvent]) -> Cursor:
    return Cursor(batch[-1]["sequence"], UUID(batch[-1]["id"]))


def is_remembered(event_id: UUID, now: datetime) -> bool:
    """Whether an applied event is noted for those who wait for it. Nobody waits for one that is older than the notes are kept."""
    made_at = instant_of(event_id)
    return made_at is None or made_at >= now - REMEMBER_FOR


async def forget_followed(database: Database, now: datetime) -> int:
    """Forget which events were applied more than a day ago; how many."""
    async with database.engine.begin() as connection:
        return (await connection.execute(delete(followed_events).where(followed_events.c.applied_at < now - REMEMBER_FOR))).rowcount
