"""What requests and answers about briefings are made of."""

from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.briefings.audiences.schemas import AudienceRead, AudienceWrite
from services.briefings.briefings.markings import Marking
from services.briefings.briefings.models import BriefingType, Certainty, MessageStatus, Severity, State, Urgency
from shared.pages import Page
from shared.schemas import CountryCode, Instant, LanguageCode, Line, OnRequest, Prose, Read, Request, Split, code
from shared.translations import Sentence

Topic = Annotated[
    str,
    StringConstraints(max_length=60),
    code(r"^[a-z0-9]+(-[a-z0-9]+)*$", "is not words in small letters joined by hyphens, such as water-quality"),
    Field(description="Lower case words joined by hyphens."),
]
Topics = Annotated[list[Topic], Field(max_length=20)]
Countries = Annotated[list[CountryCode], Field(max_length=60)]


class PartWrite(Request):
    heading: Line
    body: Prose
    language: LanguageCode
    marking: Marking | None = Field(None, description="TLP 2.0 label. A draft may leave it open; a release may not.")


Parts = Annotated[list[PartWrite], Field(max_length=50, description="In the order in which they are read.")]


class BriefingCreate(Request):
    title: Line
    summary: Prose
    type: BriefingType
    status: MessageStatus = Field(description="Actual, Exercise or Test; never mixed.")
    urgency: Urgency = Urgency.unknown
    severity: Severity = Severity.unknown
    certainty: Certainty = Certainty.unknown
    topics: Topics = []
    countries: Countries = []
    handling: Prose | None = Field(None, description="What the source asks besides the marking, such as the Chatham House Rule.")
    expires_at: Instant = Field(description="After now, at most one year ahead.")
    parts: Parts = []
    audience: AudienceWrite = AudienceWrite(predicate=None, seats=[])

    def content(self) -> dict[str, Any]:
        """What the entity takes, except for the audience."""
        return {name: [dict(part) for part in value] if name == "parts" else value for name, value in self if name != "audience"}


class BriefingChange(Request):
    """What is absent stays as it is. `parts` replaces all parts, `audience` the whole audience."""

    title: Line | None = None
    summary: Prose | None = None
    type: BriefingType | None = None
    status: MessageStatus | None = None
    urgency: Urgency | None = None
    severity: Severity | None = None
    certainty: Certainty | None = None
    topics: Topics | None = None
    countries: Countries | None = None
    handling: Prose | None = None
    expires_at: Instant | None = None
    parts: Parts | None = None
    audience: AudienceWrite | None = None
    reason: Line | None = Field(None, description="Why; it becomes part of the record.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        empty = [name for name in self.changed() if name != "handling" and getattr(self, name) is None]
        if empty:
            raise ValueError(Sentence("{names}: takes no null; leave it out to keep it", names=", ".join(empty)))
        if not self.changed():
            raise ValueError("names nothing to change")
        return self

    def changed(self) -> list[str]:
        """The fields that were sent, in the order of the schema."""
        return [name for name in type(self).model_fields if name in self.model_fields_set and name != "reason"]

    def content(self) -> dict[str, Any]:
        """What the entity takes, except for the audience."""
        sent = {name: getattr(self, name) for name in self.changed() if name != "audience"}
        return {name: [dict(part) for part in value] if name == "parts" else value for name, value in sent.items()}


class PartRead(Read):
    position: int
    heading: str
    body: str
    language: str
    marking: Marking | None


class IssuingRead(Read):
    """What only the issuing organisation and auditors see."""

    author: str
    editors: list[str] = Field(description="Every subject whose hand is in the text, the author first.")
    audience: AudienceRead
    unmarked_parts: int


class BriefingHead(Read):
    """A briefing as a list shows it."""

    id: UUID
    title: str
    summary: str
    type: BriefingType
    status: MessageStatus
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    topics: list[str]
    countries: list[str]
    languages: list[str] = Field(description="Of its parts.")
    marking: Marking | None = Field(description="The highest marking of its parts; null while one is unmarked or there are none.")
    sharing: str | None = Field(description="What the marking lets a reader do, in the wanted language; the label itself is never translated.")
    handling: str | None
    state: State
    expires_at: Instant
    released_at: Instant | None
    organization_id: UUID
    organization_name: str | None


class BriefingBody(BriefingHead):
    """A briefing with its text."""

    parts: list[PartRead]


class BriefingRead(BriefingHead):
    created_at: Instant
    updated_at: Instant
    issuing: IssuingRead | None = Field(description="Null for recipients.")
    parts: Annotated[list[PartRead] | None, OnRequest()] = None


class BriefingInclude(StrEnum):
    parts = "parts"


class BriefingFilters(Page):
    state: State | None = None
    marking: Marking | None = None
    type: BriefingType | None = None
    status: MessageStatus | None = None
    topic: Topic | None = None
    include: Annotated[list[BriefingInclude], Split] | None = None
