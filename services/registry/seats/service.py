"""What can be done with seats."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import delete, func, literal, select

from services.registry.actors.service import merged_into
from services.registry.actors.writers import writes_all
from services.registry.errors import ActorMerged, ContactPointTwice, PreferredContactPointTwice, SeatOfAnother
from services.registry.events import SeatChanged, SeatCreated
from services.registry.people.models import Person
from services.registry.people.naming import require_nameless
from services.registry.people.service import known
from services.registry.periods import is_current
from services.registry.seats.leaving import forget_unless_known
from services.registry.seats.models import ContactKind, ContactPoint, Seat, SeatHolder, SeatStatus
from services.registry.seats.repository import Seats
from services.registry.seats.schemas import ContactPointGiven, SeatChange, SeatCreate, SeatFilters, SeatRead, SeatView
from shared import exports
from shared.schemas import FIRST_DAY, LAST_DAY
from shared.work import Work

NEVER_TOOK_IT = "The seat was abolished before they took it."
POINT = (
    "channel", "address", "language", "kind", "person_id", "preferred", "hours", "time_zone", "valid_from", "valid_through",
)  # fmt: skip


async def list_seats(work: Work, filters: SeatFilters) -> Response:
    return await exports.listed(Seats(work), SeatRead, filters, "seats")


async def read(work: Work, seat_id: UUID, view: SeatView) -> Response:
    return await Seats(work).read(SeatRead, seat_id, include=frozenset(item.value for item in view.include or ()), as_of=view.as_of)


async def create(work: Work, request: SeatCreate) -> Response:
    """Create a seat of the caller's organisation, or of any actor for those who write actors."""
    await require_own(work, request.actor_id)
    if (canonical_id := await merged_into(work, request.actor_id)) is not None:
        raise ActorMerged(canonical_id=str(canonical_id))
    require_nameless(request.reason, *(item.address for item in request.contact_points))
    seat = Seat(actor_id=request.actor_id, role=request.role, title=request.title, status=SeatStatus.active)
    work.add(seat)
    await work.flush()
    _require_once(request.contact_points, [])
    await _add_points(work, seat, request.contact_points)
    await work.flush()
    work.record(SeatCreated(**state_of(seat)), reason=request.reason, after=await whole(work, seat))
    await work.flush()
    return await Seats(work).read(SeatRead, seat.id, status=201)


async def change(work: Work, seat_id: UUID, request: SeatChange) -> Response:
    """Change a seat's role, title, status or addresses. A request that changes nothing leaves the record and the feed as they are."""
    seat = await Seats(work).get(seat_id, match=True)
    await require_own(work, seat.actor_id)
    require_nameless(request.reason, *await holders_names(work, seat.id), *(item.address for item in request.contact_points or ()))
    before = await stands(work, seat)
    seat.role, seat.title = request.role or seat.role, request.title or seat.title
    ends = request.status is SeatStatus.abolished and seat.status is SeatStatus.active
    never = await _end_all(work, seat) if ends else []
    seat.status = request.status or seat.status
    replaced = await _replace_points(work, seat, request.contact_points, on=request.as_of or work.now.date())
    for person_id in never:
        await forget_unless_known(work, seat, person_id, request.reason or NEVER_TOOK_IT)
    await tell(work, seat, before, request.reason, also=("contact_points",) if replaced else ())
    return await Seats(work).read(SeatRead, seat.id)


async def require_own(work: Work, actor_id: UUID) -> None:
    if actor_id != work.caller.organization and not await writes_all(work, actor_id):
        raise SeatOfAnother("You may manage the seats of your own organisation, and as its coordinator those of your country.", actor_id=str(actor_id))


def state_of(seat: Seat) -> dict[str, object]:
    """What the events say: the whole public state."""
    return {"seat_id": seat.id, "actor_id": seat.actor_id, "role": seat.role, "title": seat.title, "status": seat.status}


async def holders_names(work: Work, seat_id: UUID) -> list[str | None]:
    """The names of all who hold the seat, have held it or will."""
    return list((await work.execute(select(Person.name).join(SeatHolder, SeatHolder.person_id == Person.id).where(SeatHolder.seat_id == seat_id))).scalars())


