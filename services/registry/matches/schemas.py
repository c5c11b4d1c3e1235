"""What requests and answers about matches are made of."""

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.registry.actors.models import ActorKind, NameKind
from services.registry.actors.schemas import IdentifierValue, Latitude, Longitude, Population, Scheme
from services.registry.actors.words import folded
from shared.schemas import CountryCode, Read, Request, SubdivisionCode, wrong_at

MOST_EXAMPLES = 100


def _spoken(name: str) -> str:
    if not folded(name):
        raise ValueError("needs a letter or a digit")
    return name


ExampleName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_spoken)]


class IdentifierExample(Request):
    scheme: Scheme
    value: IdentifierValue


class Example(Request):
    """What is known of an actor that is looked for. What is left out counts neither for a candidate nor against it."""

    name: ExampleName | None = None
    kind: ActorKind | None = None
    country: CountryCode | None = None
    subdivision: SubdivisionCode | None = None
    identifiers: list[IdentifierExample] = Field([], max_length=20)
    lat: Latitude | None = None
    lon: Longitude | None = None
    population: Population | None = None
    limit: int = Field(5, ge=1, le=20, description="How many candidates at most.")

    @model_validator(mode="after")
    def complete(self) -> Self:
        if self.name is None and not self.identifiers:
            raise ValueError("needs a name or an identifier")
        if (self.lat is None) != (self.lon is None):
            raise wrong_at("lat and lon belong together", ("lat" if self.lat is None else "lon",))
        return self


class MatchQuery(Request):
    examples: list[Example] = Field(min_length=1, max_length=MOST_EXAMPLES)


class Feature(StrEnum):
    identifier = "identifier"
    name = "name"
    country = "country"
    subdivision = "subdivision"
    kind = "kind"
    distance = "distance"
    population = "population"


class Decision(StrEnum):
    clear = "clear"
    several_alike = "several_alike"
    only_another_name = "only_another_name"
    not_alike_enough = "not_alike_enough"
    nothing_found = "nothing_found"


class FeatureRead(Read):
    feature: Feature
    value: float = Field(description="From 0, which speaks against the candidate, to 1, which speaks for it. A fact that the registry lacks has 0.6.")
    weight: float = Field(description="How much it counts beside the others that could be compared.")
    asked: str = Field(description="What the example says: of a country or subdivision also a place behind the name, such as TX in El Paso, TX.")
    found: str | None = Field(description="What the registry has: of a name, the one that is most alike; null where it has nothing to compare.")
    language: str | None = Field(None, description="Of a name: its language.")
    name_kind: NameKind | None = Field(None, description="Of a name: whether it is the preferred one.")


class CandidateRead(Read):
    id: UUID
    name: str = Field(description="In the language of the request where there is one.")
    kind: ActorKind
    country: str | None
    subdivision: str | None
    score: float = Field(description="From 0 to 1: the weighted mean of the features, and never more than the name's unless an identifier is equal.")
    features: list[FeatureRead]


class MatchRead(Read):
    match: UUID | None = Field(description="The one candidate that is clear; null when there is none, or when two are nearly equal.")
    decision: Decision = Field(
        description="clear; several_alike: another candidate is nearly as good; only_another_name: a former or alternative name alone, which"
        " nothing else confirms; not_alike_enough: the best one is below the threshold; nothing_found."
    )
    candidates: list[CandidateRead] = Field(description="The best first.")


class MatchAnswer(Read):
    threshold: float = Field(description="The least score of a match.")
    margin: float = Field(description="By how much a match is better than the next candidate.")
    results: list[MatchRead] = Field(description="One for each example, in their order.")
