"""The tables of approach reports. Nothing else in the registry reads them, and nothing of them touches the actor they name."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.approaches.errors import ApproachActorUnknown, ApproachOfAnother, ApproachWithdrawn
from services.registry.base import Base
from services.registry.diligence.errors import RecordNeedsOrganization
from shared.columns import Identified, Touched, enum_column

MOST_CORRECTIONS = 50


class ApproachChannel(StrEnum):
    in_person = "in_person"
    event = "event"
    phone = "phone"
    email = "email"
    message = "message"
    social_media = "social_media"
    letter = "letter"
    other = "other"


class Approach(Base, Identified, Touched):
    """Who sought contact with an office, where, through whom and for what. What was filed is never rewritten; corrections follow it."""

    __tablename__ = "approach_reports"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": RecordNeedsOrganization}),
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": ApproachActorUnknown}),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawal_reason IS NULL)", name="withdrawn"),
        Index("ix_approach_reports_organization_id", "organization_id"),
        Index("ix_approach_reports_country", "country"),
        Index("ix_approach_reports_actor_id", "actor_id"),
        Index("ix_approach_reports_happened_on", "happened_on", "id"),
    )
    organization_id: Mapped[UUID]
    country: Mapped[str | None] = mapped_column(comment="of the organisation: its national coordinator reads the report")
    reported_by: Mapped[str]
    approached_by: Mapped[str] = mapped_column(comment="who sought contact, in the reporter's words; never leaves this table")
    actor_id: Mapped[UUID | None]
    happened_on: Mapped[date]
    place: Mapped[str | None]
    through: Mapped[str | None] = mapped_column(comment="the intermediary")
    asked: Mapped[str] = mapped_column(comment="what was asked or offered")
    channel: Mapped[ApproachChannel] = mapped_column(enum_column(ApproachChannel))
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None]

    def require_standing(self) -> None:
        """ApproachWithdrawn for one that its author took back."""
        if self.withdrawn_at is not None:
            raise ApproachWithdrawn(approach=str(self.id))

    def withdraw(self, reason: str, *, by: str, organization_id: UUID | None, at: datetime) -> None:
        """Take it back: its author alone may, and says why."""
        if self.reported_by != by or self.organization_id != organization_id:
            raise ApproachOfAnother("Whoever filed the report withdraws it.")
        self.require_standing()
        self.withdrawal_reason, self.withdrawn_at = reason, at


class ApproachCorrection(Base, Identified):
    """What turned out to be otherwise, or was found out later."""

    __tablename__ = "approach_corrections"
    __table_args__ = (
        ForeignKeyConstraint(["approach_id"], ["approach_reports.id"]),
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": ApproachActorUnknown}),
        Index("ix_approach_corrections_approach_id", "approach_id"),
        Index("ix_approach_corrections_actor_id", "actor_id"),
    )
    approach_id: Mapped[UUID]
    text: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(comment="who it was, when that was found out")
    corrected_by: Mapped[str]
    corrected_at: Mapped[datetime]
