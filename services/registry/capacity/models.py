"""The table of capacity reports. What was said on a day is never rewritten: a correction is a report of its own that takes its place."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Integer, Numeric, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.capacity.errors import (
    CapacityReporterUnknown,
    CapacityReportExists,
    CapacityReportSuperseded,
    CapacityReportVerified,
    CapacityRespondentUnknown,
    CapacityVerifiedByItself,
)
from shared.columns import Identified, Touched, enum_column


class TrainingMode(StrEnum):
    formal = "formal"
    informal = "informal"
    self_guided = "self_guided"
    none = "none"


class RespondentRole(StrEnum):
    """Which office answered. A list and no free text: a report never names a person."""

    chief_executive = "chief_executive"
    international_office = "international_office"
    secretariat = "secretariat"
    finance = "finance"
    planning = "planning"
    economic_development = "economic_development"
    other = "other"


class CapacityReport(Base, Identified, Touched):
    """What a government says of its means on a day. Null: not answered, which counts as such and never as no."""

    __tablename__ = "capacity_reports"
    __table_args__ = (
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": CapacityReporterUnknown}),
        ForeignKeyConstraint(["respondent_seat_id"], ["seats.id"], info={"error": CapacityRespondentUnknown}),
        ForeignKeyConstraint(["supersedes_id"], ["capacity_reports.id"]),
        UniqueConstraint("supersedes_id", info={"error": CapacityReportSuperseded}),
        Index(
            "uq_capacity_reports_current",
            "actor_id",
            "as_of",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
            info={"error": CapacityReportExists},
        ),
        CheckConstraint("verified_by_id <> actor_id", name="verified_by_another", info={"error": CapacityVerifiedByItself}),
        CheckConstraint("(verified_at IS NULL) = (verified_by_id IS NULL)", name="verified"),
        CheckConstraint("fte_dedicated >= 0 AND fte_shared >= 0 AND annual_budget >= 0", name="amounts"),
        CheckConstraint("(annual_budget IS NULL) = (budget_currency IS NULL)", name="budget"),
        CheckConstraint("staff_total_intl >= 0 AND coalesce(staff_trained, 0) BETWEEN 0 AND coalesce(staff_total_intl, 0)", name="staff"),
        CheckConstraint("office_name IS NULL OR has_international_office IS TRUE", name="office"),
        CheckConstraint("strategy_year IS NULL OR has_strategy IS TRUE", name="strategy"),
        CheckConstraint("training_mode IS DISTINCT FROM 'none' OR coalesce(staff_trained, 0) = 0", name="training"),
    )
    actor_id: Mapped[UUID]
    as_of: Mapped[date] = mapped_column(comment="the day on which it is true")
    has_senior_manager: Mapped[bool | None]
    has_international_office: Mapped[bool | None]
    office_name: Mapped[str | None]
    fte_dedicated: Mapped[Decimal | None] = mapped_column(Numeric(9, 2), comment="full-time equivalents that do nothing else")
    fte_shared: Mapped[Decimal | None] = mapped_column(Numeric(9, 2), comment="full-time equivalents of those who do other things as well")
    annual_budget: Mapped[Decimal | None] = mapped_column(Numeric(18, 2), comment="of the fiscal year that holds as_of")
    budget_currency: Mapped[str | None] = mapped_column(comment="ISO 4217")
    has_strategy: Mapped[bool | None]
    strategy_year: Mapped[int | None] = mapped_column(Integer)
    staff_total_intl: Mapped[int | None] = mapped_column(Integer, comment="persons with international work among their duties")
    staff_trained: Mapped[int | None] = mapped_column(Integer, comment="of those, the ones who were trained for it")
    training_mode: Mapped[TrainingMode | None] = mapped_column(enum_column(TrainingMode))
    networks: Mapped[list[str] | None] = mapped_column(ARRAY(Text), comment="as the government names them; empty: in none")
    tracks_sdg: Mapped[bool | None]
    has_council_rule_for_ties: Mapped[bool | None]
    federal_contact_point: Mapped[bool | None] = mapped_column(comment="whether it knows whom to call in the national government")
    respondent_role: Mapped[RespondentRole] = mapped_column(enum_column(RespondentRole))
    respondent_seat_id: Mapped[UUID | None]
    supersedes_id: Mapped[UUID | None]
    superseded_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[UUID | None] = mapped_column(comment="the organisation that looked at it")
    verification_note: Mapped[str | None]

    def require_current(self) -> None:
        """CapacityReportSuperseded once a correction has taken its place."""
        if self.superseded_at is not None:
            raise CapacityReportSuperseded(report=str(self.id))

    def supersede(self, *, at: datetime) -> None:
        self.require_current()
        self.superseded_at = at

    def verify(self, *, by: UUID, note: str | None, at: datetime) -> None:
        """Take the word of another organisation for it, once."""
        self.require_current()
        if self.verified_at is not None:
            raise CapacityReportVerified(report=str(self.id))
        if by == self.actor_id:
            raise CapacityVerifiedByItself(report=str(self.id))
        self.verified_at, self.verified_by_id, self.verification_note = at, by, note
