"""The ASGI application of this service."""

import asyncio

from fastapi import APIRouter, FastAPI

from services.registry.actors import routes as actors
from services.registry.actors.callers import RECORDS
from services.registry.approaches import routes as approaches
from services.registry.capacity import routes as capacity
from services.registry.claims import routes as claims
from services.registry.diligence import routes as diligence
from services.registry.domains import routes as domains
from services.registry.engagements import routes as engagements
from services.registry.history import routes as history
from services.registry.imports import routes as imports
from services.registry.imports.links import routes as suggestions
from services.registry.imports.uploads import Slots, Uploads
from services.registry.judgements import routes as judgements
from services.registry.matches import routes as matches
from services.registry.memberships import routes as memberships
from services.registry.models import metadata
from services.registry.people import routes as people
from services.registry.reconciliation import routes as reconciliation
from services.registry.review import routes as review
from services.registry.seats import routes as seats
from services.registry.settings import Settings
from services.registry.ties import routes as ties
from services.registry.watchlists import routes as watchlists
from shared.access import Verifier
from shared.directory import honour_comity_after
from shared.metrics import Gauge
from shared.web import Clock, Service, build_app

ROUTERS: list[APIRouter] = [
    imports.exports,
    actors.router,
    seats.router,
    ties.router,
    engagements.router,
    judgements.router,
    matches.router,
    reconciliation.router,
    people.router,
    memberships.router,
    claims.router,
    domains.router,
    history.router,
    capacity.router,
    review.router,
    diligence.router,
    approaches.router,
    watchlists.router,
    suggestions.router,
    imports.router,
]
GAUGES = [Gauge("comity_imports", "Imports by state.", "state", "SELECT state, count(*) FROM imports GROUP BY state")]


def create_app(settings: Settings, verifier: Verifier, clock: Clock | None = None) -> FastAPI:
    """The application; it trusts the tokens that `verifier` accepts and nothing else."""
    service = Service("registry", "Registry", ROUTERS, metadata, settings, verifier, clock or Clock(), [honour_comity_after], GAUGES, RECORDS)
    app = build_app(service)
    app.state.public_url = settings.public_url
    app.state.uploads = Uploads(asyncio.Semaphore(settings.uploads_at_once), settings.max_import)
    app.state.exports = Slots(asyncio.Semaphore(settings.exports_at_once))
    return app
