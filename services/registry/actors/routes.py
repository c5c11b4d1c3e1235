"""The routes of actors."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanWriteActors
from services.registry.actors import service
from services.registry.actors.filters import ActorFilters, ActorView
from services.registry.actors.schemas import ActorChange, ActorCreate, ActorPage, ActorRead
from services.registry.errors import ActorMerged, ActorNotFound, IdentifierTaken, NameTwice, ParentCycle, ParentOverlaps, ParentUnknown, PreferredNameTwice
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["actors"])
MOVED = "The actor was merged: Location names the one it was merged into, with the same query."
REFUSALS = (IdentifierTaken, NameTwice, PreferredNameTwice, ParentUnknown, ParentOverlaps, ParentCycle)


@router.get("/actors", response_model=ActorPage, responses=offered(service.FILES))
async def list_actors(filters: Annotated[ActorFilters, Query()], work: Anyone) -> Response:
    """List and search actors. As CSV, NDJSON or GeoJSON, by `Accept`, the answer is a file with all of them and takes no parameters of pages."""
    return await service.list_actors(work, filters)


@router.get("/actors/{actor_id}", response_model=ActorRead, responses={308: {"description": MOVED}, **problems(ActorNotFound)})
async def read_actor(actor_id: UUID, view: Annotated[ActorView, Query()], work: Anyone) -> Response:
    """Read an actor. One that was merged answers with the way to the actor it is now."""
    return await service.read(work, actor_id, view)


@router.post("/actors", status_code=201, response_model=ActorRead, responses=problems(*REFUSALS))
async def register_actor(request: ActorCreate, work: CanWriteActors) -> Response:
    """Register an actor."""
    return await service.register(work, request)


@router.patch(
    "/actors/{actor_id}", response_model=ActorRead, responses=problems(ActorNotFound, ActorMerged, *REFUSALS, PreconditionFailed, PreconditionRequired)
)
async def change_actor(actor_id: UUID, request: ActorChange, work: CanWriteActors) -> Response:
    """Change an actor: what is absent stays, null empties, a list replaces the whole list."""
    return await service.change(work, actor_id, request)
