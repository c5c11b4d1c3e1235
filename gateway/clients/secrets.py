"""Secrets of machine clients.

They are 256 random bits, never chosen by people. A slow hash protects what can be guessed; these cannot, so SHA-256 loses
nothing, and a token request costs microseconds instead of the tens of milliseconds that would invite floods.
"""

import hashlib
import hmac
import secrets

PREFIX = "comity_secret_"  # recognisable to scanners that look for leaked credentials
NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(secret_hash: str | None, secret: str) -> bool:
    """Whether the secret belongs to the hash, in constant time; False for None."""
    return hmac.compare_digest(secret_hash or NOBODY, hash_secret(secret)) and secret_hash is not None
