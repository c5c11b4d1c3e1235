"""Access tokens for people and machines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway import roles
from gateway.accounts.models import Account
from gateway.clients.models import Client
from gateway.settings import Settings
from gateway.tokens.keys import KeyRing
from gateway.tokens.passports import AUDIENCE
from gateway.tokens.refusals import OAuthRefused
from gateway.tokens.schemas import TokenRead
from shared.ids import new_id


@dataclass(frozen=True)
class Issuer:
    """Signs access tokens with the gateway's present key."""

    ring: KeyRing
    settings: Settings

    def for_account(self, account: Account, session_id: UUID, now: datetime, scope: str | None = None) -> TokenRead:
        return self._issue(account, {"sid": str(session_id)}, now, scope)

    def for_client(self, client: Client, now: datetime, scope: str | None = None) -> TokenRead:
        return self._issue(client, {"client_id": client.client_id}, now, scope)

    def _issue(self, principal: Account | Client, more: dict[str, Any], now: datetime, scope: str | None) -> TokenRead:
        granted = roles.scopes_of(principal.roles)
        if scope is not None:
            granted, more = _narrowed(granted, scope), {**more, "scope": scope}
        issued = int(now.timestamp())
        claims = {
            "iss": self.settings.public_url,
            "aud": AUDIENCE,
            "sub": str(principal.id),
            "iat": issued,
            "exp": issued + self.settings.access_token_seconds,
            "jti": str(new_id()),
            **principal.claims(),
            **more,
        }
        token = self.ring.signer.sign(claims, kind="at+jwt")
        return TokenRead(access_token=token, expires_in=self.settings.access_token_seconds, scope=" ".join(sorted(granted)))


def _narrowed(granted: frozenset[str], scope: str) -> frozenset[str]:
    """A token may ask for less than its principal may do, never for more."""
    wanted = frozenset(scope.split())
    if not wanted or wanted - granted:
        raise OAuthRefused("invalid_scope", f"Not granted: {' '.join(sorted(wanted - granted)) or 'an empty scope'}.")
    return wanted
