"""The tables of watch lists. A version and its entries are written once and stay; the list says which version is the current one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKeyConstraint, Index, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.diligence.errors import RecordNeedsOrganization
from services.registry.watchlists.errors import WatchlistExists, WatchlistOfAnother, WatchlistVersionExists, WatchlistWithdrawn
from shared.columns import Identified, Touched


class Watchlist(Base, Identified, Touched):
    """A list of intermediaries that somebody publishes. `country`: whose organisations see it; null: those of every country."""

    __tablename__ = "watchlists"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": RecordNeedsOrganization}),
        UniqueConstraint("organization_id", "publisher", "name", postgresql_nulls_not_distinct=True, info={"error": WatchlistExists}),
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason IS NULL) AND (withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
            name="withdrawn",
        ),
        Index("ix_watchlists_country", "country"),
    )
    organization_id: Mapped[UUID | None] = mapped_column(comment="who keeps it; null: an operator")
    country: Mapped[str | None]
    name: Mapped[str]
    publisher: Mapped[str]
    source: Mapped[str]
    licence: Mapped[str | None]
    number: Mapped[int] = mapped_column(comment="of the current version; 0: none yet")
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="since when nobody is matched against it")
    withdrawn_by: Mapped[str | None]
    withdrawal_reason: Mapped[str | None]

    def require_keeper(self, organization_id: UUID | None) -> None:
        """WatchlistOfAnother for everyone but the organisation that keeps it."""
        if self.organization_id != organization_id:
            raise WatchlistOfAnother("Whoever keeps the list adds its versions and withdraws it.")

    def require_kept(self) -> None:
        """WatchlistWithdrawn once it was withdrawn."""
        if self.withdrawn_at is not None:
            raise WatchlistWithdrawn(watchlist=str(self.id))

    def withdraw(self, reason: str, *, by: str, at: datetime) -> None:
        """End it, once. Its versions stay."""
        self.require_kept()
        self.withdrawal_reason, self.withdrawn_by, self.withdrawn_at = reason, by, at


class WatchlistVersion(Base, Identified):
    """What the publisher had on the list on a day."""

    __tablename__ = "watchlist_versions"
    __table_args__ = (
        ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"]),
        UniqueConstraint("watchlist_id", "number"),
        UniqueConstraint("watchlist_id", "version", info={"error": WatchlistVersionExists}),
    )
    watchlist_id: Mapped[UUID]
    number: Mapped[int]
    version: Mapped[str] = mapped_column(comment="the publisher's own word for it")
    read_on: Mapped[date]
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(comment="SHA-256 of the body as it was sent")
    uploaded_by: Mapped[str]
    uploaded_at: Mapped[datetime]


class WatchlistEntry(Base, Identified):
    """Who is on a version, and why. An identifier is `scheme:value`."""

    __tablename__ = "watchlist_entries"
    __table_args__ = (
        ForeignKeyConstraint(["version_id"], ["watchlist_versions.id"]),
        UniqueConstraint("version_id", "line"),
        Index("ix_watchlist_entries_identifiers", "identifiers", postgresql_using="gin"),
    )
    version_id: Mapped[UUID]
    line: Mapped[int] = mapped_column(comment="of the file, or the place in the list")
    names: Mapped[list[str]]
    identifiers: Mapped[list[str]]
    country: Mapped[str | None]
    reason: Mapped[str]
    source: Mapped[str | None]


class WatchlistName(Base):
    """The names of current versions, as matching looks them up; made anew with each version."""

    __tablename__ = "watchlist_names"
    __table_args__ = (
        PrimaryKeyConstraint("entry_id", "folded"),
        ForeignKeyConstraint(["watchlist_id"], ["watchlists.id"]),
        ForeignKeyConstraint(["entry_id"], ["watchlist_entries.id"]),
        Index("ix_watchlist_names_watchlist_id", "watchlist_id"),
        Index("ix_watchlist_names_trigrams", "trigrams", postgresql_using="gin"),
    )
    watchlist_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    folded: Mapped[str] = mapped_column(comment="words without case and accents, one blank between")
    trigrams: Mapped[list[str]] = mapped_column(ARRAY(Text(collation="C")), Computed("word_trigrams(folded)", persisted=True))
