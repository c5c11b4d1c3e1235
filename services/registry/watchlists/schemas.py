"""What requests and answers about watch lists are made of."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator, model_validator

from services.registry.actors.words import folded
from shared.pages import Page
from shared.schemas import CountryCode, Day, Instant, Line, Prose, Read, Request, code

MOST_ENTRIES = 10_000
Identifier = Annotated[
    str,
    code(r"^[a-z0-9][a-z0-9._-]{0,39}:[^\s\x00-\x1f|]{1,200}$", "is not scheme:value, such as lei:5299001"),
    Field(description="scheme:value, such as lei:… or wikidata:Q…"),
]
Identifiers = Annotated[list[Identifier], Field(max_length=50)]


class WatchlistCreate(Request):
    """The list itself, without entries. It is for the organisations of your country; an operator's is for those of every country."""

    name: Line
    publisher: Line
    source: Line = Field(description="Where it is published.")
    licence: Line | None = None


class WatchlistVersionStart(Request):
    """What is said of a version beside its entries."""

    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]*$")] = Field(
        description="The publisher's own word for it, such as a date or a number."
    )
    read_on: Day = Field(description="The day on which it was read, today at the latest.")


class WatchlistWithdrawal(Request):
    reason: Prose = Field(description="Everyone who sees the list reads it.")


class WatchlistEntryGiven(Request):
    names: Annotated[list[Line], Field(min_length=1, max_length=50)]
    identifiers: Identifiers = []
    country: CountryCode | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]
    source: Line | None = Field(None, description="Of this entry; the list's own unless said.")

    @field_validator("names")
    @classmethod
    def can_be_read(cls, names: list[str]) -> list[str]:
        if not all(folded(name) for name in names):
            raise ValueError("a name has a letter or a digit")
        if any("|" in name for name in names):
            raise ValueError("a name has no |, which stands between the names of a cell")
        return names


class WatchlistVersionRead(Read):
    number: int = Field(description="1, and one more with each version.")
    version: str
    read_on: date
    entries: int
    digest: str = Field(description="SHA-256 of the body as it was sent.")
    uploaded_by: str
    uploaded_at: Instant


class WatchlistRead(Read):
    id: UUID
    organization_id: UUID | None = Field(description="Who keeps it; null: an operator.")
    country: str | None = Field(description="Whose organisations see it; null: those of every country.")
    name: str
    publisher: str
    source: str
    licence: str | None
    withdrawn_at: Instant | None = Field(description="Since when nobody is matched against it.")
    withdrawal_reason: str | None
    created_at: Instant
    updated_at: Instant
    current: WatchlistVersionRead | None = Field(description="null until a first version is there. Of a withdrawn list the last one.")


class WatchlistFilters(Page):
    publisher: str | None = Field(None, max_length=300)


class WatchlistVersionFilters(Page):
    """Versions, the newest first."""


class VersionsOfWatchlist(WatchlistVersionFilters):
    """The filters together with the list that the path names."""

    watchlist_id: UUID


class WatchlistEntryRead(Read):
    line: int = Field(description="Of the file, or the place in the list.")
    names: list[str]
    identifiers: list[str]
    country: str | None
    reason: str
    source: str | None


class WatchlistEntryFile(Read):
    """An entry as a line of CSV, which a new version takes: several names or identifiers stand in one cell with | between them."""

    names: str
    identifiers: str
    country: str | None
    reason: str
    source: str | None


class _EntryFilters(Page):
    country: CountryCode | None = None


class WatchlistEntryFilters(_EntryFilters):
    """Entries in the order of their version."""

    number: int | None = Field(None, ge=1, le=1_000_000_000, description="Of the version; the current one unless said.")


class EntriesOfVersion(_EntryFilters):
    """The filters together with the version that the path names."""

    version_id: UUID


class WatchlistMatchRequest(Request):
    """A counterpart or an intermediary as you know it."""

    name: Line | None = None
    identifiers: Identifiers = []
    country: CountryCode | None = Field(None, description="Shown beside that of the entry. It neither finds an entry nor moves a score.")
    limit: int = Field(10, ge=1, le=50)

    @model_validator(mode="after")
    def names_somebody(self) -> Self:
        if self.name is None and not self.identifiers:
            raise ValueError("a country alone matches nobody: give a name or an identifier")
        if self.name is not None and not folded(self.name):
            raise ValueError("a name has a letter or a digit")
        return self


class WatchlistFeature(Read):
    """Why a candidate has its score. What weighs nothing is there to be read."""

    feature: Literal["name", "identifier", "country"]
    score: float | None = Field(description="From 0 to 1; null where one side says nothing, and for what is never scored.")
    weighs: bool
    asked: str | None
    found: str | None


class WatchlistCandidate(Read):
    score: float = Field(description="From 0 to 1: the highest of the features that weigh.")
    watchlist_id: UUID
    watchlist: str
    publisher: str
    number: int
    version: str
    read_on: date
    entry: WatchlistEntryRead
    features: list[WatchlistFeature]


class WatchlistConsulted(Read):
    watchlist_id: UUID
    name: str
    number: int
    version: str
    read_on: date


class WatchlistMatches(Read):
    items: list[WatchlistCandidate]
    consulted: list[WatchlistConsulted] = Field(description="The lists that were looked at, found or not.")
