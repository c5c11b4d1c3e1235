"""People are for the organisations they belong to, and with `contacts:read` for those of their country; for everybody else there are none."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, exists, or_, select
from sqlalchemy.orm import aliased

from services.registry.access import ACTORS_WRITE, PEOPLE_ERASE
from services.registry.actors.callers import keeps
from services.registry.errors import PersonNotFound
from services.registry.judgements.identity import canonical, families
from services.registry.memberships.models import Membership
from services.registry.memberships.repository import Memberships
from services.registry.people.models import Person
from services.registry.seats.models import Seat, SeatHolder
from services.registry.seats.repository import ContactPoints, SeatHolders
from shared.reading import BELONGS_NOWHERE, Entity, Include, Scopes
from shared.repository import Repository


def _holds(row: Entity, seats: ColumnElement[Any]) -> ColumnElement[bool]:
    held = aliased(SeatHolder)
    return row.id.in_(select(held.person_id).where(held.seat_id == any_(seats)))  # type: ignore[no-any-return]


class People(Repository[Person]):
    model = Person
    not_found = PersonNotFound
    address = "/v1/people"
    fields: ClassVar = {"organization_id": lambda row: canonical(row.organization_id)}
    includes: ClassVar = {
        "seats": Include(SeatHolders, on=lambda person, held: held.person_id == person.id, order=lambda held: [held.valid_from.desc(), held.id]),
        "memberships": Include(Memberships, on=lambda person, member: member.person_id == person.id, order=lambda member: [member.id]),
        "contact_points": Include(ContactPoints, on=lambda person, point: point.person_id == person.id, order=lambda point: [point.id]),
    }
    filters: ClassVar = {
        "organization": lambda row, actors: row.organization_id == any_(families(actors)),
        "seat": _holds,
        "q": lambda row, pattern: row.name.regexp_match(pattern),
        "erased": lambda row, wanted: row.erased_at.is_not(None) == wanted,
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        seat, held, member = aliased(Seat), aliased(SeatHolder), aliased(Membership)
        in_a_seat = select(held.id).join(seat, seat.id == held.seat_id).where(held.person_id == row.id, keeps(seat.actor_id, scopes))
        ours = or_(keeps(member.organization_id, scopes), keeps(member.on_behalf_of_id, scopes))
        a_member = select(member.id).where(member.person_id == row.id, ours)
        return or_(keeps(row.organization_id, scopes), exists(in_a_seat.correlate(row)), exists(a_member.correlate(row)))


class Erasable(People):
    """Those whom a caller may erase: beside those who are read, anybody, by id, for who keeps the whole registry and reads nobody."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        seen = super().visible(row, scopes)
        return or_(seen, BELONGS_NOWHERE) if {ACTORS_WRITE, PEOPLE_ERASE} <= scopes else seen
