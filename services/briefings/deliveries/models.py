"""One row for each release, seat and channel: what a recipient was sent, why, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.briefings.base import Base
from services.briefings.briefings.markings import Marking
from shared.columns import enum_column


class Channel(StrEnum):
    """Where a delivery goes. A row in the inbox is its own delivery."""

    inbox = "inbox"


class DeliveryState(StrEnum):
    """How far a delivery has come, derived from its instants."""

    queued = "queued"
    delivered = "delivered"
    opened = "opened"
    acknowledged = "acknowledged"


class Outcome(StrEnum):
    """How the seat came to be a recipient: it belonged to the audience, or was not known to and let in."""

    included = "included"
    unknown = "unknown"


class Omission(Base):
    """A seat that a release left out because a fact that decides was not recorded: it asks for an answer later, too."""

    __tablename__ = "omissions"
    release_id: Mapped[UUID] = mapped_column(primary_key=True)
    seat_id: Mapped[UUID] = mapped_column(primary_key=True)
    actor_id: Mapped[UUID]
    actor_name: Mapped[str]
    role: Mapped[str]
    title: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB(none_as_null=True), comment="what the release's predicate read of this seat")


class Delivery(Base):
    """Names, role and facts are those of the release: the directory may change, the reason does not.

    What it copies from its release comes out of the release's own row, in the only statement that writes deliveries (releases/fanout.py).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("id"),
        CheckConstraint("(opened_at IS NULL) = (opened_by IS NULL)", name="opened_by_somebody"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_somebody"),
        Index("ix_deliveries_seat_id", "seat_id", "queued_at", "id"),
        Index("ix_deliveries_briefing_id", "briefing_id", "actor_name", "id"),
        Index("ix_deliveries_organization_id", "organization_id", "actor_name", "id"),
    )
    release_id: Mapped[UUID] = mapped_column(primary_key=True)
    seat_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel), primary_key=True)
    id: Mapped[UUID]
    briefing_id: Mapped[UUID]
    organization_id: Mapped[UUID] = mapped_column(comment="who issued it")
    marking: Mapped[Marking] = mapped_column(enum_column(Marking))
    actor_id: Mapped[UUID]
    actor_name: Mapped[str]
    role: Mapped[str]
    title: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    named: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB(none_as_null=True), comment="what the release's predicate read of this seat")
    attempts: Mapped[int] = mapped_column(Integer)
    queued_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    opened_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]

    def open(self, *, by: str, at: datetime) -> bool:
        """Note who opened it first; whether that was now."""
        if self.opened_at is not None:
            return False
        self.opened_at, self.opened_by = at, by
        return True

    def acknowledge(self, *, by: str, at: datetime) -> bool:
        """Note who acknowledged it first; whether that was now."""
        if self.acknowledged_at is not None:
            return False
        self.acknowledged_at, self.acknowledged_by = at, by
        return True
