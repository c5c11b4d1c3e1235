"""The routes of memberships."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanManageSeats
from services.registry.errors import (
    MembershipActorUnknown,
    MembershipExists,
    MembershipNotFound,
    MembershipOfOthers,
    MembershipOver,
    PersonErased,
    PersonUnknown,
    ReasonNamesPerson,
)
from services.registry.memberships import service
from services.registry.memberships.schemas import MembershipChange, MembershipCreate, MembershipEnd, MembershipFilters, MembershipRead
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["memberships"])
STALE = (PreconditionFailed, PreconditionRequired)


@router.get("/memberships", response_model=PageOf[MembershipRead], responses=offered())
async def list_memberships(filters: Annotated[MembershipFilters, Query()], work: Anyone) -> Response:
    """List memberships of people in your organisation and on its behalf, and with contacts:read those of your country's. As seats, a file by `Accept`."""
    return await service.list_memberships(work, filters)


@router.get("/memberships/{membership_id}", response_model=MembershipRead, responses=problems(MembershipNotFound))
async def read_membership(membership_id: UUID, work: Anyone) -> Response:
    """Read a membership."""
    return await service.read(work, membership_id)


@router.post(
    "/memberships",
    status_code=201,
    response_model=MembershipRead,
    responses=problems(MembershipOfOthers, MembershipActorUnknown, MembershipExists, PersonUnknown, PersonErased, ReasonNamesPerson),
)
async def record_membership(request: MembershipCreate, work: CanManageSeats) -> Response:
    """Record that a person is a member of an organisation, such as your delegate to a commission."""
    return await service.record(work, request)


@router.patch(
    "/memberships/{membership_id}",
    response_model=MembershipRead,
    responses=problems(MembershipNotFound, MembershipOfOthers, MembershipExists, PersonErased, ReasonNamesPerson, *STALE),
)
async def change_membership(membership_id: UUID, request: MembershipChange, work: CanManageSeats) -> Response:
    """Change a membership: what is absent stays, null empties."""
    return await service.change(work, membership_id, request)


@router.post(
    "/memberships/{membership_id}/end",
    response_model=MembershipRead,
    responses=problems(MembershipNotFound, MembershipOfOthers, MembershipOver, PersonErased, ReasonNamesPerson, *STALE),
)
async def end_membership(membership_id: UUID, request: MembershipEnd, work: CanManageSeats) -> Response:
    """End a membership, with the reason."""
    return await service.end(work, membership_id, request)