async def whole(work: Work, seat: Seat) -> dict[str, Any]:
    """The record as JSON for before and after: people by id, of the addresses only how many there are."""
    holders = (await work.execute(select(SeatHolder).where(SeatHolder.seat_id == seat.id).order_by(SeatHolder.valid_from))).scalars()
    points = select(func.count()).select_from(ContactPoint).where(ContactPoint.seat_id == seat.id)
    kept = {"actor_id": str(seat.actor_id), "role": seat.role.value, "title": seat.title, "status": seat.status.value}
    return {**kept, "holders": [holder.said() for holder in holders], "contact_points": (await work.execute(points)).scalar_one()}


@dataclass(frozen=True)
class Stood:
    """How a seat stood before a change."""

    version: int
    kept: dict[str, Any]


async def stands(work: Work, seat: Seat) -> Stood:
    return Stood(seat.version, await whole(work, seat))


async def tell(work: Work, seat: Seat, before: Stood, reason: str | None, *, also: tuple[str, ...] = ()) -> None:
    """Record what differs from before, as one change of the seat; `also` differs though it counts the same."""
    await work.flush()
    after = await whole(work, seat)
    differ = [name for name in after if after[name] != before.kept[name] or name in also]
    if differ:
        if seat.version == before.version:
            seat.touch(work.now)
        was, now = ({name: kept[name] for name in differ} for kept in (before.kept, after))
        work.record(SeatChanged(**state_of(seat)), reason=reason, before=was, after=now)
        await work.flush()


async def _add_points(work: Work, seat: Seat, given: list[ContactPointGiven]) -> None:
    for person_id in sorted({item.person_id for item in given if item.kind is ContactKind.personal and item.person_id}):
        await known(work, person_id)
    work.session.add_all(ContactPoint(seat_id=seat.id, **item.model_dump(include=set(POINT))) for item in given)


async def _replace_points(work: Work, seat: Seat, given: list[ContactPointGiven] | None, *, on: date) -> bool:
    """Whether these are other addresses than those of that day before. Those of other days stay: who reads the day does not see them."""
    if given is None:
        return False
    all_of_it = select(ContactPoint, is_current(ContactPoint, literal(on))).where(ContactPoint.seat_id == seat.id).order_by(ContactPoint.id)
    points = (await work.execute(all_of_it)).all()
    held = [item for item, current in points if current]
    stood = [{name: getattr(item, name) for name in POINT} for item in held]
    if sorted(stood, key=_place) == sorted((item.model_dump(include=set(POINT)) for item in given), key=_place):
        return False
    _require_once(given, [item for item, current in points if not current])
    await work.execute(delete(ContactPoint).where(ContactPoint.id.in_([item.id for item in held])))
    await _add_points(work, seat, given)
    return True


def _require_once(given: list[ContactPointGiven], resting: list[ContactPoint]) -> None:
    """ContactPointTwice and PreferredContactPointTwice, as the constraints have it, by the places in the request; `resting` stay beside these."""
    beside: list[list[ContactPoint | ContactPointGiven]] = [[*resting, *given[:place]] for place in range(len(given))]
    twice = [place for place, item in enumerate(given) if any((one.channel, one.address) == (item.channel, item.address) for one in beside[place])]
    if twice:
        raise ContactPointTwice(errors=[_wrong(place, "is an address of this seat already") for place in twice])
    second = [place for place, item in enumerate(given) if item.preferred and any(_is_preferred_beside(item, one) for one in beside[place])]
    if second:
        raise PreferredContactPointTwice(errors=[_wrong(place, "is preferred beside another of its channel in that time") for place in second])


def _is_preferred_beside(item: ContactPointGiven, one: ContactPointGiven | ContactPoint) -> bool:
    first, last = (item.valid_from or FIRST_DAY, one.valid_from or FIRST_DAY), (item.valid_through or LAST_DAY, one.valid_through or LAST_DAY)
    return one.preferred and one.channel is item.channel and max(first) <= min(last)


def _wrong(place: int, detail: str) -> dict[str, str]:
    return {"in": "body", "pointer": f"/contact_points/{place}", "detail": detail}


def _place(point: dict[str, Any]) -> tuple[str, str]:
    return point["channel"], point["address"]


async def _end_all(work: Work, seat: Seat) -> list[UUID]:
    """The time of whoever holds a seat ends with the seat, today. Who would have taken it later never does: these are answered."""
    today, never = work.now.date(), []
    for holder in (await work.execute(select(SeatHolder).where(SeatHolder.seat_id == seat.id))).scalars().all():
        if holder.valid_from > today:
            await work.session.delete(holder)
            never.append(holder.person_id)
        elif holder.valid_through is None or holder.valid_through > today:
            holder.valid_through = today
    await work.flush()
    return sorted(set(never))
