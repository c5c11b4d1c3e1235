"""What a list of actors and the read of one may be asked for."""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.registry.actors.bands import PopulationBand
from services.registry.actors.models import ActorKind, ActorStatus
from services.registry.actors.phrases import search_values
from services.registry.actors.places import FARTHEST_KM, bounding_box, box_values, near_point, near_values
from services.registry.actors.schemas import HALF_THE_EARTH_M, IdentifierKey, Population, Scheme
from services.registry.actors.words import searchable
from shared.pages import Page
from shared.schemas import CountryCode, Day, Request, Split, SubdivisionCode, wrong_at
from shared.translations import Sentence

SearchPhrase = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(searchable)]


class ActorInclude(StrEnum):
    names = "names"
    identifiers = "identifiers"
    parents = "parents"
    seats = "seats"
    ties = "ties"
    merged = "merged"


class ActorSort(StrEnum):
    relevance = "relevance"
    distance = "distance"
    border = "border"
    name = "name"
    population = "population"
    newest = "newest"


class ActorFacet(StrEnum):
    kind = "kind"
    status = "status"
    country = "country"
    subdivision = "subdivision"
    population_band = "population_band"
    at_border = "at_border"


AsOf = Annotated[
    Day | None, Field(description="As it was or will be on this day: status, name, parents, identifiers and what follows from them. Today unless said.")
]


class ActorChoice(BaseModel):
    """Which actors are meant, whatever is asked of them."""

    kind: list[ActorKind] | None = Field(None, max_length=20, description="Of any of these kinds; repeat for several.")
    country: CountryCode | None = None
    subdivision: SubdivisionCode | None = None
    parent: UUID | None = Field(None, description="The actor directly above.")
    within: UUID | None = Field(None, description="An actor above, at whatever height.")
    network: UUID | None = Field(None, description="A network or commission of which they are members on the day.")
    identifier: list[IdentifierKey] | None = Field(None, max_length=200, description="scheme:value, valid on the day; repeat for several.")
    identifier_scheme: Scheme | None = Field(None, description="They have an identifier of this scheme, valid on the day.")
    population_band: list[PopulationBand] | None = Field(None, max_length=10, description="In any of these bands; repeat for several.")
    population_min: Population | None = Field(None, description="At least so many people; one whose population is not known is left out.")
    population_max: Population | None = Field(None, description="At most so many people; one whose population is not known is left out.")
    has_seat: bool | None = Field(None, description="Whether they have an active seat.")
    border: CountryCode | None = Field(None, description="Actors with a recorded distance to this country's border.")


class ActorFilters(ActorChoice, Page):
    """Which actors, in which order, with what. `q` sorts by how well a name answers, `near` by distance, all else by name."""

    id: list[UUID] | None = Field(None, max_length=100, description="These actors. One that was merged is found as the actor it is now.")
    q: SearchPhrase | None = Field(
        None,
        description="Words of one of the actor's names, in any language; accents and case do not matter. Names spelled so come first, then those of the"
        " same words, those that begin so, those with a word for each beginning, and similar ones; of equals the most populous first. A word of kind says"
        " which is meant: City of San Diego is not the county. The last words, or the first, may say the place: a code of ISO 3166, the name of a state or"
        " nation, or a usual abbreviation (Chih., Calif., B.C.), also both: El Paso, TX, USA. Of names that have the"
        " words 10,000 are ranked, the most populous always.",
    )
    status: ActorStatus | None = Field(None, description="On the day. Those that were merged are listed only when they are asked for, each as it was recorded.")
    border_within_m: int | None = Field(
        None, ge=0, le=HALF_THE_EARTH_M, description="At most this many metres from that border; without border from the nearest foreign one."
    )
    at_border: bool | None = Field(None, description="Whether they touch a foreign border, of those with a recorded distance to one.")
    near: Annotated[str, StringConstraints(max_length=60), AfterValidator(near_point)] | None = Field(
        None, description="lat,lon in degrees; needs within_km. Answers `distance_m` and sorts by it."
    )
    within_km: float | None = Field(None, gt=0, le=FARTHEST_KM, allow_inf_nan=False, description="At most this far from near, as the crow flies.")
    bbox: Annotated[str, StringConstraints(max_length=120), AfterValidator(bounding_box)] | None = Field(
        None, description="west,south,east,north in degrees; west is greater than east across the 180th meridian."
    )
    as_of: AsOf = None
    sort: ActorSort | None = Field(
        None, description="Without it: relevance with q, else distance with near, else name. border: the nearest to a foreign border first."
    )
    include: Annotated[list[ActorInclude], Split] | None = None
    facets: Annotated[list[ActorFacet], Split] | None = Field(None, description="Count the matches by these, the 200 most frequent values.")
    needs: ClassVar[dict[str, str]] = {"near": "within_km", "within_km": "near"}

    @model_validator(mode="after")
    def complete(self) -> Self:
        for name, needed in self.needs.items():
            if getattr(self, name) is not None and getattr(self, needed) is None:
                raise wrong_at(Sentence("{name} needs {needed}", name=name, needed=needed), (name,))
        for sort, needed in ((ActorSort.relevance, "q"), (ActorSort.distance, "near")):
            if self.sort is sort and getattr(self, needed) is None:
                raise wrong_at(Sentence("{name} needs {needed}", name=f"sort={sort.value}", needed=needed), ("sort",))
        return self

    def sorting(self) -> str:
        if self.sort is not None:
            return self.sort.value
        return (ActorSort.relevance if self.q is not None else ActorSort.distance if self.near is not None else ActorSort.name).value

    def included(self) -> frozenset[str]:
        merged = {"merged_into"} if self.status is ActorStatus.merged else set()
        return super().included() | ({"distance_m"} if self.near is not None else set()) | merged

    def parameters(self) -> dict[str, Any]:
        values: dict[str, Any] = {"as_of": self.as_of}
        if self.q is not None:
            values |= search_values(self.q)
        if self.near is not None and self.within_km is not None:
            values |= near_values(self.near, self.within_km)
        if self.bbox is not None:
            values |= box_values(self.bbox)
        return values


class ActorView(Request):
    """What a single read may ask for."""

    include: Annotated[list[ActorInclude], Split] | None = None
    as_of: AsOf = None
