"""Whose records those change who write actors: those that the own country keeps; everybody's, who keeps the registry and belongs nowhere.

An organisation's own manager needs none of this. What may not be read is not to be replaced unread either (docs/decisions/0033).
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, false, func, literal, select

from services.registry.access import ACTORS_WRITE
from services.registry.actors.callers import is_kept_by
from services.registry.actors.models import Actor
from shared.access import Caller
from shared.work import Work


def writes_everywhere(caller: Caller) -> bool:
    """Whether the caller keeps the registry for all countries."""
    return caller.may(ACTORS_WRITE) and caller.belongs_nowhere


async def writes_all(work: Work, *actor_ids: UUID | None) -> bool:
    """Whether the caller writes each of these actors. Of one that is not there, what is asked for says so itself."""
    named = [one for one in actor_ids if one is not None]
    return writes_everywhere(work.caller) or (bool(named) and await _writes(work, ~exists(_of(named).where(~_own(work)))))


async def writes_any(work: Work, *actor_ids: UUID | None) -> bool:
    """Whether the caller writes one of these actors."""
    named = [one for one in actor_ids if one is not None]
    return writes_everywhere(work.caller) or await _writes(work, exists(_of(named).where(_own(work))))


async def kept_by_caller(work: Work, actor_ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these actors whom the caller's country keeps; all, for who belongs nowhere."""
    if work.caller.belongs_nowhere:
        return frozenset(actor_ids)
    if work.caller.country is None:
        return frozenset()
    return frozenset((await work.execute(_of([*actor_ids]).where(_own(work)))).scalars())


def _of(named: list[UUID]) -> Select[UUID]:
    return select(Actor.id).where(Actor.id.in_(named))


def _own(work: Work) -> ColumnElement[bool]:
    return func.coalesce(is_kept_by(Actor, literal(work.caller.country)), false())


async def _writes(work: Work, are_own: ColumnElement[bool]) -> bool:
    if work.caller.country is None or not work.caller.may(ACTORS_WRITE):
        return False
    return bool((await work.execute(select(are_own))).scalar_one())
