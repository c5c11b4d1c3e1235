"""Who calls, and what a route asks of them. Deny by default: a route that names neither a scope nor Public does not start.

A service believes one thing only: a token signed by the gateway (ES256, about a minute) and verified against its keys.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import jwt
from fastapi import Depends, Request

from shared.errors import Forbidden, Unauthorized, Unavailable
from shared.translations import Sentence

INTERNAL_AUDIENCE = "comity-services"
INTERNAL_ISSUER = "comity-gateway"
NO_KEYS = "The gateway's keys cannot be read just now, so no token can be verified. Send the request again."
# Seconds by which the clocks of two hosts may differ before a token is believed to be over, or not yet to have begun.
LEEWAY = 30
# Seconds after which a key set is read again though every key in it is known; after twice as many nothing is believed without doing so.
KEYS_FOR = 60
CLEARANCES = ("clear", "green", "amber", "amber_strict", "red")


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated principal: a person, a machine client, or the public."""

    subject: str = "public"
    organization: UUID | None = None
    seats: tuple[UUID, ...] = ()
    country: str | None = None
    subdivision: str | None = None
    roles: frozenset[str] = frozenset({"public"})
    scopes: frozenset[str] = frozenset()
    clearance: str = "clear"

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def belongs_nowhere(self) -> bool:
        """Of the platform itself: of no organisation and of no country. An organisation whose country somebody forgot to say is not that."""
        return self.organization is None and self.country is None

    @property
    def clearance_rank(self) -> int:
        """0 for `clear` to 4 for `red`; what is not one of them clears for nothing more than `clear`."""
        return CLEARANCES.index(self.clearance) if self.clearance in CLEARANCES else 0

    def parameters(self) -> dict[str, Any]:
        """The values of the caller's bind parameters in compiled statements."""
        return {
            "caller_subject": self.subject,
            "caller_org": self.organization,
            "caller_seats": list(self.seats),
            "caller_country": self.country,
            "caller_subdivision": self.subdivision,
            "caller_clearance": self.clearance_rank,
        }

    @classmethod
    def from_claims(cls, claims: dict[str, Any]) -> "Caller":
        return cls(
            subject=claims["sub"],
            organization=UUID(claims["org"]) if claims.get("org") else None,
            seats=tuple(UUID(seat) for seat in claims.get("seats", ())),
            country=claims.get("country"),
            subdivision=claims.get("subdivision"),
            roles=frozenset(claims.get("roles", ())),
            scopes=frozenset(claims.get("scopes", ())),
            clearance=claims.get("clearance", "clear"),
        )

    def to_claims(self) -> dict[str, Any]:
        return {
            "sub": self.subject,
            "org": str(self.organization) if self.organization else None,
            "seats": [str(seat) for seat in self.seats],
            "country": self.country,
            "subdivision": self.subdivision,
            "roles": sorted(self.roles),
            "scopes": sorted(self.scopes),
            "clearance": self.clearance,
        }


KeySource = Callable[[], Awaitable[dict[str, Any]]]


