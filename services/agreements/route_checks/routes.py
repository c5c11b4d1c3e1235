"""Route checks, for anyone to ask."""

from services.agreements.access import Anyone
from services.agreements.errors import UnknownActor
from services.agreements.route_checks import service
from services.agreements.route_checks.schemas import RouteCheckCreate, RouteCheckRead
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["rulebooks"])


@router.post("/route-checks", response_model=RouteCheckRead, responses=problems(UnknownActor))
async def check_route(request: RouteCheckCreate, work: Anyone) -> RouteCheckRead:
    """Ask what would apply: which gates, in which order, by when, decided by whom, what silence means, and what is not known."""
    return await service.check(work, request)
