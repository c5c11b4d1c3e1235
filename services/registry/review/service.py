"""The review as an answer: JSON, CSV or a drawing."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import orjson
from fastapi import Response

from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.benchmarks import beside
from services.registry.review.drawing import POLICY, WORDS, drawn
from services.registry.review.files import written
from services.registry.review.measures import MEASURES, RECORDED, REPORTED, MeasureName
from services.registry.review.schemas import DrawingFilters, ReviewFilters, ReviewGrouping
from services.registry.review.statement import REVIEW
from services.registry.review.suppression import Key
from services.registry.review.tables import Tables, rank, share
from services.registry.review.years import Sums
from services.registry.settings import Reviewing
from shared.errors import Invalid
from shared.exports import CSV, JSON, chosen
from shared.languages import spoken
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work

SVG = "image/svg+xml"
TREND = 5  # years


@lru_cache(maxsize=1)
def settings() -> Reviewing:
    return Reviewing()


async def review(work: Work, filters: ReviewFilters) -> Response:
    """Shares of the whole and of each group, as JSON or CSV."""
    year = _year(work, filters.year)
    measures = list(dict.fromkeys(filters.measure or MeasureName))
    items = await _items(work, filters, year, measures)
    told = {
        "country": filters.country,
        "year": year,
        "as_of": _as_of(work, year),
        "verified_only": filters.verified_only,
        "by": filters.groupings(),
        "base": {"kinds": _kinds(filters), "meaning": _meaning(work), "report_years": settings().review_years},
        "least": settings().review_least,
        "measures": [_measure(work, measure) for measure in measures],
        "items": items,
        "benchmarks": beside(measures),
    }
    if chosen(work.asked.accept, (JSON, CSV)) == CSV:
        return _typed(answered(work, written(told)), f"{CSV}; charset=utf-8")
    return answered(work, orjson.dumps(told))


async def draw(work: Work, measure: MeasureName, filters: DrawingFilters) -> Response:
    """One measure as bars, with the published benchmarks as lines."""
    year = _year(work, filters.year)
    items = await _items(work, filters, year, [measure])
    picture = drawn(measure, items, beside([measure]), _caption(filters, _as_of(work, year)), spoken(work.asked.languages))
    answer = _typed(answered(work, picture), f"{SVG}; charset=utf-8")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


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


def _meaning(work: Work) -> str:
    return WORDS[spoken(work.asked.languages)]["meaning"].format(years=settings().review_years)


def _caption(filters: DrawingFilters, as_of: date) -> dict[str, Any]:
    return {
        **filters.model_dump(mode="json", include={"country", "kind", "subdivision", "verified_only", "trend"}),
        "as_of": as_of,
        "least": settings().review_least,
    }


async def _items(work: Work, filters: ReviewFilters | DrawingFilters, year: int, measures: Sequence[MeasureName]) -> list[dict[str, Any]]:
    """The whole and each group, each for every year asked for, the latest first."""
    years = range(year, year - (TREND if filters.trend else 1), -1)
    dimensions = filters.dimensions()
    first, second = (*(dimension.value for dimension in dimensions), None, None)[:2]
    groups = {"country": filters.country, "first": first, "second": second}
    days = {"days": [last_day(each) for each in years], "today": work.now.date(), "this_year": work.now.year}
    asked = [nth for nth, measure in enumerate(REPORTED) if measure in measures]
    row = await REVIEW.first(work, {**groups, **days, "measures": asked, "lasts": settings().review_years})
    assert row is not None, "a statement of subselects has one row"
    return await asyncio.to_thread(_reviewed, orjson.loads(row[0]), {each: _as_of(work, each) for each in years}, filters, measures)


def _reviewed(
    found: Mapping[str, Any], days: Mapping[int, date], filters: ReviewFilters | DrawingFilters, measures: Sequence[MeasureName]
) -> list[dict[str, Any]]:
    tables = Tables(found, measures, last=max(days), least=settings().review_least)
    columns = {measure: tables.shares(measure, verified_only=filters.verified_only) for measure in measures}
    dimensions, grouped = filters.dimensions(), filters.groupings()
    cells = [(key, year) for year in days for key in tables.shown(year, _fixed(filters, dimensions))]
    items = []
    for key, year in sorted(cells, key=lambda cell: (rank(cell[0]), -cell[1])):
        parts = [(grouping, part) for grouping, part in zip(dimensions, key, strict=False) if grouping in grouped and part is not None]
        group = {grouping.value: part or None for grouping, part in parts}
        shares = [columns[measure].get((year, key)) or share(measure, Sums(0, 0, 0), 0) for measure in measures]
        items.append({"as_of": days[year], "group": group, "shares": shares})
    return items


def _fixed(filters: ReviewFilters | DrawingFilters, dimensions: Sequence[ReviewGrouping]) -> Key:
    """The groups to which the filters keep the answer."""
    given: Mapping[str, str | None] = {"kind": filters.kind, "subdivision": filters.subdivision}
    kept = [given.get(dimension.value) for dimension in dimensions]
    return tuple([*kept, None, None][:2])  # type: ignore[return-value]  # two of them


def _typed(answer: Response, media: str) -> Response:
    if answer.status_code == 200:
        answer.headers["Content-Type"] = media
    return answer
