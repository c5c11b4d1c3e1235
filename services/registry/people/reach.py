"""Whose records somebody's hand reaches: a manager's those of its organisation, a nation's those of its country, an operator's all."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, false, literal, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.access import ACTORS_WRITE
from services.registry.actors.callers import is_kept_by
from services.registry.actors.models import Actor
from services.registry.actors.writers import writes_everywhere
from shared.access import Caller
from shared.reading import Entity


@dataclass(frozen=True)
class Reach:
    """Organisations by their ids, and those that a country keeps. Of neither, and not everywhere, is nobody."""

    organizations: tuple[UUID, ...] = ()
    country: str | None = None
    everywhere: bool = False
    subject: str | None = None

    def of(self, actor_id: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """That this actor is one of them, by the id that the row names: a judgement that two are the same reaches nobody."""
        if self.everywhere:
            return true()
        named: ColumnElement[bool] = actor_id.in_(self.organizations) if self.organizations else false()
        if self.country is None:
            return named
        actor = aliased(Actor)
        kept = select(actor.id).where(actor.id == actor_id, is_kept_by(actor, literal(self.country))).correlate_except(actor)
        return or_(named, exists(kept))

    def sent(self, row: Entity) -> ColumnElement[bool]:
        """That one of them sent this import, or the caller."""
        return or_(self.of(row.organization), row.subject == self.subject)

    def and_of(self, organizations: set[UUID]) -> "Reach":
        """For who answers for one organisation, those as well. A nation's hand ends at its border, wherever its people held a seat."""
        return self if self.everywhere or self.country is not None else replace(self, organizations=tuple(sorted({*self.organizations, *organizations})))


def reach_of(caller: Caller) -> Reach:
    """By the same measure as all that is written: who writes actors reaches those of the own country, and all who keeps the whole registry."""
    own = () if caller.organization is None else (caller.organization,)
    return Reach(own, caller.country if caller.may(ACTORS_WRITE) else None, writes_everywhere(caller), caller.subject)
