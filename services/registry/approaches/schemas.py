"""What requests and answers about approach reports are made of."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.registry.approaches.models import ApproachChannel
from shared.pages import Page
from shared.schemas import Day, Instant, Line, Prose, Read, Request


class ApproachCreate(Request):
    approached_by: Line = Field(description="Who sought contact, as you know it.")
    actor_id: UUID | None = Field(None, description="The same in this registry, where it is known.")
    happened_on: Day
    place: Line | None = None
    through: Line | None = Field(None, description="Through whom: the intermediary.")
    asked: Prose = Field(description="What was asked or offered.")
    channel: ApproachChannel


class ApproachCorrectionCreate(Request):
    text: Prose
    actor_id: UUID | None = Field(None, description="Who it was, when that was found out.")


class ApproachWithdrawal(Request):
    reason: Prose


class ApproachCorrectionRead(Read):
    text: str
    actor_id: UUID | None
    corrected_by: str
    corrected_at: Instant


class ApproachRead(Read):
    id: UUID
    organization_id: UUID = Field(description="Who filed it.")
    reported_by: str
    approached_by: str
    actor_id: UUID | None
    happened_on: date
    place: str | None
    through: str | None
    asked: str
    channel: ApproachChannel
    withdrawn_at: Instant | None
    withdrawal_reason: str | None
    created_at: Instant
    updated_at: Instant
    corrections: list[ApproachCorrectionRead] = Field(description="In their order; the report itself stays as it was filed.")


class ApproachSort(StrEnum):
    newest = "newest"
    latest = "latest"


class ApproachFilters(Page):
    actor: UUID | None = Field(None, description="Named by the report or by a correction.")
    organization: UUID | None = None
    channel: list[ApproachChannel] | None = Field(None, max_length=10)
    from_: Day | None = Field(None, alias="from", description="Happened on that day or later.")
    to: Day | None = Field(None, description="Happened on that day or before.")
    withdrawn: bool | None = None
    sort: ApproachSort = Field(ApproachSort.newest, description="newest by when it was filed, latest by when it happened.")
