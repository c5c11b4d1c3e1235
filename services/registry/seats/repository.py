"""Seats are public; who holds them and where they are reached is for their organisation and for `contacts:read`."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, exists, select, true
from sqlalchemy.orm import aliased

from services.registry.access import CONTACTS_READ
from services.registry.actors.models import Actor
from services.registry.errors import SeatNotFound
from services.registry.judgements.identity import canonical, families
from services.registry.periods import is_current
from services.registry.seats.models import ContactPoint, Person, Seat, SeatHolder
from shared.reading import CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort


class _OfTheSeat(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if CONTACTS_READ in scopes:
            return true()
        seat = aliased(Seat)
        return exists(select(seat.id).where(seat.id == row.seat_id, seat.actor_id == CALLER_ORG).correlate(row))


class ContactPoints(_OfTheSeat):
    model = ContactPoint


def _persons_name(row: Entity) -> ColumnElement[Any]:
    person = aliased(Person)
    return select(person.name).where(person.id == row.person_id).correlate(row).scalar_subquery()


class SeatHolders(_OfTheSeat):
    model = SeatHolder
    fields: ClassVar = {"name": _persons_name}


def _actors_name(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    return select(in_language(actor.names, actor.name)).where(actor.id == canonical(row.actor_id)).correlate(row).scalar_subquery()


class Seats(Repository[Seat]):
    model = Seat
    not_found = SeatNotFound
    fields: ClassVar = {"actor_id": lambda row: canonical(row.actor_id), "actor_name": _actors_name}
    includes: ClassVar = {
        "holder": Include(SeatHolders, on=lambda seat, holder: (holder.seat_id == seat.id) & is_current(holder), many=False),
        "holders": Include(SeatHolders, on=lambda seat, holder: holder.seat_id == seat.id, order=lambda holder: [holder.valid_from.desc()]),
        "contact_points": Include(ContactPoints, on=lambda seat, point: point.seat_id == seat.id, order=lambda point: [point.id]),
    }
    filters: ClassVar = {"actor": lambda row, actors: row.actor_id == any_(families(actors))}
    sorts: ClassVar = {None: Sort(lambda row: [])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()
