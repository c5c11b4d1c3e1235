"""What requests and answers about claims are made of."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, field_validator

from services.registry.claims.models import Verification
from services.registry.seats.schemas import EMAIL
from shared.pages import Page
from shared.schemas import Instant, Line, Read, Request


class ClaimCreate(Request):
    person_id: UUID = Field(description="Whom your account belongs to: a holder of the seat, or somebody with an address of their own there.")
    email: str | None = Field(None, max_length=254, description="An official address as evidence. Only its domain is kept.")
    note: Line | None = Field(None, description="What the manager should know; it goes with the person when the person is erased.")

    @field_validator("email")
    @classmethod
    def addressed(cls, value: str | None) -> str | None:
        if value is not None and EMAIL.fullmatch(value) is None:
            raise ValueError("is not an e-mail address")
        return value


class ClaimDecision(Request):
    status: Literal[Verification.verified, Verification.refused]
    reason: Line = Field(description="Becomes part of the record; it names nobody.")


class ClaimWithdrawal(Request):
    """That a verification holds no more: the account changed hands, or was verified wrongly."""

    reason: Line = Field(description="Becomes part of the record; it names nobody.")


class EvidenceRead(Read):
    """An official domain of the seat's actor that is, or is above, the domain of the address offered."""

    domain: str
    type: str | None = Field(description="In the source's own word.")
    source: str
    read_on: date | None


class ClaimRead(Read):
    id: UUID
    seat_id: UUID
    person_id: UUID
    person_name: str | None = Field(description="Null once erased.")
    subject: str = Field(description="The account that claims.")
    email_domain: str | None
    note: str | None
    evidence: list[EvidenceRead] = Field(description="As it was when it was decided, and until then as it is. It informs the decision and never takes it.")
    status: Verification
    decided_by: str | None = Field(description="The account that decided.")
    decided_at: Instant | None
    decision: str | None = Field(description="Why.")
    withdrawn_by: str | None = Field(description="The account that took the verification back.")
    withdrawn_at: Instant | None
    withdrawal: str | None = Field(description="Why it was taken back.")
    created_at: Instant


class ClaimFilters(Page):
    status: Verification | None = None
    person: UUID | None = None


class ClaimsOfSeat(ClaimFilters):
    seat_id: UUID


class AllClaimFilters(Page):
    status: Verification | None = None
    seat: list[UUID] | None = Field(None, max_length=200)
    person: list[UUID] | None = Field(None, max_length=200)
    organization: list[UUID] | None = Field(None, max_length=200, description="Actors whose seats are claimed.")
