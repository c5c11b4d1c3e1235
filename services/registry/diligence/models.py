"""The tables of checks and flags. A concluded check is never changed; what was shown of a flag is not taken back."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.diligence.errors import (
    DiligenceActorUnknown,
    DiligenceFrozen,
    DiligenceIncomplete,
    DiligenceOfOneself,
    DiligenceReopened,
    DiligenceUnconcluded,
    DiligenceUnderWay,
    FlagWasShown,
    FlagWithdrawn,
    RecordNeedsOrganization,
)
from services.registry.diligence.items import ITEMS, ChecklistItem
from services.registry.periods import Dated, in_order
from shared.columns import Identified, Touched, enum_column
from shared.translations import Sentence


class CheckState(StrEnum):
    open = "open"
    concluded = "concluded"


class DiligenceVerdict(StrEnum):
    proceed = "proceed"
    proceed_with_conditions = "proceed_with_conditions"
    do_not_proceed = "do_not_proceed"
    undecided = "undecided"


class AnswerStatus(StrEnum):
    open = "open"
    clear = "clear"
    concern = "concern"
    not_applicable = "not_applicable"


class Check(Base, Identified, Touched):
    """An organisation's check of a counterpart. `agreement_id` is another service's and never looked up."""

    __tablename__ = "diligence_checks"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": RecordNeedsOrganization}),
        ForeignKeyConstraint(["counterpart_id"], ["actors.id"], info={"error": DiligenceActorUnknown}),
        ForeignKeyConstraint(["previous_id"], ["diligence_checks.id"]),
        UniqueConstraint("previous_id", info={"error": DiligenceReopened}),
        CheckConstraint("counterpart_id <> organization_id", name="oneself", info={"error": DiligenceOfOneself}),
        CheckConstraint(
            "(state = 'concluded') = (verdict IS NOT NULL AND reason IS NOT NULL AND concluded_by IS NOT NULL AND concluded_at IS NOT NULL)", name="concluded"
        ),
        CheckConstraint("(conditions IS NOT NULL) = (verdict IS NOT NULL AND verdict = 'proceed_with_conditions')", name="conditions"),
        Index(
            "uq_diligence_checks_open",
            "organization_id",
            "counterpart_id",
            text("coalesce(agreement_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
            unique=True,
            postgresql_where=text("state = 'open'"),
            info={"error": DiligenceUnderWay},
        ),
        Index("ix_diligence_checks_organization_id", "organization_id", "counterpart_id"),
        Index("ix_diligence_checks_country", "country"),
        Index("ix_diligence_checks_counterpart_id", "counterpart_id"),
    )
    organization_id: Mapped[UUID]
    country: Mapped[str | None] = mapped_column(comment="of the organisation: its national coordinator reads the check")
    counterpart_id: Mapped[UUID]
    agreement_id: Mapped[UUID | None]
    edition: Mapped[int]
    previous_id: Mapped[UUID | None] = mapped_column(comment="the concluded check that this one re-opened")
    state: Mapped[CheckState] = mapped_column(enum_column(CheckState))
    verdict: Mapped[DiligenceVerdict | None] = mapped_column(enum_column(DiligenceVerdict))
    reason: Mapped[str | None] = mapped_column(comment="of the verdict")
    conditions: Mapped[str | None]
    opened_by: Mapped[str]
    concluded_by: Mapped[str | None]
    concluded_at: Mapped[datetime | None]

    def require_open(self) -> None:
        """DiligenceFrozen once it is concluded."""
        if self.state is not CheckState.open:
            raise DiligenceFrozen(check=str(self.id))

    def require_concluded(self) -> None:
        """DiligenceUnconcluded while it is open."""
        if self.state is not CheckState.concluded:
            raise DiligenceUnconcluded(check=str(self.id))

    def conclude(self, answers: "list[Answer]", *, by: str, at: datetime) -> None:
        """Close it for good. DiligenceIncomplete names the items that nobody has answered."""
        self.require_open()
        waiting = [answer.item.value for answer in answers if answer.status is AnswerStatus.open]
        if waiting:
            raise DiligenceIncomplete(Sentence("Answer these items first: {items}.", items=", ".join(waiting)), items=waiting)
        self.state, self.concluded_by, self.concluded_at = CheckState.concluded, by, at


class Answer(Base, Identified):
    """What is known about one item. A check has one row for each item from the beginning."""

    __tablename__ = "diligence_answers"
    __table_args__ = (
        ForeignKeyConstraint(["check_id"], ["diligence_checks.id"]),
        UniqueConstraint("check_id", "item"),
        CheckConstraint("(status = 'open') = (answered_by IS NULL)", name="answered"),
        CheckConstraint("(answered_by IS NULL) = (answered_at IS NULL)", name="dated"),
        CheckConstraint("status NOT IN ('concern', 'not_applicable') OR note IS NOT NULL", name="noted"),
    )
    check_id: Mapped[UUID]
    item: Mapped[ChecklistItem] = mapped_column(enum_column(ChecklistItem))
    place: Mapped[int] = mapped_column(comment="in the list")
    status: Mapped[AnswerStatus] = mapped_column(enum_column(AnswerStatus))
    note: Mapped[str | None]
    source: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]


def unanswered(check_id: UUID) -> list[Answer]:
    """The answers of a new check."""
    return [Answer(check_id=check_id, item=item, place=place, status=AnswerStatus.open) for place, item in enumerate(ITEMS)]


class FlagCategory(StrEnum):
    """What a flag may be about: what somebody does or hides. Where somebody is from is not among it."""

    control = "control"
    intermediary = "intermediary"
    money = "money"
    reciprocity = "reciprocity"
    technology = "technology"
    political_clause = "political_clause"
    secrecy = "secrecy"
    conduct = "conduct"
    listed = "listed"
    legal = "legal"
    other = "other"


class FlagSeverity(StrEnum):
    info = "info"
    caution = "caution"
    serious = "serious"


class FlagAudience(StrEnum):
    organization = "organization"
    country = "country"


class Flag(Base, Identified, Touched, Dated):
    """What an organisation wants to be known about an actor. It informs; nothing is refused because of it."""

    __tablename__ = "diligence_flags"
    __table_args__ = (
        in_order(),
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": RecordNeedsOrganization}),
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": DiligenceActorUnknown}),
        CheckConstraint("actor_id <> organization_id", name="oneself", info={"error": DiligenceOfOneself}),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name="withdrawn",
        ),
        Index("ix_diligence_flags_actor_id", "actor_id"),
        Index("ix_diligence_flags_organization_id", "organization_id"),
        Index("ix_diligence_flags_country", "country"),
    )
    organization_id: Mapped[UUID]
    country: Mapped[str | None] = mapped_column(comment="of the organisation")
    actor_id: Mapped[UUID]
    category: Mapped[FlagCategory] = mapped_column(enum_column(FlagCategory))
    severity: Mapped[FlagSeverity] = mapped_column(enum_column(FlagSeverity))
    reason: Mapped[str]
    source: Mapped[str]
    audience: Mapped[FlagAudience] = mapped_column(enum_column(FlagAudience))
    shown_to_actor: Mapped[bool] = mapped_column(server_default=false())
    shown_at: Mapped[datetime | None] = mapped_column(comment="of the latest change that the flagged side sees; null for the first")
    raised_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawal_reason: Mapped[str | None]

    def require_standing(self) -> None:
        """FlagWithdrawn for one that was taken back."""
        if self.withdrawn_at is not None:
            raise FlagWithdrawn(flag=str(self.id))

    def facts(self) -> tuple[bool, date | None]:
        """What may change of it before the eyes of the flagged side, beside replies and withdrawal."""
        return self.shown_to_actor, self.valid_through

    def show(self, *, audience: FlagAudience | None, to_actor: bool | None) -> None:
        """Show it to more. FlagWasShown for fewer: who has read it cannot be made to forget it."""
        if (audience is FlagAudience.organization and self.audience is FlagAudience.country) or (to_actor is False and self.shown_to_actor):
            raise FlagWasShown(flag=str(self.id))
        self.audience = audience or self.audience
        self.shown_to_actor = self.shown_to_actor if to_actor is None else to_actor

    def withdraw(self, reason: str, *, by: str, at: datetime) -> None:
        """Take it back, and say why."""
        self.require_standing()
        self.withdrawal_reason, self.withdrawn_by, self.withdrawn_at = reason, by, at
        self.shown_at = at


MOST_REPLIES = 20


class FlagReply(Base, Identified):
    """What the flagged side says to it."""

    __tablename__ = "diligence_flag_replies"
    __table_args__ = (ForeignKeyConstraint(["flag_id"], ["diligence_flags.id"]), Index("ix_diligence_flag_replies_flag_id", "flag_id"))
    flag_id: Mapped[UUID]
    text: Mapped[str]
    source: Mapped[str | None]
    replied_by: Mapped[str]
    replied_at: Mapped[datetime]
