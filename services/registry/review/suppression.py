"""Which cells of a table are withheld, so that no subtraction tells what fewer than a few governments answered.

A table has one or two groupings, its margins and its total. Every cell has weights: the number of governments in it that must not be
told apart, of which the first are those who answered. A cell with a weight between nothing and the least is unsafe. It is withheld, and
so are others with it, until what is published leaves open each unsafe cell and every sum of withheld cells that follows from one row or
column.

In a table of two groupings each row and each column is an equation: a withheld cell is an edge between its row and its column, and it
can be computed exactly when no other way leads round it, which is to say when it is a bridge of that graph. Margins are decided by
their own grouping alone: a cell is then withheld in every table in which it stands, or in none.

The years of a table are decided in their order, each against all that were decided before it: what is told of a year therefore depends on
earlier years alone, and never on which of them somebody asks for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

Key = tuple[str | None, str | None]  # None: over all groups
Weights = tuple[int, ...]
Line = tuple[Key, list[Key], list[Key]]  # a margin, what it is the sum of, and of that what has answers, in the order of withholding
TOTAL: Key = (None, None)


@dataclass(frozen=True)
class Earlier:
    """A year that was decided before: what was withheld, what of that nobody can compute, who answered, and how many say something else now."""

    hidden: Set[Key]
    untold: Set[Key]
    answered: Mapping[Key, int]
    moved: Mapping[Key, int]


@dataclass(frozen=True)
class Limits:
    """What must not be told of a table: few governments by themselves, and few that differ from a year before."""

    cells: Mapping[Key, Weights]
    least: int
    earlier: Sequence[Earlier] = ()

    def few(self, number: int) -> bool:
        return 0 < number < self.least

    def unsafe(self, key: Key) -> bool:
        """A cell that must not be told: few answered, or few say something else than in a year of which it is told."""
        told = (year for year in self.earlier if key not in (year.hidden if None in key else year.untold))
        return self.together([key]) or any(self.few(year.moved[key]) for year in told)

    def lines(self, side: int) -> dict[Key, list[Key]]:
        """The rows, or the columns, each by its margin; of a table of one grouping none."""
        found: dict[Key, list[Key]] = defaultdict(list)
        for key in self.cells:
            if None not in key:
                found[(key[0], None) if side == 0 else (None, key[1])].append(key)
        return found

    def margins(self, side: int) -> list[Key]:
        return [key for key in self.cells if key[1 - side] is None and key[side] is not None]

    def together(self, keys: Iterable[Key]) -> bool:
        """The sum of these cells must not be told."""
        return any(map(self.few, _plus(*(self.cells[key] for key in keys))))

    def wanting(self, line: Sequence[Key], margin: Key, untold: Set[Key]) -> set[Key] | None:
        """What had better be withheld in a row or column as well; null where it may stay as it is."""
        if margin not in untold and self.together(key for key in line if key in untold):
            return set()
        return self.across(line, margin, untold) if self.earlier else None

    def across(self, line: Sequence[Key], margin: Key, untold: Set[Key]) -> set[Key] | None:
        """What had better be withheld in a row or column as well, since two years together tell of few governments; null where they do not.

        Of a line with its sum, the sum of its untold cells is known. Whoever has it takes from it what the other year tells of the same
        cells: of those told in both years only the governments remain that moved, of the others all that answered.
        """
        told = margin not in untold
        for year in self.earlier:
            sums = [0] * 5
            for key in line:
                if key in untold:
                    if key in year.untold:
                        sums[2] += self.cells[key][0]
                        sums[3] += year.answered[key]
                        sums[4] += year.moved[key]
                    else:
                        sums[0] += min(year.moved[key], self.cells[key][0])
                elif key in year.untold:
                    sums[1] += min(year.moved[key], year.answered[key])
            only_now, only_then, now, then, moved = sums
            told_then = margin not in year.untold
            told_twice = told and told_then and self.few(only_now + only_then + moved)
            if told_twice or (told and self.few(only_now + now)) or (told_then and self.few(only_then + then)):
                return {key for key in line if key in year.untold and key not in untold}
        return None


def with_margins(inner: Mapping[Key, Weights]) -> dict[Key, Weights]:
    """The cells with the sums of rows, of columns, and of all. Of a table with one grouping the second half of each key is None."""
    summed: dict[Key, Weights] = {}
    for (first, second), weights in inner.items():
        for key in {(first, second), (first, None), (None, second), TOTAL}:
            summed[key] = _plus(summed[key], weights) if key in summed else weights
    return summed


def withheld(limits: Limits, *, order: Mapping[Key, Any], whole: Set[Key] | None = None) -> set[Key]:
    """The keys of the cells to withhold. The cells have all margins; of others, those come first that stand first in `order`.

    `whole` is what is withheld of a table of which this one counts a part: that is withheld here too, and what is empty there is empty here.
    """
    table = {key for key, weights in limits.cells.items() if any(weights)}
    empty = {key for key in limits.cells if key not in table and None not in key and (whole is None or key in whole)}
    hidden = {key for key in table if limits.unsafe(key) or (whole is not None and key in whole)}
    ranked = sorted(table, key=lambda key: (order.get(key, 0), _ordered(key)))
    for side in (0, 1):
        _cover(limits, side, ranked, hidden)
    inner = [key for key in ranked if None not in key]
    lines = [(margin, line, [key for key in inner if key[side] == margin[side]]) for side in (0, 1) for margin, line in limits.lines(side).items()]
    count = -1
    while inner and count < len(hidden) < len(ranked):
        count = len(hidden)
        _close(limits, inner, lines, hidden, hidden | _untold(empty, hidden))
    return hidden | _untold(empty, hidden)


def untold(hidden: Set[Key]) -> set[Key]:
    """Of the cells withheld from a table, those that the others do not tell."""
    return set(hidden) if all(None in key for key in hidden) else set(hidden) - bridges(hidden)


def beside(hidden: Set[Key], groups: Iterable[Key], cells: Iterable[Key]) -> set[Key]:
    """The withheld cells, and groups of which there never was a report: empty beside withheld ones, they are withheld as well."""
    return set(hidden) | _untold({key for key in set(groups) - set(cells) if None not in key}, hidden)


def _untold(empty: Set[Key], hidden: Set[Key]) -> set[Key]:
    """Cells without answers of which nobody can tell that they have none: something is withheld in their row and in their column."""
    rows, columns = {key[0] for key in hidden}, {key[1] for key in hidden}
    return {key for key in empty if key[0] in rows and key[1] in columns}


def _cover(limits: Limits, side: int, ranked: Sequence[Key], hidden: set[Key]) -> None:
    """Withhold further cells of one grouping until those withheld can be told neither one by one nor together, nor by another year."""
    margins = limits.margins(side)
    while free := [key for key in ranked if key in margins and key not in hidden]:
        inside = [key for key in margins if key in hidden]
        alone = TOTAL not in hidden and (len(inside) == 1 or limits.together(inside))
        rather = limits.across(margins, TOTAL, hidden)
        if not alone and rather is None:
            return
        hidden.add(next((key for key in free if key in (rather or ())), free[0]))


def _close(limits: Limits, inner: Sequence[Key], lines: Iterable[Line], hidden: set[Key], secret: Set[Key]) -> None:
    """Withhold further cells for those, and for those rows and columns, of which something can be computed that must not be."""
    known = bridges(secret)
    for first, second in sorted((key for key in known if any(limits.cells[key]) and limits.unsafe(key)), key=_ordered):
        free = [key for key in inner if key not in hidden]
        near = (key for key in free if (first is not None and key[0] == first) or (second is not None and key[1] == second))
        hidden.update([next(near, free[0])] if free else [])
    unknown = {*secret, *hidden} - known
    for margin, line, ranked in lines:
        while (rather := limits.wanting(line, margin, unknown)) is not None:
            free = [key for key in ranked if key not in hidden]
            if not free:
                break
            found = next((key for key in free if key in rather), free[0])
            hidden.add(found)
            unknown.add(found)


def bridges(edges: Iterable[Key]) -> set[Key]:
    """The edges between rows and columns that lie on no cycle."""
    around: dict[tuple[int, str | None], list[tuple[tuple[int, str | None], Key]]] = defaultdict(list)
    for key in sorted(edges, key=_ordered):
        row, column = (0, key[0]), (1, key[1])
        around[row].append((column, key))
        around[column].append((row, key))
    found: set[Key] = set()
    entered: dict[tuple[int, str | None], int] = {}
    lowest: dict[tuple[int, str | None], int] = {}
    for start in around:
        if start in entered:
            continue
        entered[start] = lowest[start] = len(entered)
        path = [(start, None, iter(around[start]))]
        while path:
            node, came_by, waiting = path[-1]
            step = next(waiting, None)
            if step is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                    if lowest[node] > entered[above] and came_by is not None:
                        found.add(came_by)
            elif step[1] != came_by:
                there, by = step
                if there in entered:
                    lowest[node] = min(lowest[node], entered[there])
                else:
                    entered[there] = lowest[there] = len(entered)
                    path.append((there, by, iter(around[there])))  # type: ignore[arg-type]  # the first entry came by nothing
    return found


def _ordered(key: Key) -> tuple[str, str]:
    return key[0] or "", key[1] or ""


def _plus(*several: Weights) -> Weights:
    return tuple(map(sum, zip(*several, strict=True)))
