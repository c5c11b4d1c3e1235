"""Tokens as the gateway would send them, signed with a key of the tests."""

import json
import time
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from shared.access import INTERNAL_AUDIENCE, INTERNAL_ISSUER, Caller, Verifier

KEY = ec.generate_private_key(ec.SECP256R1())
KEY_ID = "test"


async def jwks() -> dict[str, Any]:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))
    return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]}


def verifier() -> Verifier:
    return Verifier(jwks)


def token(caller: Caller, **claims: Any) -> str:
    """An internal token for this caller; `claims` override, to forge one."""
    now = int(time.time())
    body = {**caller.to_claims(), "iss": INTERNAL_ISSUER, "aud": INTERNAL_AUDIENCE, "iat": now, "exp": now + 300, **claims}
    return jwt.encode(body, KEY, algorithm="ES256", headers={"kid": KEY_ID})


def caller(*scopes: str, organization: UUID | None = None, subject: str = "somebody", roles: tuple[str, ...] = ("member",), **more: Any) -> Caller:
    return Caller(subject=subject, organization=organization, roles=frozenset(roles), scopes=frozenset(scopes), **more)


def bearer(who: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(who)}"}
