"""From what governments said to shares that may be shown."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.registry.actors.bands import PopulationBand
from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.measures import RECORDED, REPORTED, MeasureName
from services.registry.review.suppression import Key, beside, with_margins
from services.registry.review.years import Sums, Years

ORDER = {value.value: nth for nth, value in enumerate((*GOVERNMENTS, *PopulationBand))}


class Tables:
    """The years that are asked for: groups with their population and their records, and what reports say of each measure.

    `found` is what the statement finds. Each year is decided against those before it, so that `last` is the latest that is asked for.
    """

    def __init__(self, found: Mapping[str, Any], measures: Sequence[MeasureName], *, last: int, least: int) -> None:
        counted: dict[int, dict[Key, tuple[int, ...]]] = {}
        for day, first, second, records in found["asked"]:
            counted.setdefault(int(day[:4]), {})[first, second] = tuple(records)
        self.least = least
        self.counted = {year: with_margins(groups) for year, groups in counted.items()}
        present = {(first, second): (actors,) for first, second, actors in found["present"]}
        self.order = {key: actors for key, (actors,) in with_margins(present).items()}
        begins = min((int(history[:4]) for *_, history, _ in found["histories"]), default=last + 1)
        self.said = {measure: Years(begins, last, list(present)) for measure in measures if measure in REPORTED}
        names = list(REPORTED)
        for first, second, nth, history, actors in found["histories"]:
            self.said[names[nth]].add((first, second), history, actors)

    def shown(self, year: int, fixed: Key) -> list[Key]:
        """The cells of a year within these groups, the whole first: margins before what they are sums of. The whole is there if nobody is."""
        groups = self.counted.get(year, {})
        inside = [key for key in groups if all(kept is None or part == kept for part, kept in zip(key, fixed, strict=True))]
        return sorted({*inside, fixed}, key=rank)

    def shares(self, measure: MeasureName, *, verified_only: bool) -> dict[tuple[int, Key], dict[str, Any]]:
        """The share of each cell of each year, margins as well."""
        cells = [(year, key) for year, groups in self.counted.items() for key in groups]
        if measure in RECORDED:
            return {(year, key): self._recorded(measure, year, key) for year, key in cells}
        said = self.said[measure]
        decided = said.hidden(self.least, self.order, verified_only=verified_only)
        hidden = {said.first + nth: beside(keys, self.counted.get(said.first + nth, {}), said.cells) for nth, keys in enumerate(decided)}
        found = {}
        for year, key in cells:
            told = None if key in hidden.get(year, ()) else said.sums(year, key, verified_only=verified_only)
            found[year, key] = share(measure, told, self.counted[year][key][0])
        return found

    def _recorded(self, measure: MeasureName, year: int, key: Key) -> dict[str, Any]:
        records = self.counted[year][key]
        population, n = records[0], records[1 + list(RECORDED).index(measure)]
        return share(measure, Sums(population, n, population), population)


def rank(key: Key) -> list[tuple[int, str]]:
    """All first, then kinds and bands in their own order, others by name, and last what is not known."""
    return [_rank(part) for part in key]


def _rank(part: str | None) -> tuple[int, str]:
    return (-1, "") if part is None else (ORDER.get(part, len(ORDER)) if part else len(ORDER) + 1, part)


def share(measure: MeasureName, sums: Sums | None, population: int) -> dict[str, Any]:
    told: Mapping[str, Any] = dict.fromkeys(("n", "denominator", "answered", "non_response"))
    if sums is not None:
        told = {"n": sums.above, "denominator": sums.below, "answered": sums.answered, "non_response": population - sums.answered}
    ratio = round(sums.above / sums.below, 4) if sums is not None and sums.below else None
    return {"measure": measure.value, **told, "population": population, "share": ratio, "withheld": sums is None}
