"""What the review may be asked for, and its answer."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from services.registry.actors.models import ActorKind
from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.measures import MeasureName
from shared.schemas import CountryCode, Read, Request, Split, SubdivisionCode
from shared.translations import Sentence

MOST_GROUPINGS = 2
Year = Annotated[
    int,
    Field(
        ge=1990,
        le=2100,
        description="Each government counts with its latest report of it or of the years before for which a report counts. This year unless said.",
    ),
]


class ReviewGrouping(StrEnum):
    kind = "kind"
    subdivision = "subdivision"
    population_band = "population_band"
    border = "border"


class _Reviewed(Request):
    country: CountryCode
    year: Year | None = None
    kind: ActorKind | None = Field(None, description="Only governments of this kind; counts as a grouping.")
    subdivision: SubdivisionCode | None = Field(None, description="Only governments there; counts as a grouping.")
    verified_only: bool = Field(False, description="A report counts only if it is verified; others are non-response.")
    trend: bool = Field(False, description="The same for each of the four years before.")
    by: Annotated[list[ReviewGrouping], Split] = Field([], max_length=MOST_GROUPINGS, description="One or two groupings, beside the whole.")

    @model_validator(mode="after")
    def of_governments(self) -> Self:
        if self.kind is not None and self.kind not in GOVERNMENTS:
            raise ValueError(Sentence("kind is none of those who are asked: {kinds}", kinds=", ".join(GOVERNMENTS)))
        if len(self.dimensions()) > MOST_GROUPINGS:
            raise ValueError("by, kind and subdivision name at most two groupings together")
        if self.trend and len(self.dimensions()) == MOST_GROUPINGS:
            raise ValueError("trend takes one grouping at most")
        if self.subdivision is not None and not self.subdivision.startswith(f"{self.country}-"):
            raise ValueError("subdivision is of another country")
        return self

    def groupings(self) -> tuple[ReviewGrouping, ...]:
        """The groupings that are asked for, each once."""
        return tuple(dict.fromkeys(self.by))

    def dimensions(self) -> tuple[ReviewGrouping, ...]:
        """The groupings of the answer and those of its filters, each once."""
        filtered = [grouping for grouping in (ReviewGrouping.kind, ReviewGrouping.subdivision) if getattr(self, grouping) is not None]
        return tuple(dict.fromkeys([*self.groupings(), *filtered]))


class ReviewFilters(_Reviewed):
    measure: Annotated[list[MeasureName] | None, Split] = Field(None, max_length=len(MeasureName), description="All unless said.")


class DrawingFilters(_Reviewed):
    by: Annotated[list[ReviewGrouping], Split] = Field([], max_length=1, description="One grouping, beside the whole.")


class ReviewBaseRead(Read):
    kinds: list[ActorKind]
    meaning: str = Field(description="Who counts as asked and who as having answered, in the language of the request where the platform speaks it.")
    report_years: int = Field(description="Years at whose end a report counts: its own, and those after it until a newer one.")


class ReviewMeasureRead(Read):
    measure: MeasureName
    label: str = Field(description="In the language of the request where the platform speaks it.")
    unit: Literal["governments", "staff"] = Field(description="Of n and denominator; answered, non_response and population always count governments.")
    source: Literal["reports", "records"] = Field(description="reports: what governments answered. records: what the registry has on record of all of them.")


class ReviewShareRead(Read):
    """n of denominator. Null: withheld, because it would tell what a few governments answered."""

    measure: MeasureName
    n: int | None = Field(description="Above the line: who said yes.")
    denominator: int | None = Field(description="Below the line: who answered; of a measure of staff, the staff of those who answered.")
    answered: int | None = Field(description="Governments that answered.")
    non_response: int | None = Field(description="Governments that did not.")
    population: int = Field(description="Governments asked.")
    share: float | None = Field(description="n over denominator, four digits; null where nobody answered.")
    withheld: bool


class ReviewGroupRead(Read):
    """A group in a year. The whole is always there, of nobody where this registry knows no government that is asked."""

    as_of: date
    group: dict[str, str | None] = Field(description="Groupings to their values; empty: all. Null: not known. border: true for those that touch one.")
    shares: list[ReviewShareRead]


class BenchmarkRead(Read):
    """What others found. Never part of our shares."""

    measure: MeasureName = Field(description="Beside which of our measures it stands.")
    year: int
    n: int = Field(description="How many cities were surveyed.")
    percent: float | None = Field(description="Null where the source gives no number.")
    wording: str = Field(description="As the source says it.")
    found: str = Field(description="What exactly was found, which need not be what we ask.")
    survey: str
    url: str


class ReviewRead(Read):
    country: str
    year: int
    as_of: date
    verified_only: bool
    by: list[ReviewGrouping]
    base: ReviewBaseRead
    least: int = Field(description="Figures of fewer governments are withheld, and others with them so that these cannot be computed.")
    measures: list[ReviewMeasureRead]
    items: list[ReviewGroupRead]
    benchmarks: list[BenchmarkRead]
