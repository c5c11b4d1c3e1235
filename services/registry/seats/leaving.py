"""Who leaves the registry with a hand-over that never was, and until when an abolished seat can have been held."""

from datetime import date
from uuid import UUID

from sqlalchemy import Date, cast, exists, func, select

from services.registry.claims.models import Claim
from services.registry.errors import SeatAbolished
from services.registry.events import PersonForgotten, PersonRecorded, SeatChanged
from services.registry.memberships.models import Membership
from services.registry.people.models import Person
from services.registry.seats.models import ContactPoint, Seat, SeatHolder, SeatStatus
from shared.events import events
from shared.translations import Sentence
from shared.work import Work


async def forget_unless_known(work: Work, seat: Seat, person_id: UUID, reason: str) -> None:
    """Remove who came into the registry with a hand-over that never was, unless something else refers to them by now.

    A person whom somebody recorded in a request of its own stays: nobody said that there is no such person.
    """
    made, handed = events.alias("made"), events.alias("handed")
    came = select(made.c.id).where(
        made.c.aggregatetype == "person", made.c.aggregateid == str(person_id), made.c.type == PersonRecorded.type,
        handed.c.aggregatetype == "seat", handed.c.aggregateid == str(seat.id),
        made.c.time == handed.c.time, made.c.request_id == handed.c.request_id,
    )  # fmt: skip
    nothing = [~exists().where(kind.person_id == person_id) for kind in (SeatHolder, ContactPoint, Membership, Claim)]
    found = select(Person).where(Person.id == person_id, Person.erased_at.is_(None), exists(came), *nothing).with_for_update()
    person = (await work.execute(found)).scalar_one_or_none()
    if person is not None:
        await work.session.delete(person)
        work.record(PersonForgotten(person_id=person.id, organization_id=person.organization_id), reason=reason)


async def require_within(work: Work, seat: Seat, holder: SeatHolder) -> None:
    """SeatAbolished where somebody would hold the seat after it was abolished."""
    if seat.status is SeatStatus.active:
        return
    gone = cast(func.timezone("UTC", func.max(events.c.time)), Date)
    changes = select(gone).where(events.c.aggregatetype == "seat", events.c.aggregateid == str(seat.id), events.c.type == SeatChanged.type)
    last: date | None = (await work.execute(changes.where(events.c.after["status"].astext == SeatStatus.abolished.value))).scalar_one()
    last = last or work.now.date()
    if holder.valid_through is None or holder.valid_through > last:
        wrong = {"in": "body", "pointer": "/valid_through", "detail": Sentence("needs a day, {day} at the latest", day=last)}
        raise SeatAbolished(Sentence("The seat was abolished on {day}, and nobody holds it after that day.", day=last), errors=[wrong], seat=str(seat.id))
