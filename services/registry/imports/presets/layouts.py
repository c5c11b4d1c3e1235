"""A file's columns and how a record of it becomes a row of ours."""

from collections import UserList
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.registry.imports.cells import FAILED_FORMULAS, Column, plain
from services.registry.imports.faults import BadCell
from services.registry.imports.presets.language import Cells, Preset
from services.registry.imports.shapes import SHAPES, Makes, Shape

Fill = Callable[[Cells], str]


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a row of ours, each under the title by which it is found in the file, and the cells of a record for them.

    The cell of a preset that could not be made is a BadCell. None in place of `fills`: the file's cells are ours as they stand.
    """

    width: int
    columns: tuple[Column, ...]
    shape: Shape
    fills: tuple[Fill, ...] | None = None
    guarded: bool = True
    wanted: Callable[[Cells], bool] | None = None
    split: tuple[int, str] | None = None

    def reads(self, record: Sequence[str]) -> bool:
        """Whether the record says something; a preset leaves others aside."""
        return self.wanted is None or self.wanted([cell.strip() for cell in record])

    def parts(self, record: Sequence[str]) -> list[Sequence[str]]:
        """The rows that a record makes: one, or one for each thing that its cell lists."""
        if self.split is None:
            return [record]
        position, by = self.split
        told = [part.strip() for part in record[position].split(by) if part.strip()]
        return [[*record[:position], part, *record[position + 1 :]] for part in told]

    def cells(self, record: Sequence[str]) -> Sequence[str | BadCell]:
        """The cells of a record, in the order of the columns."""
        if self.fills is None:
            return [plain(cell) for cell in record] if self.guarded else record
        cells = [cell.strip() for cell in record]
        read = cells if FAILED_FORMULAS.isdisjoint(cells) else _Failed(cells)
        return [_filled(fill, read) for fill in self.fills]


class _Failed(UserList[str]):
    """The cells of a record of which some show that a formula failed: whoever reads one of them gets a BadCell, others are nobody's concern."""

    def __getitem__(self, position: Any) -> Any:
        cell = self.data[position]
        if cell in FAILED_FORMULAS:
            raise BadCell("formula_failed", cell)
        return cell


def _filled(fill: Fill, record: Cells) -> str | BadCell:
    try:
        return fill(record)
    except BadCell as bad:
        return bad


def layout(preset: Preset | None, titles: Sequence[str], *, guarded: bool = True, makes: Makes = Makes.actors) -> Layout:
    """The layout of a file with these titles; without a preset they are our own. BadCell for one that is not."""
    if preset is None:
        shape = SHAPES[makes]
        return Layout(len(titles), tuple(shape.column(title) for title in titles), shape, guarded=guarded)
    shape = SHAPES[preset.makes]
    at = {title: position for position, title in enumerate(titles)}
    columns, fills = [], []
    for title, choices in preset.fields.items():
        ours = shape.column(title)
        taken = [name for choice in choices for name in choice.columns()]
        columns.append(Column(taken[0] if taken else title, ours.field, ours.key, ours.read))
        fills.append(_first([(choice.holds(at), choice.gives(at)) for choice in choices]))
    split = None if preset.each is None else (at[preset.each.column], preset.each.by)
    return Layout(len(titles), tuple(columns), shape, tuple(fills), wanted=preset.rows.holds(at), split=split)


def _first(choices: Sequence[tuple[Callable[[Cells], bool] | None, Fill]]) -> Fill:
    if len(choices) == 1 and choices[0][0] is None:
        return choices[0][1]

    def fill(record: Cells) -> str:
        for holds, gives in choices:
            if holds is None or holds(record):
                value = gives(record)
                if value:
                    return value
        return ""

    return fill
