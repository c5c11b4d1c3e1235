"""`/v1/briefings/{id}/releases`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.briefings.access import CanRelease, CanStudyAudiences
from services.briefings.errors import (
    AlreadyReleased,
    AudienceChanged,
    AudienceEmpty,
    BriefingExpired,
    BriefingNotFound,
    ClassifiedTextRefused,
    NamesNeeded,
    PartsMissing,
    PartsUnmarked,
    SameHandRefused,
    SeatsMissing,
    UnknownUndecided,
)
from services.briefings.releases import service
from services.briefings.releases.schemas import ReleaseCreate, ReleaseRead
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.pages import Page, PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["releases"])
REFUSALS = problems(
    SameHandRefused,
    BriefingNotFound,
    AlreadyReleased,
    PartsMissing,
    PartsUnmarked,
    BriefingExpired,
    NamesNeeded,
    SeatsMissing,
    UnknownUndecided,
    AudienceChanged,
    AudienceEmpty,
    ClassifiedTextRefused,
    PreconditionFailed,
    PreconditionRequired,
)


@router.post("/briefings/{briefing_id}/releases", status_code=201, response_model=ReleaseRead, responses=REFUSALS)
async def release_briefing(briefing_id: UUID, request: ReleaseCreate, work: CanRelease) -> Response:
    """Release a briefing as you read it (If-Match). For TLP:AMBER and above whoever wrote or edited it may not."""
    return await service.release(work, briefing_id, request)


@router.get("/briefings/{briefing_id}/releases", response_model=PageOf[ReleaseRead], responses=problems(BriefingNotFound))
async def list_releases(briefing_id: UUID, page: Annotated[Page, Query()], work: CanStudyAudiences) -> Response:
    """See who released a briefing, to how many, and how far their deliveries have come."""
    return await service.list_of(work, briefing_id, page)
