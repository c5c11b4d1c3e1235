"""The routes of ties."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Query, Response

from services.registry.access import Anyone, CanManageTies
from services.registry.errors import ActorNotFound, TieActorUnknown, TieExists, TieNotFound, TieOfOthers, TieOver, TieWithdrawn, TieWithItself
from services.registry.ties import neighbours, service
from services.registry.ties.drawing import MEDIA_TYPES
from services.registry.ties.schemas import (
    NeighbourFilters,
    NeighbourRead,
    PathFilters,
    Paths,
    TieChange,
    TieCreate,
    TieEnd,
    TieFilters,
    TieRead,
    TieTypes,
    TieView,
    TieWithdrawal,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import TABLES, offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["ties"])
Accept = Annotated[str | None, Header(include_in_schema=False)]
DRAWINGS: dict[int | str, dict[str, Any]] = {200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}}


@router.get("/ties", response_model=PageOf[TieRead], responses=offered((*TABLES, *service.DRAWINGS)))
async def list_ties(filters: Annotated[TieFilters, Query()], work: Anyone) -> Response:
    """List ties. As CSV or NDJSON, or drawn as GraphML or DOT, by `Accept`, the answer is a file with all of them and takes no parameters of pages."""
    return await service.list_ties(work, filters)


@router.get("/ties/types", response_model=TieTypes)
async def list_tie_types(work: Anyone) -> Response:
    """List the types of ties and how they are said."""
    return await service.list_types(work)


@router.get("/ties/{tie_id}", response_model=TieRead, responses=problems(TieNotFound))
async def read_tie(tie_id: UUID, view: Annotated[TieView, Query()], work: Anyone) -> Response:
    """Read a tie, as it is today or was on a day."""
    return await service.read(work, tie_id, view)


@router.post("/ties", status_code=201, response_model=TieRead, responses=problems(TieOfOthers, TieActorUnknown, TieWithItself, TieExists))
async def record_tie(request: TieCreate, work: CanManageTies) -> Response:
    """Record a tie of your organisation."""
    return await service.record(work, request)


@router.patch(
    "/ties/{tie_id}",
    response_model=TieRead,
    responses=problems(TieNotFound, TieOfOthers, TieOver, TieWithdrawn, TieExists, PreconditionFailed, PreconditionRequired),
)
async def change_tie(tie_id: UUID, request: TieChange, work: CanManageTies) -> Response:
    """Change a tie: what is absent stays, null empties."""
    return await service.change(work, tie_id, request)


@router.post(
    "/ties/{tie_id}/end",
    response_model=TieRead,
    responses=problems(TieNotFound, TieOfOthers, TieOver, TieWithdrawn, TieExists, PreconditionFailed, PreconditionRequired),
)
async def end_tie(tie_id: UUID, request: TieEnd, work: CanManageTies) -> Response:
    """End a tie, with a reason."""
    return await service.end(work, tie_id, request)


@router.post(
    "/ties/{tie_id}/withdrawal",
    response_model=TieRead,
    responses=problems(TieNotFound, TieOfOthers, TieWithdrawn, PreconditionFailed, PreconditionRequired),
)
async def withdraw_tie(tie_id: UUID, request: TieWithdrawal, work: CanManageTies) -> Response:
    """Take back a tie that should not have been recorded: it is in no list or drawing unless its status is asked for."""
    return await service.withdraw(work, tie_id, request)


@router.get("/actors/{actor_id}/neighbours", response_model=PageOf[NeighbourRead], responses={**DRAWINGS, **problems(ActorNotFound)})
async def list_neighbours(actor_id: UUID, filters: Annotated[NeighbourFilters, Query()], work: Anyone, accept: Accept = None) -> Response:
    """List those to whom an actor is tied, as JSON or as a drawing."""
    return await neighbours.list_neighbours(work, actor_id, filters, accept)


@router.get("/actors/{actor_id}/paths", response_model=Paths, responses={**DRAWINGS, **problems(ActorNotFound)})
async def find_paths(actor_id: UUID, filters: Annotated[PathFilters, Query()], work: Anyone, accept: Accept = None) -> Response:
    """Find the shortest paths of ties between two actors, as JSON or as a drawing."""
    return await neighbours.find_paths(work, actor_id, filters, accept)
