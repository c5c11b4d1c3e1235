"""The facts this service records. No event carries a word of a briefing above TLP:CLEAR; people and briefings are named by id."""

from typing import Annotated
from uuid import UUID

from services.briefings.briefings.markings import Marking
from shared.events import Event, Restricted


class _OfTheIssuer(Event):
    """Seen by the issuing organisation and auditors only."""

    aggregate, visibility = "briefing", "organizations"
    briefing_id: UUID
    organization_id: UUID

    def concerns(self) -> list[UUID]:
        return [self.organization_id]


class BriefingDrafted(_OfTheIssuer):
    type = "briefing.drafted"


class BriefingChanged(_OfTheIssuer):
    type = "briefing.changed"
    fields: list[str]


class BriefingDiscarded(_OfTheIssuer):
    type = "briefing.discarded"


class BriefingReleased(_OfTheIssuer):
    """One event for a release, however many receive it."""

    type = "briefing.released"
    release_id: UUID
    marking: Marking
    recipients: int
    unknown: int
    unknown_included: bool
    audience_digest: str
    recipients_digest: str


class BriefingPublished(Event):
    """A release under TLP:CLEAR, which everybody may know of."""

    type, aggregate, visibility = "briefing.published", "briefing", "public"
    briefing_id: UUID
    organization_id: UUID
    title: str
    kind: str
    status: str
    marking: Marking
    recipients: Annotated[int, Restricted]

    def concerns(self) -> list[UUID]:
        return [self.organization_id]


class _OfTheDelivery(Event):
    """Seen by the issuing organisation and, below RED, by the recipient's: RED is for the person alone."""

    aggregate, visibility = "delivery", "organizations"
    delivery_id: UUID
    briefing_id: UUID
    organization_id: UUID
    seat_id: UUID
    actor_id: UUID
    marking: Marking

    def concerns(self) -> list[UUID]:
        if self.marking is Marking.red:
            return [self.organization_id]
        return list(dict.fromkeys([self.organization_id, self.actor_id]))


class DeliveryOpened(_OfTheDelivery):
    type = "delivery.opened"


class DeliveryAcknowledged(_OfTheDelivery):
    type = "delivery.acknowledged"
