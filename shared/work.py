"""A request is a Work: one caller, one transaction, one instant. This module is the edge: nothing else in a service commits."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from shared.access import Caller
from shared.columns import Timestamped
from shared.database import Database
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.events import Event, event_row, events
from shared.pages import Cursors
from shared.refusals import REFUSALS, translated_errors

SIGNAL = "events"
TAG = re.compile(r'(?<!W/)"(\d{1,19})-[0-9a-f]+"')  # a weak tag never matches: RFC 9110 asks for the strong comparison


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the request said about itself: its id, its preconditions, its languages and the forms it takes."""

    request_id: str = "-"
    if_match: str | None = None
    if_none_match: str | None = None
    languages: tuple[str, ...] = ("en",)
    instance: str | None = None
    accept: str | None = None


EARLIEST_ZONE = timedelta(hours=14)  # of Kiribati's Line Islands, where each day begins


def latest_day(now: datetime) -> date:
    """The latest day that it is anywhere. What happened on it is not in the future for whoever was there, while in UTC it is still the day before."""
    return (now + EARLIEST_ZONE).date()


@dataclass
class Work:
    """One caller, one transaction, one instant."""

    database: Database
    caller: Caller
    now: datetime
    asked: Conditions = field(default_factory=Conditions)
    read_only: bool = False
    cursors: Cursors = field(default_factory=lambda: Cursors(b""))
    recorded: list[UUID] = field(default_factory=list)
    replay: Any = None  # the Idempotency-Key's claim, when the request brought one
    _session: AsyncSession | None = None
    _rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def session(self) -> AsyncSession:
        """The session of this transaction, opened when something first needs it."""
        if self._session is None:
            self._session = self.database.session(read_only=self.read_only)
        return self._session

    def add(self, entity: Any) -> None:
        self.session.add(entity)

    def record(self, event: Event, *, reason: str | None = None, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None) -> UUID:
        """Record a fact in the change's own transaction. The only way anything leaves a service."""
        if self.read_only:
            raise TypeError("a read records nothing")
        row = event_row(event, caller=self.caller, at=self.now, request_id=self.asked.request_id, reason=reason)
        row |= {"before": before, "after": after}
        self._rows.append(row)
        self.recorded.append(row["id"])
        return row["id"]  # type: ignore[no-any-return]

    def require_match(self, version: int) -> None:
        """428 without If-Match, 412 when the record has moved on since it was read. Compares the version half of the ETag."""
        if self.asked.if_match is None:
            raise PreconditionRequired("Read the record first and send its ETag as If-Match, so that no change of somebody else is overwritten.")
        wanted = TAG.findall(self.asked.if_match)
        if not wanted:
            raise PreconditionFailed("If-Match takes the ETag of the record as it was sent, in its quotes; * would overwrite what nobody has read.")
        if str(version) not in wanted:
            raise PreconditionFailed("Read the record again, look at what changed, and repeat your change with the new ETag.", version=version)

    async def flush(self) -> None:
        """Send the changes, stamped with `now`; a broken constraint becomes its own problem."""
        for entity in (*self.session.new, *self.session.dirty):
            if isinstance(entity, Timestamped) and (entity in self.session.new or self.session.is_modified(entity)):
                entity.updated_at = self.now
                if entity.created_at is None:
                    entity.created_at = self.now
        with translated_errors():
            await self.session.flush()
            if self._rows:
                rows, self._rows = self._rows, []
                await self.session.execute(events.insert(), rows)

    async def execute(self, statement: Executable, parameters: Any = None) -> Any:
        """Run a set-based statement in this transaction, with the caller's bind parameters where it names them."""
        with translated_errors():
            return await self.session.execute(statement, parameters)

    async def connection(self) -> AsyncConnection:
        return await self.session.connection()

    async def settle(self) -> None:
        """Commit, then wake the relay. No constraint is deferred, so that the commit itself has nothing left to refuse."""
        if self._session is None and not self._rows:
            return
        await self.flush()
        with translated_errors():
            await self.session.commit()
        if self.recorded:
            self.database.signals.send(SIGNAL)

    async def close(self) -> None:
        """Give the connection back; what was not settled is rolled back."""
        if self._session is not None:
            with contextlib.suppress(*REFUSALS):
                await self._session.close()


@contextlib.asynccontextmanager
async def open_work(
    database: Database, caller: Caller, *, now: datetime | None = None, asked: Conditions | None = None, read_only: bool = False
) -> AsyncIterator[Work]:
    """The edge: open, hand out, commit on success, roll back on any error."""
    work = Work(database, caller, now or datetime.now(UTC), asked or Conditions(), read_only)
    try:
        with translated_errors():
            yield work
        if not read_only:
            await work.settle()
    finally:
        await work.close()
