"""Reads a chunk of NDJSON: an object a line, whose names are columns and whose values are what the cells would hold."""

import codecs
from collections.abc import Sequence
from decimal import Decimal

import orjson

from services.registry.imports.cells import KEY, MOST_COLUMNS
from services.registry.imports.faults import BadCell, of_bad
from services.registry.imports.presets import Layout, Preset, layout
from services.registry.imports.rows import Found, read_record
from services.registry.imports.shapes import Makes


def read(content: bytes, first_line: int, preset: Preset | None, makes: Makes = Makes.actors) -> Found:
    """The rows and faults of a chunk. Each line stands for itself: reading goes on after a bad one."""
    found = Found()
    layouts: dict[tuple[str, ...], Layout] = {}
    fixed = tuple(preset.columns()) if preset is not None else None
    for line, text in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), first_line):
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
            found.faults.append(of_bad(line, bad.column, None, bad.bad))
    return found


class _Bad(Exception):
    def __init__(self, column: str | None, bad: BadCell) -> None:
        super().__init__(bad.code)
        self.column, self.bad = column, bad


def _layout(preset: Preset | None, titles: Sequence[str], makes: Makes) -> Layout:
    for title in titles:
        try:
            layout(None, [title], makes=makes) if preset is None else None
        except BadCell as bad:
            raise _Bad(title[:200], bad) from bad
    return layout(preset, titles, guarded=False, makes=makes)


def _object(text: bytes) -> dict[str, str]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _Bad(None, BadCell("not_json")) from error
    if not isinstance(given, dict):
        raise _Bad(None, BadCell("not_an_object", example=f'{{"{KEY[0]}": …}}'))
    if len(given) > MOST_COLUMNS:
        raise _Bad(None, BadCell("columns_too_many", most=MOST_COLUMNS))
    return {name: _cell(name, value) for name, value in given.items()}


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(Decimal(repr(value)), "f")  # without an exponent
    raise _Bad(name[:200], BadCell("not_a_cell"))
