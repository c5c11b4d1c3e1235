"""The gateway's signing keys: in its database, so that tokens outlive restarts and hold across replicas.

A key is published (`next`), then signs (`active`), then is published until its last token is over (`retired`), then is gone. Constraints
allow one key that signs and one that waits; every instant is the database's.
"""

import asyncio
import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.tokens.models import KeyState, SigningKey
from shared.database import Database
from shared.refusals import translated_errors

LOCK = 0x6B657973  # "keys"
KEYS_SIGNAL = "keys"
# Seconds until a gateway that missed the signal reads the keys again.
POLL = 5.0
# Whoever verifies knows a new key before it signs: a gateway reads it within POLL, a cache on the way keeps the old set for CACHED_FOR, a
# service for `shared.access.KEYS_FOR`; libraries of other systems keep sets for five minutes, and read them again for a key they do not know.
CACHED_FOR = 60
PUBLISHED_BEFORE = timedelta(minutes=10)
# A retired key is published for longer than any token lives (an hour at most), by whichever clock, from a gateway that missed the signal.
PUBLISHED_FOR = timedelta(hours=2)
keys = SigningKey.__table__


@dataclass(frozen=True)
class Signer:
    """The key that signs at present; key objects, since parsing PEM costs as much as signing."""

    key_id: str
    key: ec.EllipticCurvePrivateKey

    def sign(self, claims: dict[str, Any], *, kind: str = "JWT") -> str:
        return jwt.encode(claims, self.key, algorithm="ES256", headers={"kid": self.key_id, "typ": kind})


class KeyRing:
    """The signing key and the published set of one gateway process, as the database had them last."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.published: dict[str, Any] = {"keys": []}
        self.on_change: Callable[[dict[str, Any]], None] | None = None
        self._signer: Signer | None = None
        self._loading = asyncio.Lock()

    @property
    def signer(self) -> Signer:
        if self._signer is None:
            raise RuntimeError("the key ring was not loaded")
        return self._signer

    async def jwks(self) -> dict[str, Any]:
        """The published set as it is now, for verifiers of this process that met an unknown key. Unavailable without the database."""
        with translated_errors():
            await self.load()
        return self.published

    async def load(self) -> None:
        """Read the keys; make the first one when there is none, once for all replicas. Tells who keeps them when they changed."""
        async with self._loading:
            async with self.database.session(read_only=True) as session:
                rows = (await session.execute(_PUBLISHED)).all()
            if not any(row.state is KeyState.active for row in rows):
                rows = await self._with_first()
            signing = next(row for row in rows if row.state is KeyState.active)
            if self._signer is None or self._signer.key_id != signing.id:
                self._signer = Signer(signing.id, _private(signing))
            published = {"keys": [row.public_jwk for row in rows]}
            if published != self.published:
                self.published = published
                if self.on_change is not None:
                    self.on_change(published)

    async def _with_first(self) -> Sequence[Any]:
        async with self.database.session(read_only=False) as session, session.begin():
            connection = await session.connection()
            at = await _alone(connection)
            if (await connection.execute(select(func.count()).where(keys.c.state == KeyState.active))).scalar_one() == 0:
                await _make(connection, at, KeyState.active)
            return (await connection.execute(_PUBLISHED)).all()

    async def forever(self) -> None:
        """Reload when a signal says that the keys changed, and every few seconds besides."""
        while True:
            changed = self.database.signals.watch(KEYS_SIGNAL)
            await self.load()
            await self.database.signals.wait(changed, POLL)


@dataclass(frozen=True)
class Waiting:
    """A key that is published and does not sign yet."""

    key_id: str
    signs_from: datetime


async def rotate(database: Database) -> Waiting:
    """Publish a new key that will sign after PUBLISHED_BEFORE, when `promote` sees that its time has come; the one that waits already, if any."""
    async with database.engine.begin() as connection:
        at = await _alone(connection)
        waiting = (await connection.execute(select(keys.c.id, keys.c.signs_from).where(keys.c.state == KeyState.next))).one_or_none()
        if waiting is not None:
            return Waiting(waiting.id, waiting.signs_from)
        made = Waiting(await _make(connection, at, KeyState.next, at + PUBLISHED_BEFORE), at + PUBLISHED_BEFORE)
    database.signals.send(KEYS_SIGNAL)
    return made


async def promote(database: Database) -> str | None:
    """Sign with the key that waits, once its time has come, and forget keys whose tokens are all over; the id of the new signer."""
    async with database.engine.begin() as connection:
        at = await _alone(connection)
        over = await connection.execute(delete(SigningKey).where(keys.c.not_after <= at))
        due = (await connection.execute(select(keys.c.id).where(keys.c.state == KeyState.next, keys.c.signs_from <= at))).scalar_one_or_none()
        if due is not None:
            retired = {"state": KeyState.retired, "not_after": at + PUBLISHED_FOR}
            await connection.execute(update(SigningKey).where(keys.c.state == KeyState.active).values(retired))
            await connection.execute(update(SigningKey).where(keys.c.id == due).values(state=KeyState.active))
    if due is not None or over.rowcount:
        database.signals.send(KEYS_SIGNAL)
    return due


async def replace(database: Database) -> str:
    """Sign with a new key at once and believe no other, for the case that somebody else may know the keys; the new one's id."""
    async with database.engine.begin() as connection:
        at = await _alone(connection)
        await connection.execute(delete(SigningKey))
        made = await _make(connection, at, KeyState.active)
    database.signals.send(KEYS_SIGNAL)
    return made


_PUBLISHED = select(keys).where((keys.c.state != KeyState.retired) | (keys.c.not_after > func.clock_timestamp())).order_by(keys.c.created_at.desc(), keys.c.id)


async def _alone(connection: AsyncConnection) -> datetime:
    """Changes of keys happen one after the other, at instants of the database's clock, whatever those of the hosts say."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    at: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
    return at


def _private(row: Any) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(row.private_pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"the signing key {row.id} is not an elliptic-curve key")
    return key


async def _make(connection: AsyncConnection, at: datetime, state: KeyState, signs_from: datetime | None = None) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    public: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    key_id = _thumbprint(public)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    row = {"id": key_id, "private_pem": pem, "public_jwk": {**public, "kid": key_id, "use": "sig", "alg": "ES256"}}
    await connection.execute(insert(SigningKey).values(**row, state=state, created_at=at, signs_from=signs_from))
    return key_id


def _thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638."""
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")
