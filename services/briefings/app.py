"""The ASGI application of this service."""

from fastapi import APIRouter, FastAPI

from services.briefings.audiences.routes import router as audiences
from services.briefings.briefings.routes import router as briefings
from services.briefings.deliveries.routes import router as deliveries
from services.briefings.inbox.routes import router as inbox
from services.briefings.models import metadata
from services.briefings.releases.routes import router as releases
from services.briefings.settings import Settings
from shared.access import Verifier
from shared.directory import honour_comity_after
from shared.metrics import Gauge
from shared.web import Clock, Service, build_app

# The inbox is what most people ask for most of the time.
ROUTERS: list[APIRouter] = [inbox, briefings, audiences, releases, deliveries]
GAUGES = [
    Gauge(
        "comity_deliveries",
        "Deliveries of the last seven days' releases by state.",
        "state",
        """
        SELECT CASE WHEN acknowledged_at IS NOT NULL THEN 'acknowledged' WHEN opened_at IS NOT NULL THEN 'opened'
                    WHEN delivered_at IS NOT NULL THEN 'delivered' ELSE 'queued' END, count(*)
        FROM releases JOIN deliveries ON release_id = releases.id WHERE released_at > now() - interval '7 days' GROUP BY 1
        """,
    )
]


def create_app(settings: Settings, verifier: Verifier, clock: Clock | None = None) -> FastAPI:
    """The application; it trusts the tokens that `verifier` accepts and nothing else."""
    service = Service("briefings", "Briefings", ROUTERS, metadata, settings, verifier, clock or Clock(), before_work=[honour_comity_after], gauges=GAUGES)
    return build_app(service)
