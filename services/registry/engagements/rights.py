"""Who may record an engagement, who may change it, and who may say what became of what is owed."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, select

from services.registry.access import ACTORS_WRITE, ENGAGEMENTS_READ
from services.registry.actors.callers import is_kept_by
from services.registry.actors.models import Actor
from services.registry.actors.writers import writes_any, writes_everywhere
from services.registry.engagements.models import Deliverable, Engagement, EngagementVisibility, Participant
from services.registry.engagements.schemas import ParticipantGiven
from services.registry.engagements.telling import parts_of
from services.registry.errors import EngagementOfOthers
from shared.work import Work

OFFERED = "You may record what your own organisation takes part in, and change what it recorded."


Parts = Sequence[Participant | ParticipantGiven]


async def require_sight(work: Work, visibility: EngagementVisibility, participants: Parts) -> None:
    """EngagementOfOthers for what whoever records it would not see: what is restricted, by nobody's account, and of other countries."""
    caller = work.caller
    if visibility is EngagementVisibility.public or caller.organization is not None:
        return
    own = _kept_by(caller.country) if caller.may(ENGAGEMENTS_READ) else None
    if not await _any_is(work, _named(participants), own):
        raise EngagementOfOthers("What is restricted is the record of an organisation, and your token names none.")


async def require_recordable(work: Work, participants: Parts) -> None:
    """EngagementOfOthers unless somebody takes part in the caller's name, or in that of the state or the nation that the caller coordinates."""
    present = _named(participants)
    if work.caller.organization in present or await writes_any(work, *present):
        return
    if not await _any_is(work, present, _coordinated(work)):
        raise EngagementOfOthers(OFFERED)


async def require_changeable(work: Work, engagement: Engagement) -> None:
    """EngagementOfOthers unless the record is the caller's organisation's or of the state or the nation that the caller coordinates.

    The other side keeps its hands off. What no organisation recorded is changed by the coordinators of the countries that took part. Who
    keeps the registry and is of no country changes any.
    """
    caller = work.caller
    owner = engagement.organization_id
    if (owner is not None and caller.organization == owner) or writes_everywhere(caller):
        return
    of_whom = [owner] if owner is not None else []
    if owner is None and caller.may(ACTORS_WRITE):
        of_whom = _named(await parts_of(work, Participant, engagement))
    if not await _any_is(work, of_whom, _kept_by(caller.country) if caller.may(ACTORS_WRITE) else _coordinated(work)):
        raise EngagementOfOthers(OFFERED)


async def require_answerable(work: Work, engagement: Engagement, deliverable: Deliverable) -> None:
    """EngagementOfOthers unless the caller's organisation owes this, or the engagement is the caller's to change. A judgement gives nobody a right."""
    if deliverable.owner_id is None or work.caller.organization != deliverable.owner_id:
        await require_changeable(work, engagement)


def _named(participants: Parts) -> list[UUID]:
    return [one for part in participants for one in (part.actor_id, part.on_behalf_of_id) if one is not None]


def _coordinated(work: Work) -> ColumnElement[bool] | None:
    """What a state coordinator's actors are: those of the state that its nation keeps. None for everybody else."""
    caller = work.caller
    if "state_coordinator" not in caller.roles or caller.subdivision is None:
        return None
    return and_(Actor.subdivision == caller.subdivision, is_kept_by(Actor, literal(caller.subdivision.partition("-")[0])))


def _kept_by(country: str | None) -> ColumnElement[bool] | None:
    return None if country is None else is_kept_by(Actor, literal(country))


async def _any_is(work: Work, actor_ids: Sequence[UUID], kind: ColumnElement[bool] | None) -> bool:
    if kind is None or not actor_ids:
        return False
    return bool((await work.execute(select(exists(select(Actor.id).where(Actor.id.in_(actor_ids), kind))))).scalar_one())
