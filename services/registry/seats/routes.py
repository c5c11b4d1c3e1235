"""The routes of seats."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanManageSeats
from services.registry.errors import (
    ChiefExecutiveExists,
    ContactPointTwice,
    HolderOverlaps,
    PersonUnknown,
    SeatActorUnknown,
    SeatNotFound,
    SeatOfAnother,
)
from services.registry.seats import service
from services.registry.seats.schemas import HandOver, SeatChange, SeatCreate, SeatFilters, SeatRead, SeatView
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["seats"])


@router.get("/seats", response_model=PageOf[SeatRead])
async def list_seats(filters: Annotated[SeatFilters, Query()], work: Anyone) -> Response:
    """List seats."""
    return await service.list_seats(work, filters)


@router.get("/seats/{seat_id}", response_model=SeatRead, responses=problems(SeatNotFound))
async def read_seat(seat_id: UUID, view: Annotated[SeatView, Query()], work: Anyone) -> Response:
    """Read a seat."""
    return await service.read(work, seat_id, view)


@router.post("/seats", status_code=201, response_model=SeatRead, responses=problems(SeatOfAnother, SeatActorUnknown, ChiefExecutiveExists, ContactPointTwice))
async def create_seat(request: SeatCreate, work: CanManageSeats) -> Response:
    """Create a seat of your organisation."""
    return await service.create(work, request)


@router.patch(
    "/seats/{seat_id}",
    response_model=SeatRead,
    responses=problems(SeatNotFound, SeatOfAnother, ChiefExecutiveExists, ContactPointTwice, PreconditionFailed, PreconditionRequired),
)
async def change_seat(seat_id: UUID, request: SeatChange, work: CanManageSeats) -> Response:
    """Change a seat's title, status or addresses."""
    return await service.change(work, seat_id, request)


@router.post(
    "/seats/{seat_id}/holders",
    status_code=201,
    response_model=SeatRead,
    responses=problems(SeatNotFound, SeatOfAnother, HolderOverlaps, PersonUnknown),
)
async def hand_over_seat(seat_id: UUID, request: HandOver, work: CanManageSeats) -> Response:
    """Give the seat to its next holder; the present one's time ends the day before."""
    return await service.hand_over(work, seat_id, request)
