"""Seats are public; who holds them and where they are reached is for their organisation and for `contacts:read`."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Date, any_, bindparam, exists, func, select, true
from sqlalchemy.orm import aliased

from services.registry.access import CONTACTS_READ
from services.registry.actors.models import Actor
from services.registry.claims.models import Claim
from services.registry.errors import HolderNotFound, SeatNotFound
from services.registry.judgements.identity import canonical, families
from services.registry.people.models import Person
from services.registry.periods import TODAY, is_current
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from shared.reading import CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort

DAY: ColumnElement[Any] = func.coalesce(bindparam("as_of", type_=Date()), TODAY)


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


def _seats_title(row: Entity) -> ColumnElement[Any]:
    seat = aliased(Seat)
    return select(seat.title).where(seat.id == row.seat_id).correlate(row).scalar_subquery()


def _verification(row: Entity) -> ColumnElement[Any]:
    """As the last decision says, or that a claim waits for the first; null while nobody has claimed."""
    claim = aliased(Claim)
    said = select(claim.status).where(claim.seat_id == row.seat_id, claim.person_id == row.person_id)
    return said.order_by(claim.decided_at.desc().nulls_last(), claim.id.desc()).limit(1).correlate(row).scalar_subquery()


class SeatHolders(_OfTheSeat):
    model = SeatHolder
    not_found = HolderNotFound
    fields: ClassVar = {"name": _persons_name, "seat_title": _seats_title, "verification": _verification}


def _actors_name(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    return select(in_language(actor.names, actor.name)).where(actor.id == canonical(row.actor_id)).correlate(row).scalar_subquery()


class Seats(Repository[Seat]):
    model = Seat
    not_found = SeatNotFound
    address = "/v1/seats"
    fields: ClassVar = {"actor_id": lambda row: canonical(row.actor_id), "actor_name": _actors_name}
    includes: ClassVar = {
        "holder": Include(SeatHolders, on=lambda seat, holder: (holder.seat_id == seat.id) & is_current(holder, DAY), many=False),
        "holders": Include(SeatHolders, on=lambda seat, holder: holder.seat_id == seat.id, order=lambda holder: [holder.valid_from.desc()]),
        "contact_points": Include(
            ContactPoints,
            on=lambda seat, point: (point.seat_id == seat.id) & is_current(point, DAY),
            order=lambda point: [point.preferred.desc(), point.id],
        ),
    }
    filters: ClassVar = {
        "actor": lambda row, actors: row.actor_id == any_(families(actors)),
        "as_of": lambda row, _: true(),  # says when, not which
    }
    sorts: ClassVar = {None: Sort(lambda row: [])}

    def parameters(self) -> dict[str, Any]:
        return {**super().parameters(), "as_of": None}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()
