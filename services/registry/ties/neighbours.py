"""The graph of ties as answers: an actor's neighbours, and how two actors are connected."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response

from services.registry.errors import ActorNotFound
from services.registry.ties.drawing import MEDIA_TYPES, Format, drawn, wanted_format
from services.registry.ties.graph import MOST_STEPS, PATHS
from services.registry.ties.repository import Neighbours, Sides
from services.registry.ties.schemas import GraphActor, NeighbourFilters, NeighbourRead, NeighboursOf, PathFilters
from shared.errors import Invalid
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work

EMPTY_PAGE = b'{"items":[]'


async def list_neighbours(work: Work, actor_id: UUID, filters: NeighbourFilters, accept: str | None) -> Response:
    """A page of the actor's ties, seen from it. Only an empty page asks whether there is such an actor at all."""
    format_ = wanted_format(filters.format, accept)
    page = await Neighbours(work).page(NeighbourRead, _of(actor_id, filters))
    if format_ is Format.json and not bytes(page.body).startswith(EMPTY_PAGE):
        return page
    centre = await Sides(work).read(GraphActor, actor_id)
    if page.status_code == 304 or format_ is Format.json:
        return page
    items = orjson.loads(page.body)["items"]
    actors = {item["actor"]["id"]: item["actor"] for item in items}
    ties = [{**item, "id": item["tie_id"]} for item in items]
    answer = _drawing(work, format_, [orjson.loads(centre.body), *actors.values()], ties)
    if "link" in page.headers:
        answer.headers["Link"] = page.headers["link"]
    return answer


async def find_paths(work: Work, actor_id: UUID, filters: PathFilters, accept: str | None) -> Response:
    """The shortest paths from one actor to another, under whichever ids."""
    values = {
        "start": actor_id,
        "goal": filters.to,
        "deepest": filters.max_depth,
        "types": filters.type,
        "statuses": filters.status,
        "as_of": filters.as_of,
        "now": work.now,
        "paths": filters.limit,
        "most": MOST_STEPS,
        "languages": list(work.asked.languages),
    }
    row = await PATHS.first(work, values)
    assert row is not None, "one object, whatever was found"
    if row[1]:
        raise ActorNotFound(Sentence("No record {record_id} that you may see.", record_id=row[1][0]))
    if row[2]:
        raise Invalid("Name another actor in `to`.", errors=[{"in": "query", "pointer": "/to", "detail": "is the actor itself"}])
    found = orjson.loads(row[0])
    format_ = wanted_format(filters.format, accept)
    if format_ is Format.json:
        return answered(work, row[0].encode())
    return _drawing(work, format_, found["actors"], found["ties"])


def _of(actor_id: UUID, filters: NeighbourFilters) -> NeighboursOf:
    """The filters with the actor of the path. Without a day they ask for today, without a status for what was agreed."""
    given = filters.model_dump(exclude={"format"}, exclude_none=True)
    return NeighboursOf(**given, actor=actor_id, today=True if filters.as_of is None else None, agreed=True if filters.status is None else None)


def _drawing(work: Work, format_: Format, actors: list[dict[str, Any]], ties: list[dict[str, Any]]) -> Response:
    answer = answered(work, drawn(format_, actors, ties, next(iter(work.asked.languages), "en")))
    if answer.status_code == 200:
        answer.headers["Content-Type"] = f"{MEDIA_TYPES[format_]}; charset=utf-8"
    return answer
