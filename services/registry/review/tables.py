"""From the sums of groups to shares that may be shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.actors.bands import PopulationBand
from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.measures import RECORDED, REPORTED, MeasureName
from services.registry.review.suppression import Key, with_margins, withheld

ORDER = {value.value: nth for nth, value in enumerate((*GOVERNMENTS, *PopulationBand))}
NOBODY = (0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Sums:
    """One measure in one group, of all reports or of the verified ones: governments, the sum above the line and that below it."""

    answered: int
    above: int
    below: int


class Table:
    """Everything about one day: groups with their population, their records and, for each measure of reports, its sums.

    A row is (day, first group, second group, [population, records …], [[answered, above, below, moved, the same of verified] …] or null).
    """

    def __init__(self, rows: Iterable[Sequence[Any]], least: int) -> None:
        self.least = least
        counted: dict[Key, tuple[int, ...]] = {}
        said: list[dict[Key, tuple[int, ...]]] = [{} for _ in REPORTED]
        for _, first, second, records, reports in rows:
            key = (first, second)
            counted[key] = tuple(records)
            for nth, sums in enumerate(said):
                sums[key] = tuple(value or 0 for value in reports[nth]) if reports is not None else NOBODY
        self.counted = with_margins(counted)
        self.said = {measure: with_margins(sums) for measure, sums in zip(REPORTED, said, strict=True)}

    def shown(self, fixed: Key) -> list[Key]:
        """The cells within these groups, the whole first: margins before what they are sums of."""
        inside = [key for key in self.counted if all(kept is None or part == kept for part, kept in zip(key, fixed, strict=True))]
        return sorted(inside, key=lambda key: [_rank(part) for part in key])

    def shares(self, measure: MeasureName, *, verified_only: bool) -> dict[Key, dict[str, Any]]:
        """The share of each cell, margins as well."""
        if measure in RECORDED:
            return {key: self._recorded(measure, key) for key in self.counted}
        hidden = self._hidden(measure, verified_only=verified_only)
        return {key: self._reported(measure, key, verified_only=verified_only, hidden=key in hidden) for key in self.counted}

    def _recorded(self, measure: MeasureName, key: Key) -> dict[str, Any]:
        population, n = self.counted[key][0], self.counted[key][1 + list(RECORDED).index(measure)]
        return _share(measure, Sums(population, n, population), population)

    def _reported(self, measure: MeasureName, key: Key, *, verified_only: bool, hidden: bool) -> dict[str, Any]:
        answered, above, below, _, answered_verified, above_verified, below_verified, _ = self.said[measure].get(key, NOBODY)
        sums = Sums(answered_verified, above_verified, below_verified) if verified_only else Sums(answered, above, below)
        return _share(measure, None if hidden else sums, self.counted[key][0])

    def _hidden(self, measure: MeasureName, *, verified_only: bool) -> set[Key]:
        """Of the verified ones at least what is withheld of all, and what would tell of the others that are not verified."""
        sums = self.said[measure]
        people = {key: records[0] for key, records in self.counted.items()}
        hidden = withheld({key: (answered, moved) for key, (answered, _, _, moved, *_) in sums.items()}, self.least, order=people)
        if verified_only:
            parts = {key: (part, moved, answered - part) for key, (answered, _, _, _, part, _, _, moved) in sums.items()}
            hidden = withheld(parts, self.least, order=people, whole=hidden)
        return hidden


def _rank(part: str | None) -> tuple[int, str]:
    """All first, then kinds and bands in their own order, others by name, and last what is not known."""
    return (-1, "") if part is None else (ORDER.get(part, len(ORDER)) if part else len(ORDER) + 1, part)


def _share(measure: MeasureName, sums: Sums | None, population: int) -> dict[str, Any]:
    told: Mapping[str, Any] = dict.fromkeys(("n", "denominator", "answered", "non_response"))
    if sums is not None:
        told = {"n": sums.above, "denominator": sums.below, "answered": sums.answered, "non_response": population - sums.answered}
    share = round(sums.above / sums.below, 4) if sums is not None and sums.below else None
    return {"measure": measure.value, **told, "population": population, "share": share, "withheld": sums is None}
