"""What happened to capacity reports, without a figure of them: the figures stay with those who may read the report."""

from datetime import date
from uuid import UUID

from shared.events import Event


class CapacityReportState(Event):
    capacity_report_id: UUID
    actor_id: UUID
    as_of: date

    def concerns(self) -> list[UUID]:
        return [self.actor_id]


class CapacityReported(CapacityReportState):
    type, aggregate, visibility = "capacity.reported", "capacity_report", "organizations"


class CapacityCorrected(CapacityReportState):
    """`capacity_report_id` is the new report, `supersedes_id` the one whose place it took."""

    type, aggregate, visibility = "capacity.corrected", "capacity_report", "organizations"

    supersedes_id: UUID


class CapacityVerified(CapacityReportState):
    type, aggregate, visibility = "capacity.verified", "capacity_report", "organizations"

    verified_by_id: UUID

    def concerns(self) -> list[UUID]:
        return sorted({self.actor_id, self.verified_by_id})
