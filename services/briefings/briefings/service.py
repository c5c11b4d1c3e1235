"""Drafting: made, changed and discarded by the people of one organisation, until a second person releases it."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import delete
from sqlalchemy.orm import selectinload

from services.briefings.audiences.audience import Audience
from services.briefings.briefings.classified import refuse_classified
from services.briefings.briefings.models import Briefing
from services.briefings.briefings.repository import Briefings, OwnBriefings
from services.briefings.briefings.schemas import BriefingChange, BriefingCreate, BriefingFilters, BriefingRead
from services.briefings.errors import OrganizationNeeded
from services.briefings.events import BriefingChanged, BriefingDiscarded, BriefingDrafted
from shared.work import Work

WITH_PARTS = frozenset({"parts"})


async def draft(work: Work, request: BriefingCreate) -> Response:
    """A new draft of the caller's organisation. Classified text is refused before anything is stored."""
    if work.caller.organization is None:
        raise OrganizationNeeded("Ask for an account that acts for the issuing organisation.")
    audience = Audience.read(request.audience.model_dump())
    refuse_classified(request.model_dump(mode="json", exclude={"audience"}) | {"audience": audience.document()})
    content = request.content() | {"audience": audience.document()}
    briefing = Briefing.draft(content, organization_id=work.caller.organization, author=work.caller.subject, at=work.now)
    briefing.require_cleared(work.caller.clearance_rank)
    work.add(briefing)
    await work.flush()
    work.record(BriefingDrafted(briefing_id=briefing.id, organization_id=briefing.organization_id))
    await work.flush()
    return await OwnBriefings(work).read(BriefingRead, briefing.id, include=WITH_PARTS, status=201)


async def change(work: Work, briefing_id: UUID, request: BriefingChange) -> Response:
    """Change a draft of the caller's organisation that has not moved since it was read."""
    content = request.content()
    if request.audience is not None:
        content["audience"] = Audience.read(request.audience.model_dump()).document()
    refuse_classified(request.model_dump(mode="json", exclude={"audience"}) | {"audience": content.get("audience")})
    briefing = await OwnBriefings(work).get(briefing_id, lock=True, load=[selectinload(Briefing.parts)])
    briefing.require_open()
    work.require_match(briefing.version)
    briefing.edit(content, editor=work.caller.subject, at=work.now)
    briefing.require_cleared(work.caller.clearance_rank)
    work.record(
        BriefingChanged(briefing_id=briefing.id, organization_id=briefing.organization_id, fields=request.changed()),
        reason=request.reason,
    )
    await work.flush()
    return await OwnBriefings(work).read(BriefingRead, briefing.id, include=WITH_PARTS)


async def discard(work: Work, briefing_id: UUID) -> Response:
    """Delete a draft; what has been released stays."""
    briefing = await OwnBriefings(work).get(briefing_id, lock=True)
    briefing.require_open()
    work.require_match(briefing.version)
    await work.execute(delete(Briefing).where(Briefing.id == briefing_id))
    event = work.record(BriefingDiscarded(briefing_id=briefing_id, organization_id=briefing.organization_id))
    await work.flush()
    return Response(status_code=204, headers={"Comity-Event": str(event)})


async def read(work: Work, briefing_id: UUID) -> Response:
    """One briefing with its parts."""
    return await Briefings(work).read(BriefingRead, briefing_id, include=WITH_PARTS)


async def list_all(work: Work, filters: BriefingFilters) -> Response:
    """The briefings the caller may see, newest first."""
    return await Briefings(work).page(BriefingRead, filters)
