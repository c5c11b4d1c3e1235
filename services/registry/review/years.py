"""One measure over the years: what each year adds up to, and what may be told of it beside every other year.

Every year of which there are reports is decided, whichever are asked for, so that the answer to one question never depends on another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.review.suppression import Earlier, Key, Limits, Weights, untold, with_margins, withheld

LANE = 32  # bits in which a number of governments is counted beside others in one integer
ONE = (1 << LANE) - 1
NOBODY = (0, 0, 0)


@dataclass(frozen=True)
class Sums:
    """One measure in one group in one year: the governments that answered, the sum above the line and that below it."""

    answered: int
    above: int
    below: int


@dataclass(frozen=True)
class Said:
    """What one government says in one year: above the line, below it, and whether that is verified."""

    above: int
    below: int
    verified: bool


class Years:
    """The sums of each group in each year, all and verified ones, and how many governments say the same in two years.

    A cell is a row of integers that add up: governments, then six sums for each year, then for each year an integer of which the nth lane
    counts the governments that say the same as in the nth year, and one that counts it of what is verified.
    """

    def __init__(self, first: int, last: int, empty: Sequence[Key]) -> None:
        self.first, self.length = first, max(last - first + 1, 0)
        self._inner: dict[Key, list[int]] = {key: self._nothing() for key in empty}
        self._rows: dict[str, list[int]] = {}
        self._cells: dict[Key, tuple[int, ...]] | None = None

    def add(self, key: Key, history: str, count: int) -> None:
        """So many governments of a group that said this: `year above below [v]`, years apart by commas."""
        row = self._rows.get(history)
        if row is None:
            row = self._rows[history] = self._row(history)
        cell = self._inner.get(key) or self._nothing()
        self._inner[key] = [one + count * other for one, other in zip(cell, row, strict=True)]

    def _row(self, history: str) -> list[int]:
        """The row of one government."""
        said: list[Said | None] = [None] * self.length
        for told in history.split(","):
            year, above, below, *verified = told.split(" ")
            if int(year) - self.first < self.length:
                said[int(year) - self.first] = Said(int(above), int(below), bool(verified))
        sums, every, verified_ones = [], [], []
        for each in said:
            counted = NOBODY if each is None else (1, each.above, each.below)
            sums += [*counted, *(counted if each is not None and each.verified else NOBODY)]
            every.append(None if each is None else counted)
            verified_ones.append(counted if each is not None and each.verified else None)
        return [1, *sums, *_lanes(every), *_lanes(verified_ones)]

    def sums(self, year: int, key: Key, *, verified_only: bool) -> Sums:
        """Nothing in a year or a group without reports."""
        nth = year - self.first
        if not 0 <= nth < self.length or key not in self.cells:
            return Sums(0, 0, 0)
        start = 1 + 6 * nth + (3 if verified_only else 0)
        return Sums(*self.cells[key][start : start + 3])

    @property
    def cells(self) -> dict[Key, tuple[int, ...]]:
        if self._cells is None:
            self._cells = with_margins({key: tuple(cell) for key, cell in self._inner.items()})
        return self._cells

    def moved(self, nth: int, earlier: int, *, verified_only: bool) -> dict[Key, int]:
        """How many governments of each cell say something else in one year than in an earlier one."""
        place = 1 + (7 if verified_only else 6) * self.length + nth
        return {key: cell[0] - (cell[place] >> LANE * earlier & ONE) for key, cell in self.cells.items()}

    def hidden(self, least: int, order: Mapping[Key, Any], *, verified_only: bool) -> list[set[Key]]:
        """What is withheld of each year; of verified ones at least what is withheld of all, and what would tell of those that are not."""
        whole = self._decided(least, order, None)
        return self._decided(least, order, whole) if verified_only else whole

    def _decided(self, least: int, order: Mapping[Key, Any], whole: Sequence[set[Key]] | None) -> list[set[Key]]:
        found: list[set[Key]] = []
        before: list[tuple[int, set[Key], set[Key], dict[Key, int]]] = []
        for nth in range(self.length):
            moves = [self.moved(nth, nth - 1, verified_only=verified_only) for verified_only in {False, whole is not None}] if nth else []
            if moves and not any(any(moved.values()) for moved in moves):
                found.append(found[-1])  # nobody says anything else than the year before
                continue
            cells = {key: self._weights(cell, nth, verified_only=whole is not None) for key, cell in self.cells.items()}
            earlier = [
                Earlier(hidden, unknown, answered, self.moved(nth, place, verified_only=whole is not None)) for place, hidden, unknown, answered in before
            ]
            hidden = withheld(Limits(cells, least, earlier), order=order, whole=None if whole is None else whole[nth])
            before.append((nth, hidden, untold(hidden), {key: weights[0] for key, weights in cells.items()}))
            found.append(hidden)
        return found

    def _weights(self, cell: tuple[int, ...], nth: int, *, verified_only: bool) -> Weights:
        answered, verified = cell[1 + 6 * nth], cell[4 + 6 * nth]
        return (verified, answered - verified) if verified_only else (answered,)

    def _nothing(self) -> list[int]:
        return [0] * (1 + 8 * self.length)


def _lanes(values: Sequence[Any]) -> list[int]:
    """For each year an integer with 1 in the lane of every year in which the same was said."""
    same: dict[Any, int] = {}
    for nth, value in enumerate(values):
        same[value] = same.get(value, 0) + (1 << LANE * nth)
    return [same[value] for value in values]
