"""Releasing: a second person lets a briefing out, to an audience that is frozen in the same transaction."""

from uuid import UUID

from fastapi import Response
from sqlalchemy.orm import selectinload

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.previewed import Previewed, difference_since
from services.briefings.briefings.classified import refuse_classified
from services.briefings.briefings.markings import Marking
from services.briefings.briefings.models import Briefing
from services.briefings.briefings.repository import IssuedBriefings, OwnBriefings
from services.briefings.errors import AudienceChanged
from services.briefings.events import BriefingPublished, BriefingReleased
from services.briefings.releases.fanout import NOBODY, fan_out
from services.briefings.releases.models import Release, UnknownChoice
from services.briefings.releases.repository import Releases
from services.briefings.releases.schemas import ReleaseCreate, ReleaseRead, ReleasesOf
from shared.pages import Page
from shared.translations import Sentence
from shared.work import Work


async def release(work: Work, briefing_id: UUID, request: ReleaseCreate) -> Response:
    """Release a briefing as it was read. The number of statements does not depend on the number of recipients."""
    briefing = await OwnBriefings(work).get(briefing_id, lock=True, load=[selectinload(Briefing.parts)])
    marking = briefing.releasable(releaser=work.caller.subject, at=work.now)
    work.require_match(briefing.version)
    refuse_classified({**briefing.texts(), "reason": request.reason})
    audience = Audience.read(briefing.audience)
    made = _release_of(work, briefing, audience, marking, request)
    work.add(made)
    briefing.close(at=work.now)
    await work.flush()
    tally = await fan_out(work, made, audience)
    made.freeze(recipients=tally.recipients, unknown=tally.unknown, digest=tally.digest, missing=tally.missing, expected=request.expected_count)
    await _require_previewed(work, audience, made, request)
    _record(work, briefing, made)
    await work.flush()
    return await Releases(work).read(ReleaseRead, made.id, status=201)


async def list_of(work: Work, briefing_id: UUID, page: Page) -> Response:
    """The releases of a briefing that the caller's organisation issues."""
    await IssuedBriefings(work).get(briefing_id)
    return await Releases(work).page(ReleaseRead, ReleasesOf(limit=page.limit, cursor=page.cursor, count=page.count, briefing=briefing_id))


async def _require_previewed(work: Work, audience: Audience, made: Release, request: ReleaseCreate) -> None:
    """AudienceChanged when the releaser saw other recipients than these."""
    if request.expected_digest is None:
        return
    seen = Previewed.read(request.expected_digest)
    if seen.digest == made.recipients_digest:
        return
    let_in = made.unknown_choice is UnknownChoice.include
    changed = await difference_since(work, audience, seen, recipients=made.recipients, let_in=let_in)
    raise AudienceChanged(
        Sentence(
            "Since the preview {changed}; now there are {recipients} recipients. Preview the audience again.",
            changed=changed.said(),
            recipients=made.recipients,
        ),
        recipients=made.recipients,
        added=changed.added,
        removed=changed.removed,
        exact=changed.exact,
    )


def _release_of(work: Work, briefing: Briefing, audience: Audience, marking: Marking, request: ReleaseCreate) -> Release:
    return Release(
        briefing_id=briefing.id,
        organization_id=briefing.organization_id,
        marking=marking,
        authors=list(briefing.editors),
        released_by=work.caller.subject,
        released_at=work.now,
        reason=request.reason,
        audience=audience.document(),
        audience_digest=audience.digest(),
        unknown_choice=request.unknown,
        recipients=0,
        unknown=0,
        recipients_digest=NOBODY,
    )


def _record(work: Work, briefing: Briefing, made: Release) -> None:
    """One event for the issuer; under CLEAR another one that everybody may know of."""
    if made.marking is Marking.clear:
        published = BriefingPublished(
            briefing_id=briefing.id,
            organization_id=briefing.organization_id,
            title=briefing.title,
            kind=briefing.type.value,
            status=briefing.status.value,
            marking=made.marking,
            recipients=made.recipients,
        )
        work.record(published)
    released = BriefingReleased(
        briefing_id=briefing.id,
        organization_id=briefing.organization_id,
        release_id=made.id,
        marking=made.marking,
        recipients=made.recipients,
        unknown=made.unknown,
        unknown_included=made.unknown_choice is UnknownChoice.include,
        audience_digest=made.audience_digest,
        recipients_digest=made.recipients_digest,
    )
    work.record(released, reason=made.reason)
