"""Whose records those change who write actors: those of the own country; everybody's, who keeps the registry and belongs to no country and nobody.

An organisation's own manager needs none of this. What may not be read is not to be replaced unread either (docs/decisions/0034).
"""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from services.registry.access import ACTORS_WRITE
from services.registry.actors.models import Actor
from shared.access import Caller
from shared.work import Work


def writes_everywhere(caller: Caller) -> bool:
    """Whether the caller keeps the registry for all countries."""
    return caller.may(ACTORS_WRITE) and caller.country is None and caller.organization is None


async def writes_all(work: Work, *actor_ids: UUID | None) -> bool:
    """Whether the caller writes each of these actors. Of one that is not there, what is asked for says so itself."""
    others = select(Actor.id).where(_named(*actor_ids), Actor.country.is_distinct_from(work.caller.country))
    return writes_everywhere(work.caller) or (any(actor_ids) and await _writes(work, ~exists(others)))


async def writes_any(work: Work, *actor_ids: UUID | None) -> bool:
    """Whether the caller writes one of these actors."""
    own = select(Actor.id).where(_named(*actor_ids), Actor.country == work.caller.country)
    return writes_everywhere(work.caller) or await _writes(work, exists(own))


def _named(*actor_ids: UUID | None) -> ColumnElement[bool]:
    return Actor.id.in_([one for one in actor_ids if one is not None])


async def _writes(work: Work, of_country: ColumnElement[bool]) -> bool:
    if work.caller.country is None or not work.caller.may(ACTORS_WRITE):
        return False
    return bool((await work.execute(select(of_country))).scalar_one())
