"""The application of the gateway's own resources, behind the same front as the services."""

from typing import Any

from fastapi import APIRouter

from gateway import feed
from gateway.accounts.routes import router as accounts
from gateway.clients.routes import router as clients
from gateway.documents.routes import router as documents
from gateway.health import router as health
from gateway.models import metadata
from gateway.settings import Settings
from gateway.tokens.issuing import Issuer
from gateway.tokens.keys import KeyRing
from gateway.tokens.passports import Passports
from gateway.tokens.revocations import Revocations
from gateway.tokens.routes import outside as tokens_outside
from gateway.tokens.routes import router as tokens
from shared.access import Verifier
from shared.routes import require_named_access
from shared.web import Clock, Service, ServiceApp, build_app

ROUTERS: list[APIRouter] = [tokens, feed.router, accounts, clients]
OUTSIDE: list[APIRouter] = [health, tokens_outside, documents]  # not below /v1


def build_own(settings: Settings, clock: Clock) -> ServiceApp:
    """The application; its state holds what the front and the routes share: keys, passports, revocations, the issuer."""
    verifier = Verifier(_no_keys)
    own = build_app(Service("gateway", "Gateway", ROUTERS, metadata, settings, verifier, clock))
    require_named_access(OUTSIDE)
    for router in OUTSIDE:
        own.include_router(router)
    # Before every service's own /readyz, which knows of one database only.
    own.router.routes.insert(0, own.router.routes.pop(-len(OUTSIDE)))
    ring = KeyRing(own.state.database)
    verifier.keys = ring.jwks
    passports = Passports(ring, settings.public_url)

    def rekeyed(keys: dict[str, Any]) -> None:
        verifier.take(keys)
        passports.take(keys)

    ring.on_change = rekeyed
    passports.revocations = Revocations(own.state.database, settings.access_token_for, passports.forget)
    own.state.keys, own.state.passports, own.state.revocations = ring, passports, passports.revocations
    own.state.settings, own.state.issuer = settings, Issuer(ring, settings)
    return own


async def _no_keys() -> dict[str, Any]:
    return {"keys": []}
