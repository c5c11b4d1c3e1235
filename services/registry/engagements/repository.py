"""A public engagement is for everyone; a restricted one for its author, those who took part, and who reads those of a country by office."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, any_, exists, or_, select, true
from sqlalchemy.orm import aliased

from services.registry.access import ENGAGEMENTS_READ
from services.registry.actors.callers import is_kept_by, of_platform
from services.registry.actors.models import Actor
from services.registry.engagements.models import Deliverable, DeliverableStatus, Engagement, EngagementTie, EngagementVisibility, Participant
from services.registry.errors import DeliverableNotFound, EngagementNotFound
from services.registry.judgements.identity import canonical, family
from services.registry.ties.models import Tie
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort
from shared.translations import Sentence


class _Part(Repository[Any]):
    """A part of an engagement is read through it only, and seen with it."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def _named(column: str) -> Any:
    def name(row: Entity) -> ColumnElement[Any]:
        actor: Entity = aliased(Actor)
        return select(in_language(actor.names, actor.name)).where(actor.id == canonical(getattr(row, column))).correlate(row).scalar_subquery()

    return name


def _country(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    return select(actor.country).where(actor.id == canonical(row.actor_id)).correlate(row).scalar_subquery()


class Participants(_Part):
    model = Participant
    fields: ClassVar = {
        "actor_id": lambda row: canonical(row.actor_id),
        "on_behalf_of_id": lambda row: canonical(row.on_behalf_of_id),
        "name": _named("actor_id"),
        "on_behalf_of_name": _named("on_behalf_of_id"),
        "country": _country,
    }


class Deliverables(_Part):
    model = Deliverable
    not_found = DeliverableNotFound
    fields: ClassVar = {"owner_id": lambda row: canonical(row.owner_id), "owner_name": _named("owner_id")}

    async def of(self, engagement: Engagement, deliverable_id: UUID) -> Deliverable:
        """One of an engagement that the caller sees."""
        found: Deliverable = await self.get(deliverable_id)
        if found.engagement_id != engagement.id:
            raise DeliverableNotFound(Sentence("No record {record_id} that you may see.", record_id=deliverable_id))
        return found


def _type(row: Entity) -> ColumnElement[Any]:
    tie: Entity = aliased(Tie)
    return select(tie.type).where(tie.id == row.tie_id).correlate(row).scalar_subquery()


class EngagementTies(_Part):
    model = EngagementTie
    fields: ClassVar = {"type": _type}


def took_part(row: Entity, actor: ColumnElement[Any]) -> ColumnElement[bool]:
    """That the actor took part, under whichever id it was recorded."""
    part, ids = aliased(Participant), family(actor)
    return row.id.in_(select(part.engagement_id).where(or_(part.actor_id == any_(ids), part.on_behalf_of_id == any_(ids))))  # type: ignore[no-any-return]


def _is_of_caller(row: Entity) -> ColumnElement[bool]:
    """That the caller's organisation took part, under its own id: a judgement gives nobody a right."""
    part = aliased(Participant)
    return row.id.in_(select(part.engagement_id).where(or_(part.actor_id == CALLER_ORG, part.on_behalf_of_id == CALLER_ORG)))  # type: ignore[no-any-return]


def _of_own_country(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """That somebody of the caller's country took part, or an organisation of it keeps the record; an auditor of the platform reads all."""
    part, actor, keeper = aliased(Participant), aliased(Actor), aliased(Actor)
    kept = select(keeper.id).where(keeper.id == row.organization_id, is_kept_by(keeper, CALLER_COUNTRY))
    took = or_(actor.id == part.actor_id, actor.id == part.on_behalf_of_id)
    present = select(part.engagement_id).join(actor, took).where(part.engagement_id == row.id, is_kept_by(actor, CALLER_COUNTRY))
    return or_(exists(kept.correlate(row)), exists(present.correlate(row)), of_platform(scopes))


def of_country(row: Entity, country: ColumnElement[Any]) -> ColumnElement[bool]:
    part, actor = aliased(Participant), aliased(Actor)
    found = select(part.engagement_id).join(actor, actor.id == canonical(part.actor_id)).where(part.engagement_id == row.id, actor.country == country)
    return or_(row.country == country, exists(found.correlate(row)))


def held_under(row: Entity, tie: ColumnElement[Any]) -> ColumnElement[bool]:
    link = aliased(EngagementTie)
    return row.id.in_(select(link.engagement_id).where(link.tie_id == tie))  # type: ignore[no-any-return]


def owes_by(row: Entity, day: ColumnElement[Any]) -> ColumnElement[bool]:
    owed = aliased(Deliverable)
    due = select(owed.engagement_id).where(owed.engagement_id == row.id, owed.status == DeliverableStatus.open, owed.due_on <= day)
    return exists(due.correlate(row))


class Engagements(Repository[Engagement]):
    model = Engagement
    not_found = EngagementNotFound
    address = "/v1/engagements"
    fields: ClassVar = {"organization_id": lambda row: canonical(row.organization_id), "sequence": lambda row: row.version - 1}
    includes: ClassVar = {
        "participants": Include(Participants, on=lambda row, part: part.engagement_id == row.id, order=lambda part: [part.id]),
        "deliverables": Include(Deliverables, on=lambda row, part: part.engagement_id == row.id, order=lambda part: [part.due_on, part.id]),
        "ties": Include(EngagementTies, on=lambda row, part: part.engagement_id == row.id, order=lambda part: [part.tie_id]),
    }
    filters: ClassVar = {
        "actor": took_part,
        "partner": took_part,
        "country": of_country,
        "topic": lambda row, topics: row.topics.overlap(topics),
        "tie": held_under,
        "agreement": lambda row, agreement: agreement == any_(row.agreement_ids),
        "from_": lambda row, day: row.ends_on >= day,
        "to": lambda row, day: row.starts_on <= day,
        "due_by": owes_by,
    }
    sorts: ClassVar = {
        "latest": Sort(lambda row: [row.starts_on], descending=True),
        "earliest": Sort(lambda row: [row.starts_on]),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        own = or_(row.visibility == EngagementVisibility.public, row.organization_id == CALLER_ORG, _is_of_caller(row))
        return or_(own, _of_own_country(row, scopes)) if ENGAGEMENTS_READ in scopes else own
