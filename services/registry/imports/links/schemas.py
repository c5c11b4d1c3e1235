"""What requests and answers about suggestions are made of."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.registry.imports.links.models import SuggestionState
from services.registry.ties.types import TieType
from shared.pages import Page
from shared.problems import ProblemDocument
from shared.schemas import Instant, Read, Request

MOST_AT_ONCE = 100
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Side = Literal["from", "to"]


class CandidateRead(Read):
    id: UUID
    name: str
    kind: str
    country: str | None
    subdivision: str | None


class SuggestionRead(Read):
    id: UUID
    import_id: UUID
    source: str | None = Field(description="Whose file it is; what is decided holds for its later files.")
    line: int
    side: str = Field(description="`from` or `to` of a tie; a domain has `from` only.")
    type: TieType | None = Field(description="Of the tie that the row says; null of a domain.")
    domain: str | None = Field(description="The official domain that the row says; null of a tie.")
    text: str = Field(description="What the file says of the side.")
    candidates: list[CandidateRead] = Field(description="Actors of this name, at most ten, those first that are where the file says, then the largest.")
    other_id: UUID | None = Field(description="The actor on the other side, where that is certain.")
    state: SuggestionState
    actor_id: UUID | None = Field(description="Who is meant, once that is said.")
    resolved_by: str | None = Field(description="The account, or the import that found exactly one.")
    resolved_at: Instant | None
    reason: str | None
    tie_id: UUID | None = Field(description="The tie that was recorded because of the decision, and is withdrawn with it.")
    version: int = Field(description="The first half of its ETag: a decision of many names it for each.")


class SuggestionFilters(Page):
    state: list[SuggestionState] | None = Field(None, max_length=3)
    type: list[TieType] | None = Field(None, max_length=20, description="Of the tie that the row says.")
    side: Side | None = None
    actor: UUID | None = Field(None, description="Who was said to be meant.")
    other: UUID | None = Field(None, description="The actor on the other side.")
    candidate: UUID | None = Field(None, description="An actor among the candidates.")
    resolved_from: Instant | None = Field(None, description="Decided at this instant or later.")
    resolved_to: Instant | None = Field(None, description="Decided before this instant.")
    q: Words | None = Field(None, description="What the file says has these characters, in small or capital letters.")

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.resolved_from and self.resolved_to and self.resolved_to <= self.resolved_from:
            raise ValueError("to is not after from")
        return self


class SuggestionSearch(SuggestionFilters):
    import_: UUID | None = Field(None, alias="import", description="Of this import.")
    source: Words | None = Field(None, description="Whose file it is.")


class SuggestionsOfImport(SuggestionFilters):
    """The filters together with the import that the path names."""

    import_id: UUID


class _Decision(Request):
    actor_id: UUID | None = Field(None, description="Who is meant.")
    dismiss: bool = Field(False, description="Make nothing of the row, neither now nor from a later file of the source.")
    reopen: bool = Field(False, description="Take the decision back: nobody has said who is meant.")

    @model_validator(mode="after")
    def one_of_three(self) -> Self:
        if (self.actor_id is not None) + self.dismiss + self.reopen != 1:
            raise ValueError("give one of actor_id, dismiss and reopen")
        return self


class SuggestionResolution(_Decision):
    reason: Reason


class SuggestionChoice(_Decision):
    suggestion_id: UUID
    version: int = Field(ge=1, le=2**63 - 1, description="That of the suggestion as it was read.")


def _each_once(choices: list[SuggestionChoice]) -> list[SuggestionChoice]:
    if len({choice.suggestion_id for choice in choices}) < len(choices):
        raise ValueError("name each suggestion once")
    return choices


class SuggestionChoices(Request):
    items: Annotated[list[SuggestionChoice], Field(min_length=1, max_length=MOST_AT_ONCE), AfterValidator(_each_once)]
    reason: Reason = Field(description="Of all of them; becomes part of the record.")


class ChoiceRead(Read):
    suggestion_id: UUID
    suggestion: SuggestionRead | None = Field(description="As it stands now; null where you may not see it.")
    problem: ProblemDocument | None = Field(description="Why nothing was decided; null where it was.")


class ChoicesRead(Read):
    items: list[ChoiceRead] = Field(description="In the order of the request.")


class SuggestionDecisionRead(Read):
    state: SuggestionState = Field(description="`open`: the decision before was taken back.")
    actor_id: UUID | None
    decided_by: str = Field(description="The account, or the import.")
    decided_at: Instant
    reason: str | None
    withdrew_id: UUID | None = Field(description="The tie that was withdrawn with the decision before.")


class DecisionFilters(Page):
    pass


class DecisionsOfSuggestion(DecisionFilters):
    suggestion_id: UUID


class QuestionRead(Read):
    line: int = Field(description="In the file, the header being line 1.")
    column: str = Field(description="The column of ours that names the actor.")
    side: str = Field(description="`from` or `to` of a tie; a domain has `from` only.")
    text: str = Field(description="What the file says of the side.")
    candidates: list[CandidateRead] = Field(description="Actors of this name, at most ten, those first that are where the file says, then the largest.")
    other_id: UUID | None = Field(description="The actor on the other side, where that is certain.")


class QuestionFilters(Page):
    side: Side | None = None


class QuestionsOfImport(QuestionFilters):
    """The filters together with the import that the path names."""

    import_id: UUID
