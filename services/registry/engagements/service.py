"""What can be done with engagements."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import delete, exists, select

from services.registry.access import ACTORS_WRITE
from services.registry.actors.models import Actor
from services.registry.engagements.activity import count_activity, hold, require_sides
from services.registry.engagements.calendars import MEDIA_TYPE, calendar
from services.registry.engagements.kinds import LABELS
from services.registry.engagements.models import Deliverable, Engagement, EngagementStatus, EngagementTie, EngagementVisibility, Participant
from services.registry.engagements.repository import Engagements
from services.registry.engagements.schemas import (
    CalendarEntry,
    CalendarFilters,
    DeliverableGiven,
    EngagementChange,
    EngagementCreate,
    EngagementFilters,
    EngagementRead,
    ParticipantGiven,
)
from services.registry.errors import EngagementOfOthers
from services.registry.events import Attendance, EngagementChanged, EngagementChangedInConfidence, EngagementRecorded, EngagementRecordedInConfidence
from shared import exports
from shared.errors import Invalid
from shared.ids import new_id
from shared.repository import answered
from shared.work import Work

PLAIN = ("kind", "title", "starts_on", "place", "country", "subdivision", "topics", "languages", "outcomes", "agreement_ids", "source")
STATE = ("kind", "status", "organization_id", "starts_on", "ends_on", "country", "subdivision", "topics", "languages", "agreement_ids")


async def list_engagements(work: Work, filters: EngagementFilters, accept: str | None) -> Response:
    """A page of engagements; as a calendar, where Accept asks for one, with the filters that a calendar has too."""
    if exports.chosen(accept, (exports.JSON, *exports.TABLES, MEDIA_TYPE)) == MEDIA_TYPE:
        given = filters.model_dump(exclude={"cursor", "count"}, exclude_none=True, by_alias=True)
        return await show_calendar(work, CalendarFilters(**given))
    return await exports.listed(Engagements(work), EngagementRead, filters, "engagements")


async def list_kinds(work: Work) -> Response:
    return answered(work, orjson.dumps({"items": [{"kind": kind.value, "label": label} for kind, label in LABELS.items()]}))


async def read(work: Work, engagement_id: UUID) -> Response:
    return await Engagements(work).read(EngagementRead, engagement_id)


async def show_calendar(work: Work, filters: CalendarFilters) -> Response:
    """What the caller may see, as iCalendar."""
    page = await Engagements(work).page(CalendarEntry, filters)
    if page.status_code == 304:
        return page
    made = calendar(orjson.loads(page.body)["items"], next(iter(work.asked.languages), "en"))
    answer = answered(work, made)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = f"{MEDIA_TYPE}; charset=utf-8"
    return answer


async def record(work: Work, request: EngagementCreate) -> Response:
    """Record an engagement in which the caller's organisation took part, or one of those whom the caller coordinates."""
    engagement = Engagement(id=new_id(), organization_id=work.caller.organization, visibility=request.visibility)
    for name in PLAIN:
        setattr(engagement, name, getattr(request, name))
    engagement.ends_on = request.ends_on or request.starts_on
    today = work.now.date()
    engagement.status = request.status or (EngagementStatus.held if engagement.ends_on < today else EngagementStatus.planned)
    _require_begun(engagement, today)
    participants = _participants(engagement, request.participants)
    await _require_own(work, engagement, participants)
    ties = await hold(work, request.tie_ids)
    await require_sides(work, ties.values(), participants)
    work.add(engagement)
    await work.flush()
    work.session.add_all([*participants, *_deliverables(engagement, request.deliverables), *_ties(engagement, request.tie_ids)])
    await work.flush()
    state = await _state(work, engagement)
    public = engagement.visibility is EngagementVisibility.public
    event = EngagementRecorded(**state) if public else EngagementRecordedInConfidence(**state)
    await count_activity(work, ties, reason=request.reason)
    work.record(event, reason=request.reason)
    await work.flush()
    return await Engagements(work).read(EngagementRead, engagement.id, status=201)


