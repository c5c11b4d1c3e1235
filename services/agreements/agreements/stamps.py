"""Who acts, for whom, and when: what every action carries."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.work import Work


@dataclass(frozen=True, slots=True)
class Stamp:
    """The mark of one caller at one instant; `reason` where one was given."""

    subject: str
    organization: UUID | None
    at: datetime
    reason: str | None = None

    @classmethod
    def of(cls, work: Work, reason: str | None = None) -> "Stamp":
        return cls(work.caller.subject, work.caller.organization, work.now, reason)
