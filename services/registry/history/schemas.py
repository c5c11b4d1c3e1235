"""What requests and answers about histories are made of."""

from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from shared.pages import Page
from shared.schemas import Instant, Line, Read, Request


class ChangeRead(Read):
    """One change. What only those whom it concerns may know is null for everybody else, as in the feed of events."""

    id: UUID
    record_id: UUID = Field(description="What changed: the record itself, or an actor that was merged into it or split from it.")
    type: str
    time: Instant
    organization: UUID | None = Field(description="The organisation of who did it.")
    subject: str | None = Field(description="The account that did it; for those whom it concerns, who keep the records of actors, and auditors.")
    reason: str | None = Field(description="Why; for those whom it concerns, who keep the records of actors, and auditors.")
    request_id: str
    before: dict[str, Any] | None = Field(description="What was otherwise before: every field that you may see and that changed.")
    after: dict[str, Any] | None = Field(description="The same fields afterwards; at the beginning, all of them.")


class HistorySort(StrEnum):
    newest = "newest"
    oldest = "oldest"


class HistoryFilters(Page):
    from_: Instant | None = Field(None, alias="from", description="From this instant on.")
    to: Instant | None = Field(None, description="Before this instant.")
    type: list[Line] | None = Field(None, max_length=20, description="Of these types of events.")
    sort: HistorySort = HistorySort.newest

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.from_ and self.to and self.to <= self.from_:
            raise ValueError("to is not after from")
        return self


class HistoryOf(HistoryFilters):
    """Of a record by its id; of an actor into which others were merged by `known_as`, and `family` are its id and theirs."""

    aggregatetype: str
    aggregateid: str | None = None
    known_as: str | None = None
    family: list[str] | None = None


class StateView(Request):
    at: Instant = Field(description="The record as it stood at this instant.")


class StateRead(BaseModel):
    """A record as it stood after a change."""

    event: UUID = Field(description="The last change until then.")
    type: str
    time: Instant
    complete: bool = Field(description="Whether this is all that was recorded; false: it is what everybody may see of it.")
    state: dict[str, Any] = Field(description="Without texts that may name somebody: of these a change says in `changed` which it made otherwise, never how.")
