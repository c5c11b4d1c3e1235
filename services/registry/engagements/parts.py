"""The parts of an engagement. A list that is sent replaces the whole list; what is there already stays as it is."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete

from services.registry.engagements.models import Deliverable, Engagement, EngagementTie, Participant
from services.registry.engagements.schemas import DeliverableChange, DeliverableGiven, EngagementChange, ParticipantGiven
from services.registry.engagements.telling import parts_of, ties_of
from shared.errors import Invalid
from shared.work import Work


def participants_of(engagement: Engagement, given: list[ParticipantGiven]) -> list[Participant]:
    return [Participant(engagement_id=engagement.id, **item.model_dump()) for item in given]


def deliverables_of(engagement: Engagement, given: list[DeliverableGiven]) -> list[Deliverable]:
    return [Deliverable(engagement_id=engagement.id, **item.model_dump()) for item in given]


def links_of(engagement: Engagement, tie_ids: list[UUID]) -> list[EngagementTie]:
    return [EngagementTie(engagement_id=engagement.id, tie_id=tie_id) for tie_id in dict.fromkeys(tie_ids)]


async def replace_parts(work: Work, engagement: Engagement, request: EngagementChange) -> bool:
    """Whether any part is another one now; flushes nothing."""
    replaced = False
    if request.participants is not None:
        there = [(part.actor_id, part.role, part.on_behalf_of_id) for part in await parts_of(work, Participant, engagement)]
        if there != [(item.actor_id, item.role, item.on_behalf_of_id) for item in request.participants]:
            await _replace(work, Participant, engagement, participants_of(engagement, request.participants))
            replaced = True
    if request.tie_ids is not None and set(request.tie_ids) != set(await ties_of(work, engagement)):
        await _replace(work, EngagementTie, engagement, links_of(engagement, request.tie_ids))
        replaced = True
    if request.deliverables is not None:
        replaced |= await _settle(work, engagement, request.deliverables)
    return replaced


async def _replace(work: Work, kind: Any, engagement: Engagement, parts: list[Any]) -> None:
    await work.execute(delete(kind).where(kind.engagement_id == engagement.id).execution_options(synchronize_session="fetch"))
    work.session.add_all(parts)


async def _settle(work: Work, engagement: Engagement, given: list[DeliverableChange]) -> bool:
    """Each keeps its id: the one that it names, else the one of the same title. Others know it by that: calendars, and whoever owes it."""
    left = {item.id: item for item in await parts_of(work, Deliverable, engagement)}
    known = [_claimed(left, item.id, place) if item.id is not None else None for place, item in enumerate(given)]
    changed = False
    for place, item in enumerate(given):
        stands = known[place] or next((one for one in left.values() if one.title == item.title), None)
        if stands is None:
            work.add(Deliverable(engagement_id=engagement.id, **item.model_dump(exclude={"id"})))
            changed = True
            continue
        left.pop(stands.id, None)
        for name, value in item.model_dump(exclude={"id"}).items():
            setattr(stands, name, value)
        changed |= work.session.is_modified(stands)
    for gone in left.values():
        await work.session.delete(gone)
    return changed or bool(left)


def _claimed(left: dict[UUID, Deliverable], wanted: UUID, place: int) -> Deliverable:
    found = left.pop(wanted, None)
    if found is None:
        problem = {"in": "body", "pointer": f"/deliverables/{place}/id", "detail": "is not a deliverable of this engagement, or is named twice"}
        raise Invalid("A deliverable that is named by its id is one of this engagement, and named once.", errors=[problem])
    return found
