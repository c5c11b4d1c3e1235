"""The ASGI application of this service."""

from fastapi import APIRouter, FastAPI

from services.agreements.models import metadata
from services.agreements.settings import Settings
from shared.access import Verifier
from shared.directory import honour_comity_after
from shared.web import Clock, Service, build_app

ROUTERS: list[APIRouter] = []


def create_app(settings: Settings, verifier: Verifier, clock: Clock | None = None) -> FastAPI:
    """The application; it trusts the tokens that `verifier` accepts and nothing else."""
    service = Service("agreements", "Agreements", ROUTERS, metadata, settings, verifier, clock or Clock(), before_work=[honour_comity_after])
    return build_app(service)
