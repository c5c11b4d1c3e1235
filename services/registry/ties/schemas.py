"""What requests and answers about ties are made of."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

from services.registry.actors.models import ActorKind
from services.registry.ties.drawing import Format
from services.registry.ties.models import TieStatus
from services.registry.ties.types import TieType
from shared.pages import Page
from shared.schemas import CountryCode, Day, Instant, Line, Prose, Read, Request


class _TieGiven(Request):
    role: Line | None = Field(None, description="As what the actor is a member, in the source's own word: Observer, Innovator, …")
    valid_from: Day | None = Field(None, description="First day; null: not known.")
    valid_through: Day | None = Field(None, description="Last day; null: no end known.")
    last_activity_on: Day | None = Field(None, description="The last activity you know of; what was recorded as an engagement counts by itself.")
    note: Prose | None = Field(None, description="Public, and never about a person.")
    source: Line | None = Field(None, description="Where what is said here was read.")
    licence: Line | None = None
    read_on: Day | None = Field(None, description="The day on which the source was read.")
    reason: Line | None = Field(None, description="Becomes part of the record.")

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self


class TieCreate(_TieGiven):
    """For a symmetric type it does not matter which side is `from_id`; for a directed one it is the member or the office."""

    type: TieType
    from_id: UUID
    to_id: UUID
    status: Literal[TieStatus.proposed, TieStatus.active] = TieStatus.active


class TieChange(_TieGiven):
    """What is absent stays as it is; null empties."""

    status: Literal[TieStatus.proposed, TieStatus.active] | None = Field(None, description="active also wakes a dormant tie.")

    @field_validator("status")
    @classmethod
    def never_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


class TieEnd(Request):
    on: Day | None = Field(None, description="Its last day; today unless said.")
    reason: Line = Field(description="Why it ends. Public, and never about a person.")


class TieWithdrawal(Request):
    reason: Line = Field(description="Why it should not have been recorded. Public, and never about a person.")


class TieSide(Read):
    id: UUID
    kind: ActorKind
    name: str = Field(description="In the language of the request where there is one.")
    country: str | None
    subdivision: str | None


class TieRead(Read):
    id: UUID
    type: TieType
    symmetric: bool
    from_id: UUID = Field(description="The member or the office; of a symmetric tie, the smaller id.")
    to_id: UUID
    from_actor: TieSide
    to_actor: TieSide
    role: str | None
    status: TieStatus = Field(description="Of the day: what ended was active through its last day.")
    end_reason: str | None = Field(
        description="Why it ended by that day, or why it was withdrawn: as somebody said it, or, where nobody did, in the language that Accept-Language"
        " asks for."
    )
    valid_from: date | None
    valid_through: date | None
    last_activity_on: date | None = Field(description="The later of what was stated and of the public engagements held under the tie.")
    note: str | None
    source: str | None
    licence: str | None
    read_on: date | None
    created_at: Instant
    updated_at: Instant


class TieSort(StrEnum):
    oldest = "oldest"
    newest = "newest"
    quietest = "quietest"


class TieChoice(BaseModel):
    """Which ties are meant."""

    id: list[UUID] | None = Field(None, max_length=200)
    actor: UUID | None = Field(None, description="Either side.")
    type: list[TieType] | None = Field(None, max_length=20)
    status: list[TieStatus] | None = Field(None, max_length=5, description="Unless said, everything but what was withdrawn.")
    country: CountryCode | None = Field(None, description="Of the other side where actor is given, else of either.")
    as_of: Day | None = Field(None, description="Valid on that day, with the status of that day.")
    quiet_before: Day | None = Field(None, description="Nothing known to have happened from this day on.")

    def parameters(self) -> dict[str, Any]:
        return {"as_of": self.as_of}


class TieFilters(TieChoice, Page):
    sort: TieSort = TieSort.oldest


class TieView(Request):
    """What a single read may ask for."""

    as_of: Day | None = Field(None, description="As it was or will be on this day; today unless said.")


class TiesOf(TieFilters):
    """The filters as they reach the statement."""

    recorded: bool | None = None


class TieTypeRead(Read):
    type: TieType
    label: dict[str, str]
    forward: dict[str, str] = Field(description="What is said of the actor at `from` about the one at `to`.")
    backward: dict[str, str] = Field(description="What is said of the actor at `to` about the one at `from`.")
    symmetric: bool
    sleeps: bool = Field(description="Whether it becomes dormant when nothing happens.")


class TieTypes(Read):
    items: list[TieTypeRead]


class GraphActor(TieSide):
    lat: float | None
    lon: float | None


class Direction(StrEnum):
    mutual = "mutual"
    out = "out"
    in_ = "in"


class NeighbourRead(Read):
    tie_id: UUID
    type: TieType
    direction: Direction = Field(description="out: the tie goes from the actor whose neighbours these are; in: to it.")
    from_id: UUID
    to_id: UUID
    role: str | None
    status: TieStatus
    valid_from: date | None
    valid_through: date | None
    last_activity_on: date | None
    actor: GraphActor = Field(description="The neighbour.")


class NeighbourFilters(Page):
    type: list[TieType] | None = Field(None, max_length=20)
    status: list[TieStatus] | None = Field(None, max_length=5, description="Unless said, everything but what is only proposed or was withdrawn.")
    country: CountryCode | None = Field(None, description="Of the neighbour.")
    as_of: Day | None = Field(None, description="Valid on that day, with the status of that day; today unless said.")
    format: Format | None = Field(None, description="Instead of Accept.")

    def parameters(self) -> dict[str, Any]:
        return {"as_of": self.as_of}


class NeighboursOf(NeighbourFilters):
    """The filters as they reach the statement, with the actor of the path."""

    actor: UUID
    today: bool | None = None
    agreed: bool | None = None


class PathFilters(Request):
    to: UUID = Field(description="The other end.")
    max_depth: int = Field(3, ge=1, le=3, description="How many ties a path has at most.")
    type: list[TieType] | None = Field(None, max_length=20)
    status: list[TieStatus] | None = Field(None, max_length=5, description="Unless said, everything but what is only proposed or was withdrawn.")
    as_of: Day | None = Field(None, description="Valid on that day, with the status of that day; today unless said.")
    limit: int = Field(10, ge=1, le=50, description="How many paths at most.")
    format: Format | None = Field(None, description="Instead of Accept.")


class GraphTie(Read):
    id: UUID
    type: TieType
    from_id: UUID
    to_id: UUID
    status: TieStatus
    role: str | None
    valid_from: date | None
    valid_through: date | None
    last_activity_on: date | None


class DrawnTie(GraphTie):
    """A tie as a drawing of a list of them needs it."""

    from_actor: GraphActor
    to_actor: GraphActor


class Path(Read):
    actors: list[UUID] = Field(description="From one end to the other, both included.")
    ties: list[UUID] = Field(description="Between each two of them.")


class Paths(Read):
    length: int | None = Field(description="How many ties the shortest paths have; null when there is no path within max_depth.")
    complete: bool = Field(description="False when the search ended at its bound: there may be a path, or a further one, that it has not seen.")
    more: bool = Field(description="There are more paths of this length than limit.")
    paths: list[Path]
    actors: list[GraphActor] = Field(description="Both ends and everyone between.")
    ties: list[GraphTie]
