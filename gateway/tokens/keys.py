"""The gateway's signing keys: in its database, so that tokens outlive restarts and hold across replicas."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.tokens.models import KeyState, SigningKey
from shared.database import Database

LOCK = 0x6B657973  # "keys"
KEYS_SIGNAL = "keys"
# A retired key is published for longer than any token lives, internal or external.
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
    """The signing key and the published set of one gateway process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.published: dict[str, Any] = {"keys": []}
        self._signer: Signer | None = None

    @property
    def signer(self) -> Signer:
        if self._signer is None:
            raise RuntimeError("the key ring was not loaded")
        return self._signer

    async def jwks(self) -> dict[str, Any]:
        """The published set, for verifiers in this process."""
        return self.published

    async def load(self, now: datetime | None = None) -> None:
        """Read the keys; make the first one when there is none, once for all replicas."""
        now = now or datetime.now(UTC)
        async with self.database.session(read_only=True) as session:
            rows = (await session.execute(_published(now))).all()
        if not any(row.state is KeyState.active for row in rows):
            async with self.database.session(read_only=False) as session, session.begin():
                connection = await session.connection()
                await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                if (await connection.execute(select(func.count()).where(keys.c.state == KeyState.active))).scalar_one() == 0:
                    await _make(connection, now)
                rows = (await connection.execute(_published(now))).all()
        signing = next(row for row in rows if row.state is KeyState.active)
        key = serialization.load_pem_private_key(signing.private_pem.encode(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"the signing key {signing.id} is not an elliptic-curve key")
        self._signer = Signer(signing.id, key)
        self.published = {"keys": [row.public_jwk for row in rows]}

    async def forever(self) -> None:
        """Reload when a key was rotated, and every minute besides."""
        while True:
            rotated = self.database.signals.watch(KEYS_SIGNAL)
            await self.database.signals.wait(rotated, 60)
            await self.load()


async def rotate(database: Database, now: datetime) -> str:
    """Sign with a new key from now on; the id of it. Verifiers fetch the set again when they meet the unknown key."""
    async with database.engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        retired = {"state": KeyState.retired, "not_after": now + PUBLISHED_FOR}
        await connection.execute(update(SigningKey).where(keys.c.state == KeyState.active).values(retired))
        made = await _make(connection, now)
    database.signals.send(KEYS_SIGNAL)
    return made


def _published(now: datetime) -> Any:
    return select(keys).where((keys.c.state == KeyState.active) | (keys.c.not_after > now)).order_by(keys.c.created_at.desc())


async def _make(connection: AsyncConnection, now: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    public: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    key_id = _thumbprint(public)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    row = {"id": key_id, "private_pem": pem, "public_jwk": {**public, "kid": key_id, "use": "sig", "alg": "ES256"}}
    await connection.execute(insert(SigningKey).values(**row, state=KeyState.active, created_at=now))
    return key_id


def _thumbprint(jwk: dict[str, Any]) -> str:
    """RFC 7638."""
    canonical = json.dumps({name: jwk[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).decode().rstrip("=")
