"""`Idempotency-Key`: a POST repeated with the same key has its effect once and gets the first answer again.

An advisory transaction lock on the key's hash answers the one in flight (a unique key would make the second request wait);
status and body are stored in the transaction of the effect, so a crash leaves both or neither.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Column, Index, LargeBinary, Table, Text, delete, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert

from shared.access import Caller
from shared.columns import Timestamp, platform
from shared.database import Database
from shared.errors import Invalid, KeyInFlight, KeyReused
from shared.work import Work

KEEP_FOR = timedelta(hours=24)

idempotency_keys = Table(
    "idempotency_keys",
    platform,
    Column("key", LargeBinary, primary_key=True, comment="SHA-256 of subject and key"),
    Column("fingerprint", LargeBinary, nullable=False, comment="SHA-256 of method, path and body"),
    Column("status", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)


class Replayed(Exception):
    """Carries the stored answer out of the request; not an error."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True)
class Claim:
    """The right to answer for a key, held by this transaction."""

    key: bytes
    fingerprint: bytes


async def claim(work: Work, request: Request) -> None:
    """Take the key for this transaction. Raises Replayed, KeyInFlight (409) or KeyReused (422).

    The public has no keys: nobody can say whose they would be, and what it may send changes nothing.
    """
    raw = request.headers.get("idempotency-key")
    if raw is None or request.method != "POST" or work.caller == Caller():
        return
    if not 1 <= len(raw) <= 200:
        raise Invalid(
            "Idempotency-Key takes 1 to 200 characters.",
            errors=[{"in": "header", "pointer": "/Idempotency-Key", "detail": "is too long or empty"}],
        )
    owner = f"{work.caller.subject}\n{work.caller.organization}\n{raw}"
    mine = Claim(hashlib.sha256(owner.encode()).digest(), await _fingerprint(request, work.caller))
    lock = int.from_bytes(mine.key[:8], "big", signed=True)
    if not (await work.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock})).scalar_one():
        raise KeyInFlight("Wait for the first request to end, then send it again: you will get its answer.")
    stored = (await work.execute(select(idempotency_keys).where(idempotency_keys.c.key == mine.key))).one_or_none()
    if stored is None:
        work.replay = mine
        return
    if stored.fingerprint != mine.fingerprint:
        raise KeyReused("Use a new key for a new request; a key belongs to one method, path and body, and to the rights of the token it came with.")
    raise Replayed(Response(stored.body, status_code=int(stored.status), headers={**stored.headers, "Idempotency-Replayed": "true"}))


async def store(work: Work, response: Response) -> None:
    """Keep the answer beside its effect, in the same transaction."""
    mine: Claim | None = work.replay
    if mine is None:
        return
    kept = {name: value for name, value in response.headers.items() if name.lower() != "content-length"}
    row: dict[str, Any] = {"key": mine.key, "fingerprint": mine.fingerprint, "status": str(response.status_code)}
    row |= {"headers": kept, "body": bytes(response.body), "created_at": work.now}
    await work.execute(insert(idempotency_keys).values(row))


async def forget_old(database: Database, now: datetime) -> int:
    """Drop answers older than a day; how many."""
    async with database.engine.begin() as connection:
        return (await connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < now - KEEP_FOR))).rowcount


async def _fingerprint(request: Request, caller: Caller) -> bytes:
    """Of the request and of the caller's rights: the stored answer shows what they allowed, so it is not given out under others."""
    rights = json.dumps(caller.to_claims(), sort_keys=True)
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n{rights}\n".encode())
    digest.update(await request.body())
    return digest.digest()
