"""What requests and answers about actors are made of."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.registry.actors.models import ActorKind, ActorStatus, NameKind
from services.registry.actors.words import searchable
from services.registry.seats.models import SeatRole, SeatStatus
from services.registry.ties.models import TieStatus
from services.registry.ties.schemas import TieSide
from services.registry.ties.types import TieType
from shared.pages import PageOf
from shared.schemas import CountryCode, Day, Instant, LanguageCode, Line, OnRequest, Read, Request, SubdivisionCode, code, wrong_at
from shared.translations import Sentence

HALF_THE_EARTH_M = 20_037_508
MOST_PEOPLE = 20_000_000_000
NEVER_NULL = ("kind", "status", "preferred_language", "names", "identifiers", "parents", "border_m")

# ISO 3166-1 leaves AA, QM to QZ, XA to XZ and ZZ to its users, so that they are nobody's codes. One of them is in common use: XK is Kosovo.
COUNTRY = r"([B-PR-WY][A-Z]|A[B-Z]|Q[A-L]|XK|Z[A-Y])"


def _country(code: str) -> str:
    if not re.fullmatch(COUNTRY, code):
        raise ValueError("is no country's code in ISO 3166-1")
    return code


Country = Annotated[CountryCode, AfterValidator(_country)]
Scheme = Annotated[
    str,
    code(r"^[a-z0-9][a-z0-9._-]{0,39}$", "is not a scheme in small letters, digits, dots and hyphens, such as iso3166-2"),
    Field(description="Whose identifier: iso3166-2, fips, inegi, ocd, …"),
]
IdentifierValue = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), code(r"^[^\x00-\x1f\x7f]*$", "holds a control character")
]
IdentifierKey = Annotated[
    str,
    StringConstraints(max_length=241),
    code(r"^[a-z0-9][a-z0-9._-]{0,39}:[^\x00-\x1f\x7f]+$", "is not a scheme and a value with a colon between them, such as fips:06073"),
]
Website = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s\x00-\x1f]{3,}$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Population = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
BorderDistances = Annotated[
    dict[Country, Annotated[int, Field(ge=0, le=HALF_THE_EARTH_M)]],
    Field(max_length=20, description="Neighbouring country to whole metres from its border, 0 where the actor touches it. Absent: not known."),
]


class _Period(Request):
    valid_from: Day | None = Field(None, description="First day; null: always has been.")
    valid_through: Day | None = Field(None, description="Last day; null: no end known.")

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.valid_from and self.valid_through and self.valid_through < self.valid_from:
            raise ValueError("valid_through is before valid_from")
        return self

    def meets(self, other: "_Period") -> bool:
        """Both are valid on some day."""
        before = self.valid_through and other.valid_from and self.valid_through < other.valid_from
        after = self.valid_from and other.valid_through and self.valid_from > other.valid_through
        return not (before or after)


class _Sourced(_Period):
    source: Line | None = None


class ParentGiven(_Period):
    parent_id: UUID


class NameGiven(_Sourced):
    language: LanguageCode
    name: Annotated[Line, AfterValidator(searchable)]
    kind: NameKind = NameKind.preferred


class IdentifierGiven(_Sourced):
    scheme: Scheme
    value: IdentifierValue
    licence: Line | None = None
    read_on: Day | None = Field(None, description="The day on which the source was read.")


# In a change, an item may say of whose record it is, as it was read.
OfWhom = Annotated[
    UUID | None,
    Field(
        description="As read: the actor of whose record it is. What is of a record that was merged into this one stays there, as it is, and what is given"
        " back just as it was read is taken for that record's without it. With this actor's own id it becomes this actor's."
    ),
]


class NameKept(NameGiven):
    actor_id: OfWhom = None


class IdentifierKept(IdentifierGiven):
    actor_id: OfWhom = None


def _one_parent_a_day(given: list[ParentGiven]) -> list[ParentGiven]:
    require_apart(given, lambda item: "", "is in the time of another of these parents")
    return given


GivenT = TypeVar("GivenT", bound=IdentifierGiven)


def _held_once(given: list[GivenT]) -> list[GivenT]:
    require_apart(given, lambda item: f"{item.scheme}:{item.value}", "was given already for some of its time")
    return given


def require_apart(given: Sequence[_Period], key: Callable[[Any], str], what: str) -> None:
    """Each of these that shares a day with an earlier one of its key is wrong, where it stands."""
    wrong = [at for at, item in enumerate(given) if any(key(item) == key(other) and item.meets(other) for other in given[:at])]
    if wrong:
        raise wrong_at(what, *((at,) for at in wrong))


Names = Annotated[list[NameGiven], Field(min_length=1, max_length=100)]
Identifiers = Annotated[list[IdentifierGiven], Field(max_length=100), AfterValidator(_held_once)]
Parents = Annotated[
    list[ParentGiven],
    Field(max_length=100, description="Every parent it ever had or is to have, with its days: the whole list, in place of parent_id and parent_valid_from."),
    AfterValidator(_one_parent_a_day),
]


class _Place(Request):
    """What creation and change have in common."""

    source_kind: Line | None = Field(None, description="The source's own word for what it is.")
    country: Country | None = None
    subdivision: SubdivisionCode | None = Field(None, description="ISO 3166-2, of the country.")
    lat: Latitude | None = None
    lon: Longitude | None = None
    population: Population | None = None
    website: Website | None = None
    source: Line | None = Field(None, description="Where what is said here was read.")
    licence: Line | None = None
    read_on: Day | None = None
    parent_id: UUID | None = Field(
        None, description="The actor inside which this one is. In a change the present parent ends the day before; null: none from today on."
    )
    parent_valid_from: Day | None = Field(
        None, description="Since when; in a change today unless said, and of the parent that it has already the first day, corrected."
    )
    reason: Line | None = Field(None, description="Becomes part of the record.")

    @model_validator(mode="after")
    def together(self) -> Self:
        if self.parent_valid_from is not None and self.parent_id is None:
            raise ValueError("parent_valid_from needs a parent_id")
        if "parents" in self.model_fields_set and self.model_fields_set & {"parent_id", "parent_valid_from"}:
            raise ValueError("parents says it all: leave parent_id and parent_valid_from out")
        return self


class ActorCreate(_Place):
    kind: ActorKind
    preferred_language: LanguageCode
    names: Names
    identifiers: Identifiers = []
    parents: Parents = []
    border_m: BorderDistances = {}

    @model_validator(mode="after")
    def consistent(self) -> Self:
        if (self.lat is None) != (self.lon is None):
            raise wrong_at("lat and lon belong together", ("lat" if self.lat is None else "lon",))
        require_preferred(self.preferred_language, self.names)
        return self

    def all_parents(self) -> list[ParentGiven]:
        return self.parents if self.parent_id is None else [ParentGiven(parent_id=self.parent_id, valid_from=self.parent_valid_from)]


class ActorChange(_Place):
    """What is absent stays as it is; null empties. Lists replace the actor's whole list, and leave those of the records merged into it."""

    kind: ActorKind | None = None
    status: Literal[ActorStatus.active, ActorStatus.dissolved] | None = None
    dissolved_on: Day | None = Field(None, description="The last day on which it was; only of what is no longer active.")
    preferred_language: LanguageCode | None = None
    names: Annotated[list[NameKept], Field(min_length=1, max_length=100)] | None = None
    identifiers: Annotated[list[IdentifierKept], Field(max_length=100), AfterValidator(_held_once)] | None = None
    parents: Parents | None = None
    border_m: BorderDistances | None = None

    @model_validator(mode="after")
    def never_null(self) -> Self:
        emptied = [name for name in NEVER_NULL if name in self.model_fields_set and getattr(self, name) is None]
        if emptied:
            raise ValueError(Sentence("{names}: may be left out, but not null", names=", ".join(emptied)))
        return self


