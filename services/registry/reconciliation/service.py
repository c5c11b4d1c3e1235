"""Answers in the protocol's words what matching and search know."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.filters import ActorFilters
from services.registry.actors.models import ActorKind
from services.registry.actors.phrases import named_values
from services.registry.actors.repository import Actors
from services.registry.actors.schemas import ActorRead
from services.registry.actors.search import NAMED_PLACES
from services.registry.actors.words import folded
from services.registry.matches.schemas import Decision
from services.registry.matches.scoring import Scored, decide
from services.registry.matches.service import matched, name_in, said_in
from services.registry.reconciliation.schemas import Asked, Extension, Proposed, Queries, Suggested
from services.registry.reconciliation.vocabulary import IDENTIFIER, PROPERTIES, TYPES, Places, example_of, places_named, property_named, type_of
from shared.errors import Invalid, UnsupportedMedia
from shared.problems import validation_problem
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work

PATH = "/v1/reconciliation"
FORM = "application/x-www-form-urlencoded"
ParsedT = TypeVar("ParsedT")
_QUERIES: TypeAdapter[Any] = TypeAdapter(Queries)
_EXTENSION: TypeAdapter[Any] = TypeAdapter(Extension)
_ROWS = text(
    """
    SELECT CAST(asked.id AS text) AS id, a.name, CAST(a.names AS text) AS names, a.kind, a.country, a.subdivision, a.population, a.lat, a.lon, a.website,
           CAST(above.id AS text) AS parent, above.name AS parent_name, CAST(above.names AS text) AS parent_names,
           ARRAY(
               SELECT i.scheme || ':' || i.value FROM actor_identifiers AS i
               WHERE i.actor_id = ANY (array_append(a.merged_ids, a.id)) AND i.scheme = ANY (:schemes)
                     AND (i.valid_from IS NULL OR i.valid_from <= :today) AND (i.valid_through IS NULL OR i.valid_through >= :today)
               ORDER BY i.scheme, i.value
           ) AS keys
    FROM unnest(:ids) AS asked (id) JOIN actors AS known ON known.id = asked.id JOIN actors AS a ON a.id = coalesce(known.canonical_id, known.id)
    LEFT JOIN LATERAL (
        SELECT parent.id, parent.name, parent.names
        FROM actor_parents AS p JOIN actors AS told ON told.id = p.parent_id JOIN actors AS parent ON parent.id = coalesce(told.canonical_id, told.id)
        WHERE p.actor_id = a.id AND parent.id <> a.id
              AND (p.valid_from IS NULL OR p.valid_from <= :today) AND (p.valid_through IS NULL OR p.valid_through >= :today)
        LIMIT 1
    ) AS above ON true
    """
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))
# A subdivision is named by its code alone as well, which its country then has to tell from others: "CA-ON" and "US-CA".
_CODES = """
    UNION
    SELECT lower(split_part(subdivision, '-', 2)), country, subdivision FROM actors
    WHERE kind = 'state' AND lower(split_part(subdivision, '-', 2)) = ANY (:named)
