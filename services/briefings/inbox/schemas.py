"""What requests and answers about the inbox are made of."""

from uuid import UUID

from services.briefings.briefings.models import MessageStatus
from services.briefings.briefings.schemas import BriefingBody, BriefingHead
from services.briefings.deliveries.models import Channel, DeliveryState
from shared.pages import Page
from shared.schemas import Instant, Read


class InboxLine(Read):
    """A delivery as its recipient sees it."""

    id: UUID
    briefing_id: UUID
    seat_id: UUID
    actor_id: UUID
    role: str
    title: str
    channel: Channel
    state: DeliveryState
    delivered_at: Instant | None
    opened_at: Instant | None
    opened_by: str | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None


class InboxItem(InboxLine):
    briefing: BriefingHead | None


class InboxRead(InboxLine):
    briefing: BriefingBody | None


class InboxFilters(Page):
    acknowledged: bool | None = None
    expired: bool | None = None
    status: MessageStatus | None = None
    seat: UUID | None = None
