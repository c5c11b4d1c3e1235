"""Seats are public; who holds them and where they are reached is for their organisation, and with `contacts:read` for those of its country."""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import Boolean, ColumnElement, Date, any_, bindparam, exists, false, func, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.access import CONTACTS_READ, EVENTS_AUDIT
from services.registry.actors.callers import is_kept_by, keeps
from services.registry.actors.models import Actor
from services.registry.claims.models import Claim, Verification
from services.registry.errors import HolderNotFound, SeatNotFound
from services.registry.judgements.identity import canonical, families
from services.registry.people.models import Person
from services.registry.periods import TODAY, is_current
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort

READS_COUNTRY: ColumnElement[bool] = bindparam("reads_country", type_=Boolean())
READS_ALL: ColumnElement[bool] = bindparam("reads_all", type_=Boolean())
DAY: ColumnElement[Any] = func.coalesce(bindparam("as_of", type_=Date()), TODAY)


class _OfTheSeat(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        seat = aliased(Seat)
        return exists(select(seat.id).where(seat.id == row.seat_id, keeps(seat.actor_id, scopes)).correlate(row))


class ContactPoints(_OfTheSeat):
    model = ContactPoint


def _persons_name(row: Entity) -> ColumnElement[Any]:
    person = aliased(Person)
    return select(person.name).where(person.id == row.person_id).correlate(row).scalar_subquery()


def _seats_title(row: Entity) -> ColumnElement[Any]:
    seat = aliased(Seat)
    return select(seat.title).where(seat.id == row.seat_id).correlate(row).scalar_subquery()


def _verification(row: Entity) -> ColumnElement[Any]:
    """Verified while one of the claims is; else as the last decision says, or that a claim waits for the first; null while nobody has claimed.

    That somebody else's claim to be the person was refused says nothing of the account that was verified. One taken back counts no more.
    """
    claim = aliased(Claim)
    said = select(claim.status).where(claim.seat_id == row.seat_id, claim.person_id == row.person_id, claim.status != Verification.withdrawn)
    standing = (claim.status == Verification.verified).desc()
    return said.order_by(standing, claim.decided_at.desc().nulls_last(), claim.id.desc()).limit(1).correlate(row).scalar_subquery()


class SeatHolders(_OfTheSeat):
    model = SeatHolder
    not_found = HolderNotFound
    fields: ClassVar = {"name": _persons_name, "seat_title": _seats_title, "verification": _verification}


def _actors_name(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    return select(in_language(actor.names, actor.name)).where(actor.id == canonical(row.actor_id)).correlate(row).scalar_subquery()


def _of_actors(column: str) -> Callable[[Entity, ColumnElement[Any]], ColumnElement[bool]]:
    def within(row: Entity, value: ColumnElement[Any]) -> ColumnElement[bool]:
        return canonical(row.actor_id).in_(select(Actor.id).where(getattr(Actor, column) == value))

    return within


def _held(row: Entity, *more: Callable[[Entity], ColumnElement[bool]]) -> ColumnElement[bool]:
    """That somebody holds it on the day of whom this is so."""
    holder = aliased(SeatHolder)
    where = (holder.seat_id == row.id, is_current(holder, DAY), *(also(holder) for also in more))
    return exists(select(holder.id).where(*where).correlate(row))


def _shown(row: Entity) -> ColumnElement[bool]:
    """That the caller may see who holds it: what nobody may see is not to be found out by asking who is missing. As `keeps`, by parameters."""
    actor = aliased(Actor)
    own = exists(select(actor.id).where(actor.id == row.actor_id, is_kept_by(actor, CALLER_COUNTRY)).correlate(row))
    return or_(row.actor_id == CALLER_ORG, READS_ALL, READS_COUNTRY & own)


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
        "country": _of_actors("country"),
        "subdivision": _of_actors("subdivision"),
        "vacant": lambda row, wanted: _shown(row) & (_held(row) != wanted),
        "verified": lambda row, wanted: (
            _shown(row) & _held(row, lambda holder: func.coalesce(_verification(holder) == Verification.verified, false()) == wanted)
        ),
        "as_of": lambda row, _: true(),  # says when, not which
    }
    sorts: ClassVar = {None: Sort(lambda row: [])}

    def parameters(self) -> dict[str, Any]:
        caller = self.work.caller
        reads = caller.may(CONTACTS_READ)
        everywhere = reads and caller.belongs_nowhere and caller.may(EVENTS_AUDIT)
        return {**super().parameters(), "as_of": None, "reads_country": reads, "reads_all": everywhere}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()