async def change(work: Work, engagement_id: UUID, request: EngagementChange) -> Response:
    """Change what the request names; the ties under which it was and is held count again."""
    engagement = await Engagements(work).get(engagement_id, match=True)
    before, given = await _state(work, engagement), request.model_fields_set
    await _require_own(work, engagement)
    if request.participants is not None:
        await _require_own(work, engagement, request.participants)
    for name in given & set(PLAIN):
        setattr(engagement, name, getattr(request, name))
    if "ends_on" in given:
        engagement.ends_on = request.ends_on or engagement.starts_on
    if engagement.ends_on < engagement.starts_on:
        raise Invalid("ends_on is before starts_on.", errors=[{"in": "body", "pointer": "/ends_on", "detail": "is before starts_on"}])
    engagement.status = request.status or engagement.status
    if request.visibility is not None:
        engagement.show(request.visibility)
    _require_begun(engagement, work.now.date())
    ties = await hold(work, {*before["tie_ids"], *(request.tie_ids or ())})
    engagement.touch(work.now)
    await _replace_parts(work, engagement, request)
    after = await _state(work, engagement)
    if given & {"tie_ids", "participants"}:
        await require_sides(work, [ties[tie_id] for tie_id in after["tie_ids"]], await _parts(work, Participant, engagement))
    await count_activity(work, ties, reason=request.reason)
    public = engagement.visibility is EngagementVisibility.public
    work.record(EngagementChanged(**after) if public else EngagementChangedInConfidence(**after), reason=request.reason)
    await work.flush()
    return await Engagements(work).read(EngagementRead, engagement.id)


def _require_begun(engagement: Engagement, today: date) -> None:
    if engagement.status is EngagementStatus.held and engagement.starts_on > today:
        raise Invalid("What begins in the future was not held yet.", errors=[{"in": "body", "pointer": "/status", "detail": "is held before it begins"}])


async def _require_own(work: Work, engagement: Engagement, participants: Sequence[Participant | ParticipantGiven] | None = None) -> None:
    """EngagementOfOthers unless the record is the caller's organisation's, of the state that the caller coordinates, or anyone's for a nation.

    What is recorded is theirs in whose name somebody takes part, and stays so; what is changed, theirs who recorded it: the other side
    keeps its hands off.
    """
    caller = work.caller
    if caller.may(ACTORS_WRITE):
        return
    owners = {engagement.organization_id} if participants is None else {one for part in participants for one in (part.actor_id, part.on_behalf_of_id)}
    known = [owner for owner in owners if owner is not None]
    if caller.organization in known:
        return
    if "state_coordinator" in caller.roles and caller.subdivision is not None:
        of_state = exists(select(Actor.id).where(Actor.id.in_(known), Actor.subdivision == caller.subdivision))
        if (await work.execute(select(of_state))).scalar_one():
            return
    raise EngagementOfOthers("You may record what your own organisation takes part in, and change what it recorded.")


async def _replace_parts(work: Work, engagement: Engagement, request: EngagementChange) -> None:
    made: list[tuple[Any, list[Any] | None]] = [
        (Participant, None if request.participants is None else _participants(engagement, request.participants)),
        (Deliverable, None if request.deliverables is None else _deliverables(engagement, request.deliverables)),
        (EngagementTie, None if request.tie_ids is None else _ties(engagement, request.tie_ids)),
    ]
    for kind, parts in made:
        if parts is not None:
            await work.execute(delete(kind).where(kind.engagement_id == engagement.id).execution_options(synchronize_session="fetch"))
            work.session.add_all(parts)
    await work.flush()


async def _parts(work: Work, kind: Any, engagement: Engagement) -> list[Any]:
    return list((await work.execute(select(kind).where(kind.engagement_id == engagement.id).order_by(kind.id))).scalars())


def _participants(engagement: Engagement, given: list[ParticipantGiven]) -> list[Participant]:
    return [Participant(engagement_id=engagement.id, **item.model_dump()) for item in given]


def _deliverables(engagement: Engagement, given: list[DeliverableGiven]) -> list[Deliverable]:
    return [Deliverable(engagement_id=engagement.id, **item.model_dump()) for item in given]


def _ties(engagement: Engagement, tie_ids: list[UUID]) -> list[EngagementTie]:
    return [EngagementTie(engagement_id=engagement.id, tie_id=tie_id) for tie_id in dict.fromkeys(tie_ids)]


async def _state(work: Work, engagement: Engagement) -> dict[str, Any]:
    """What the events say: everything but the texts that people wrote, which might name somebody."""
    links = select(EngagementTie.tie_id).where(EngagementTie.engagement_id == engagement.id).order_by(EngagementTie.tie_id)
    parts = await _parts(work, Participant, engagement)
    participants = [Attendance(actor_id=part.actor_id, role=part.role, on_behalf_of_id=part.on_behalf_of_id) for part in parts]
    tie_ids = list((await work.execute(links)).scalars())
    return {**{name: getattr(engagement, name) for name in STATE}, "engagement_id": engagement.id, "participants": participants, "tie_ids": tie_ids}
