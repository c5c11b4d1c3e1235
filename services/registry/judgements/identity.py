"""Reading through identity: what was recorded of an actor that was merged is read as its canonical one's, and no row is moved for it.

`actors.canonical_id` names the actor into which one was merged, `actors.merged_ids` those that were merged into it. Both follow from the
standing judgements; when these are withdrawn, every answer is what it was before.
"""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, any_, column, func, select
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor
from shared.reading import Entity


def canonical(actor_id: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """The id under which an actor is known. What was merged is few: a small index answers."""
    known = aliased(Actor)
    merged = select(known.canonical_id).where(known.id == actor_id, known.canonical_id.is_not(None)).correlate_except(known)
    return func.coalesce(merged.scalar_subquery(), actor_id)


def ids_of(row: Entity) -> ColumnElement[Any]:
    """The ids under which rows name the canonical actor of this row: its own and those merged into it."""
    return func.array_append(row.merged_ids, row.id)


def families(actor_ids: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """All ids of the same actors as these, as one array: to be compared with an indexed column."""
    named, known = aliased(Actor), aliased(Actor)
    roots = select(func.coalesce(named.canonical_id, named.id)).where(named.id == any_(actor_ids)).correlate_except(named)
    each = func.unnest(ids_of(known)).table_valued(column("id", PGUUID(as_uuid=True)), name="each").render_derived()
    ids = select(each.c.id).select_from(known).join(each, known.id.is_not(None)).where(known.id.in_(roots)).correlate_except(known, each)
    return func.array(ids.scalar_subquery())


def family(actor_id: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """All ids of the same actor as this one."""
    return families(array([actor_id]))
