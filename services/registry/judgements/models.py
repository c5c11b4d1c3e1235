"""The table of judgements: one standing judgement of a pair, and those that were withdrawn."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.judgements.errors import JudgementActorUnknown, JudgementExists, JudgementOfOne, JudgementWithdrawn
from shared.columns import Identified, Touched, enum_column


class Verdict(StrEnum):
    same = "same"
    different = "different"
    unsure = "unsure"


class Judgement(Base, Identified, Touched):
    """What somebody judged of two actors; `left_id` is the smaller id. `canonical_id` says which of them a `same` is to be known by."""

    __tablename__ = "judgements"
    __table_args__ = (
        CheckConstraint("left_id <> right_id", name="itself", info={"error": JudgementOfOne}),
        CheckConstraint("left_id <= right_id", name="ordered"),
        CheckConstraint("canonical_id IS NULL OR (verdict = 'same' AND canonical_id IN (left_id, right_id))", name="canonical"),
        ForeignKeyConstraint(["left_id"], ["actors.id"], info={"error": JudgementActorUnknown}),
        ForeignKeyConstraint(["right_id"], ["actors.id"], info={"error": JudgementActorUnknown}),
        Index(
            "uq_judgements_standing",
            "left_id",
            "right_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
            info={"error": JudgementExists},
        ),
        Index("ix_judgements_left_id", "left_id"),
        Index("ix_judgements_right_id", "right_id"),
    )
    left_id: Mapped[UUID]
    right_id: Mapped[UUID]
    verdict: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    canonical_id: Mapped[UUID | None]
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime | None]

    def revise(self, *, verdict: Verdict, canonical_id: UUID | None, reason: str) -> None:
        """Another verdict for another reason; JudgementWithdrawn once it stands no more."""
        self.require_standing()
        self.verdict, self.canonical_id, self.reason = verdict, canonical_id, reason

    def withdraw(self, *, at: datetime) -> None:
        self.require_standing()
        self.withdrawn_at = at

    def require_standing(self) -> None:
        if self.withdrawn_at is not None:
            raise JudgementWithdrawn(judgement=str(self.id))
