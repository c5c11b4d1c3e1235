"""Memberships are for the organisations in them, and with `contacts:read` for those of their country: they say where a person is."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, or_, select
from sqlalchemy.orm import aliased

from services.registry.actors.callers import keeps
from services.registry.actors.models import Actor
from services.registry.errors import MembershipNotFound
from services.registry.judgements.identity import canonical, families
from services.registry.memberships.models import Membership
from services.registry.people.models import Person
from services.registry.periods import is_current
from shared.reading import Entity, Expression, Scopes, in_language
from shared.repository import Repository, Sort


def _persons_name(row: Entity) -> ColumnElement[Any]:
    person = aliased(Person)
    return select(person.name).where(person.id == row.person_id).correlate(row).scalar_subquery()


def _actors_name(key: str) -> Expression:
    def name(row: Entity) -> ColumnElement[Any]:
        actor: Entity = aliased(Actor)
        return select(in_language(actor.names, actor.name)).where(actor.id == canonical(getattr(row, key))).correlate(row).scalar_subquery()

    return name


class Memberships(Repository[Membership]):
    model = Membership
    not_found = MembershipNotFound
    address = "/v1/memberships"
    fields: ClassVar = {
        "person_name": _persons_name,
        "organization_id": lambda row: canonical(row.organization_id),
        "on_behalf_of_id": lambda row: canonical(row.on_behalf_of_id),
        "organization_name": _actors_name("organization_id"),
        "on_behalf_of_name": _actors_name("on_behalf_of_id"),
    }
    filters: ClassVar = {
        "person": lambda row, people: row.person_id == any_(people),
        "organization": lambda row, actors: row.organization_id == any_(families(actors)),
        "on_behalf_of": lambda row, actors: row.on_behalf_of_id == any_(families(actors)),
        "as_of": is_current,
    }
    sorts: ClassVar = {None: Sort(lambda row: [])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return or_(keeps(row.organization_id, scopes), keeps(row.on_behalf_of_id, scopes))
