"""The facts about what was decided of rows that an import left to people."""

from uuid import UUID

from shared.events import Event


class SuggestionStands(Event):
    """Who is meant by a side of a row, as it was decided last. What the file says of it is read at the import."""

    suggestion_id: UUID
    import_id: UUID
    organization_id: UUID | None
    source: str | None
    line: int
    side: str
    state: str
    actor_id: UUID | None

    def concerns(self) -> list[UUID]:
        """Whoever may see the import."""
        return [] if self.organization_id is None else [self.organization_id]


class SuggestionDecided(SuggestionStands):
    type, aggregate, visibility = "suggestion.decided", "suggestion", "organizations"


class SuggestionReopened(SuggestionStands):
    """The decision was taken back, or the actor it named is there no longer."""

    type, aggregate, visibility = "suggestion.reopened", "suggestion", "organizations"
