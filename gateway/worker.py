"""What the gateway does without being asked."""

from datetime import UTC, datetime, timedelta

from gateway.accounts import attempts
from gateway.tokens import keys, sessions
from shared.access import Caller
from shared.database import Database
from shared.work import open_work
from shared.worker import Loop, by_the_clock, standing_loops

# Sessions that ended are remembered for a while, so that a late second use of a refresh token is still recognised.
REMEMBER_SESSIONS = timedelta(days=30)
PROMOTE_EVERY = 5.0  # seconds; when a key signs is not urgent, since every verifier knows it by then


def loops(database: Database) -> dict[str, Loop]:
    """The loops of one worker process."""

    async def forget_once() -> int:
        return await forget_over(database, datetime.now(UTC))

    async def forget() -> None:
        await by_the_clock(forget_once, every=600)

    async def promote_once() -> int:
        return int(await keys.promote(database) is not None)

    async def promote() -> None:
        await by_the_clock(promote_once, every=PROMOTE_EVERY)

    return {**standing_loops(database), "forget_sessions": forget, "promote_keys": promote}


async def forget_over(database: Database, now: datetime) -> int:
    """Delete sessions, refresh tokens and counts of attempts that nobody needs any more; how many sessions and counts."""
    async with open_work(database, Caller(subject="gateway"), now=now) as work:
        return await sessions.forget_over(work, now - REMEMBER_SESSIONS) + await attempts.forget_old(work)
