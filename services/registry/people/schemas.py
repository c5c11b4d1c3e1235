"""What requests and answers about people are made of."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from services.registry.actors.words import folded
from services.registry.people.naming import beginning
from services.registry.seats.models import Channel
from services.registry.seats.schemas import ContactPointRead, is_address
from shared.pages import Page
from shared.schemas import Instant, Line, OnRequest, Read, Request, Split


class PersonCreate(Request):
    name: Line
    organization_id: UUID | None = Field(None, description="The actor that keeps the record; your own unless said.")
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")


class PersonChange(Request):
    name: Line
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")


def _address(given: str) -> str:
    if not any(is_address(channel, given) for channel in Channel):
        raise ValueError("is neither an e-mail address nor an https address")
    return given


class PersonErasure(Request):
    """Forget a person. The seats and memberships keep their days, held by nobody with a name."""

    reason: Line = Field(description="Becomes part of the record; it names nobody.")
    addresses: list[Annotated[str, StringConstraints(max_length=500), AfterValidator(_address)]] = Field(
        [], max_length=20, description="Addresses of offices that name the person and are to go as well; personal ones go anyway."
    )


class HoldingRead(Read):
    seat_id: UUID
    seat_title: str
    valid_from: date
    valid_through: date | None


class PersonMembershipRead(Read):
    id: UUID
    organization_id: UUID
    on_behalf_of_id: UUID | None
    role: str | None
    valid_from: date | None
    valid_through: date | None


class PersonRead(Read):
    id: UUID
    organization_id: UUID | None = Field(description="The actor that keeps the record.")
    name: str | None = Field(description="Null once erased.")
    erased_at: Instant | None
    created_at: Instant
    updated_at: Instant
    seats: Annotated[list[HoldingRead] | None, OnRequest()] = None
    memberships: Annotated[list[PersonMembershipRead] | None, OnRequest()] = None
    contact_points: Annotated[list[ContactPointRead] | None, OnRequest()] = None


class PersonInclude(StrEnum):
    seats = "seats"
    memberships = "memberships"
    contact_points = "contact_points"


def _letters(given: str) -> str:
    if not folded(given):
        raise ValueError("needs a letter or a digit")
    return given


Sought = Annotated[str, StringConstraints(max_length=100), AfterValidator(_letters)]


class PersonFilters(Page):
    id: list[UUID] | None = Field(None, max_length=200)
    organization: list[UUID] | None = Field(None, max_length=200, description="Actors that keep the records.")
    seat: list[UUID] | None = Field(None, max_length=200, description="Who holds one of these seats, has held it or will.")
    erased: bool | None = None
    q: Sought | None = Field(
        None, description="By name, in any order of its words and without their accents, each from its beginning: `per jua` finds Juan Pérez."
    )
    include: Annotated[list[PersonInclude], Split] | None = None


class PeopleOf(PersonFilters):
    """The filters as they reach the statement."""

    def wanted(self) -> dict[str, Any]:
        found = super().wanted()
        return found | ({"q": beginning(self.q)} if self.q is not None else {})


class PersonView(Request):
    include: Annotated[list[PersonInclude], Split] | None = None
