"""Which access tokens died before their time: a small set in memory, since it only has to reach back as far as a token lives.

A signal says that an account, a client or a session changed. A signal can be lost, and the loss of the connection that listens can go
unnoticed for minutes; so the set is also read twice a second, which three small index scans make cheap. A revocation is therefore
seen within a second at every gateway that reaches the database. While one cannot, its last known set stands: nobody gets a new token
there, and services go on.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Text, cast, func, literal, select, union_all

from gateway.accounts.models import Account
from gateway.clients.models import Client
from gateway.tokens.models import Session
from shared import logs
from shared.database import Database
from shared.refusals import REFUSALS
from shared.relay import EVENTS_SIGNAL

log = logs.get(__name__)
WITHIN = 1.0  # seconds until every gateway has seen a revocation
POLL = WITHIN / 2
PATIENCE = 2.0  # for one read: a connection whose other end has vanished answers never
MARGIN = timedelta(minutes=2)  # for clocks of replicas that differ, and the leeway that verifiers give them


class Revocations:
    """Raised epochs by subject, and revoked sessions."""

    def __init__(self, database: Database, token_for: timedelta, on_change: Callable[[], None]) -> None:
        self.database, self.token_for, self.on_change = database, token_for, on_change
        self.epochs: dict[str, int] = {}
        self.sessions: frozenset[str] = frozenset()

    def cover(self, claims: dict[str, Any]) -> bool:
        """Whether the token of these claims was revoked."""
        return claims.get("epoch", 0) < self.epochs.get(claims["sub"], 0) or claims.get("sid") in self.sessions

    async def load(self) -> None:
        """Read the set; tell who caches when it changed."""
        since = func.clock_timestamp() - (self.token_for + MARGIN)
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
        """Keep the set fresh, by signal and by poll; a read that fails is tried again at the next one."""
        failing = False
        while True:
            changed = self.database.signals.watch(EVENTS_SIGNAL)
            try:
                async with asyncio.timeout(PATIENCE):
                    await self.load()
                failing = False
            except REFUSALS as error:
                if not failing:
                    log.warning("revocations.unread", error=repr(error))
                failing = True
            await self.database.signals.wait(changed, POLL)
