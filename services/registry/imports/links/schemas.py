"""What requests and answers about suggestions are made of."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.registry.imports.links.models import SuggestionState
from shared.pages import Page
from shared.schemas import Instant, Read, Request


class CandidateRead(Read):
    id: UUID
    name: str
    kind: str
    country: str | None
    subdivision: str | None


class SuggestionRead(Read):
    id: UUID
    import_id: UUID
    line: int
    side: str = Field(description="`from` or `to` of a tie; a domain has `from` only.")
    text: str = Field(description="What the file says of the side.")
    candidates: list[CandidateRead] = Field(description="Actors of this name, at most ten, those first that are where the file says, then the largest.")
    other_id: UUID | None = Field(description="The actor on the other side, where that is certain.")
    state: SuggestionState
    actor_id: UUID | None = Field(description="Who is meant, once that is said.")
    resolved_by: str | None = Field(description="The account, or the import that found exactly one.")
    resolved_at: Instant | None
    reason: str | None


class SuggestionFilters(Page):
    state: list[SuggestionState] | None = Field(None, max_length=3)


class SuggestionsOfImport(SuggestionFilters):
    """The filters together with the import that the path names."""

    import_id: UUID


class SuggestionResolution(Request):
    actor_id: UUID | None = Field(None, description="Who is meant.")
    dismiss: bool = Field(False, description="Make nothing of the row, neither now nor from a later file of the source.")
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

    @model_validator(mode="after")
    def one_of_two(self) -> Self:
        if (self.actor_id is None) != self.dismiss:
            raise ValueError("give either actor_id or dismiss")
        return self
