"""How events say an actor's names, identifiers and parents: every one with its days, and what is not known left out.

A record's `before` and `after` hold them as rows of text, where empty means unknown; its state as objects, which anybody may read. An
event stands in three columns of a table of all changes: what is not known is not written.
"""

from collections.abc import Mapping, Sequence
from typing import Any

NAME = ("language", "kind", "name", "valid_from", "valid_through", "source")
IDENTIFIER = ("scheme", "value", "valid_from", "valid_through", "source", "licence", "read_on")
PARENT = ("parent_id", "valid_from", "valid_through")
LISTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "names": ("all_names", NAME),
    "identifiers": ("all_identifiers", IDENTIFIER),
    "parents": ("parents", PARENT),
}


def in_full(rows: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, list[dict[str, str]]]:
    """The lists of a state, from those of a record."""
    return {said: [{field: text for field, text in zip(fields, row, strict=True) if text} for row in rows[name]] for name, (said, fields) in LISTS.items()}


def as_read(state: dict[str, Any]) -> dict[str, Any]:
    """The state with its lists as the read of an actor answers them, where what is not known is null."""
    lists = {name: [{field: item.get(field) for field in fields} for item in state[said]] for name, (said, fields) in LISTS.items()}
    return {**{field: value for field, value in state.items() if field not in ("all_names", "all_identifiers")}, **lists}
