"""A row of a file whose sides were left to people, while somebody decides them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.registry.errors import SuggestionOver, TieWithItself
from services.registry.imports.links.models import ImportSuggestion, SuggestionState


@dataclass
class Row:
    """What a file says once, with the suggestions of its sides; and what of them this request changes.

    `ties` and `domains` are what the decisions before have made of it. `of_office`: it says whose an office is.
    """

    organization: UUID | None
    of_office: bool = False
    sides: dict[str, ImportSuggestion] = field(default_factory=dict)
    before: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    ties: set[UUID] = field(default_factory=set)
    domains: set[int] = field(default_factory=set)

    @staticmethod
    def key_of(said: ImportSuggestion) -> tuple[Any, ...]:
        """The same words of a source are one row, in whichever of its files; without a source it is a line of its file."""
        return (said.import_id, said.line, said.part) if said.source is None else (said.source, said.key)

    def other_side(self, said: ImportSuggestion) -> UUID | None:
        """The actor on the other side of this one, where it is known."""
        other = self.sides.get("to" if said.side == "from" else "from")
        return said.other_id if other is None else other.actor_id

    def actors(self) -> dict[str, UUID | None]:
        """Who is meant by each side: by one that was left to people, as they said; by the other, who was certain."""
        known = {said.side: said.actor_id for said in self.sides.values()}
        for said in self.sides.values():
            known.setdefault("to" if said.side == "from" else "from", said.other_id)
        return known

    def is_of(self, own: frozenset[UUID], said: ImportSuggestion, actor_id: UUID | None) -> bool:
        """Whether this actor, or who is on the other side, is one of `own`; of an office, itself. As long as a side is nobody, nothing is made of the row."""
        other = self.other_side(said)
        whole = other is not None or len(self.sides) == 1
        if actor_id is None or not whole:
            return True
        deciding = {"from": actor_id, "to": other} if said.side == "from" else {"from": other, "to": actor_id}
        return deciding["from"] in own or (not self.of_office and deciding["to"] in own)

    def decide(self, said: ImportSuggestion, state: SuggestionState, actor_id: UUID | None, *, by: str, at: datetime, reason: str) -> None:
        """Decide a side. Nothing is made of a row of which a side is nobody: the others are dismissed with it, and reopened with it."""
        if said.id in self.before:
            raise SuggestionOver(state=said.state.value)
        if (said.state, said.actor_id) == (state, actor_id):
            return
        if actor_id is not None and actor_id == self.other_side(said):
            raise TieWithItself("The other side of the row is this actor. Name another, or dismiss the suggestion.")
        others = [other for other in self.sides.values() if other is not said and other.id not in self.before]
        along: list[ImportSuggestion] = []
        if state is SuggestionState.dismissed:
            along = [other for other in others if other.state is SuggestionState.open]
        elif said.state is SuggestionState.dismissed:
            along = [other for other in others if other.state is SuggestionState.dismissed]
        for other in along:
            self._settle(other, state if state is SuggestionState.dismissed else SuggestionState.open, None, by=by, at=at, reason=reason)
        self._settle(said, state, actor_id, by=by, at=at, reason=reason)

    def _settle(self, said: ImportSuggestion, state: SuggestionState, actor_id: UUID | None, *, by: str, at: datetime, reason: str) -> None:
        if not self.before:
            self._take_back()
        self.before[said.id] = {"state": said.state.value, "actor_id": None if said.actor_id is None else str(said.actor_id)}
        said.settle(state, actor_id, by=by, at=at, reason=reason)

    def _take_back(self) -> None:
        """What was made of the row is made by none of its sides any more."""
        for said in self.sides.values():
            if said.tie_id is not None:
                self.ties.add(said.tie_id)
            if said.domain_id is not None:
                self.domains.add(said.domain_id)
            said.tie_id = said.domain_id = None
