"""Claims are for the seat's organisation, with `contacts:read` for those of its country, and for the account that made them."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from services.registry.actors.callers import keeps
from services.registry.claims.models import Claim
from services.registry.domains.models import ActorDomain
from services.registry.errors import ClaimNotFound
from services.registry.judgements.identity import families, family
from services.registry.people.models import Person
from services.registry.seats.models import Seat
from shared.reading import CALLER_SUBJECT, Entity, Scopes
from shared.repository import Repository, Sort


def official(row: Entity) -> ColumnElement[Any]:
    """The official domains of the seat's actor that the claim's domain is or lies under, as JSON."""
    seat, held = aliased(Seat), aliased(ActorDomain)
    under = or_(row.email_domain == held.domain, func.right(row.email_domain, func.length(held.domain) + 1) == "." + held.domain)
    said = func.jsonb_build_object(
        literal_column("'domain'"), held.domain, literal_column("'type'"), held.type,
        literal_column("'source'"), held.source, literal_column("'read_on'"), held.read_on,
    )  # fmt: skip
    listed = func.jsonb_agg(aggregate_order_by(said, held.domain, held.source))
    found = select(func.coalesce(listed, literal_column("'[]'::jsonb"), type_=JSONB)).select_from(held).join(seat, held.actor_id == any_(family(seat.actor_id)))
    return found.where(seat.id == row.seat_id, under).correlate(row).scalar_subquery()


def _of_organizations(row: Entity, actors: ColumnElement[Any]) -> ColumnElement[bool]:
    seat = aliased(Seat)
    return row.seat_id.in_(select(seat.id).where(seat.actor_id == any_(families(actors))))  # type: ignore[no-any-return]


def _persons_name(row: Entity) -> ColumnElement[Any]:
    person = aliased(Person)
    return select(person.name).where(person.id == row.person_id).correlate(row).scalar_subquery()


class Claims(Repository[Claim]):
    model = Claim
    not_found = ClaimNotFound
    fields: ClassVar = {"person_name": _persons_name, "evidence": lambda row: func.coalesce(row.evidence, official(row), type_=JSONB)}
    filters: ClassVar = {"person": lambda row, person: row.person_id == person}
    address = "/v1/claims"
    sorts: ClassVar = {None: Sort(lambda row: [], descending=True)}  # ids grow with time

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        seat = aliased(Seat)
        ours = exists(select(seat.id).where(seat.id == row.seat_id, keeps(seat.actor_id, scopes)).correlate(row))
        return or_(ours, row.subject == CALLER_SUBJECT)


class AllClaims(Claims):
    """Of every seat at once."""

    filters: ClassVar = {
        "seat": lambda row, seats: row.seat_id == any_(seats),
        "person": lambda row, people: row.person_id == any_(people),
        "organization": _of_organizations,
    }
