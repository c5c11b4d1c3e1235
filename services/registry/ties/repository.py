"""Ties are public, both sides of them."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, case, exists, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.actors.days import DAY
from services.registry.actors.models import Actor
from services.registry.errors import ActorNotFound, TieNotFound
from services.registry.judgements.identity import canonical, family
from services.registry.periods import is_current
from services.registry.ties.days import end_reason_of, status_of
from services.registry.ties.models import Tie, TieStatus
from services.registry.ties.types import SYMMETRIC
from shared.reading import Entity, Include, Scopes, bound, in_language
from shared.repository import Repository, Sort

ACTOR = bound("filter_actor", UUID)
STATUSES = bound("filter_status", list[TieStatus])


class _Public(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


class Sides(_Public):
    """Actors as the sides of ties."""

    model = Actor
    not_found = ActorNotFound
    fields: ClassVar = {"name": lambda row: in_language(row.names, row.name)}


def symmetric(row: Entity) -> ColumnElement[bool]:
    return or_(*(row.type == kind for kind in SYMMETRIC))


def of(row: Entity, actor: ColumnElement[Any]) -> ColumnElement[bool]:
    """The actor is one of its sides."""
    return or_(row.from_id == any_(family(actor)), row.to_id == any_(family(actor)))


def across(row: Entity, country: ColumnElement[Any]) -> ColumnElement[bool]:
    """A side is of this country that is not the actor whose ties are asked for."""
    side = aliased(Actor)
    sides = or_(side.id == canonical(row.from_id), side.id == canonical(row.to_id))
    found = select(side.id).where(sides, side.country == country, side.id.is_distinct_from(canonical(ACTOR)))
    return exists(found.correlate(row))


def agreed(row: Entity) -> ColumnElement[bool]:
    """Neither only proposed nor withdrawn: somebody once agreed to it."""
    return and_(row.status != TieStatus.proposed, row.status != TieStatus.withdrawn)


class Ties(Repository[Tie]):
    model = Tie
    not_found = TieNotFound
    address = "/v1/ties"
    fields: ClassVar = {
        "symmetric": symmetric,
        "from_id": lambda row: canonical(row.from_id),
        "to_id": lambda row: canonical(row.to_id),
        "status": status_of,
        "end_reason": end_reason_of,
    }
    includes: ClassVar = {
        "from_actor": Include(Sides, on=lambda tie, side: side.id == canonical(tie.from_id), many=False),
        "to_actor": Include(Sides, on=lambda tie, side: side.id == canonical(tie.to_id), many=False),
    }
    filters: ClassVar = {
        "actor": of,
        "country": across,
        "as_of": is_current,
        "status": lambda row, statuses: status_of(row) == any_(statuses),
        "quiet_before": lambda row, day: row.quiet_since < day,
        "recorded": lambda row, _: row.status != TieStatus.withdrawn,
    }
    sorts: ClassVar = {
        "oldest": Sort(lambda row: []),  # ids grow with time
        "newest": Sort(lambda row: [], descending=True),
        "quietest": Sort(lambda row: [row.quiet_since]),
    }

    def parameters(self) -> dict[str, Any]:
        return {**super().parameters(), "as_of": None}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def other_side(row: Entity) -> ColumnElement[Any]:
    """The side that is not the actor whose neighbours are asked for."""
    return case((row.from_id == any_(family(ACTOR)), canonical(row.to_id)), else_=canonical(row.from_id))


def between_two(row: Entity) -> ColumnElement[bool]:
    """Its sides are two actors: a tie of two that were found to be one binds nobody."""
    return canonical(row.from_id) != canonical(row.to_id)


def said_before(row: Entity) -> ColumnElement[bool]:
    """An older tie of the list says the same of the same two, under other ids of theirs."""
    older = aliased(Tie)
    one, other = any_(family(row.from_id)), any_(family(row.to_id))
    shown = case((STATUSES.is_(None), agreed(older)), else_=status_of(older) == any_(STATUSES))
    said = select(older.id).where(older.type == row.type, older.id < row.id, is_current(older, DAY), shown)
    straight = said.where(older.from_id == one, older.to_id == other)
    turned = said.where(symmetric(row), older.from_id == other, older.to_id == one)
    return or_(exists(straight.correlate(row)), exists(turned.correlate(row)))


class Neighbours(Ties):
    """The ties of one actor, seen from it."""

    fields: ClassVar = {
        **Ties.fields,
        "tie_id": lambda row: row.id,
        "direction": lambda row: case(
            (symmetric(row), literal_column("'mutual'")), (row.from_id == any_(family(ACTOR)), literal_column("'out'")), else_=literal_column("'in'")
        ),
    }
    includes: ClassVar = {"actor": Include(Sides, on=lambda tie, side: side.id == other_side(tie), many=False)}
    filters: ClassVar = {
        **Ties.filters,
        "actor": lambda row, actor: and_(of(row, actor), between_two(row), ~said_before(row)),
        "today": lambda row, _: is_current(row),
        "agreed": lambda row, _: agreed(row),
    }
    sorts: ClassVar = {None: Sort(lambda row: [])}
