"""What requests and answers about engagements are made of."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from services.registry.engagements.kinds import EngagementKind
from services.registry.engagements.models import DeliverableStatus, EngagementStatus, EngagementVisibility, ParticipantRole
from services.registry.ties.types import TieType
from shared.pages import Page
from shared.schemas import CountryCode, Day, Instant, LanguageCode, Line, Prose, Read, Request, SubdivisionCode, code

NEVER_NULL = ("kind", "title", "status", "visibility", "starts_on", "topics", "languages", "participants", "deliverables", "tie_ids", "agreement_ids")
Topic = Annotated[
    str,
    code(r"^[a-z0-9][a-z0-9_-]{0,39}$", "is not a short name in small letters, digits, hyphens and underscores, such as water-quality"),
    Field(description="A short name: climate, trade, migration, …"),
]


class ParticipantGiven(Request):
    actor_id: UUID
    role: ParticipantRole = ParticipantRole.participant
    on_behalf_of_id: UUID | None = Field(None, description="For whom it took part, when not for itself.")


class DeliverableGiven(Request):
    title: Line = Field(description="Never about a person.")
    owner_id: UUID | None = Field(None, description="Which actor owes it; in a restricted engagement, one that takes part.")
    due_on: Day | None = None
    status: DeliverableStatus = DeliverableStatus.open


class DeliverableChange(DeliverableGiven):
    id: UUID | None = Field(None, description="Of the one that this is, as the read says it; unless said, the one of the same title, or a new one.")


class DeliverableReport(Request):
    """What became of a deliverable."""

    status: DeliverableStatus
    reason: Line | None = Field(None, description="Becomes part of the record.")


Participants = Annotated[list[ParticipantGiven], Field(min_length=1, max_length=100)]
Deliverables = Annotated[list[DeliverableGiven], Field(max_length=50)]
DeliverableChanges = Annotated[list[DeliverableChange], Field(max_length=50)]
TieIds = Annotated[list[UUID], Field(max_length=20, description="Under which ties it is held; both sides of each are among the participants.")]
AgreementIds = Annotated[list[UUID], Field(max_length=20, description="Agreements it led to or comes from. Taken as given: another service keeps them.")]
Topics = Annotated[list[Topic], Field(max_length=20)]
Languages = Annotated[list[LanguageCode], Field(max_length=10)]


class _EngagementGiven(Request):
    ends_on: Day | None = Field(None, description="Last day; the first unless said.")
    place: Line | None = None
    country: CountryCode | None = Field(None, description="Of the place.")
    subdivision: SubdivisionCode | None = Field(None, description="Of the place.")
    outcomes: Prose | None = Field(None, description="What came of it; never about a person.")
    source: Line | None = Field(None, description="Where what is said here was read.")
    reason: Line | None = Field(None, description="Becomes part of the record.")


class EngagementCreate(_EngagementGiven):
    kind: EngagementKind
    title: Line = Field(description="What was done, not who did it: offices and organisations, never people.")
    status: EngagementStatus | None = Field(None, description="Unless said, held once its last day has passed, else planned.")
    visibility: EngagementVisibility = EngagementVisibility.public
    starts_on: Day
    topics: Topics = []
    languages: Languages = []
    participants: Participants
    deliverables: Deliverables = []
    tie_ids: TieIds = []
    agreement_ids: AgreementIds = []

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self


class EngagementChange(_EngagementGiven):
    """What is absent stays as it is; null empties. Lists replace the whole list."""

    kind: EngagementKind | None = None
    title: Line | None = None
    status: EngagementStatus | None = None
    visibility: EngagementVisibility | None = Field(None, description="What was public stays public.")
    starts_on: Day | None = None
    topics: Topics | None = None
    languages: Languages | None = None
    participants: Participants | None = None
    deliverables: DeliverableChanges | None = None
    tie_ids: TieIds | None = None
    agreement_ids: AgreementIds | None = None

    @field_validator(*NEVER_NULL)
    @classmethod
    def never_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


class ParticipantRead(Read):
    actor_id: UUID
    name: str = Field(description="In the language of the request where there is one.")
    country: str | None
    role: ParticipantRole
    on_behalf_of_id: UUID | None
    on_behalf_of_name: str | None


class DeliverableRead(Read):
    id: UUID
    title: str
    owner_id: UUID | None
    due_on: date | None
    status: DeliverableStatus


class EngagementTieRead(Read):
    tie_id: UUID
    type: TieType


class EngagementRead(Read):
    id: UUID
    kind: EngagementKind
    title: str
    status: EngagementStatus
    visibility: EngagementVisibility
    organization_id: UUID | None = Field(description="Whose record it is.")
    starts_on: date
    ends_on: date
    place: str | None
    country: str | None
    subdivision: str | None
    topics: list[str]
    languages: list[str]
    outcomes: str | None
    agreement_ids: list[UUID]
    source: str | None
    created_at: Instant
    updated_at: Instant
    participants: list[ParticipantRead]
    deliverables: list[DeliverableRead]
    ties: list[EngagementTieRead]


class CalendarTask(Read):
    """What a calendar shows of a deliverable, where it has a day."""

    id: UUID
    title: str
    owner_name: str | None
    due_on: date | None
    status: DeliverableStatus


class CalendarEntry(Read):
    """What a calendar shows of an engagement."""

    id: UUID
    kind: EngagementKind
    title: str
    status: EngagementStatus
    visibility: EngagementVisibility
    starts_on: date
    ends_on: date
    place: str | None
    country: str | None
    topics: list[str]
    outcomes: str | None
    sequence: int
    created_at: Instant
    updated_at: Instant
    participants: list[ParticipantRead]
    deliverables: list[CalendarTask]


class EngagementSort(StrEnum):
    latest = "latest"
    earliest = "earliest"


class _EngagementFilters(Page):
    kind: list[EngagementKind] | None = Field(None, max_length=20)
    status: list[EngagementStatus] | None = Field(None, max_length=3)
    actor: UUID | None = Field(None, description="Took part, or somebody took part on its behalf.")
    partner: UUID | None = Field(None, description="The same of a second actor.")
    country: CountryCode | None = Field(None, description="Of the place or of a participant.")
    topic: list[Topic] | None = Field(None, max_length=20, description="Has one of these.")
    tie: UUID | None = Field(None, description="Held under this tie.")
    agreement: UUID | None = None
    from_: Day | None = Field(None, alias="from", description="Not over before that day.")
    to: Day | None = Field(None, description="Begun by that day.")
    due_by: Day | None = Field(None, description="Has an open deliverable that is due by that day.")


class EngagementFilters(_EngagementFilters):
    sort: EngagementSort = EngagementSort.latest


class CalendarFilters(_EngagementFilters):
    limit: int = Field(
        1_000, ge=1, le=2_000, description="How many engagements at most, the latest first. Where there are more, `Link` with `rel=next` leads on."
    )
    sort: EngagementSort = EngagementSort.latest


class KindRead(Read):
    kind: EngagementKind
    label: dict[str, str]


class Kinds(Read):
    items: list[KindRead]
