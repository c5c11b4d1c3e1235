"""Who sees what an organisation keeps in confidence: itself, the national coordinator of its country, and auditors.

The scopes tell them apart: approach reports are read by office by exactly those two, and only auditors audit events.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from services.registry.access import APPROACHES_READ, EVENTS_AUDIT
from services.registry.actors.models import Actor
from services.registry.diligence.errors import DiligenceOfAnother, RecordNeedsOrganization
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Scopes
from shared.work import Work


def of_office(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """Rows with `organization_id`, whose record it is, and `country`, that organisation's."""
    if EVENTS_AUDIT in scopes:
        return true()
    own: ColumnElement[bool] = row.organization_id == CALLER_ORG
    return or_(own, row.country == CALLER_COUNTRY) if APPROACHES_READ in scopes else own


@dataclass(frozen=True)
class Keeper:
    """Whose a new record is."""

    organization_id: UUID
    country: str | None


async def keeper(work: Work) -> Keeper:
    """The caller's organisation and its country; RecordNeedsOrganization where there is none."""
    organization = work.caller.organization
    found = (await work.execute(select(Actor.id, Actor.country).where(Actor.id == organization))).one_or_none()
    if found is None:
        raise RecordNeedsOrganization
    return Keeper(found.id, found.country)


def require_own(work: Work, organization_id: UUID) -> None:
    """DiligenceOfAnother for a record that is seen by office only."""
    if work.caller.organization != organization_id:
        raise DiligenceOfAnother("Whoever keeps the record changes it. You may read it.")
