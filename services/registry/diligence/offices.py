"""Who sees what an organisation keeps in confidence: itself, and by office the national coordinator and the auditors of its country.

The scopes tell them apart: approach reports are read by office by exactly those two, and only auditors audit events. An auditor of one
country reads that country's; an auditor of the platform, who belongs to none and to no organisation, reads every country's, as with capacity
reports. The country is the one that keeps the organisation when it makes the record: of an office abroad not the one in which it stands.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select

from services.registry.access import APPROACHES_READ
from services.registry.actors.callers import country_of, of_platform
from services.registry.actors.models import Actor
from services.registry.diligence.errors import DiligenceOfAnother, RecordNeedsOrganization
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Scopes
from shared.work import Work


def of_office(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """Rows with `organization_id`, whose record it is, and `country`, which keeps that organisation."""
    return or_(row.organization_id == CALLER_ORG, row.country == CALLER_COUNTRY if APPROACHES_READ in scopes else false(), of_platform(scopes))


@dataclass(frozen=True)
class Keeper:
    """Whose a new record is."""

    organization_id: UUID
    country: str | None


async def keeper(work: Work) -> Keeper:
    """The caller's organisation and the country that keeps it; RecordNeedsOrganization where there is none."""
    organization = work.caller.organization
    found = (await work.execute(select(Actor.id, country_of(Actor.id).label("country")).where(Actor.id == organization))).one_or_none()
    if found is None:
        raise RecordNeedsOrganization
    return Keeper(found.id, found.country)


def require_own(work: Work, organization_id: UUID) -> None:
    """DiligenceOfAnother for a record that is seen by office only."""
    if work.caller.organization != organization_id:
        raise DiligenceOfAnother("Whoever keeps the record changes it. You may read it.")
