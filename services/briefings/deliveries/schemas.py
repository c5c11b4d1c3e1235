"""What requests and answers about deliveries are made of."""

from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.briefings.briefings.markings import Marking
from services.briefings.deliveries.models import Channel, DeliveryState, Outcome
from shared.pages import Page
from shared.predicates import Flip, Step
from shared.schemas import Instant, Read


class DeliveryRead(Read):
    """One line of the ledger. Names and roles are those of the release."""

    id: UUID
    briefing_id: UUID
    release_id: UUID
    seat_id: UUID
    actor_id: UUID
    actor_name: str
    role: str
    title: str
    channel: Channel
    marking: Marking
    state: DeliveryState
    outcome: Outcome = Field(description="`unknown`: the releaser included it although a fact that decides was not recorded.")
    named: bool
    attempts: int
    queued_at: Instant
    delivered_at: Instant | None
    opened_at: Instant | None
    opened_by: str | None
    acknowledged_at: Instant | None
    acknowledged_by: str | None


class DeliveryFilters(Page):
    briefing: UUID | None = None
    state: DeliveryState | None = None
    acknowledged: bool | None = None
    actor: UUID | None = None
    seat: UUID | None = None


class Membership(StrEnum):
    """Whether a seat belongs to an audience."""

    included = "included"
    excluded = "excluded"
    unknown = "unknown"


class Basis(StrEnum):
    """Which facts an explanation rests on: those kept with the release, or those of the directory now."""

    release = "release"
    directory = "directory"


class Explanation(Read):
    """Why a seat did or did not receive a briefing."""

    briefing_id: UUID
    seat_id: UUID
    actor_id: UUID
    actor_name: str
    role: str
    outcome: Membership = Field(description="What the audience says of this seat, on the facts named by `based_on`.")
    received: bool
    delivery_id: UUID | None
    state: DeliveryState | None
    named: bool
    based_on: Basis
    sentences: list[str]
    trace: Step | None = Field(description="Null for an audience of named seats only.")
    would_change: Flip | None = Field(description="The smallest change of facts that leads to the other outcome; null for a named seat.")
