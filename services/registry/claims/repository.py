"""Claims are for the seat's organisation, for `contacts:read` and for the account that made them."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, exists, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from services.registry.access import CONTACTS_READ
from services.registry.claims.models import Claim
from services.registry.domains.models import ActorDomain
from services.registry.errors import ClaimNotFound
from services.registry.judgements.identity import family
from services.registry.people.models import Person
from services.registry.seats.models import Seat
from shared.reading import CALLER_ORG, CALLER_SUBJECT, Entity, Scopes
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


def _persons_name(row: Entity) -> ColumnElement[Any]:
    person = aliased(Person)
    return select(person.name).where(person.id == row.person_id).correlate(row).scalar_subquery()


class Claims(Repository[Claim]):
    model = Claim
    not_found = ClaimNotFound
    fields: ClassVar = {"person_name": _persons_name, "evidence": lambda row: func.coalesce(row.evidence, official(row), type_=JSONB)}
    filters: ClassVar = {"person": lambda row, person: row.person_id == person}
    sorts: ClassVar = {None: Sort(lambda row: [], descending=True)}  # ids grow with time

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if CONTACTS_READ in scopes:
            return true()
        seat = aliased(Seat)
        ours = exists(select(seat.id).where(seat.id == row.seat_id, seat.actor_id == CALLER_ORG).correlate(row))
        return or_(ours, row.subject == CALLER_SUBJECT)
