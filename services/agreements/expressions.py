"""SQL that several repositories of this service read with."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, literal_column, or_, select

from services.agreements.agreements.models import Party
from shared.directory import directory_actors, known_as
from shared.reading import Entity, in_language


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """One of these constants. (`IN` over a list is written anew at every execution; compiled statements are written once.)"""
    return or_(*(column == value for value in values))


def any_language(texts: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text in the first wanted language it has, else in any."""
    first = func.jsonb_path_query_first(texts, literal_column("'$.*'")).op("#>>")(literal_column("'{}'"))
    return in_language(texts, first)


def of_actor(row: Entity, actor_id: ColumnElement[Any], column: str) -> ScalarSelect[Any]:
    """What the directory says about an actor named in a row, as it is known now."""
    actor = directory_actors.alias()
    return select(actor.c[column]).where(actor.c.id == known_as(actor_id)).correlate(row).scalar_subquery()


def name_of_actor(row: Entity, actor_id: ColumnElement[Any]) -> ScalarSelect[Any]:
    """The actor's name in the first wanted language, else in the actor's own."""
    actor = directory_actors.alias()
    return select(in_language(actor.c.names, actor.c.name)).where(actor.c.id == known_as(actor_id)).correlate(row).scalar_subquery()


def of_party(row: Entity, column: str) -> ScalarSelect[Any]:
    """A column of the party that a row names by `party_id`."""
    party = Party.__table__.alias()
    return select(party.c[column]).where(party.c.id == row.party_id).correlate(row).scalar_subquery()
