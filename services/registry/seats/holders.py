"""Who holds a seat: handing it over, vacating it, and correcting what was recorded wrongly."""

from datetime import date, timedelta
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.registry.errors import HolderNotFound, SeatVacant
from services.registry.people.naming import require_nameless
from services.registry.people.service import add, known
from services.registry.seats.leaving import forget_unless_known, require_within
from services.registry.seats.models import Seat, SeatHolder
from services.registry.seats.repository import Seats
from services.registry.seats.schemas import HandOver, HolderCorrection, HolderWithdrawal, SeatRead, SeatVacancy
from services.registry.seats.service import holders_names, require_own, stands, tell
from shared.errors import Invalid
from shared.work import Work

DAY = timedelta(days=1)
HOLDERS = frozenset({"holders"})


async def hand_over(work: Work, seat_id: UUID, request: HandOver) -> Response:
    """Give the seat to somebody; the present holder's time ends the day before."""
    seat = await Seats(work).get(seat_id, lock=True)
    await require_own(work, seat.actor_id)
    seat.require_active()
    await _require_nameless(work, seat, request.reason)
    before = await stands(work, seat)
    since = request.valid_from or work.now.date()
    person_id = await _person(work, seat, request.name, request.person_id, request.reason)
    present = await _present(work, seat.id, since)
    if present is not None and present.valid_from < since:  # who begins on the very day stays: then the constraint refuses
        present.valid_through = since - DAY
        await work.flush()
    work.add(SeatHolder(seat_id=seat.id, person_id=person_id, valid_from=since, valid_through=request.valid_through))
    await tell(work, seat, before, request.reason)
    return await Seats(work).read(SeatRead, seat.id, include=HOLDERS, status=201)


async def vacate(work: Work, seat_id: UUID, request: SeatVacancy) -> Response:
    """End the time of whoever holds the seat on that day, which is the last. Nobody follows."""
    seat = await Seats(work).get(seat_id, match=True)
    await require_own(work, seat.actor_id)
    before = await stands(work, seat)
    on = request.on or work.now.date()
    present = await _present(work, seat.id, on)
    if present is None or present.valid_through == on:
        raise SeatVacant(seat=str(seat.id), on=str(on))
    await _require_nameless(work, seat, request.reason)
    present.valid_through = on
    await tell(work, seat, before, request.reason)
    return await Seats(work).read(SeatRead, seat.id, include=HOLDERS)


async def correct(work: Work, seat_id: UUID, holder_id: UUID, request: HolderCorrection) -> Response:
    """Put right who held the seat, or when."""
    seat = await Seats(work).get(seat_id, match=True)
    await require_own(work, seat.actor_id)
    holder = await _holder(work, seat.id, holder_id)
    before = await stands(work, seat)
    await _require_nameless(work, seat, request.reason)
    if request.name is not None or request.person_id is not None:
        mistaken, holder.person_id = holder.person_id, await _person(work, seat, request.name, request.person_id, request.reason)
        await work.flush()
        await forget_unless_known(work, seat, mistaken, request.reason)
    given = request.model_fields_set
    holder.valid_from = request.valid_from or holder.valid_from
    holder.valid_through = request.valid_through if "valid_through" in given else holder.valid_through
    if holder.valid_through is not None and holder.valid_through < holder.valid_from:
        raise Invalid("valid_through is before valid_from.", errors=[{"in": "body", "pointer": "/valid_through", "detail": "is before valid_from"}])
    if given & {"valid_from", "valid_through"}:
        await require_within(work, seat, holder)
    await tell(work, seat, before, request.reason)
    return await Seats(work).read(SeatRead, seat.id, include=HOLDERS)


async def withdraw(work: Work, seat_id: UUID, holder_id: UUID, request: HolderWithdrawal) -> Response:
    """Take back a hand-over that never was: whoever it followed has the seat again, for as long as the one taken back had it."""
    seat = await Seats(work).get(seat_id, match=True)
    await require_own(work, seat.actor_id)
    holder = await _holder(work, seat.id, holder_id)
    before = await stands(work, seat)
    await _require_nameless(work, seat, request.reason)
    followed = await _present(work, seat.id, holder.valid_from - DAY)
    await work.session.delete(holder)
    await work.flush()
    if followed is not None and followed.id != holder.id and followed.valid_through == holder.valid_from - DAY:
        followed.valid_through = holder.valid_through
    await forget_unless_known(work, seat, holder.person_id, request.reason)
    await tell(work, seat, before, request.reason)
    return await Seats(work).read(SeatRead, seat.id, include=HOLDERS)


async def _person(work: Work, seat: Seat, name: str | None, person_id: UUID | None, reason: str | None) -> UUID:
    """Somebody known, or somebody new whose record the seat's organisation keeps."""
    if person_id is not None:
        require_nameless(reason, (await known(work, person_id)).name)
        return person_id
    assert name is not None, "the request has one of the two"
    require_nameless(reason, name)
    return (await add(work, name, seat.actor_id)).id


async def _require_nameless(work: Work, seat: Seat, reason: str | None) -> None:
    """Whoever was or will be in the seat is not named, and not only who comes or goes: predecessors are what such reasons are about."""
    require_nameless(reason, *await holders_names(work, seat.id))


async def _holder(work: Work, seat_id: UUID, holder_id: UUID) -> SeatHolder:
    statement = select(SeatHolder).where(SeatHolder.id == holder_id, SeatHolder.seat_id == seat_id)
    found: SeatHolder | None = (await work.execute(statement)).scalar_one_or_none()
    if found is None:
        raise HolderNotFound(holder=str(holder_id))
    return found


async def _present(work: Work, seat_id: UUID, on: date) -> SeatHolder | None:
    """Who holds the seat on that day."""
    until = SeatHolder.valid_through.is_(None) | (SeatHolder.valid_through >= on)
    statement = select(SeatHolder).where(SeatHolder.seat_id == seat_id, SeatHolder.valid_from <= on, until)
    found: SeatHolder | None = (await work.execute(statement)).scalar_one_or_none()
    return found
