"""What the gateway does without being asked."""

import asyncio
from datetime import UTC, datetime, timedelta

from gateway.accounts import attempts
from gateway.tokens import keys, sessions
from shared.access import Caller
from shared.database import Database
from shared.work import open_work
from shared.worker import Loop, standing_loops

# Sessions that ended are remembered for a while, so that a late second use of a refresh token is still recognised.
REMEMBER_SESSIONS = timedelta(days=30)
PROMOTE_EVERY = 5.0  # seconds; when a key signs is not urgent, since every verifier knows it by then


def loops(database: Database) -> dict[str, Loop]:
    """The loops of one worker process."""

    async def forget() -> None:
        while True:
            await forget_over(database, datetime.now(UTC))
            await asyncio.sleep(600)

    async def promote() -> None:
        while True:
            await keys.promote(database)
            await asyncio.sleep(PROMOTE_EVERY)

    return {**standing_loops(database), "forget_sessions": forget, "promote_keys": promote}


async def forget_over(database: Database, now: datetime) -> None:
    """Delete sessions, refresh tokens and counts of attempts that nobody needs any more."""
    async with open_work(database, Caller(subject="gateway"), now=now) as work:
        await sessions.forget_over(work, now - REMEMBER_SESSIONS)
        await attempts.forget_old(work)
