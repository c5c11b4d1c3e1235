"""`/v1/briefings/{id}/audience` and `/v1/briefings/audience-previews`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.briefings.access import CanStudyAudiences
from services.briefings.audiences import service
from services.briefings.audiences.schemas import AudiencePreview, PreviewFilters, PreviewRequest
from services.briefings.errors import AudienceInvalid, BriefingNotFound, ClassifiedTextRefused
from shared.errors import CursorInvalid
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["audiences"])


@router.get("/briefings/{briefing_id}/audience", response_model=AudiencePreview, responses=problems(BriefingNotFound, CursorInvalid))
async def preview_audience(briefing_id: UUID, filters: Annotated[PreviewFilters, Query()], work: CanStudyAudiences) -> Response:
    """See who would receive a briefing, and why, as the directory stands now. Seats of which a deciding fact is not recorded are `unknown`."""
    return await service.preview_briefing(work, briefing_id, filters)


@router.post("/briefings/audience-previews", response_model=AudiencePreview, responses=problems(AudienceInvalid, CursorInvalid, ClassifiedTextRefused))
async def preview_unsaved_audience(request: PreviewRequest, work: CanStudyAudiences) -> Response:
    """See who would belong to an audience before it is saved."""
    return await service.preview_unsaved(work, request)
