"""The routes of engagements."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Query, Response

from services.registry.access import Anyone, CanManageEngagements
from services.registry.engagements import service
from services.registry.engagements.calendars import MEDIA_TYPE
from services.registry.engagements.schemas import (
    CalendarFilters,
    DeliverableReport,
    EngagementChange,
    EngagementCreate,
    EngagementFilters,
    EngagementRead,
    Kinds,
)
from services.registry.errors import (
    DeliverableNotFound,
    EngagementActorUnknown,
    EngagementNotFound,
    EngagementOfOthers,
    EngagementTieUnknown,
    EngagementWasPublic,
    ParticipantTwice,
    TieWithdrawn,
    TieWithoutSides,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import TABLES, offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["engagements"])
Accept = Annotated[str | None, Header(include_in_schema=False)]
CALENDAR = offered((MEDIA_TYPE,))
REFUSALS = (EngagementOfOthers, EngagementActorUnknown, EngagementTieUnknown, TieWithdrawn, TieWithoutSides, ParticipantTwice)


@router.get("/engagements", response_model=PageOf[EngagementRead], responses=offered((*TABLES, MEDIA_TYPE)))
async def list_engagements(filters: Annotated[EngagementFilters, Query()], work: Anyone, accept: Accept = None) -> Response:
    """List engagements. By `Accept` the answer is a calendar, or as CSV or NDJSON a file with all of them, without parameters of pages."""
    return await service.list_engagements(work, filters, accept)


@router.get("/engagements/calendar.ics", response_class=Response, responses=CALENDAR)
async def show_calendar(filters: Annotated[CalendarFilters, Query()], work: Anyone) -> Response:
    """Subscribe to engagements as a calendar: the public ones, and with a token the restricted ones that you may see.

    What is owed on a day stands in it as a task (VTODO). Engagements beyond `limit` are in the next file, at the address that `Link`
    gives with `rel=next`; programs that subscribe do not follow it: filter, or raise `limit`.
    """
    return await service.show_calendar(work, filters)


@router.get("/engagements/kinds", response_model=Kinds)
async def list_engagement_kinds(work: Anyone) -> Response:
    """List the kinds of engagements."""
    return await service.list_kinds(work)


@router.get("/engagements/{engagement_id}", response_model=EngagementRead, responses=problems(EngagementNotFound))
async def read_engagement(engagement_id: UUID, work: Anyone) -> Response:
    """Read an engagement."""
    return await service.read(work, engagement_id)


@router.post("/engagements", status_code=201, response_model=EngagementRead, responses=problems(*REFUSALS))
async def record_engagement(request: EngagementCreate, work: CanManageEngagements) -> Response:
    """Record an engagement of your organisation."""
    return await service.record(work, request)


@router.patch(
    "/engagements/{engagement_id}",
    response_model=EngagementRead,
    responses=problems(EngagementNotFound, *REFUSALS, EngagementWasPublic, PreconditionFailed, PreconditionRequired),
)
async def change_engagement(engagement_id: UUID, request: EngagementChange, work: CanManageEngagements) -> Response:
    """Change an engagement: what is absent stays, null empties, a list replaces the whole list."""
    return await service.change(work, engagement_id, request)


@router.post(
    "/engagements/{engagement_id}/deliverables/{deliverable_id}/status",
    response_model=EngagementRead,
    responses=problems(EngagementNotFound, DeliverableNotFound, EngagementOfOthers, PreconditionFailed, PreconditionRequired),
)
async def report_deliverable(engagement_id: UUID, deliverable_id: UUID, request: DeliverableReport, work: CanManageEngagements) -> Response:
    """Say what became of a deliverable: whoever owes it may, and whoever may change the engagement, whose ETag is asked for."""
    return await service.report(work, engagement_id, deliverable_id, request)
