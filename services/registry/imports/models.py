"""The tables of imports: the job, the file as it came, its rows once read, and what is wrong with them.

The file is kept in chunks of whole records, each with the number of its first line, so that reading resumes at any chunk.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Float, ForeignKey, Identity, Index, LargeBinary, PrimaryKeyConstraint, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import ImportOver
from shared.columns import Identified, Timestamped, enum_column
from shared.errors import KeyInFlight
from shared.translations import Sentence


class ImportState(StrEnum):
    uploading = "uploading"
    validating = "validating"
    applying = "applying"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"


ENDED = frozenset({ImportState.done, ImportState.failed, ImportState.cancelled})
WAITING = "state IN ('uploading', 'validating', 'applying')"


class ImportSource(Base):
    """Whose a source is: of the organisation that first sent a file of it, or of the operators, who have none."""

    __tablename__ = "import_sources"
    source: Mapped[str] = mapped_column(primary_key=True)
    organization: Mapped[UUID | None]
    created_at: Mapped[datetime]


class Import(Base, Identified, Timestamped):
    """One file on its way into the registry."""

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("key", info={"error": KeyInFlight}),
        Index("ix_imports_waiting", "id", postgresql_where=text(WAITING)),
    )
    preset: Mapped[str]
    source: Mapped[str | None] = mapped_column(comment="whose file it is; the next file of the same source follows it")
    retire: Mapped[bool] = mapped_column(default=False, server_default=false())
    retire_at_most: Mapped[int | None]
    sheet: Mapped[str | None] = mapped_column(comment="of a workbook, the one that was asked for")
    format: Mapped[str] = mapped_column(default="csv", server_default="csv", comment="of the chunks: csv or ndjson")
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState))
    validate_only: Mapped[bool]
    key: Mapped[str | None] = mapped_column(comment="SHA-256 of the caller and the Idempotency-Key, in hexadecimal")
    subject: Mapped[str] = mapped_column(comment="who sent it; the events of its rows name the same")
    organization: Mapped[UUID | None]
    country: Mapped[str | None] = mapped_column(comment="of who sent it, who changes what this country keeps; null: who keeps the registry for all")
    request_id: Mapped[str]
    trace: Mapped[str | None] = mapped_column(comment="the traceparent (W3C) of the upload")
    digest: Mapped[str | None] = mapped_column(comment="SHA-256 of the file in hexadecimal")
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks: Mapped[int] = mapped_column(default=0)
    chunks_read: Mapped[int] = mapped_column(default=0)
    columns: Mapped[list[str] | None] = mapped_column(comment="the file's header, once read")
    readable: Mapped[bool] = mapped_column(default=True, comment="false: reading ended before the file did")
    rows_total: Mapped[int | None]
    rows_read: Mapped[int] = mapped_column(default=0)
    rows_valid: Mapped[int] = mapped_column(default=0)
    rows_applied: Mapped[dict[str, Any] | None] = mapped_column(comment="how many were created, changed, unchanged")
    orphans: Mapped[int | None]
    retired: Mapped[int | None]
    suggestions: Mapped[int | None] = mapped_column(comment="sides of rows that this file leaves to people")
    problems: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]
    failures: Mapped[dict[str, Any] | None] = mapped_column(comment="language to the failure in it; null where it is known in English only")
    uploaded_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    def cancel(self, *, at: datetime) -> None:
        """Stop it, unless it has ended."""
        if self.state in ENDED:
            raise ImportOver(Sentence("The import is {state}; nothing is left to cancel.", state=self.state.value), state=self.state.value)
        self.state, self.finished_at = ImportState.cancelled, at


class ImportChunk(Base):
    __tablename__ = "import_chunks"
    __table_args__ = (PrimaryKeyConstraint("import_id", "number"),)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    number: Mapped[int]
    first_line: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """A row whose cells could be read; what a bad cell would have said is null."""

    __tablename__ = "import_rows"
    __table_args__ = (PrimaryKeyConstraint("import_id", "line"),)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    faulty: Mapped[bool]
    key_scheme: Mapped[str]
    key_value: Mapped[str]
    kind: Mapped[str | None]
    source_kind: Mapped[str | None]
    status: Mapped[str | None]
    dissolved_on: Mapped[date | None]
    preferred_language: Mapped[str | None]
    names: Mapped[dict[str, Any]] = mapped_column(comment="language to name")
    folded: Mapped[dict[str, Any]] = mapped_column(comment="language to folded name")
    identifiers: Mapped[dict[str, Any]] = mapped_column(comment="scheme to value, the key among them")
    parent_scheme: Mapped[str | None]
    parent_value: Mapped[str | None]
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    population: Mapped[int | None] = mapped_column(BigInteger)
    website: Mapped[str | None]
    border_m: Mapped[dict[str, Any]]
    seat_role: Mapped[str | None]
    seat_title: Mapped[str | None]
    seat_email: Mapped[str | None]
    source: Mapped[str | None]
    licence: Mapped[str | None]
    read_on: Mapped[date | None]
    fields: Mapped[list[str]] = mapped_column(comment="what the row says something of")


class ActorSource(Base):
    """That a source lists an actor, and whether it brought it."""

    __tablename__ = "actor_sources"
    __table_args__ = (PrimaryKeyConstraint("source", "actor_id"), Index("ix_actor_sources_actor_id", "actor_id"))
    source: Mapped[str]
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"), comment="the import that said something new last")
    brought: Mapped[bool] = mapped_column(comment="an import of this source registered the actor")
    retired: Mapped[bool] = mapped_column(comment="an import of this source dissolved the actor")
    fields: Mapped[list[str]] = mapped_column(comment="the columns that the source has filled")


class ImportOrphan(Base):
    """An actor, a tie or an official domain that the source brought earlier and that its file no longer lists."""

    __tablename__ = "import_orphans"
    __table_args__ = (Index("ix_import_orphans_import_id", "import_id", "id"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    tie_id: Mapped[UUID | None] = mapped_column(ForeignKey("ties.id"), comment="the actor's tie, where that is meant")
    domain: Mapped[str | None] = mapped_column(comment="the actor's domain, where that is meant")
    kept_by: Mapped[list[str]] = mapped_column(comment="other sources that list the actor")
    retired: Mapped[bool]


class ImportProblem(Base):
    __tablename__ = "import_problems"
    __table_args__ = (Index("ix_import_problems_line", "import_id", "line", "id"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    import_id: Mapped[UUID] = mapped_column(ForeignKey("imports.id"))
    line: Mapped[int]
    column: Mapped[str | None]
    value: Mapped[str | None]
    code: Mapped[str | None] = mapped_column(comment="null where the problem was found before there were codes")
    message: Mapped[str]
    remedy: Mapped[str]
    said: Mapped[dict[str, Any] | None] = mapped_column(comment="message and remedy, each language to text; null where they are known in English only")
