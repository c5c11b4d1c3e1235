"""Judgements are public: who reads that two records are one may read why."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, cast, exists, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor
from services.registry.history.models import Change
from services.registry.judgements.errors import JudgementNotFound
from services.registry.judgements.events import JudgementRetracted
from services.registry.judgements.identity import canonical
from services.registry.judgements.models import Judgement
from services.registry.ties.models import Tie, TieStatus
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


def tied(row: Entity) -> ColumnElement[bool]:
    """A tie was recorded between the two."""
    tie = aliased(Tie)
    pair = or_(and_(tie.from_id == row.left_id, tie.to_id == row.right_id), and_(tie.from_id == row.right_id, tie.to_id == row.left_id))
    return exists(select(tie.id).where(pair, tie.status != TieStatus.withdrawn).correlate(row))


def judged_by(row: Entity) -> ColumnElement[Any]:
    """The organisation of who judged as it stands, from the event of that judgement."""
    made: Entity = aliased(Change)
    of_it = (made.aggregatetype == literal_column("'judgement'"), made.aggregateid == cast(row.id, Text))
    said = select(made.organization).where(*of_it, made.type != JudgementRetracted.type).order_by(made.seq.desc()).limit(literal_column("1"))
    return canonical(said.correlate(row).scalar_subquery())


class Judgements(Repository[Judgement]):
    model = Judgement
    not_found = JudgementNotFound
    address = "/v1/judgements"
    fields: ClassVar = {"tied": tied, "organization_id": judged_by}
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
