"""Official domains are public, as their sources are."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, select, true
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor
from services.registry.domains.models import ActorDomain
from services.registry.judgements.identity import canonical, families
from shared.reading import Entity, Scopes, in_language
from shared.repository import Repository, Sort


def _actors_name(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    return select(in_language(actor.names, actor.name)).where(actor.id == canonical(row.actor_id)).correlate(row).scalar_subquery()


class OfficialDomains(Repository[ActorDomain]):
    model = ActorDomain
    fields: ClassVar = {"actor_id": lambda row: canonical(row.actor_id), "actor_name": _actors_name}
    filters: ClassVar = {"actor": lambda row, actors: row.actor_id == any_(families(actors))}
    sorts: ClassVar = {None: Sort(lambda row: [row.domain])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()
