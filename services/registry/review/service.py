"""The review as an answer: JSON, CSV or a drawing."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from fastapi import Response

from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.benchmarks import beside
from services.registry.review.drawing import drawn
from services.registry.review.measures import MEASURES, RECORDED, MeasureName
from services.registry.review.schemas import DrawingFilters, ReviewFilters, ReviewGrouping
from services.registry.review.statement import REVIEW
from services.registry.review.suppression import Key
from services.registry.review.tables import Table
from services.registry.settings import Reviewing
from shared.errors import Invalid
from shared.exports import CSV, JSON, chosen
from shared.languages import spoken
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work

SVG = "image/svg+xml"
TREND = 5  # years
FIGURES = ("n", "denominator", "answered", "non_response", "population", "share", "withheld")
MEANING = "All active governments of these kinds in the country that this registry knows; who has sent no report has not answered."


@lru_cache(maxsize=1)
def least() -> int:
    return Reviewing().review_least


async def review(work: Work, filters: ReviewFilters) -> Response:
    """Shares of the whole and of each group, as JSON or CSV."""
    year = _year(work, filters.year)
    measures = list(dict.fromkeys(filters.measure or MeasureName))
    items = await _items(work, filters, year, measures)
    if chosen(work.asked.accept, (JSON, CSV)) == CSV:
        return _typed(answered(work, _csv(items, filters.groupings())), f"{CSV}; charset=utf-8")
    told = {
        "country": filters.country,
        "year": year,
        "as_of": _as_of(work, year),
        "verified_only": filters.verified_only,
        "by": filters.groupings(),
        "base": {"kinds": _kinds(filters), "meaning": MEANING},
        "least": least(),
        "measures": [_measure(work, measure) for measure in measures],
        "items": items,
        "benchmarks": beside(measures),
    }
    return answered(work, orjson.dumps(told))


async def draw(work: Work, measure: MeasureName, filters: DrawingFilters) -> Response:
    """One measure as bars, with the published benchmarks as lines."""
    year = _year(work, filters.year)
    items = await _items(work, filters, year, [measure])
    picture = drawn(measure, items, beside([measure]), _caption(filters, _as_of(work, year)), spoken(work.asked.languages))
    return _typed(answered(work, picture), f"{SVG}; charset=utf-8")


def last_day(year: int) -> date:
    return date(year, 12, 31)


def _as_of(work: Work, year: int) -> date:
    """The last day of the year, or today in the year that has not ended."""
    return min(last_day(year), work.now.date())


def _year(work: Work, asked: int | None) -> int:
    this_year = work.now.year
    if asked is not None and asked > this_year:
        said = Sentence("{name}: is after this year, {year}.", name="year", year=this_year)
        raise Invalid(said, errors=[{"in": "query", "pointer": "/year", "detail": "is in the future"}])
    return asked or this_year


def _kinds(filters: ReviewFilters) -> list[str]:
    return [kind.value for kind in GOVERNMENTS if filters.kind in (None, kind)]


def _measure(work: Work, measure: MeasureName) -> dict[str, str]:
    meaning = MEASURES[measure]
    source = "records" if measure in RECORDED else "reports"
    return {"measure": measure.value, "label": meaning.label[spoken(work.asked.languages)], "unit": meaning.unit, "source": source}


def _caption(filters: DrawingFilters, as_of: date) -> dict[str, Any]:
    return {**filters.model_dump(mode="json", include={"country", "kind", "subdivision", "verified_only", "trend"}), "as_of": as_of, "least": least()}


async def _items(work: Work, filters: ReviewFilters | DrawingFilters, year: int, measures: Sequence[MeasureName]) -> list[dict[str, Any]]:
    """The whole and each group, for every year asked for, the latest first."""
    years = range(year, year - (TREND if filters.trend else 1), -1)
    dimensions = filters.dimensions()
    first, second = (*(dimension.value for dimension in dimensions), None, None)[:2]
    parameters = {"country": filters.country, "days": [last_day(each) for each in years], "today": work.now.date(), "first": first, "second": second}
    row = await REVIEW.first(work, parameters)
    assert row is not None, "an aggregate without GROUP BY has one row"
    rows = orjson.loads(row[0])
    found = []
    for each in years:
        day = last_day(each)
        table = Table([item for item in rows if item[0] == day.isoformat()], least())
        found += _of_day(table, _as_of(work, each), filters, measures)
    return found


def _of_day(table: Table, day: date, filters: ReviewFilters | DrawingFilters, measures: Sequence[MeasureName]) -> list[dict[str, Any]]:
    columns = {measure: table.shares(measure, verified_only=filters.verified_only) for measure in measures}
    dimensions, grouped = filters.dimensions(), filters.groupings()
    found = []
    for key in table.shown(_fixed(filters, dimensions)):
        parts = [(grouping, part) for grouping, part in zip(dimensions, key, strict=False) if grouping in grouped and part is not None]
        group = {grouping.value: part or None for grouping, part in parts}
        found.append({"as_of": day, "group": group, "shares": [columns[measure][key] for measure in measures]})
    return found


def _fixed(filters: ReviewFilters | DrawingFilters, dimensions: Sequence[ReviewGrouping]) -> Key:
    """The groups to which the filters keep the answer."""
    given: Mapping[str, str | None] = {"kind": filters.kind, "subdivision": filters.subdivision}
    kept = [given.get(dimension.value) for dimension in dimensions]
    return tuple([*kept, None, None][:2])  # type: ignore[return-value]  # two of them


def _csv(items: Sequence[Mapping[str, Any]], groupings: Sequence[ReviewGrouping]) -> bytes:
    """A line for each share. A group is `all` in a margin and empty where the registry does not know it; a figure is empty where it is null."""
    names = [grouping.value for grouping in groupings]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["as_of", *names, "measure", *FIGURES])
    for item in items:
        for share in item["shares"]:
            figures = [str(value).lower() if isinstance(value := share[name], bool) else value for name in FIGURES]
            writer.writerow([item["as_of"], *(item["group"].get(name, "all") for name in names), share["measure"], *figures])
    return file.getvalue().encode()


def _typed(answer: Response, media: str) -> Response:
    if answer.status_code == 200:
        answer.headers["Content-Type"] = media
    return answer
