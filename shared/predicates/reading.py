"""Reading facts: the one place where a supplied value meets the type a clause asks for."""

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from uuid import UUID

from pydantic import JsonValue

from shared.predicates.terms import FactMismatch, FactType, Scalar, Value, kind_of


def known(facts: Mapping[str, object], name: str, kind: FactType) -> Value | None:
    """The value of a fact, None if nobody knows it. Enums and UUIDs read as their text, lists as sets without nulls.

    Raises `FactMismatch` for a value of another type, and for a number that is not one.
    """
    value = _plain(facts.get(name))
    if value is None:
        return None
    if kind is FactType.texts and isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item) for item in value]
        if all(item is None or isinstance(item, str) for item in items):
            return frozenset(item for item in items if isinstance(item, str))
    if isinstance(value, bool | int | float | str) and kind_of(value) is kind and not (isinstance(value, float) and math.isnan(value)):
        return value
    raise FactMismatch(name, kind, value)


def in_json(value: Value | Iterable[Scalar] | None) -> JsonValue:
    """A value as JSON: sets become sorted lists."""
    if isinstance(value, frozenset):
        return list[JsonValue](sorted(value))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return list[JsonValue](value)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value
