"""The types and properties of the protocol: kinds of actors, and what a query may say or a table be extended by."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from services.registry.actors.models import ActorKind
from services.registry.actors.phrases import place_of
from services.registry.actors.words import folded
from services.registry.matches.schemas import Example
from services.registry.reconciliation.schemas import ReconciliationQuery

IDENTIFIER = "id:"  # before a scheme: the identifier of it
PROPERTIES: Mapping[str, str] = {
    "name": "name",
    "parent": "parent (the actor directly above)",
    "country": "country (ISO 3166-1)",
    "subdivision": "subdivision (ISO 3166-2)",
    "kind": "kind",
    "population": "population",
    "coordinates": "coordinates (lat,lon)",
    "lat": "latitude",
    "lon": "longitude",
    "website": "website",
}
_COORDINATES = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
MOST = 20  # candidates of a query
LETTERS = 300


def type_of(kind: str) -> dict[str, str]:
    return {"id": kind, "name": kind.replace("_", " ")}


TYPES = [type_of(kind.value) for kind in ActorKind]


def property_named(pid: str) -> dict[str, str]:
    """A property with its name; what is not ours is named by its id."""
    return {"id": pid, "name": PROPERTIES.get(pid, pid.removeprefix(IDENTIFIER))}


Places = Mapping[str, Collection[tuple[str, str | None]]]  # what a name of a state or nation means: countries and, of a state, its subdivision


def places_named(query: ReconciliationQuery) -> Iterator[str]:
    """The values of `country` and `subdivision` that are no codes, as places are looked up."""
    for item in query.properties:
        value = _plain(item.v)
        if item.pid in ("country", "subdivision") and folded(value) and not _fits({item.pid: value.upper()}):
            yield _place(value)


def example_of(query: ReconciliationQuery, places: Places) -> Example | None:
    """The query as an example. A property whose value is none of ours says nothing; a query that then says nothing at all is None."""
    said: dict[str, Any] = {"limit": min(query.limit, MOST)}
    if folded(query.query):
        said["name"] = query.query.strip()[:LETTERS]
    kinds = [query.type] if isinstance(query.type, str) else query.type or []
    if len(kinds) == 1 and _fits({"kind": kinds[0]}):
        said["kind"] = kinds[0]
    keys: list[dict[str, str]] = []
    for item in query.properties:
        value = _plain(item.v)
        if item.pid.startswith(IDENTIFIER):
            key = {"scheme": item.pid.removeprefix(IDENTIFIER), "value": value}
            keys += [key] if _fits({"identifiers": [key]}) else []
        elif (given := _read(item.pid, value)) is not None and _fits(given):
            said |= given
    if keys:
        said["identifiers"] = keys
    said |= _in_places(query, places, said)
    return Example.model_validate(said) if said.keys() & {"name", "identifiers"} else None


def _in_places(query: ReconciliationQuery, places: Places, said: Mapping[str, Any]) -> dict[str, str]:
    """The codes of a country and a subdivision that were named; of a name that means several in that country, none."""
    found: dict[str, str] = {}
    for pid in ("country", "subdivision"):
        for item in query.properties:
            meant = places.get(_place(_plain(item.v)), ()) if item.pid == pid and pid not in said else ()
            country = said.get("country", found.get("country"))
            codes = {place if pid == "subdivision" else land for land, place in meant if (place is None) == (pid == "country") and country in (None, land)}
            if len(codes) == 1:
                found[pid] = str(codes.pop())
    return found


def _place(value: str) -> str:
    return place_of(folded(value).split())


def _fits(given: Mapping[str, Any]) -> bool:
    try:
        Example.model_validate({"name": "any", **given})
    except ValidationError:
        return False
    return True


def _plain(value: Any) -> str:
    """The first of several values, the id of an object, anything else as text."""
    first = value[0] if isinstance(value, list) and value else value
    return str(first.get("id", "") if isinstance(first, dict) else first).strip()


def _whole(value: str) -> dict[str, Any] | None:
    digits = re.sub(r"[\s,.'_]", "", value)
    return {"population": int(digits)} if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


def _point(value: str) -> dict[str, Any] | None:
    found = _COORDINATES.fullmatch(value)
    return {"lat": float(found[1]), "lon": float(found[2])} if found else None


_READERS: Mapping[str, Callable[[str], dict[str, Any] | None]] = {
    "country": lambda value: {"country": value.upper()},
    "subdivision": lambda value: {"subdivision": value.upper()},
    "kind": lambda value: {"kind": value.lower().replace(" ", "_")},
    "population": _whole,
    "coordinates": _point,
}


def _read(pid: str, value: str) -> dict[str, Any] | None:
    return _READERS[pid](value) if pid in _READERS else None
