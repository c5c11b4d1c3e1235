"""What requests and answers about judgements are made of."""

from enum import StrEnum
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from services.registry.actors.models import ActorKind
from services.registry.judgements.models import Verdict
from shared.pages import Page
from shared.schemas import Instant, Line, Read, Request

WHY = "Why you think so, on record and public: never about a person."
CANONICAL = "With `same`: which of the two they are to be known by. Unless a judgement says so, the oldest record of all that are the same."


class _Judged(Request):
    verdict: Verdict
    canonical_id: UUID | None = Field(None, description=CANONICAL)
    reason: Line = Field(description=WHY)

    @model_validator(mode="after")
    def chosen(self) -> Self:
        if self.canonical_id is not None and self.verdict is not Verdict.same:
            raise ValueError("canonical_id belongs to the verdict same")
        return self


class JudgementCreate(_Judged):
    """It does not matter which actor is left and which is right."""

    left_id: UUID
    right_id: UUID


class JudgementChange(_Judged):
    """The verdict as it is to stand from now on."""


class JudgementWithdrawal(Request):
    reason: Line = Field(description=WHY)


class JudgedActor(Read):
    id: UUID
    kind: ActorKind
    name: str = Field(description="In the language of the request where there is one.")
    country: str | None
    subdivision: str | None
    canonical_id: UUID | None = Field(description="Into which actor it is merged; null: it is known by itself.")


class JudgementRead(Read):
    id: UUID
    left_id: UUID = Field(description="The smaller id, whichever was given as left.")
    right_id: UUID
    left: JudgedActor
    right: JudgedActor
    verdict: Verdict
    canonical_id: UUID | None = Field(description=CANONICAL)
    reason: str
    organization_id: UUID | None = Field(description="The organisation of who judged so, as it is known; null: who judged acted for none.")
    tied: bool = Field(description="A tie is recorded between the two: a hint that they are not the same.")
    withdrawn_at: Instant | None = Field(description="Since when it stands no more.")
    created_at: Instant
    updated_at: Instant


class JudgementSort(StrEnum):
    newest = "newest"
    oldest = "oldest"


class JudgementFilters(Page):
    actor: UUID | None = Field(None, description="Either side.")
    verdict: list[Verdict] | None = Field(None, max_length=3)
    standing: bool | None = Field(None, description="false: only those that were withdrawn.")
    sort: JudgementSort = JudgementSort.newest
