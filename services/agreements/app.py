"""The ASGI application of this service."""

from fastapi import APIRouter, FastAPI

from services.agreements.agreements.routes import router as agreements
from services.agreements.gates.routes import router as gates
from services.agreements.models import metadata
from services.agreements.register.routes import router as register
from services.agreements.route_checks.routes import router as route_checks
from services.agreements.rulebooks.routes import router as rulebooks
from services.agreements.settings import Settings
from services.agreements.signatures.routes import router as signatures
from services.agreements.texts.routes import router as texts
from shared.access import Verifier
from shared.directory import honour_comity_after
from shared.web import Clock, Service, build_app

ROUTERS: list[APIRouter] = [register, agreements, texts, signatures, gates, rulebooks, route_checks]


def create_app(settings: Settings, verifier: Verifier, clock: Clock | None = None) -> FastAPI:
    """The application; it trusts the tokens that `verifier` accepts and nothing else."""
    service = Service("agreements", "Agreements", ROUTERS, metadata, settings, verifier, clock or Clock(), before_work=[honour_comity_after])
    return build_app(service)
