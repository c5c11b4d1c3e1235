"""Which access tokens died before their time: a small set in memory, since it only has to reach back as far as a token lives.

It is read again at every change of an account, a client or a session, and every twenty seconds besides. While the database
cannot be reached the last known set stands: nobody gets a new token then, and services go on.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast, literal, select, union_all

from gateway.accounts.models import Account
from gateway.clients.models import Client
from gateway.tokens.models import Session
from shared.database import Database
from shared.relay import EVENTS_SIGNAL

POLL = 20.0
MARGIN = timedelta(minutes=2)  # for clocks of replicas that differ


class Revocations:
    """Raised epochs by subject, and revoked sessions."""

    def __init__(self, database: Database, token_for: timedelta, on_change: Callable[[], None]) -> None:
        self.database, self.token_for, self.on_change = database, token_for, on_change
        self.epochs: dict[str, int] = {}
        self.sessions: frozenset[str] = frozenset()

    def cover(self, claims: dict[str, Any]) -> bool:
        """Whether the token of these claims was revoked."""
        return claims.get("epoch", 0) < self.epochs.get(claims["sub"], 0) or claims.get("sid") in self.sessions

    async def load(self, now: datetime | None = None) -> None:
        """Read the set; tell who caches when it changed."""
        since = (now or datetime.now(UTC)) - self.token_for - MARGIN
        raised = [select(cast(kind.id, Text).label("id"), kind.token_epoch.label("epoch")).where(kind.epoch_at > since) for kind in (Account, Client)]
        ended = select(cast(Session.id, Text), literal(None)).where(Session.revoked_at > since)
        async with self.database.session(read_only=True) as session:
            rows: Sequence[Any] = (await session.execute(union_all(*raised, ended))).all()
        epochs = {row.id: row.epoch for row in rows if row.epoch is not None}
        sessions = frozenset(row.id for row in rows if row.epoch is None)
        if (epochs, sessions) != (self.epochs, self.sessions):
            self.epochs, self.sessions = epochs, sessions
            self.on_change()

    async def forever(self) -> None:
        """Keep the set fresh."""
        while True:
            changed = self.database.signals.watch(EVENTS_SIGNAL)
            await self.load()
            await self.database.signals.wait(changed, POLL)
