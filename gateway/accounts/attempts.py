"""Counts attempts to sign in before they are checked, so that many at once cannot slip past the count.

The lock is for an address, not for an account or a network: an unknown address behaves as a known one. An attempt during
the lock neither counts nor prolongs it, so nobody can be kept out for longer than the longest lock at a time.
"""

import hashlib
from datetime import datetime
from math import ceil

from sqlalchemy import delete, text

from gateway.accounts.models import FORGET_ATTEMPTS_AFTER, FREE_ATTEMPTS, LONGEST_LOCK, LoginAttempts, lock_seconds
from gateway.errors import TooManyAttempts
from shared.access import Caller
from shared.database import Database
from shared.work import Work, open_work

# Seconds of lock after the first, second, third … failure; the last entry stands for all that follow.
LOCKS = [lock_seconds(failures) for failures in range(1, FREE_ATTEMPTS + int(LONGEST_LOCK.total_seconds()).bit_length() + 1)]

_COUNT = text(
    """
    INSERT INTO login_attempts AS kept (email_digest, failures, tried_at, locked_until)
    SELECT :digest, 1, asked.at, asked.at + make_interval(secs => asked.locks[1])
    FROM (SELECT CAST(:now AS timestamptz) AS at, CAST(:locks AS int[]) AS locks) AS asked
    ON CONFLICT (email_digest) DO UPDATE SET
        failures = CASE WHEN kept.tried_at < :forgotten THEN 1 ELSE kept.failures + 1 END,
        tried_at = excluded.tried_at,
        locked_until = excluded.tried_at + make_interval(secs =>
            (CAST(:locks AS int[]))[CASE WHEN kept.tried_at < :forgotten THEN 1 ELSE least(kept.failures + 1, cardinality(CAST(:locks AS int[]))) END])
    WHERE kept.locked_until <= excluded.tried_at
    RETURNING failures
    """
)
_LOCKED_UNTIL = text("SELECT locked_until FROM login_attempts WHERE email_digest = :digest")


async def count(database: Database, email_key: str, now: datetime) -> None:
    """Count an attempt, in a transaction of its own that outlives the refusal; TooManyAttempts while the address is locked."""
    values = {"digest": digest(email_key), "now": now, "forgotten": now - FORGET_ATTEMPTS_AFTER, "locks": LOCKS}
    async with open_work(database, Caller(), now=now) as work:
        counted = (await work.execute(_COUNT, values)).scalar_one_or_none()
        until = None if counted is not None else (await work.execute(_LOCKED_UNTIL, {"digest": values["digest"]})).scalar_one_or_none()
    if counted is None:
        raise TooManyAttempts(ceil((until - now).total_seconds()) if until is not None else 1)


async def forgive(work: Work, email_key: str) -> None:
    """Forget the count: somebody knew the password."""
    await work.execute(delete(LoginAttempts).where(LoginAttempts.email_digest == digest(email_key)))


async def forget_old(work: Work) -> int:
    """Delete counts that nobody added to for a while; how many."""
    old = delete(LoginAttempts).where(LoginAttempts.tried_at < work.now - FORGET_ATTEMPTS_AFTER, LoginAttempts.locked_until < work.now)
    return len((await work.execute(old.returning(LoginAttempts.email_digest))).all())


def digest(email_key: str) -> str:
    return hashlib.sha256(email_key.encode()).hexdigest()
