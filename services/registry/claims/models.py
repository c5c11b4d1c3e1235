"""The table of claims. Of the e-mail address that is offered as evidence only the domain is kept."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import ClaimDecided, ClaimExists, ClaimNotVerified, OwnClaim, PersonUnknown
from shared.columns import Identified, Timestamped, enum_column


class Verification(StrEnum):
    unverified = "unverified"
    verified = "verified"
    refused = "refused"
    withdrawn = "withdrawn"


class Claim(Base, Identified, Timestamped):
    """That an account belongs to the person in a seat. A manager of the organisation decides, never who claims."""

    __tablename__ = "seat_claims"
    __table_args__ = (
        ForeignKeyConstraint(["person_id"], ["people.id"], info={"error": PersonUnknown}),
        CheckConstraint("(status = 'unverified') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decider"),
        CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawer"),
        CheckConstraint("decided_by <> subject", name="own", info={"error": OwnClaim}),
        Index("uq_seat_claims_open", "seat_id", "person_id", unique=True, postgresql_where=text("status = 'unverified'"), info={"error": ClaimExists}),
        Index("ix_seat_claims_seat_id", "seat_id", "person_id"),
        Index("ix_seat_claims_person_id", "person_id"),
    )
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"))
    person_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(comment="the account that claims")
    email_domain: Mapped[str | None] = mapped_column(comment="of the address offered as evidence; the address itself is not kept")
    note: Mapped[str | None]
    status: Mapped[Verification] = mapped_column(enum_column(Verification))
    decided_by: Mapped[str | None] = mapped_column(comment="the account that decided")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(comment="why")
    withdrawn_by: Mapped[str | None] = mapped_column(comment="the account that took a verification back")
    withdrawn_at: Mapped[datetime | None]
    withdrawal: Mapped[str | None] = mapped_column(comment="why it was taken back")
    evidence: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True), comment="the official domains that the decision saw")

    def decide(self, status: Verification, *, by: str, at: datetime, reason: str, evidence: list[Any]) -> None:
        """Say what it is, once, with a reason; OwnClaim for who made it. Evidence informs the decision and never takes it."""
        if by == self.subject:
            raise OwnClaim(claim=str(self.id))
        if self.status is not Verification.unverified:
            raise ClaimDecided(claim=str(self.id), decided=self.status.value)
        self.status, self.decided_by, self.decided_at, self.decision, self.evidence = status, by, at, reason, evidence

    def withdraw(self, *, by: str, at: datetime, reason: str) -> None:
        """Take a verification back, with a reason; ClaimNotVerified for what was never verified, or is no more."""
        if self.status is not Verification.verified:
            raise ClaimNotVerified(claim=str(self.id), stands=self.status.value)
        self.status, self.withdrawn_by, self.withdrawn_at, self.withdrawal = Verification.withdrawn, by, at, reason
