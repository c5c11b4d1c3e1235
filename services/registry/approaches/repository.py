"""An approach report is for the organisation that filed it, its country's national coordinator and auditors. Nobody else knows that it exists."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.approaches.errors import ApproachNotFound
from services.registry.approaches.models import Approach, ApproachCorrection
from services.registry.diligence.offices import of_office
from services.registry.judgements.identity import family
from shared.reading import Entity, Include, Scopes
from shared.repository import Repository, Sort


class Corrections(Repository[Any]):
    """Read through their report only, and seen with it."""

    model = ApproachCorrection

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def names(row: Entity, actor: ColumnElement[Any]) -> ColumnElement[bool]:
    """The report or one of its corrections names the actor."""
    correction = aliased(ApproachCorrection)
    named = select(correction.approach_id).where(correction.actor_id == any_(family(actor)))
    return or_(row.actor_id == any_(family(actor)), row.id.in_(named))


class Approaches(Repository[Approach]):
    model = Approach
    not_found = ApproachNotFound
    address = "/v1/approach-reports"
    includes: ClassVar = {"corrections": Include(Corrections, on=lambda report, part: part.approach_id == report.id, order=lambda part: [part.id])}
    filters: ClassVar = {
        "actor": names,
        "organization": lambda row, organization: row.organization_id == organization,
        "from_": lambda row, day: row.happened_on >= day,
        "to": lambda row, day: row.happened_on <= day,
        "withdrawn": lambda row, withdrawn: row.withdrawn_at.is_not(None) == withdrawn,
    }
    sorts: ClassVar = {
        "newest": Sort(lambda row: [], descending=True),  # ids grow with time
        "latest": Sort(lambda row: [row.happened_on], descending=True),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_office(row, scopes)
