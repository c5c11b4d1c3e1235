"""What can be done with seats."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import Response
from sqlalchemy import delete, select

from services.registry.access import ACTORS_WRITE
from services.registry.errors import SeatOfAnother
from services.registry.events import SeatChanged, SeatCreated
from services.registry.seats.models import ContactPoint, Person, Seat, SeatHolder, SeatStatus
from services.registry.seats.repository import Seats
from services.registry.seats.schemas import ContactPointGiven, HandOver, SeatChange, SeatCreate, SeatFilters, SeatRead, SeatView
from shared.work import Work


async def list_seats(work: Work, filters: SeatFilters) -> Response:
    return await Seats(work).page(SeatRead, filters)


async def read(work: Work, seat_id: UUID, view: SeatView) -> Response:
    return await Seats(work).read(SeatRead, seat_id, include=frozenset(item.value for item in view.include or ()))


async def create(work: Work, request: SeatCreate) -> Response:
    """Create a seat of the caller's organisation, or of any actor for those who write actors."""
    _require_own(work, request.actor_id)
    seat = Seat(actor_id=request.actor_id, role=request.role, title=request.title, status=SeatStatus.active)
    work.add(seat)
    await work.flush()
    work.session.add_all(_points(seat, request.contact_points))
    work.record(SeatCreated(**_state(seat)), reason=request.reason)
    await work.flush()
    return await Seats(work).read(SeatRead, seat.id, status=201)


async def change(work: Work, seat_id: UUID, request: SeatChange) -> Response:
    """Change a seat's title, status or addresses."""
    seat = await Seats(work).get(seat_id, match=True)
    _require_own(work, seat.actor_id)
    before = {"title": seat.title, "status": seat.status.value}
    seat.title = request.title or seat.title
    seat.status = request.status or seat.status
    if request.contact_points is not None:
        await work.execute(delete(ContactPoint).where(ContactPoint.seat_id == seat.id))
        work.session.add_all(_points(seat, request.contact_points))
    seat.touch(work.now)
    work.record(SeatChanged(**_state(seat)), reason=request.reason, before=before, after={"title": seat.title, "status": seat.status.value})
    await work.flush()
    return await Seats(work).read(SeatRead, seat.id)


async def hand_over(work: Work, seat_id: UUID, request: HandOver) -> Response:
    """Give the seat to somebody; the present holder's time ends the day before."""
    seat = await Seats(work).get(seat_id, lock=True)
    _require_own(work, seat.actor_id)
    since = request.valid_from or work.now.date()
    await _end_present(work, seat.id, since)
    person_id = request.person_id
    if person_id is None:
        person = Person(name=request.name)
        work.add(person)
        await work.flush()
        person_id = person.id
    work.add(SeatHolder(seat_id=seat.id, person_id=person_id, valid_from=since, valid_through=request.valid_through))
    seat.touch(work.now)
    work.record(SeatChanged(**_state(seat)), reason=request.reason)
    await work.flush()
    return await Seats(work).read(SeatRead, seat.id, include=frozenset({"holders"}), status=201)


def _require_own(work: Work, actor_id: UUID) -> None:
    if not work.caller.may(ACTORS_WRITE) and actor_id != work.caller.organization:
        raise SeatOfAnother("You may manage the seats of your own organisation.", actor_id=str(actor_id))


def _points(seat: Seat, given: list[ContactPointGiven]) -> list[ContactPoint]:
    return [ContactPoint(seat_id=seat.id, **item.model_dump()) for item in given]


def _state(seat: Seat) -> dict[str, object]:
    return {"seat_id": seat.id, "actor_id": seat.actor_id, "role": seat.role, "title": seat.title, "status": seat.status}


async def _end_present(work: Work, seat_id: UUID, since: date) -> None:
    """End whoever holds the seat on that day, unless they begin on it: then the constraint refuses."""
    statement = select(SeatHolder).where(
        SeatHolder.seat_id == seat_id,
        SeatHolder.valid_from < since,
        (SeatHolder.valid_through.is_(None)) | (SeatHolder.valid_through >= since),
    )
    present: SeatHolder | None = (await work.execute(statement)).scalar_one_or_none()
    if present is not None:
        present.valid_through = since - timedelta(days=1)
        await work.flush()
