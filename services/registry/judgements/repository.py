"""Judgements are public: who reads that two records are one may read why."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, or_, true

from services.registry.actors.models import Actor
from services.registry.judgements.errors import JudgementNotFound
from services.registry.judgements.models import Judgement
from shared.reading import Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort


class _Public(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


class JudgedActors(_Public):
    """Actors as the sides of judgements, merged or not."""

    model = Actor
    fields: ClassVar = {"name": lambda row: in_language(row.names, row.name)}


class Judgements(Repository[Judgement]):
    model = Judgement
    not_found = JudgementNotFound
    address = "/v1/judgements"
    includes: ClassVar = {
        "left": Include(JudgedActors, on=lambda row, actor: actor.id == row.left_id, many=False),
        "right": Include(JudgedActors, on=lambda row, actor: actor.id == row.right_id, many=False),
    }
    filters: ClassVar = {
        "actor": lambda row, actor: or_(row.left_id == actor, row.right_id == actor),
        "standing": lambda row, wanted: row.withdrawn_at.is_(None) == wanted,
    }
    sorts: ClassVar = {"newest": Sort(lambda row: [], descending=True), "oldest": Sort(lambda row: [])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()