def require_preferred(language: str, names: list[NameGiven]) -> None:
    """ValueError unless the language has a preferred name."""
    if not any(name.language == language and name.kind is NameKind.preferred for name in names):
        raise ValueError(Sentence("names has no preferred name in the preferred language, {language}", language=language))


class ActorNameRead(Read):
    actor_id: UUID = Field(description="Of whose record it is: this actor's, or that of one merged into it.")
    language: str
    name: str
    kind: NameKind
    valid_from: date | None
    valid_through: date | None
    source: str | None


class ActorIdentifierRead(Read):
    actor_id: UUID = Field(description="Of whose record it is: this actor's, or that of one merged into it.")
    scheme: str
    value: str
    valid_from: date | None
    valid_through: date | None
    source: str | None
    licence: str | None
    read_on: date | None = Field(description="The day on which the source was read.")


class ActorParentRead(Read):
    parent_id: UUID
    name: str = Field(description="The parent's name in the language of the request.")
    valid_from: date | None
    valid_through: date | None


class ActorSeatRead(Read):
    id: UUID
    role: SeatRole
    title: str
    status: SeatStatus


class ActorTieRead(Read):
    id: UUID
    type: TieType
    from_id: UUID
    to_id: UUID
    from_actor: TieSide
    to_actor: TieSide
    status: TieStatus
    valid_from: date | None
    valid_through: date | None


