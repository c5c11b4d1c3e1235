"""What can be done with engagements."""

from datetime import date
from uuid import UUID

import orjson
from fastapi import Response

from services.registry.engagements.activity import count_activity, hold, require_sides
from services.registry.engagements.calendars import MEDIA_TYPE, calendar
from services.registry.engagements.kinds import LABELS
from services.registry.engagements.models import Engagement, EngagementStatus, Participant
from services.registry.engagements.named import require_actors, require_owners_read
from services.registry.engagements.parts import deliverables_of, links_of, participants_of, replace_parts
from services.registry.engagements.repository import Deliverables, Engagements
from services.registry.engagements.rights import require_answerable, require_changeable, require_recordable, require_sight
from services.registry.engagements.schemas import (
    CalendarEntry,
    CalendarFilters,
    DeliverableReport,
    EngagementChange,
    EngagementCreate,
    EngagementFilters,
    EngagementRead,
)
from services.registry.engagements.telling import parts_of, snapshot, tell_changed, tell_recorded, ties_of
from shared import exports
from shared.errors import Invalid
from shared.ids import new_id
from shared.repository import answered
from shared.work import Work, latest_day

PLAIN = ("kind", "title", "starts_on", "place", "country", "subdivision", "topics", "languages", "outcomes", "agreement_ids", "source")


async def list_engagements(work: Work, filters: EngagementFilters, accept: str | None) -> Response:
    """A page of engagements; as a calendar, where Accept asks for one, with the filters that a calendar has too."""
    if exports.chosen(accept, (exports.JSON, *exports.TABLES, MEDIA_TYPE)) == MEDIA_TYPE:
        given = filters.model_dump(exclude={"count"}, exclude_unset=True, by_alias=True)
        return await show_calendar(work, CalendarFilters(**given))
    return await exports.listed(Engagements(work), EngagementRead, filters, "engagements")


async def list_kinds(work: Work) -> Response:
    return answered(work, orjson.dumps({"items": [{"kind": kind.value, "label": label} for kind, label in LABELS.items()]}))


async def read(work: Work, engagement_id: UUID) -> Response:
    return await Engagements(work).read(EngagementRead, engagement_id)


async def show_calendar(work: Work, filters: CalendarFilters) -> Response:
    """What the caller may see, as iCalendar; what is beyond the limit is behind the link to the next, as in every list."""
    page = await Engagements(work).page(CalendarEntry, filters)
    if page.status_code == 304:
        return page
    made = calendar(orjson.loads(page.body)["items"], next(iter(work.asked.languages), "en"))
    answer = answered(work, made)
    if answer.status_code == 200:
        answer.headers["Content-Type"] = f"{MEDIA_TYPE}; charset=utf-8"
    if "link" in page.headers:
        answer.headers["Link"] = page.headers["link"]
    return answer


async def record(work: Work, request: EngagementCreate) -> Response:
    """Record an engagement in which the caller's organisation took part, or one of those whom the caller coordinates."""
    engagement = Engagement(id=new_id(), organization_id=work.caller.organization, visibility=request.visibility)
    for name in PLAIN:
        setattr(engagement, name, getattr(request, name))
    engagement.ends_on = request.ends_on or request.starts_on
    today = work.now.date()
    engagement.status = request.status or (EngagementStatus.held if engagement.ends_on < today else EngagementStatus.planned)
    _require_begun(engagement, latest_day(work.now))
    participants = participants_of(engagement, request.participants)
    await require_recordable(work, participants)
    await require_sight(work, request.visibility, participants)
    await require_actors(work, request)
    ties = await hold(work, request.tie_ids)
    await require_sides(work, ties.values(), participants, request.tie_ids)
    work.add(engagement)
    await work.flush()
    work.session.add_all([*participants, *deliverables_of(engagement, request.deliverables), *links_of(engagement, request.tie_ids)])
    await work.flush()
    await require_owners_read(work, engagement, request.deliverables)
    await count_activity(work, ties, reason=request.reason)
    await tell_recorded(work, engagement, request.reason)
    return await Engagements(work).read(EngagementRead, engagement.id, status=201)


async def change(work: Work, engagement_id: UUID, request: EngagementChange) -> Response:
    """Change what the request names; the ties under which it was and is held count again. What changes nothing leaves record and feed as they are."""
    engagement = await Engagements(work).get(engagement_id, match=True)
    await require_changeable(work, engagement)
    if request.participants is not None:
        await require_recordable(work, request.participants)
    await require_actors(work, request)
    before = await snapshot(work, engagement)
    _apply(engagement, request)
    _require_begun(engagement, latest_day(work.now))
    ties = await hold(work, request.tie_ids or (), there=before.state["tie_ids"])
    if await replace_parts(work, engagement, request) or work.session.is_modified(engagement):
        engagement.touch(work.now)
        await work.flush()
        if request.model_fields_set & {"tie_ids", "participants"}:
            under = [ties[tie_id] for tie_id in await ties_of(work, engagement)]
            await require_sides(work, under, await parts_of(work, Participant, engagement), request.tie_ids or ())
        if request.model_fields_set & {"deliverables", "participants"}:
            await require_owners_read(work, engagement, request.deliverables)
        await count_activity(work, ties, reason=request.reason)
        await tell_changed(work, engagement, before, request.reason)
    return await Engagements(work).read(EngagementRead, engagement.id)


async def report(work: Work, engagement_id: UUID, deliverable_id: UUID, request: DeliverableReport) -> Response:
    """Say what became of a deliverable; who owes it may."""
    engagement = await Engagements(work).get(engagement_id, match=True)
    deliverable = await Deliverables(work).of(engagement, deliverable_id)
    await require_answerable(work, engagement, deliverable)
    if deliverable.status is not request.status:
        before = await snapshot(work, engagement)
        deliverable.status = request.status
        engagement.touch(work.now)
        await work.flush()
        await tell_changed(work, engagement, before, request.reason)
    return await Engagements(work).read(EngagementRead, engagement.id)


def _apply(engagement: Engagement, request: EngagementChange) -> None:
    given = request.model_fields_set
    for name in given & set(PLAIN):
        setattr(engagement, name, getattr(request, name))
    if "ends_on" in given:
        engagement.ends_on = request.ends_on or engagement.starts_on
    if engagement.ends_on < engagement.starts_on:
        raise Invalid("ends_on is before starts_on.", errors=[{"in": "body", "pointer": "/ends_on", "detail": "is before starts_on"}])
    engagement.status = request.status or engagement.status
    if request.visibility is not None:
        engagement.show(request.visibility)


def _require_begun(engagement: Engagement, today: date) -> None:
    if engagement.status is EngagementStatus.held and engagement.starts_on > today:
        raise Invalid("What begins in the future was not held yet.", errors=[{"in": "body", "pointer": "/status", "detail": "is held before it begins"}])
