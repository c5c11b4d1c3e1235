"""`/v1/briefings`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.briefings.access import CanDraft, CanReadBriefings
from services.briefings.briefings import service
from services.briefings.briefings.schemas import BriefingChange, BriefingCreate, BriefingFilters, BriefingRead
from services.briefings.errors import (
    AudienceInvalid,
    BriefingClosed,
    BriefingNotFound,
    ClassifiedTextRefused,
    ExpiryOutOfBounds,
    MarkingAboveClearance,
    OrganizationNeeded,
    StatusMixed,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["briefings"])
CONDITIONS = (PreconditionFailed, PreconditionRequired)
CONTENT = (AudienceInvalid, ClassifiedTextRefused, ExpiryOutOfBounds, StatusMixed, MarkingAboveClearance)


@router.get("/briefings", response_model=PageOf[BriefingRead])
async def list_briefings(filters: Annotated[BriefingFilters, Query()], work: CanReadBriefings) -> Response:
    """List the briefings of your organisation and those delivered to your seats, newest first."""
    return await service.list_all(work, filters)


@router.post("/briefings", status_code=201, response_model=BriefingRead, responses=problems(OrganizationNeeded, *CONTENT))
async def draft_briefing(request: BriefingCreate, work: CanDraft) -> Response:
    """Draft a briefing. It stays with your organisation until a second person releases it."""
    return await service.draft(work, request)


@router.get("/briefings/{briefing_id}", response_model=BriefingRead, responses=problems(BriefingNotFound))
async def read_briefing(briefing_id: UUID, work: CanReadBriefings) -> Response:
    """Read a briefing with its parts."""
    return await service.read(work, briefing_id)


@router.patch("/briefings/{briefing_id}", response_model=BriefingRead, responses=problems(BriefingNotFound, BriefingClosed, *CONTENT, *CONDITIONS))
async def change_briefing(briefing_id: UUID, request: BriefingChange, work: CanDraft) -> Response:
    """Change a draft. Whoever does so counts as an author and cannot release it when it is marked TLP:AMBER or above."""
    return await service.change(work, briefing_id, request)


@router.delete("/briefings/{briefing_id}", status_code=204, responses=problems(BriefingNotFound, BriefingClosed, *CONDITIONS))
async def discard_briefing(briefing_id: UUID, work: CanDraft) -> Response:
    """Discard a draft."""
    return await service.discard(work, briefing_id)
