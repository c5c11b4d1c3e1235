"""What the cells of a row that names known actors must have to do with each other, and the record of it for the staging table."""

import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from services.registry.actors.words import folded
from services.registry.imports.faults import Fault
from services.registry.ties.models import TieStatus
from services.registry.ties.types import SLEEPING

# The staging table's columns after the import's id, in the order of the records.
FIELDS = (
    "line", "part", "faulty", "key", "from_side", "to_side", "type", "role", "status", "end_reason", "valid_from", "valid_through", "last_activity_on",
    "note", "domain", "domain_type", "identifiers", "language", "name", "folded", "title", "address", "source", "licence", "read_on",
)  # fmt: skip
_SIDE = ("scheme", "value", "name", "kind", "country", "subdivision")


def _side_faults(line: int, title: str, field: str, single: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    def has(name: str) -> bool:
        return f"{field}_{name}" in single or f"{title}_{name}" in bad

    for one, other in (("scheme", "value"), ("value", "scheme")):
        if f"{field}_{one}" in single and not has(other):
            yield Fault(line, f"{title}_{other}", None, "pair_missing", {"present": f"{title}_{one}"})
    if not has("value") and not has("name"):
        yield Fault(line, f"{title}_name", None, "actor_missing")


def _required(line: int, titles: dict[str, str], single: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    """The titles, each with the field that it fills."""
    for title, field in titles.items():
        if field not in single and title not in bad:
            yield Fault(line, title, None, "cell_missing")


def _days_faults(line: int, single: dict[str, Any]) -> Iterator[Fault]:
    first, last = single.get("valid_from"), single.get("valid_through")
    if first is not None and last is not None and last < first:
        yield Fault(line, "valid_through", last.isoformat(), "days_reversed")


def of_tie(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    yield from _required(line, {"type": "type"}, single, bad)
    yield from _side_faults(line, "from", "from", single, bad)
    yield from _side_faults(line, "to", "to", single, bad)
    yield from _days_faults(line, single)
    yield from _state_faults(line, single, bad)


def _state_faults(line: int, single: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    status = single.get("status")
    if status == TieStatus.ended and "valid_through" not in single and "valid_through" not in bad:
        yield Fault(line, "valid_through", None, "last_day_missing")
    if status != TieStatus.ended and "end_reason" in single and "status" not in bad:
        yield Fault(line, "end_reason", single["end_reason"], "reason_while_open")
    if status == TieStatus.dormant and "type" in single and single["type"] not in SLEEPING:
        yield Fault(line, "status", status, "never_dormant")


def of_domain(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    yield from _required(line, {"domain": "domain"}, single, bad)
    yield from _side_faults(line, "actor", "from", single, bad)


def of_identifiers(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    if not identifiers and not any(str(title).startswith("id:") for title in bad):
        yield Fault(line, None, None, "identifier_missing")
    yield from _side_faults(line, "actor", "from", single, bad)
    yield from _days_faults(line, single)


def of_name(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    yield from _side_faults(line, "actor", "from", single, bad)
    yield from _required(line, {"language": "language", "name": "name", "kind": "type"}, single, bad)
    yield from _days_faults(line, single)


def of_parent(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    yield from _side_faults(line, "actor", "from", single, bad)
    yield from _side_faults(line, "parent", "to", single, bad)
    yield from _days_faults(line, single)


def of_seat(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    yield from _side_faults(line, "actor", "from", single, bad)
    yield from _required(line, {"role": "role", "title": "title"}, single, bad)


def staged(line: int, part: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """The key is the same for the same words of a source, so that what a person has said of them holds for the next file as well."""
    words = [single.get("type"), str(single.get("valid_from")), single.get("domain"), several["identifiers"]]
    return _record((line, part, faulty), single, several, [_side("from", single), _side("to", single), *words])


def staged_whole(line: int, part: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """Of what nobody is asked about: rows that say the same in every cell are one row."""
    return _record((line, part, faulty), single, several, [single, several["identifiers"]])


def staged_each(line: int, part: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    """Of what there may be several of the same: each row is one of them."""
    return _record((line, part, faulty), single, several, [line, part])


def _record(at: tuple[int, int, bool], single: dict[str, Any], several: dict[str, dict[str, Any]], words: list[Any]) -> tuple[Any, ...]:
    line, part, faulty = at
    to_side = _side("to", single)
    of_the_row = {
        **single,
        "line": line,
        "part": part,
        "faulty": faulty,
        "key": hashlib.blake2b(orjson.dumps(words, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest(),
        "from_side": orjson.dumps(_side("from", single)).decode(),
        "to_side": orjson.dumps(to_side).decode() if to_side else None,
        "identifiers": orjson.dumps(several["identifiers"]).decode(),
        "folded": folded(single["name"]) if "name" in single else None,
    }
    return tuple(map(of_the_row.get, FIELDS))


def _side(side: str, single: dict[str, Any]) -> dict[str, Any]:
    said = {name: single[f"{side}_{name}"] for name in _SIDE if single.get(f"{side}_{name}")}
    return said | ({"folded": folded(said["name"])} if "name" in said else {})
