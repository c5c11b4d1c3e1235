"""What requests and answers about releases are made of."""

from uuid import UUID

from pydantic import Field

from services.briefings.audiences.previewed import PATTERN
from services.briefings.audiences.schemas import AudienceRead
from services.briefings.briefings.markings import Marking
from services.briefings.releases.models import UnknownChoice
from shared.pages import Page
from shared.schemas import Instant, Line, Read, Request


class ReleaseCreate(Request):
    """The second person's decision, over the text named by If-Match."""

    expected_count: int | None = Field(None, ge=0, le=10_000_000, description="How many recipients you expect from the preview; another number is 409.")
    expected_digest: str | None = Field(
        None,
        pattern=PATTERN,
        description="One of the preview's expected_digests; 409 when the recipients are others now, with how many were added and removed.",
    )
    unknown: UnknownChoice | None = Field(None, description="What becomes of seats whose membership is not known; required when there are any.")
    reason: Line | None = Field(None, description="Why; it becomes part of the record.")


class DeliveryCounts(Read):
    """The deliveries of a release by state; each delivery counts once."""

    total: int
    queued: int
    delivered: int
    opened: int
    acknowledged: int


class ReleaseRead(Read):
    id: UUID
    briefing_id: UUID
    organization_id: UUID
    marking: Marking
    released_by: str
    released_at: Instant
    reason: str | None
    unknown_choice: UnknownChoice | None
    unknown: int = Field(description="Seats whose membership was not known at the release, whatever became of them.")
    recipients: int
    recipients_digest: str = Field(description="SHA-256 of the recipients' seat ids in order, joined by commas.")
    audience_digest: str
    audience: AudienceRead
    deliveries: DeliveryCounts


class ReleasesOf(Page):
    """The releases of one briefing."""

    briefing: UUID
