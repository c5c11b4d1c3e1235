"""What the cells of a row of an import of actors must have to do with each other, and the record of it for the staging table."""

from collections.abc import Iterator
from typing import Any

import orjson

from services.registry.actors.words import folded
from services.registry.imports.cells import FAMILIES, KEY
from services.registry.imports.faults import Fault

# The staging table's columns after the import's id, in the order of the records.
FIELDS = (
    "line", "faulty", "key_scheme", "key_value", "kind", "source_kind", "status", "dissolved_on", "preferred_language", "names", "folded", "identifiers",
    "parent_scheme", "parent_value", "country", "subdivision", "lat", "lon", "population", "website", "border_m",
    "seat_role", "seat_title", "seat_email", "source", "licence", "read_on", "fields",
)  # fmt: skip
PAIRS = (("parent_scheme", "parent_value"), ("lat", "lon"), ("seat_role", "seat_title"))


def together(line: int, single: dict[str, Any], identifiers: dict[str, Any], bad: set[str | None]) -> Iterator[Fault]:
    """What cells of one row must have to do with each other; a cell that is bad by itself has been named already."""
    for one, other in PAIRS:
        for missing, present in ((one, other), (other, one)):
            if missing not in single and missing not in bad and present in single:
                yield Fault(line, missing, None, "pair_missing", {"present": present})
    for title in KEY:
        if title not in single and title not in bad:
            yield Fault(line, title, None, "key_missing")
    if "seat_email" in single and "seat_role" not in single and "seat_role" not in bad:
        yield Fault(line, "seat_role", None, "seat_missing")
    if "subdivision" in single and "country" in single and not single["subdivision"].startswith(f"{single['country']}-"):
        yield Fault(line, "subdivision", single["subdivision"], "subdivision_elsewhere", {"country": single["country"]})
    scheme, value = single.get("key_scheme"), single.get("key_value")
    if scheme in identifiers and value is not None and identifiers[scheme] != value:
        yield Fault(line, f"id:{scheme}", identifiers[scheme], "key_contradicted")


def staged(line: int, faulty: bool, single: dict[str, Any], several: dict[str, dict[str, Any]]) -> tuple[Any, ...]:
    names = several["names"]
    several["identifiers"][single["key_scheme"]] = single["key_value"]
    fields = [name for name in single if name not in KEY]
    fields += [f"{family}:{key}" for family, (held, _, _) in FAMILIES.items() for key in several[held]]
    of_the_row = {
        **single,
        "line": line,
        "faulty": faulty,
        "fields": fields,
        "names": orjson.dumps(names).decode(),
        "folded": orjson.dumps({language: folded(name) for language, name in names.items()}).decode(),
        "identifiers": orjson.dumps(several["identifiers"]).decode(),
        "border_m": orjson.dumps(several["border_m"]).decode(),
    }
    return tuple(map(of_the_row.get, FIELDS))
