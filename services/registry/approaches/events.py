"""What is recorded of approach reports: that there is one. Nothing of what it says, not even about whom."""

from uuid import UUID

from shared.events import Event


class ApproachState(Event):
    """A report, for the organisation that filed it."""

    approach_id: UUID
    organization_id: UUID
    corrections: int
    withdrawn: bool

    def concerns(self) -> list[UUID]:
        return [self.organization_id]


class ApproachReported(ApproachState):
    type, aggregate, visibility = "approach.reported", "approach", "organizations"


class ApproachCorrected(ApproachState):
    type, aggregate, visibility = "approach.corrected", "approach", "organizations"


class ApproachTakenBack(ApproachState):
    type, aggregate, visibility = "approach.withdrawn", "approach", "organizations"