class ActorMergedRead(Read):
    """An actor that was merged, as it was recorded: what is read of the actor it is now may have come from it."""

    id: UUID
    kind: ActorKind
    name: str = Field(description="In the language of the request where there is one.")
    country: str | None
    subdivision: str | None
    source: str | None


class ActorRead(Read):
    id: UUID
    kind: ActorKind
    source_kind: str | None
    status: ActorStatus = Field(description="Of the day: what was dissolved is active through dissolved_on.")
    dissolved_on: date | None = Field(description="The last day on which it was, whatever the day that was asked for.")
    name: str = Field(
        description="In the language of the request where there is one, else in the actor's preferred language: the name of the day, today's unless as_of"
        " says another. It is the preferred name, but where the days of names say that it is not yet in use the former one that still is."
    )
    preferred_language: str
    country: str | None
    subdivision: str | None
    parent_id: UUID | None = Field(description="The parent of the day: today unless as_of says another.")
    lat: float | None
    lon: float | None
    population: int | None
    website: str | None
    border_m: dict[str, int] = Field(description="Neighbouring country to whole metres from its border, 0 where the actor touches it.")
    nearest_border_m: int | None = Field(description="Whole metres to the nearest foreign border, 0 where the actor touches one; null: not known.")
    source: str | None
    licence: str | None
    read_on: date | None
    created_at: Instant
    updated_at: Instant
    distance_m: Annotated[int | None, OnRequest()] = Field(None, description="From `near`, in whole metres; only there when it was given.")
    names: Annotated[list[ActorNameRead] | None, OnRequest()] = None
    identifiers: Annotated[list[ActorIdentifierRead] | None, OnRequest()] = None
    parents: Annotated[list[ActorParentRead] | None, OnRequest()] = None
    seats: Annotated[list[ActorSeatRead] | None, OnRequest()] = None
    ties: Annotated[list[ActorTieRead] | None, OnRequest()] = Field(
        None, description="At most 200 in which it is the one side and 200 in which it is the other; `/v1/ties?actor=` lists them all."
    )
    merged: Annotated[list[ActorMergedRead] | None, OnRequest()] = Field(None, description="The actors that were merged into this one.")
    merged_into: Annotated[UUID | None, OnRequest()] = Field(None, description="The actor it was merged into; only there with status=merged.")


class FacetCount(Read):
    value: str
    count: int


class ActorPage(PageOf[ActorRead]):
    facets: dict[str, list[FacetCount]] | None = Field(None, description="How many of all matches have which value, the most frequent first; on request.")