"""
_PLACES = text(NAMED_PLACES + _CODES).bindparams(*(bindparam(name, type_=ARRAY(Text())) for name in ("named", "abbreviation", "abbreviated")))
_SCHEMES = text("SELECT DISTINCT scheme FROM actor_identifiers ORDER BY scheme LIMIT 200")


async def answer(work: Work, asked: Asked, public_url: str) -> Response:
    """The manifest, or what the parameters ask for."""
    if asked.queries is not None:
        return await _reconcile(work, _parsed(_QUERIES, asked.queries, "queries"))
    if asked.extend is not None:
        return await _extend(work, _parsed(_EXTENSION, asked.extend, "extend"))
    return _document(work, manifest(public_url))


def form(media_type: str, content: bytes) -> Asked:
    """The parameters of a form."""
    if media_type.partition(";")[0].strip().lower() != FORM:
        raise UnsupportedMedia(Sentence("Send a form: Content-Type: {form}.", form=FORM))
    pairs = parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    try:
        return Asked.model_validate(dict(pairs))
    except ValidationError as error:
        raise validation_problem([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def manifest(public_url: str) -> dict[str, Any]:
    """What the service is and offers."""
    base = public_url.rstrip("/")
    suggested = {kind: {"service_url": base, "service_path": f"{PATH}/suggest/{kind}"} for kind in ("entity", "type", "property")}
    return {
        "versions": ["0.2"],
        "name": "Comity registry",
        "identifierSpace": f"{base}/v1/actors/",
        "schemaSpace": f"{base}{PATH}/properties#",
        "documentation": f"{base}/docs",
        "view": {"url": f"{base}/v1/actors/{{{{id}}}}"},
        "defaultTypes": TYPES,
        "suggest": suggested,
        "extend": {"propose_properties": {"service_url": base, "service_path": f"{PATH}/properties"}, "property_settings": []},
    }


async def suggest_entities(work: Work, asked: Suggested) -> Response:
    """Actors whose names answer what was typed so far, as search ranks them."""
    if not folded(asked.prefix):
        return _document(work, {"result": []})
    kind = [ActorKind(asked.type)] if asked.type in set(ActorKind) else None
    page = await Actors(work).page(ActorRead, ActorFilters(q=asked.prefix, kind=kind, limit=min(200, asked.cursor + asked.limit)))
    found = orjson.loads(page.body)["items"] if page.status_code == 200 else []
    told = [{"id": item["id"], "name": item["name"], "description": _described(item)} for item in found[asked.cursor :]]
    return _document(work, {"result": told})


async def suggest_types(work: Work, asked: Suggested) -> Response:
    return _document(work, {"result": _beginning(TYPES, asked)})


async def suggest_properties(work: Work, asked: Suggested) -> Response:
    return _document(work, {"result": _beginning(await _properties(work), asked)})


async def propose_properties(work: Work, asked: Proposed) -> Response:
    """What a table can be extended by."""
    return _document(work, {"properties": (await _properties(work))[: asked.limit], "limit": asked.limit, **({"type": asked.type} if asked.type else {})})


async def _reconcile(work: Work, queries: Mapping[str, Any]) -> Response:
    places = await _places(work, {place for query in queries.values() for place in places_named(query)})
    examples = {name: example for name, query in queries.items() if (example := example_of(query, places)) is not None}
    found = dict(zip(examples, await matched(work, list(examples.values())), strict=True)) if examples else {}
    told = {name: {"result": _candidates(work, found[name], examples[name].limit) if name in found else []} for name in queries}
    return _document(work, told)


async def _places(work: Work, named: Collection[str]) -> Places:
    """What these names of states and nations mean."""
    found: dict[str, set[tuple[str, str | None]]] = {}
    for row in await work.execute(_PLACES, named_values(named)) if named else ():
        found.setdefault(row.place, set()).add((row.country, row.subdivision))
    return found


def _candidates(work: Work, scored: list[Scored], limit: int) -> list[dict[str, Any]]:
    clear = decide(scored) is Decision.clear
    return [
        {
            "id": str(one.candidate.id),
            "name": name_in(work, one.candidate),
            "description": _described(one.candidate._asdict()),
            "type": [type_of(one.candidate.kind)],
            "score": round(100 * one.score, 2),
            "match": clear and nth == 0,
            "features": [{"id": item.feature.value, "value": item.value} for item in one.features],
        }
        for nth, one in enumerate(scored[:limit])
    ]


async def _extend(work: Work, asked: Extension) -> Response:
    wanted = [item.id for item in asked.properties]
    schemes = [pid.removeprefix(IDENTIFIER) for pid in wanted if pid.startswith(IDENTIFIER)]
    ids = {given: known for given in asked.ids if (known := _uuid(given)) is not None}
    found = await work.execute(_ROWS, {"ids": list(set(ids.values())), "schemes": schemes, "today": work.now.date()})
    rows = {row.id: row._mapping for row in found}
    told = {given: {pid: _cells(work, rows.get(str(ids.get(given))), pid) for pid in wanted} for given in asked.ids}
    return _document(work, {"meta": [property_named(pid) for pid in wanted], "rows": told})


def _cells(work: Work, row: Any, pid: str) -> list[dict[str, Any]]:
    if row is None:
        return []
    if pid.startswith(IDENTIFIER):
        scheme = pid.removeprefix(IDENTIFIER) + ":"
        return [{"str": key.removeprefix(scheme)} for key in row["keys"] if key.startswith(scheme)]
    if pid == "coordinates":
        return [] if row["lat"] is None else [{"str": f"{row['lat']},{row['lon']}"}]
    if pid == "name":
        return [{"str": said_in(work, row["names"], row["name"])}]
    if pid == "parent":
        return [] if row["parent"] is None else [{"id": row["parent"], "name": said_in(work, row["parent_names"], row["parent_name"])}]
    value = row[pid] if pid in PROPERTIES else None
    if value is None:
        return []
    return [{"int" if isinstance(value, int) else "float" if isinstance(value, float) else "str": value}]


async def _properties(work: Work) -> list[dict[str, str]]:
    schemes = (await work.execute(_SCHEMES)).scalars()
    return [property_named(pid) for pid in (*PROPERTIES, *(IDENTIFIER + scheme for scheme in schemes))]


def _beginning(entries: list[dict[str, str]], asked: Suggested) -> list[dict[str, str]]:
    wanted = folded(asked.prefix)
    found = [entry for entry in entries if any(folded(word).startswith(wanted) for word in (entry["id"], entry["name"]))]
    return found[asked.cursor : asked.cursor + asked.limit]


def _described(actor: Mapping[str, Any]) -> str:
    return ", ".join(part for part in (str(actor["kind"]).replace("_", " "), actor["subdivision"] or actor["country"]) if part)


def _uuid(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _parsed(kind: TypeAdapter[ParsedT], document: str, name: str) -> ParsedT:
    try:
        return kind.validate_python(orjson.loads(document))
    except orjson.JSONDecodeError as error:
        raise Invalid(
            Sentence("{name} {what}.", name=name, what="is not valid JSON"), errors=[{"in": "query", "pointer": f"/{name}", "detail": "is not valid JSON"}]
        ) from error
    except ValidationError as error:
        raise validation_problem([{**item, "loc": ("query", name, *item["loc"])} for item in error.errors()[:20]]) from error


def _document(work: Work, document: Any) -> Response:
    return answered(work, orjson.dumps(document))
