"""The tables of rows that name known actors, of what is left for people to resolve, and of the ties that a source has brought."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.columns import Identified, enum_column


class ImportLink(Base):
    """A row that names one or two actors. It stays for as long as a person may say, or say otherwise, who is meant by a side of it."""

    __tablename__ = "import_links"
    __table_args__ = (PrimaryKeyConstraint("import_id", "line", "part"),)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    part: Mapped[int] = mapped_column(comment="of a record that lists several things: the how-manieth, from 0")
    faulty: Mapped[bool]
    key: Mapped[str] = mapped_column(comment="a hash of what the row says; the same words of a source have the same")
    from_side: Mapped[dict[str, Any]] = mapped_column(comment="by what the actor is found: scheme, value, name, folded, kind, country, subdivision")
    to_side: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    type: Mapped[str | None]
    role: Mapped[str | None]
    status: Mapped[str | None]
    end_reason: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_through: Mapped[date | None]
    last_activity_on: Mapped[date | None]
    note: Mapped[str | None]
    domain: Mapped[str | None]
    domain_type: Mapped[str | None]
    identifiers: Mapped[dict[str, Any]]
    language: Mapped[str | None]
    name: Mapped[str | None]
    folded: Mapped[str | None] = mapped_column(comment="the name folded")
    title: Mapped[str | None] = mapped_column(comment="of a seat")
    address: Mapped[str | None] = mapped_column(comment="of a seat: the e-mail address of its office")
    source: Mapped[str | None]
    licence: Mapped[str | None]
    read_on: Mapped[date | None]


FITS_NOW = "Exactly one actor fits now."
"""Why a suggestion is resolved that nobody resolved: a later file found whom the words mean."""


class SuggestionState(StrEnum):
    open = "open"
    resolved = "resolved"
    dismissed = "dismissed"


class ImportSuggestion(Base, Identified):
    """A side of a row that does not fit exactly one actor. What is decided holds for later files of the source, until it is decided otherwise.

    `tie_id` and `domain_id` are what was recorded because of the decision and is said by nothing else: it goes with the decision.
    """

    __tablename__ = "import_suggestions"
    __table_args__ = (
        CheckConstraint("(state = 'open') = (resolved_by IS NULL)", name="resolved"),
        CheckConstraint("actor_id IS NULL OR state = 'resolved'", name="actor"),
        CheckConstraint("state = 'resolved' OR (tie_id IS NULL AND domain_id IS NULL)", name="made"),
        Index("uq_import_suggestions_said", "source", "key", "side", unique=True),
        Index("ix_import_suggestions_line", "import_id", "line", "id"),
        Index("ix_import_suggestions_actor_id", "actor_id", postgresql_where=text("actor_id IS NOT NULL")),
        Index("ix_import_suggestions_tie_id", "tie_id", postgresql_where=text("tie_id IS NOT NULL")),
    )
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    source: Mapped[str | None]
    key: Mapped[str]
    line: Mapped[int]
    part: Mapped[int]
    side: Mapped[str] = mapped_column(comment="from or to")
    text: Mapped[str]
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(PGUUID(as_uuid=True)), comment="actors of this name, at most ten, the largest first")
    other_id: Mapped[UUID | None] = mapped_column(comment="the actor on the other side, where that is certain")
    state: Mapped[SuggestionState] = mapped_column(enum_column(SuggestionState))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("actors.id"))
    resolved_by: Mapped[str | None] = mapped_column(comment="the account, or the import that found exactly one")
    resolved_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    tie_id: Mapped[UUID | None] = mapped_column(ForeignKey("ties.id"), comment="the tie that was recorded because of the decision")
    domain_id: Mapped[int | None] = mapped_column(BigInteger, comment="the official domain that was recorded because of the decision")
    version: Mapped[int] = mapped_column(BigInteger, server_default="1", comment="the first half of its ETag; counted by whoever holds the row")

    def settle(self, state: SuggestionState, actor_id: UUID | None, *, by: str, at: datetime, reason: str) -> None:
        """Decide it, or open it again. What the decision before has made is no longer this one's."""
        opened = state is SuggestionState.open
        self.state, self.actor_id, self.tie_id, self.domain_id = state, actor_id, None, None
        self.resolved_by, self.resolved_at, self.reason = (None, None, None) if opened else (by, at, reason)


class SuggestionDecision(Base):
    """What was decided of a suggestion, each time; `open` is a decision that was taken back."""

    __tablename__ = "suggestion_decisions"
    __table_args__ = (
        Index("ix_suggestion_decisions_suggestion_id", "suggestion_id", "id"),
        Index("ix_suggestion_decisions_withdrew_id", "withdrew_id", postgresql_where=text("withdrew_id IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    suggestion_id: Mapped[UUID] = mapped_column(ForeignKey("import_suggestions.id"))
    state: Mapped[SuggestionState] = mapped_column(enum_column(SuggestionState))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("actors.id"))
    decided_by: Mapped[str] = mapped_column(comment="the account, or the import")
    decided_at: Mapped[datetime]
    reason: Mapped[str | None]
    withdrew_id: Mapped[UUID | None] = mapped_column(ForeignKey("ties.id"), comment="the tie that was withdrawn with the decision before")


class ImportQuestion(Base):
    """What a dry run would have left to people. Nobody decides it: the file has not been imported."""

    __tablename__ = "import_questions"
    __table_args__ = (Index("ix_import_questions_line", "import_id", "line", "id"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    column: Mapped[str] = mapped_column(comment="in the columns of ours: that which names the actor")
    side: Mapped[str] = mapped_column(comment="from or to")
    text: Mapped[str]
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(PGUUID(as_uuid=True)), comment="actors of this name, at most ten, the largest first")
    other_id: Mapped[UUID | None] = mapped_column(comment="the actor on the other side, where that is certain")


class TieSource(Base):
    """That a source lists a tie, and whether it brought it."""

    __tablename__ = "tie_sources"
    __table_args__ = (PrimaryKeyConstraint("source", "tie_id"), Index("ix_tie_sources_tie_id", "tie_id"))
    source: Mapped[str]
    tie_id: Mapped[UUID] = mapped_column(ForeignKey("ties.id"))
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), comment="the import that listed it first")
    brought: Mapped[bool] = mapped_column(comment="an import of this source recorded the tie")
    retired: Mapped[bool] = mapped_column(comment="an import of this source ended the tie")
