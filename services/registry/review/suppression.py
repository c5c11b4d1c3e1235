"""Which cells of a table are withheld, so that no subtraction tells what fewer than a few governments answered.

A table has one or two groupings, its margins and its total. Every cell has weights: the number of governments in it that must not be
told apart, such as those who answered and those who say something else than a year before. A cell with a weight between nothing and
the least is unsafe. It is withheld, and so are others with it, until what is published leaves open each unsafe cell and every sum of
withheld cells that follows from one row or column.

In a table of two groupings each row and each column is an equation: a withheld cell is an edge between its row and its column, and it
can be computed exactly when no other way leads round it, which is to say when it is a bridge of that graph. Margins are decided by
their own grouping alone: a cell is then withheld in every table in which it stands, or in none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import Any

Key = tuple[str | None, str | None]  # None: over all groups
Weights = tuple[int, ...]
TOTAL: Key = (None, None)


def with_margins(inner: Mapping[Key, Weights]) -> dict[Key, Weights]:
    """The cells with the sums of rows, of columns, and of all. Of a table with one grouping the second half of each key is None."""
    summed: dict[Key, Weights] = {}
    for (first, second), weights in inner.items():
        for key in {(first, second), (first, None), (None, second), TOTAL}:
            summed[key] = _plus(summed[key], weights) if key in summed else weights
    return summed


def withheld(cells: Mapping[Key, Weights], least: int, *, order: Mapping[Key, Any], whole: Set[Key] | None = None) -> set[Key]:
    """The keys of the cells to withhold. `cells` has all margins; of others, those come first that stand first in `order`.

    `whole` is what is withheld of a table of which this one counts a part: that is withheld here too, and what is empty there is empty here.
    """
    table = {key: weights for key, weights in cells.items() if any(weights)}
    empty = {key for key in cells if key not in table and None not in key and (whole is None or key in whole)}
    hidden = {key for key, weights in table.items() if _unsafe(weights, least) or (whole is not None and key in whole)}
    ranked = sorted(table, key=lambda key: (order[key], key[0] or "", key[1] or ""))
    for side in (0, 1):
        margin = [key for key in ranked if key[1 - side] is None and key[side] is not None]
        _cover(table, margin, hidden, least)
    while wanting := list(_wanting(table, hidden | _untold(empty, hidden), least)):
        free = [key for key in ranked if None not in key and key not in hidden]
        if not free:
            break
        for first, second in wanting:
            near = (key for key in free if (first is not None and key[0] == first) or (second is not None and key[1] == second))
            hidden.add(next(near, free[0]))
    return hidden | _untold(empty, hidden)


def _untold(empty: set[Key], hidden: set[Key]) -> set[Key]:
    """Cells without answers of which nobody can tell that they have none: something is withheld in their row and in their column."""
    rows, columns = {key[0] for key in hidden}, {key[1] for key in hidden}
    return {key for key in empty if key[0] in rows and key[1] in columns}


def _cover(table: Mapping[Key, Weights], margin: list[Key], hidden: set[Key], least: int) -> None:
    """Withhold further cells of one grouping until those withheld can be told neither one by one nor together."""
    while TOTAL not in hidden and (inside := [key for key in margin if key in hidden]):
        if len(inside) > 1 and not _unsafe(_plus(*(table[key] for key in inside)), least):
            return
        free = next((key for key in margin if key not in hidden), None)
        if free is None:
            return
        hidden.add(free)


def _wanting(table: Mapping[Key, Weights], untold: set[Key], least: int) -> Iterable[Key]:
    """Cells, or rows and columns, of which something can be computed that must not be. None in a key: the line is what is wanting."""
    if all(None in key for key in table):
        return
    known = bridges(untold)
    yield from sorted((key for key in known if key in table and _unsafe(table[key], least)), key=_ordered)
    for side in (0, 1):
        lines: dict[str | None, list[Key]] = defaultdict(list)
        for key in untold - known:
            lines[key[side]].append(key)
        for line, keys in sorted(lines.items(), key=lambda item: item[0] or ""):
            inside = [table[key] for key in keys if key[1 - side] is not None and key in table]
            if all(key[1 - side] is not None for key in keys) and inside and _unsafe(_plus(*inside), least):
                yield (line, None) if side == 0 else (None, line)


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


def _unsafe(weights: Weights, least: int) -> bool:
    return any(0 < weight < least for weight in weights)


def _plus(*several: Weights) -> Weights:
    return tuple(map(sum, zip(*several, strict=True)))
