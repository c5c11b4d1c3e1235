"""What requests and answers about checks of counterparts are made of."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.registry.diligence.flag_schemas import FlagRead
from services.registry.diligence.items import ChecklistItem
from services.registry.diligence.models import AnswerStatus, CheckState, DiligenceVerdict
from shared.pages import Page
from shared.schemas import Instant, Line, OnRequest, Prose, Read, Request, Split

NEEDS_NOTE = (AnswerStatus.concern, AnswerStatus.not_applicable)


class DiligenceItemRead(Read):
    item: ChecklistItem
    question: dict[str, str]
    source: str


class DiligenceItems(Read):
    items: list[DiligenceItemRead]


class DiligenceAnswerGiven(Request):
    item: ChecklistItem
    status: AnswerStatus = Field(description="open takes an answer back.")
    note: Prose | None = Field(None, description="What was found. A concern, or an item that does not apply, says why.")
    source: Line | None = Field(None, description="Where it was found: an address or a document.")

    @model_validator(mode="after")
    def says_why(self) -> Self:
        if self.status in NEEDS_NOTE and self.note is None:
            raise ValueError("a concern, or an item that does not apply, needs a note")
        if self.status is AnswerStatus.open and (self.note is not None or self.source is not None):
            raise ValueError("an open item has neither note nor source")
        return self


class DiligenceCreate(Request):
    counterpart_id: UUID
    agreement_id: UUID | None = Field(None, description="The agreement for which it is checked. Taken as given: another service keeps it.")


class DiligenceChange(Request):
    """The answers that are named replace what was said; the others stay."""

    answers: Annotated[list[DiligenceAnswerGiven], Field(min_length=1, max_length=len(ChecklistItem))]

    @model_validator(mode="after")
    def once_each(self) -> Self:
        if len({answer.item for answer in self.answers}) < len(self.answers):
            raise ValueError("an item was answered twice")
        return self


class DiligenceConclusion(Request):
    """A person decides, and says why."""

    verdict: DiligenceVerdict
    reason: Prose
    conditions: Prose | None = Field(None, description="With proceed_with_conditions, and only with it.")

    @model_validator(mode="after")
    def conditions_with_their_verdict(self) -> Self:
        if (self.conditions is not None) != (self.verdict is DiligenceVerdict.proceed_with_conditions):
            raise ValueError("conditions belong to the verdict proceed_with_conditions, and to no other")
        return self


class DiligenceAnswerRead(Read):
    item: ChecklistItem
    status: AnswerStatus
    note: str | None
    source: str | None
    answered_by: str | None
    answered_at: Instant | None


class DiligenceRead(Read):
    id: UUID
    organization_id: UUID = Field(description="Whose check it is.")
    counterpart_id: UUID
    counterpart_name: str = Field(description="In the language of the request where there is one.")
    agreement_id: UUID | None
    edition: int = Field(description="1, and one more with each re-opening.")
    previous_id: UUID | None = Field(description="The concluded check that this one re-opened.")
    state: CheckState
    unanswered: int
    concerns: int
    verdict: DiligenceVerdict | None
    reason: str | None
    conditions: str | None
    opened_by: str
    concluded_by: str | None
    concluded_at: Instant | None
    created_at: Instant
    updated_at: Instant
    answers: list[DiligenceAnswerRead]
    flags: Annotated[list[FlagRead] | None, OnRequest()] = Field(None, description="The flags on the counterpart that you may see, withdrawn ones too.")


class DiligenceInclude(StrEnum):
    flags = "flags"


class DiligenceView(Request):
    include: Annotated[list[DiligenceInclude], Split] | None = None


class DiligenceSort(StrEnum):
    newest = "newest"
    oldest = "oldest"


class DiligenceFilters(Page):
    counterpart: UUID | None = None
    agreement: UUID | None = None
    organization: UUID | None = None
    state: CheckState | None = None
    verdict: list[DiligenceVerdict] | None = Field(None, max_length=4)
    concern: ChecklistItem | None = Field(None, description="Has a concern about this item.")
    latest: bool | None = Field(None, description="true leaves out what was re-opened.")
    include: Annotated[list[DiligenceInclude], Split] | None = None
    sort: DiligenceSort = DiligenceSort.newest
