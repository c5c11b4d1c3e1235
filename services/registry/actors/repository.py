"""Actors as anyone may read them: everything here is public."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, cast, column, exists, func, literal, literal_column, select, true, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent
from services.registry.errors import ActorNotFound
from services.registry.periods import is_current
from services.registry.seats.repository import Seats
from shared.reading import Entity, Include, Scopes, bound, in_language
from shared.repository import Repository, Sort

BORDER = bound("filter_border", str)


def parent_of(row: Entity) -> ColumnElement[Any]:
    """The parent of today."""
    tie = aliased(ActorParent)
    return select(tie.parent_id).where(tie.actor_id == row.id, is_current(tie)).correlate(row).scalar_subquery()


def inside(row: Entity, parent: ColumnElement[Any]) -> ColumnElement[bool]:
    tie = aliased(ActorParent)
    return row.id.in_(select(tie.actor_id).where(tie.parent_id == parent, is_current(tie)))  # type: ignore[no-any-return]


def identified(row: Entity, keys: ColumnElement[Any]) -> ColumnElement[bool]:
    """Holds one of these `scheme:value` today."""
    held = aliased(ActorIdentifier)
    key = func.unnest(keys).table_valued(column("text", Text), name="key").render_derived()
    pairs = select(func.split_part(key.c.text, ":", 1), func.substr(key.c.text, func.strpos(key.c.text, ":") + 1))
    return row.id.in_(select(held.actor_id).where(tuple_(held.scheme, held.value).in_(pairs), is_current(held)))  # type: ignore[no-any-return]


def named(row: Entity, query: ColumnElement[Any]) -> ColumnElement[bool]:
    """One of its names has a word for each beginning in the query."""
    name = aliased(ActorName)
    return row.id.in_(select(name.actor_id).where(name.words.op("@@")(cast(query, TSQUERY))))  # type: ignore[no-any-return]


def borders(row: Entity, country: ColumnElement[Any]) -> ColumnElement[bool]:
    # The first half is the predicate of the partial index.
    return (row.border_m != literal_column("'{}'::jsonb")) & row.border_m.has_key(country)  # type: ignore[no-any-return]


def borders_within(row: Entity, metres: ColumnElement[Any]) -> ColumnElement[bool]:
    return cast(row.border_m[BORDER].astext, BigInteger) <= metres


class _Public(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


class ActorNames(_Public):
    model = ActorName


class ActorIdentifiers(_Public):
    model = ActorIdentifier


def _parents_name(row: Entity) -> ColumnElement[Any]:
    parent: Entity = aliased(Actor)
    return select(in_language(parent.names, parent.name)).where(parent.id == row.parent_id).correlate(row).scalar_subquery()


class ActorParents(_Public):
    model = ActorParent
    fields: ClassVar = {"name": _parents_name}


class Actors(Repository[Actor]):
    model = Actor
    not_found = ActorNotFound
    fields: ClassVar = {"name": lambda row: in_language(row.names, row.name), "parent_id": parent_of}
    includes: ClassVar = {
        "names": Include(ActorNames, on=lambda actor, name: name.actor_id == actor.id, order=lambda name: [name.language, name.kind, name.name]),
        "identifiers": Include(ActorIdentifiers, on=lambda actor, held: held.actor_id == actor.id, order=lambda held: [held.scheme, held.value, held.id]),
        "parents": Include(ActorParents, on=lambda actor, tie: tie.actor_id == actor.id, order=lambda tie: [tie.valid_from.desc().nulls_last()]),
        "seats": Include(Seats, on=lambda actor, seat: seat.actor_id == actor.id, order=lambda seat: [seat.role, seat.id]),
    }
    filters: ClassVar = {"parent": inside, "identifier": identified, "q": named, "border": borders, "border_within_m": borders_within}
    sorts: ClassVar = {
        "name": Sort(lambda row: [row.sort_name]),
        "population": Sort(lambda row: [func.coalesce(row.population, literal_column("'-1'::integer", BigInteger))], descending=True),
        "newest": Sort(lambda row: [], descending=True),  # ids grow with time
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def chain_reaches(actor_id: UUID, parent_id: UUID) -> Any:
    """A statement that is true when the actor is the parent itself or one of its ancestors of today."""
    above = select(literal(parent_id, PGUUID(as_uuid=True)).label("id")).cte("above", recursive=True)
    tie = aliased(ActorParent)
    above = above.union(select(tie.parent_id).where(tie.actor_id == above.c.id, is_current(tie)))
    return select(exists(select(above.c.id).where(above.c.id == actor_id)))
