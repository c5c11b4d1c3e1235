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
from collections.abc import Iterable, Mapping
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


def withheld(cells: Mapping[Key, Weights], least: int, *, order: Mapping[Key, Any], besides: Iterable[Key] = ()) -> set[Key]:
    """The keys of the cells to withhold. `cells` has all margins; of others, those come first that stand first in `order`."""
    table = {key: weights for key, weights in cells.items() if any(weights)}
    hidden = {key for key in besides if key in table} | {key for key, weights in table.items() if _unsafe(weights, least)}
    ranked = sorted(table, key=lambda key: (order[key], key[0] or "", key[1] or ""))
    for side in (0, 1):
        margin = [key for key in ranked if key[1 - side] is None and key[side] is not None]
        _cover(table, margin, hidden, least)
    while wanting := list(_wanting(table, hidden, least)):
        free = [key for key in ranked if None not in key and key not in hidden]
        if not free:
            break
        for first, second in wanting:
            near = (key for key in free if (first is not None and key[0] == first) or (second is not None and key[1] == second))
            hidden.add(next(near, free[0]))
    return hidden


def _cover(table: Mapping[Key, Weights], margin: list[Key], hidden: set[Key], least: int) -> None:
    """Withhold further cells of one grouping until those withheld can be told neither one by one nor together."""
    while TOTAL not in hidden and (inside := [key for key in margin if key in hidden]):
        if len(inside) > 1 and not _unsafe(_plus(*(table[key] for key in inside)), least):
            return
        free = next((key for key in margin if key not in hidden), None)
        if free is None:
            return
        hidden.add(free)


def _wanting(table: Mapping[Key, Weights], hidden: set[Key], least: int) -> Iterable[Key]:
    """Cells, or rows and columns, of which something can be computed that must not be. None in a key: the line is what is wanting."""
    inner = any(None not in key for key in table)
    if not inner:
        return
    known = bridges(hidden)
    yield from sorted((key for key in known if _unsafe(table[key], least)), key=_ordered)
    unknown = hidden - known
    for side in (0, 1):
        lines: dict[str | None, list[Key]] = defaultdict(list)
        for key in unknown:
            lines[key[side]].append(key)
        for line, keys in sorted(lines.items(), key=lambda item: item[0] or ""):
            inside = [key for key in keys if key[1 - side] is not None]
            if len(inside) == len(keys) and _unsafe(_plus(*(table[key] for key in inside)), least):
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
