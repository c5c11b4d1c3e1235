"""Requests and answers of gates."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from services.agreements.agreements.lifecycle import Status
from services.agreements.gates.states import GateKind, GateState, Stage
from shared.pages import Page
from shared.predicates import Truth
from shared.schemas import CountryCode, Instant, Prose, Read, Request


class DecisionRead(Read):
    outcome: str
    title: str | None
    clears: bool = Field(description="Whether the step may be taken after this decision.")
    reasons: str
    text_hashes: list[str] = Field(description="The authentic texts it was taken on.")
    decided_at: Instant
    organization_id: UUID | None


class GateBrief(Read):
    """A gate of one party under one rule. `explanation` says line by line why it is there and what would change that."""

    id: UUID
    party_id: UUID
    actor_id: UUID
    rulebook_id: str
    rulebook_version: str
    key: str
    title: str | None
    kind: GateKind
    before: Stage
    decides_country: str
    state: GateState
    outcome: str | None
    cleared: bool
    opened_at: Instant
    filed_at: Instant | None
    filed_by_id: UUID | None
    decided_at: Instant | None
    citation: str


class GateAgreement(Read):
    id: UUID
    reference: str
    title: str | None
    status: Status


class GateRead(GateBrief):
    agreement_id: UUID
    outcomes: list[str] = Field(description="What may be decided.")
    applies: Truth
    facts: dict[str, JsonValue] = Field(description="What the rule was asked about; null is not known.")
    explanation: str | None
    agreement: GateAgreement | None
    decisions: list[DecisionRead]


class FilingCreate(Request):
    gate_id: UUID
    reason: Prose | None = None


class GateDecisionCreate(Request):
    outcome: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{1,60}$")] = Field(
        description="One of the gate's `outcomes`; `not_applicable` as well where it was not known whether the rule applies.",
        examples=["procedente"],
    )
    reasons: Prose


class GateSort(StrEnum):
    oldest = "oldest"
    newest = "newest"


class GateFilters(Page):
    state: list[GateState] | None = None
    country: CountryCode | None = Field(None, description="Whose decision makers decide.")
    agreement: UUID | None = None
    waiting: bool | None = Field(None, description="true: not cleared, and the agreement can still be signed; false: all others.")
    sort: GateSort = GateSort.oldest
