"""What is recorded of checks and flags: ids, states and words of closed lists. What people wrote stays in the record."""

from datetime import date
from uuid import UUID

from shared.events import Event


class DiligenceState(Event):
    """A check of a counterpart; for the organisation that made it."""

    diligence_id: UUID
    organization_id: UUID
    counterpart_id: UUID
    agreement_id: UUID | None
    edition: int
    state: str
    verdict: str | None
    answers: dict[str, str]

    def concerns(self) -> list[UUID]:
        return [self.organization_id]


class DiligenceOpened(DiligenceState):
    type, aggregate, visibility = "diligence.opened", "diligence", "organizations"


class DiligenceAnswered(DiligenceState):
    type, aggregate, visibility = "diligence.answered", "diligence", "organizations"


class DiligenceConcluded(DiligenceState):
    type, aggregate, visibility = "diligence.concluded", "diligence", "organizations"


class FlagState(Event):
    """A flag on an actor; for the organisation that raised it. The flagged one reads the flag that it is shown, not who in whose office did what."""

    flag_id: UUID
    organization_id: UUID
    actor_id: UUID
    category: str
    severity: str
    audience: str
    shown_to_actor: bool
    withdrawn: bool
    replies: int
    valid_from: date | None
    valid_through: date | None

    def concerns(self) -> list[UUID]:
        return [self.organization_id]


class FlagRaised(FlagState):
    type, aggregate, visibility = "flag.raised", "flag", "organizations"


class FlagChanged(FlagState):
    type, aggregate, visibility = "flag.changed", "flag", "organizations"


class FlagReplied(FlagState):
    type, aggregate, visibility = "flag.replied", "flag", "organizations"


class FlagTakenBack(FlagState):
    type, aggregate, visibility = "flag.withdrawn", "flag", "organizations"
