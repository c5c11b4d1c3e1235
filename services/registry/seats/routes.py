"""The routes of seats."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import Anyone, CanManageSeats
from services.registry.errors import (
    ActorMerged,
    ChiefExecutiveExists,
    ContactPointTwice,
    HolderNotFound,
    HolderOverlaps,
    PersonErased,
    PersonUnknown,
    PreferredContactPointTwice,
    ReasonNamesPerson,
    SeatAbolished,
    SeatActorUnknown,
    SeatNotFound,
    SeatOfAnother,
    SeatVacant,
)
from services.registry.seats import holders, service
from services.registry.seats.schemas import HandOver, HolderCorrection, HolderWithdrawal, SeatChange, SeatCreate, SeatFilters, SeatRead, SeatVacancy, SeatView
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["seats"])
CONTENT = (ChiefExecutiveExists, ContactPointTwice, PreferredContactPointTwice, PersonUnknown, PersonErased, ReasonNamesPerson)
CORRECTING = (SeatNotFound, HolderNotFound, SeatOfAnother, ReasonNamesPerson, PreconditionFailed, PreconditionRequired)


@router.get("/seats", response_model=PageOf[SeatRead], responses=offered())
async def list_seats(filters: Annotated[SeatFilters, Query()], work: Anyone) -> Response:
    """List seats. As CSV or NDJSON, by `Accept`, the answer is a file with all of them and takes no parameters of pages."""
    return await service.list_seats(work, filters)


@router.get("/seats/{seat_id}", response_model=SeatRead, responses=problems(SeatNotFound))
async def read_seat(seat_id: UUID, view: Annotated[SeatView, Query()], work: Anyone) -> Response:
    """Read a seat."""
    return await service.read(work, seat_id, view)


@router.post("/seats", status_code=201, response_model=SeatRead, responses=problems(SeatOfAnother, SeatActorUnknown, ActorMerged, *CONTENT))
async def create_seat(request: SeatCreate, work: CanManageSeats) -> Response:
    """Create a seat of your organisation."""
    return await service.create(work, request)


@router.patch(
    "/seats/{seat_id}",
    response_model=SeatRead,
    responses=problems(SeatNotFound, SeatOfAnother, *CONTENT, PreconditionFailed, PreconditionRequired),
)
async def change_seat(seat_id: UUID, request: SeatChange, work: CanManageSeats) -> Response:
    """Change a seat's role, title, status or addresses; of the addresses, those that are valid on the day."""
    return await service.change(work, seat_id, request)


@router.post(
    "/seats/{seat_id}/holders",
    status_code=201,
    response_model=SeatRead,
    responses=problems(SeatNotFound, SeatOfAnother, SeatAbolished, HolderOverlaps, PersonUnknown, PersonErased, ReasonNamesPerson),
)
async def hand_over_seat(seat_id: UUID, request: HandOver, work: CanManageSeats) -> Response:
    """Give the seat to its next holder; the present one's time ends the day before."""
    return await holders.hand_over(work, seat_id, request)


@router.post(
    "/seats/{seat_id}/vacancy",
    response_model=SeatRead,
    responses=problems(SeatNotFound, SeatOfAnother, SeatVacant, ReasonNamesPerson, PreconditionFailed, PreconditionRequired),
)
async def vacate_seat(seat_id: UUID, request: SeatVacancy, work: CanManageSeats) -> Response:
    """End the holder's time without a successor."""
    return await holders.vacate(work, seat_id, request)


@router.patch(
    "/seats/{seat_id}/holders/{holder_id}", response_model=SeatRead, responses=problems(*CORRECTING, SeatAbolished, HolderOverlaps, PersonUnknown, PersonErased)
)
async def correct_holder(seat_id: UUID, holder_id: UUID, request: HolderCorrection, work: CanManageSeats) -> Response:
    """Correct who held the seat or when, with the reason."""
    return await holders.correct(work, seat_id, holder_id, request)


@router.post("/seats/{seat_id}/holders/{holder_id}/withdrawal", response_model=SeatRead, responses=problems(*CORRECTING))
async def withdraw_holder(seat_id: UUID, holder_id: UUID, request: HolderWithdrawal, work: CanManageSeats) -> Response:
    """Take back a hand-over that never was; whoever it followed has the seat again."""
    return await holders.withdraw(work, seat_id, holder_id, request)
