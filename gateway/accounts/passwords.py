"""argon2id in threads: hashing takes tens of milliseconds and megabytes on purpose, and never stops the event loop."""

import os
from functools import cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.errors import HashingBusy

HASHER = PasswordHasher()
MOST_WAITING = 64
# Somebody who knows no password can make us hash: bound how much of the machine that takes.
LIMITER = anyio.CapacityLimiter(max(1, (os.cpu_count() or 2) // 2))


@cache
def _nobody() -> str:
    """A hash that no password fits, for addresses without an account: the same parameters cost the same time."""
    return HASHER.hash(os.urandom(16).hex())


async def hash_password(password: str) -> str:
    """The argon2id hash, with its salt and parameters."""
    _refuse_crowd()
    return await anyio.to_thread.run_sync(HASHER.hash, password, limiter=LIMITER)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits; for an unknown account (None) the same work and False."""
    _refuse_crowd()
    return await anyio.to_thread.run_sync(_verify, password_hash, password, limiter=LIMITER)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        return HASHER.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _refuse_crowd() -> None:
    if LIMITER.statistics().tasks_waiting >= MOST_WAITING:
        raise HashingBusy("Try again in a moment.")
