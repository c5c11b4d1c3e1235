"""What requests and answers about memberships are made of."""

from datetime import date
from typing import Any, Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from shared.pages import Page
from shared.schemas import Day, Instant, Line, Read, Request


class MembershipCreate(Request):
    person_id: UUID
    organization_id: UUID = Field(description="Where the person is a member: a commission, a network's board, an office.")
    on_behalf_of_id: UUID | None = Field(None, description="For whom the person sits there.")
    role: Line | None = Field(None, description="As what: delegate, adviser, chair.")
    valid_from: Day | None = Field(None, description="First day; null: not known.")
    valid_through: Day | None = Field(None, description="Last day, when it is known.")
    note: Line | None = Field(None, description="Goes with the person when the person is erased.")
    source: Line | None = None
    read_on: Day | None = Field(None, description="The day on which the source was read.")
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        if self.on_behalf_of_id == self.organization_id:
            raise ValueError("on_behalf_of_id is the organisation itself")
        return self


class MembershipChange(Request):
    """What is absent stays, null empties."""

    role: Line | None = None
    valid_from: Day | None = None
    valid_through: Day | None = None
    note: Line | None = None
    source: Line | None = None
    read_on: Day | None = None
    reason: Line | None = Field(None, description="Becomes part of the record; it names nobody.")


class MembershipEnd(Request):
    on: Day | None = Field(None, description="The last day; today unless said.")
    reason: Line = Field(description="Becomes part of the record; it names nobody.")

    @field_validator("on")
    @classmethod
    def never_null(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("may be left out, but not null")
        return value


class MembershipRead(Read):
    id: UUID
    person_id: UUID
    person_name: str | None = Field(description="Null once the person was erased.")
    organization_id: UUID
    organization_name: str = Field(description="In the language of the request where there is one.")
    on_behalf_of_id: UUID | None
    on_behalf_of_name: str | None
    role: str | None
    valid_from: date | None
    valid_through: date | None
    note: str | None
    source: str | None
    read_on: date | None
    created_at: Instant
    updated_at: Instant


class MembershipFilters(Page):
    id: list[UUID] | None = Field(None, max_length=200)
    person: list[UUID] | None = Field(None, max_length=200)
    organization: list[UUID] | None = Field(None, max_length=200)
    on_behalf_of: list[UUID] | None = Field(None, max_length=200)
    as_of: Day | None = Field(None, description="Valid on this day.")
