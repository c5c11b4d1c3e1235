"""Bands of population, for filters, facets and the review: each from its number of people to the next one's."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, literal_column, null


class PopulationBand(StrEnum):
    under_1000 = "under_1000"
    from_1000 = "1000_to_9999"
    from_10000 = "10000_to_49999"
    from_50000 = "50000_to_249999"
    from_250000 = "250000_to_999999"
    from_1000000 = "1000000_and_more"


ENDS = ((1_000, PopulationBand.under_1000), (10_000, PopulationBand.from_1000), (50_000, PopulationBand.from_10000),
        (250_000, PopulationBand.from_50000), (1_000_000, PopulationBand.from_250000))  # fmt: skip


def band_of(population: ColumnElement[Any]) -> ColumnElement[Any]:
    """The band of a number of people; null where it is not known."""
    known: list[Any] = [(population < literal_column(str(end)), literal_column(f"'{band.value}'")) for end, band in ENDS]
    return case((population.is_(None), null()), *known, else_=literal_column(f"'{PopulationBand.from_1000000.value}'"))