@dataclass
class Verifier:
    """Verifies tokens against a JWKS that is fetched again when an unknown key appears, at most once a second.

    Whoever comes while it is fetched waits for it. A token is bad only when the keys were read and none of them fits: while they
    cannot be read the answer is Unavailable (503), for nobody should sign in again because the gateway restarts.

    A set older than KEYS_FOR is read again behind the requests, one of twice that age before them: so a key that is published before it
    signs is known in time, and one that is published no more is forgotten. While that fails, the keys of before stay believed.
    """

    keys: KeySource
    audience: str = INTERNAL_AUDIENCE
    issuer: str = INTERNAL_ISSUER
    cache_size: int = 10_000
    _known: dict[str, Any] = field(default_factory=dict)
    _fetched_at: float = float("-inf")
    _failed_at: float = float("-inf")
    _renew_at: float = float("inf")
    _renewing: asyncio.Task[None] | None = None
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock)
    _verified: dict[bytes, tuple[float, dict[str, Any], Caller]] = field(default_factory=dict)

    async def claims(self, token: str) -> dict[str, Any]:
        """The verified claims; Unauthorized for an absent, forged, expired or foreign token."""
        return (await self._entry(token))[1]

    async def caller(self, token: str) -> Caller:
        return (await self._entry(token))[2]

    def forget(self) -> None:
        """Drop what was verified (a key or a client was revoked)."""
        self._verified.clear()
        self._fetched_at = self._failed_at = float("-inf")

    async def _entry(self, token: str) -> tuple[float, dict[str, Any], Caller]:
        digest = hashlib.sha256(token.encode()).digest()
        entry = self._verified.get(digest)
        if entry is not None and entry[0] > time.time() and time.monotonic() < self._renew_at + KEYS_FOR:
            return entry
        claims = await self._decode(token)
        entry = (min(claims["exp"], time.time() + 60), claims, Caller.from_claims(claims))
        if len(self._verified) >= self.cache_size:
            self._verified.clear()
        self._verified[digest] = entry
        return entry

    async def _decode(self, token: str) -> dict[str, Any]:
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["ES256"],
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthorized("The token has expired: ask for a new one at /oauth/token or /v1/session.") from error
        except jwt.InvalidAudienceError as error:
            raise Unauthorized("The token was issued for another audience.") from error
        except (jwt.PyJWTError, ValueError, KeyError) as error:
            raise Unauthorized("The token is not one of ours.") from error
        return claims

    async def _key(self, key_id: str | None) -> Any:
        if key_id not in self._known:
            async with self._fetching:
                if key_id not in self._known and time.monotonic() - self._fetched_at > 1:
                    await self._fetch()
        elif (late := time.monotonic() - self._renew_at) > 0:
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew(), name="renew keys")
            if late > KEYS_FOR:
                await asyncio.shield(self._renewing)
        if key_id is None or key_id not in self._known:
            raise Unauthorized("The token is not one of ours.")
        return self._known[key_id]

    def take(self, keys: dict[str, Any]) -> None:
        """Believe these keys (RFC 7517) and no others; what another one has verified is looked at again."""
        known = {item["kid"]: jwt.PyJWK(item, algorithm="ES256").key for item in keys.get("keys", [])}
        if self._known.keys() - known.keys():
            self._verified.clear()
        self._known, self._renew_at = known, time.monotonic() + KEYS_FOR

    async def _renew(self) -> None:
        async with self._fetching:
            with contextlib.suppress(Unavailable):
                await self._fetch()

    async def _fetch(self) -> None:
        if time.monotonic() - self._failed_at < 1:
            raise Unavailable(NO_KEYS)
        try:
            keys = await self.keys()
        except (OSError, ValueError, Unavailable) as error:
            self._failed_at = time.monotonic()
            raise Unavailable(NO_KEYS) from error
        self._fetched_at = time.monotonic()
        self.take(keys)


async def authenticate(request: Request) -> Caller:
    """The caller named by the bearer token, or the public when there is none."""
    header = request.headers.get("authorization")
    if header is None:
        return Caller()
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthorized("Send the token as: Authorization: Bearer <token>.")
    verifier: Verifier = request.app.state.verifier
    return await verifier.caller(token.strip())


@dataclass(frozen=True)
class Access:
    """What a route asks for. `scope=None` is Public. With `work=False` the route gets the caller only and holds no session.

    Any of `others` does as well: for a record that two kinds of people may read, each seeing what `visible()` shows them.
    """

    scope: str | None
    work: bool = True
    others: tuple[str, ...] = ()

    def require(self, caller: Caller) -> None:
        """Unauthorized or Forbidden unless the caller carries one of the scopes."""
        if self.scope is not None and not any(caller.may(scope) for scope in (self.scope, *self.others)):
            if caller.roles == frozenset({"public"}):
                raise Unauthorized
            scopes, roles = self.scope, ", ".join(sorted(caller.roles))
            for other in self.others:
                scopes = Sentence("{one} or {other}", one=scopes, other=other)
            said = Sentence("This needs the scope {scopes}, which your roles ({roles}) do not carry.", scopes=scopes, roles=roles)
            raise Forbidden(said, scope=self.scope)

    async def __call__(self, request: Request) -> AsyncGenerator[Any, None]:
        caller = await authenticate(request)
        self.require(caller)
        request.state.caller = caller
        if not self.work:
            yield caller
            return
        async with request.app.state.open_work(request, caller) as work:
            yield work


def Requires(scope: str, *others: str) -> Any:
    """The route runs in a `Work` of a caller who carries this scope, or any of `others`."""
    return Depends(Access(scope, others=others), scope="function")


def Admits(scope: str) -> Any:
    """The route gets the `Caller` only; for streams, which hold no session while they wait."""
    return Depends(Access(scope, work=False), scope="function")


Public = Depends(Access(None), scope="function")
# Everyone, with the `Caller` only: for what is done while nothing is open, such as hashing a password.
PublicCaller = Depends(Access(None, work=False), scope="function")
