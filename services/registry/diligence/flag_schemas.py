"""What requests and answers about flags are made of."""

from datetime import date
from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from services.registry.diligence.models import FlagAudience, FlagCategory, FlagSeverity
from shared.pages import Page
from shared.schemas import Day, Instant, Line, Prose, Read, Request

SHOWN = "Its own organisation always sees a flag, and so do its country's national coordinator and auditors; country shows it to all organisations there."


class FlagCreate(Request):
    actor_id: UUID
    category: FlagCategory
    severity: FlagSeverity
    reason: Prose = Field(description="What was done or is to be looked into. A nationality alone is none.")
    source: Line = Field(description="An address or a document in which the reason can be checked.")
    valid_from: Day | None = None
    valid_through: Day | None = None
    audience: FlagAudience = Field(FlagAudience.organization, description=SHOWN)
    shown_to_actor: bool = Field(False, description="Whether the flagged organisation sees it and may reply.")

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self


class FlagChange(Request):
    """What is absent stays. Reason and source are never changed: a flag that was wrong is withdrawn."""

    audience: FlagAudience | None = Field(None, description="What was shown stays shown.")
    shown_to_actor: bool | None = Field(None, description="What was shown stays shown.")
    valid_through: Day | None = Field(None, description="null empties it.")


class FlagWithdrawal(Request):
    reason: Prose


class FlagReplyCreate(Request):
    text: Prose
    source: Line | None = None


class FlagReplyRead(Read):
    text: str
    source: str | None
    replied_at: Instant


class FlagRead(Read):
    id: UUID
    organization_id: UUID = Field(description="Which organisation raised it. The flagged side reads it too, so that it can answer; never who in it.")
    actor_id: UUID
    actor_name: str = Field(description="In the language of the request where there is one.")
    category: FlagCategory
    severity: FlagSeverity
    reason: str
    source: str
    valid_from: date | None
    valid_through: date | None
    audience: FlagAudience | None = Field(description="null for the flagged side.")
    shown_to_actor: bool
    raised_by: str | None = Field(description="Who in that organisation; null for the flagged side.")
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    created_at: Instant
    updated_at: Instant
    replies: list[FlagReplyRead] = Field(description="Of the flagged side, in their order.")


class FlagSort(StrEnum):
    newest = "newest"
    gravest = "gravest"


class FlagFilters(Page):
    actor: UUID | None = None
    organization: UUID | None = None
    category: list[FlagCategory] | None = Field(None, max_length=20)
    severity: list[FlagSeverity] | None = Field(None, max_length=3)
    as_of: Day | None = Field(None, description="Valid on this day and not withdrawn.")
    withdrawn: bool | None = None
    sort: FlagSort = FlagSort.newest
