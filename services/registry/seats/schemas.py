"""What requests and answers about seats are made of."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from services.registry.seats.models import Channel, SeatRole, SeatStatus
from shared.pages import Page
from shared.schemas import Instant, LanguageCode, Line, OnRequest, Read, Request

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,189}\Z)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
WEBHOOK = re.compile(r"https://[^\s\x00-\x20@/]{3,}(/\S*)?")


def is_address(channel: Channel, address: str) -> bool:
    """Whether something can be sent there, by its form."""
    return (EMAIL if channel is Channel.email else WEBHOOK).fullmatch(address) is not None


class ContactPointGiven(Request):
    channel: Channel
    address: str = Field(max_length=500, description="An e-mail address, or the https address of a webhook.")
    language: LanguageCode | None = Field(None, description="In which language the seat is written to there.")

    @model_validator(mode="after")
    def addressed(self) -> Self:
        if not is_address(self.channel, self.address):
            raise ValueError("is not an e-mail address" if self.channel is Channel.email else "is not an https address")
        return self


ContactPoints = Annotated[list[ContactPointGiven], Field(max_length=20)]


class SeatCreate(Request):
    actor_id: UUID
    role: SeatRole
    title: Line
    contact_points: ContactPoints = []
    reason: Line | None = Field(None, description="Becomes part of the record.")


class SeatChange(Request):
    """What is absent stays as it is; `contact_points` replaces the whole list."""

    title: Line | None = None
    status: SeatStatus | None = None
    contact_points: ContactPoints | None = None
    reason: Line | None = None

    @field_validator("title", "status", "contact_points")
    @classmethod
    def never_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


class HandOver(Request):
    """Who takes the seat: somebody new by name, or somebody known by id."""

    name: Line | None = None
    person_id: UUID | None = None
    valid_from: date | None = Field(None, description="First day in the seat; today unless said.")
    valid_through: date | None = Field(None, description="Last day, when it is known.")
    reason: Line | None = None

    @model_validator(mode="after")
    def somebody(self) -> Self:
        if (self.name is None) == (self.person_id is None):
            raise ValueError("give a name or a person_id, and not both")
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self


class HolderRead(Read):
    person_id: UUID
    name: str | None = Field(description="Null once the person's name was erased.")
    valid_from: date
    valid_through: date | None


class ContactPointRead(Read):
    channel: Channel
    address: str
    language: str | None


class SeatRead(Read):
    id: UUID
    actor_id: UUID
    actor_name: str = Field(description="In the language of the request where there is one.")
    role: SeatRole
    title: str
    status: SeatStatus
    created_at: Instant
    updated_at: Instant
    holder: HolderRead | None = Field(description="Who holds it today; only for the seat's organisation and with contacts:read.")
    holders: Annotated[list[HolderRead] | None, OnRequest()] = None
    contact_points: Annotated[list[ContactPointRead] | None, OnRequest()] = None


class SeatInclude(StrEnum):
    holders = "holders"
    contact_points = "contact_points"


class SeatFilters(Page):
    id: list[UUID] | None = Field(None, max_length=200)
    actor: list[UUID] | None = Field(None, max_length=200)
    role: list[SeatRole] | None = Field(None, max_length=20)
    status: SeatStatus | None = None
    include: list[SeatInclude] | None = None


class SeatView(Request):
    include: list[SeatInclude] | None = None
