"""What requests and answers about seats are made of."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from services.registry.claims.models import Verification
from services.registry.seats.models import Channel, ContactKind, SeatRole, SeatStatus
from shared.pages import Page
from shared.schemas import CountryCode, Day, Instant, LanguageCode, Line, OnRequest, Read, Request, Split, SubdivisionCode

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,189}\Z)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
TIME_ZONES = frozenset(available_timezones())
WEBHOOK = re.compile(r"https://[^\s\x00-\x20@/]{3,}(/\S*)?")


def is_address(channel: Channel, address: str) -> bool:
    """Whether something can be sent there, by its form."""
    return (EMAIL if channel is Channel.email else WEBHOOK).fullmatch(address) is not None


class Weekday(StrEnum):
    monday = "monday"
    tuesday = "tuesday"
    wednesday = "wednesday"
    thursday = "thursday"
    friday = "friday"
    saturday = "saturday"
    sunday = "sunday"


Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), Field(description="hh:mm, by the clock of the time zone")]


class Hours(Request):
    """Days on which somebody is there from one time to another; what goes past midnight is two of these."""

    days: list[Weekday] = Field(min_length=1, max_length=7)
    opens: Clock
    closes: Clock | Literal["24:00"]

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("closes is not after opens")
        if len(set(self.days)) != len(self.days):
            raise ValueError("a day is named twice")
        return self


def _zone(name: str) -> str:
    if name not in TIME_ZONES:
        raise ValueError("is not a name of the IANA time zone database, such as America/Tijuana")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]


class ContactPointGiven(Request):
    channel: Channel
    address: str = Field(max_length=500, description="An e-mail address, or the https address of a webhook.")
    language: LanguageCode | None = Field(None, description="In which language the seat is written to there.")
    kind: ContactKind = Field(ContactKind.office, description="Whether it is the office's, which stays when the holder goes, or a person's own.")
    person_id: UUID | None = Field(None, description="Whose address it is, when it is personal.")
    preferred: bool = Field(False, description="The one to use first; one for each channel.")
    hours: list[Hours] | None = Field(None, max_length=14, description="When somebody is there; null: not said.")
    time_zone: TimeZone | None = Field(None, description="Of the hours: a name of the IANA time zone database.")
    valid_from: Day | None = None
    valid_through: Day | None = None

    @model_validator(mode="after")
    def addressed(self) -> Self:
        if not is_address(self.channel, self.address):
            raise ValueError("is not an e-mail address" if self.channel is Channel.email else "is not an https address")
        if (self.kind is ContactKind.personal) != (self.person_id is not None):
            raise ValueError("a personal address needs the person_id, an office's takes none")
        if self.hours is not None and self.time_zone is None:
            raise ValueError("hours need a time_zone")
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self


def _never_null(value: Any) -> Any:
    if value is None:
        raise ValueError("may be left out, but not null")
    return value


ContactPoints = Annotated[list[ContactPointGiven], Field(max_length=20)]


class SeatCreate(Request):
    actor_id: UUID
    role: SeatRole
    title: Line
    contact_points: ContactPoints = []
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")


class SeatChange(Request):
    """What is absent stays as it is; `contact_points` replaces the list that a read of the same day shows. Addresses of other days rest."""

    role: SeatRole | None = Field(None, description="Recorded wrongly: what the post is has another word.")
    title: Line | None = None
    status: SeatStatus | None = None
    contact_points: ContactPoints | None = None
    as_of: Day | None = Field(None, description="The day whose addresses are replaced, as read with the same as_of; today unless said.")
    reason: Line | None = None

    @field_validator("role", "title", "status", "contact_points", "as_of")
    @classmethod
    def never_null(cls, value: Any) -> Any:
        return _never_null(value)


class HandOver(Request):
    """Who takes the seat: somebody new by name, or somebody known by id."""

    name: Line | None = None
    person_id: UUID | None = None
    valid_from: Day | None = Field(None, description="First day in the seat; today unless said.")
    valid_through: Day | None = Field(None, description="Last day, when it is known.")
    reason: Line | None = None

    @model_validator(mode="after")
    def somebody(self) -> Self:
        if (self.name is None) == (self.person_id is None):
            raise ValueError("give a name or a person_id, and not both")
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self


class SeatVacancy(Request):
    """That nobody holds the seat from the next day on."""

    on: Day | None = Field(None, description="The holder's last day; today unless said.")
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")


class HolderCorrection(Request):
    """What was recorded wrongly. What is absent stays."""

    name: Line | None = Field(None, description="It was somebody else, who is not in the registry yet. A misspelt name is corrected at the person.")
    person_id: UUID | None = Field(None, description="It was somebody else, who is.")
    valid_from: Day | None = None
    valid_through: Day | None = Field(None, description="Null: no last day is known.")
    reason: Line = Field(description="Becomes part of the record; it names nobody.")

    @field_validator("name", "person_id", "valid_from")
    @classmethod
    def never_null(cls, value: Any) -> Any:
        return _never_null(value)

    @model_validator(mode="after")
    def one_person(self) -> Self:
        if self.name is not None and self.person_id is not None:
            raise ValueError("give a name or a person_id, and not both")
        return self


class HolderWithdrawal(Request):
    """That a hand-over never was."""

    reason: Line = Field(description="Becomes part of the record; it names nobody.")


class HolderRead(Read):
    id: UUID
    person_id: UUID
    name: str | None = Field(description="Null once the person's name was erased.")
    verification: Verification | None = Field(description="Whether a manager has verified whose account speaks for the person here; null: nobody has claimed.")
    valid_from: date
    valid_through: date | None


class HoursRead(Read):
    days: list[Weekday]
    opens: str
    closes: str


class ContactPointRead(Read):
    channel: Channel
    address: str
    language: str | None
    kind: ContactKind
    person_id: UUID | None
    preferred: bool
    hours: list[HoursRead] | None
    time_zone: str | None
    valid_from: date | None
    valid_through: date | None


class SeatRead(Read):
    id: UUID
    actor_id: UUID
    actor_name: str = Field(description="In the language of the request where there is one.")
    role: SeatRole
    title: str
    status: SeatStatus
    created_at: Instant
    updated_at: Instant
    holder: HolderRead | None = Field(description="Who holds it on the day; only for the seat's organisation, and with contacts:read for those of its country.")
    holders: Annotated[list[HolderRead] | None, OnRequest()] = None
    contact_points: Annotated[list[ContactPointRead] | None, OnRequest()] = Field(None, description="Those valid on the day, the preferred ones first.")


class SeatInclude(StrEnum):
    holders = "holders"
    contact_points = "contact_points"


AsOf = Annotated[Day | None, Field(description="Who holds the seat and where it is reached on this day; today unless said.")]


class SeatFilters(Page):
    id: list[UUID] | None = Field(None, max_length=200)
    actor: list[UUID] | None = Field(None, max_length=200)
    role: list[SeatRole] | None = Field(None, max_length=20)
    status: SeatStatus | None = None
    country: CountryCode | None = Field(None, description="Of the seat's actor.")
    subdivision: SubdivisionCode | None = Field(None, description="Of the seat's actor.")
    vacant: bool | None = Field(None, description="Whether nobody holds it on the day; of the seats whose holder you may see.")
    verified: bool | None = Field(
        None, description="Held on the day by somebody whose account was verified, or was not; of the seats whose holder you may see."
    )
    as_of: AsOf = None
    include: Annotated[list[SeatInclude], Split] | None = None

    def parameters(self) -> dict[str, Any]:
        return {"as_of": self.as_of}


class SeatView(Request):
    include: Annotated[list[SeatInclude], Split] | None = None
    as_of: AsOf = None
