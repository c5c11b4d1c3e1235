"""Reads a chunk of NDJSON: an object a line, whose names are columns and whose values are what the cells would hold."""

from collections.abc import Sequence
from decimal import Decimal

import orjson

from services.registry.imports.cells import KEY, BadCell, Fault
from services.registry.imports.presets import Layout, Preset, layout
from services.registry.imports.rows import Found, read_record
from services.registry.imports.shapes import Makes


def read(content: bytes, first_line: int, preset: Preset | None, makes: Makes = Makes.actors) -> Found:
    """The rows and faults of a chunk. Each line stands for itself: reading goes on after a bad one."""
    found = Found()
    layouts: dict[tuple[str, ...], Layout] = {}
    fixed = tuple(preset.columns()) if preset is not None else None
    for line, text in enumerate(content.split(b"\n"), first_line):
        if not text.strip():
            continue
        found.read += 1
        try:
            given = _object(text)
            titles = fixed if fixed is not None else tuple(given)
            if titles not in layouts:
                layouts[titles] = _layout(preset, titles, makes)
            read_record(found, layouts[titles], line, [given.get(title, "") for title in titles])
        except _Bad as bad:
            found.faults.append(Fault(line, bad.column, None, bad.message, bad.remedy))
    return found


class _Bad(Exception):
    def __init__(self, column: str | None, message: str, remedy: str) -> None:
        super().__init__(message)
        self.column, self.message, self.remedy = column, message, remedy


def _layout(preset: Preset | None, titles: Sequence[str], makes: Makes) -> Layout:
    for title in titles:
        try:
            layout(None, [title], makes=makes) if preset is None else None
        except BadCell as bad:
            raise _Bad(title[:200], bad.message, bad.remedy) from bad
    return layout(preset, titles, guarded=False, makes=makes)


def _object(text: bytes) -> dict[str, str]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Bad(None, "is not JSON", "Write one object on each line, in UTF-8.") from error
    if not isinstance(given, dict):
        raise _Bad(None, "is not an object", f'Write one object on each line, such as {{"{KEY[0]}": …}}.')
    return {name: _cell(name, value) for name, value in given.items()}


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(Decimal(repr(value)), "f")  # without an exponent
    raise _Bad(name[:200], "is neither text nor a number", "Write the cell as text, a number, or null.")
