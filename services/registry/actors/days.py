"""What depends on the day that a read asks for: `as_of`, else today."""

from typing import Any

from sqlalchemy import ColumnElement, Date, and_, any_, bindparam, case, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from services.registry.actors.models import ActorName, ActorParent, ActorStatus, NameKind
from services.registry.judgements.identity import canonical
from services.registry.periods import TODAY, is_current
from shared.reading import LANGUAGES, Entity, in_language

AS_OF: ColumnElement[Any] = bindparam("as_of", type_=Date())  # null: today, and where everything is listed, everything
DAY: ColumnElement[Any] = func.coalesce(AS_OF, TODAY)


def listed(row: Entity) -> ColumnElement[bool]:
    """Every period, or with `as_of` the one of that day."""
    return AS_OF.is_(None) | is_current(row, AS_OF)


def parent_of(row: Entity) -> ColumnElement[Any]:
    """The parent of the day. Where it was merged with the actor itself, there is none."""
    tie = aliased(ActorParent)
    return select(func.nullif(canonical(tie.parent_id), row.id)).where(tie.actor_id == row.id, is_current(tie, DAY)).correlate(row).scalar_subquery()


def status_of(row: Entity, day: ColumnElement[Any] = DAY) -> ColumnElement[Any]:
    """What ended was active through its last day, where that is known."""
    return case((row.dissolved_on >= day, literal_column(f"'{ActorStatus.active.value}'")), else_=row.status)


def name_of(row: Entity) -> ColumnElement[Any]:
    """The name of the day, in the language of the request where there is one. What the row says is today's: see `turning`."""
    return case((AS_OF.is_(None), in_language(row.names, row.name)), else_=func.coalesce(_name_on_the_day(row), row.name))


def _name_on_the_day(row: Entity) -> ColumnElement[Any]:
    """Of one language: the preferred name if it says that it was in use by then; else a former one whose last day says so; else the preferred name."""
    name = aliased(ActorName)
    stated = name.valid_from <= AS_OF
    former = and_(name.kind == NameKind.former, name.valid_through.is_not(None), is_current(name, AS_OF))
    preference = case((name.kind == NameKind.former, literal_column("1")), (stated, literal_column("0")), else_=literal_column("2"))
    found = select(name.name).where(
        name.actor_id == row.id,
        or_(name.kind == NameKind.preferred, former),
        or_(name.language == any_(LANGUAGES), name.language == row.preferred_language),
    )
    ordered = found.order_by(func.array_position(LANGUAGES, name.language).asc().nulls_last(), preference, name.valid_from.desc().nulls_last(), name.name)
    return ordered.limit(literal_column("1")).correlate(row).scalar_subquery()
