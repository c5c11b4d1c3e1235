"""Routers and what every route does before its own work: refuse strange parameters, keep idempotent answers, name an access."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, get_origin

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared import idempotency
from shared.access import Access
from shared.errors import BadRequest, Invalid
from shared.problems import validation_problem
from shared.reading import unwrapped
from shared.translations import Sentence
from shared.work import Work

NUL = rb"\u0000"  # as JSON writes it; a raw one is no JSON


DEEPEST = 64  # of a body; a predicate of twelve clauses within each other, the deepest document there is, needs half of it


class StrictRequest(Request):
    """A request whose JSON is Unicode and RFC 8259: no half surrogates, no NaN, no infinities, no U+0000, which no text may hold."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            self._json = orjson.loads(body)
            if body.count(b"[") + body.count(b"{") > DEEPEST and _nests_deeper(self._json, DEEPEST):
                raise BadRequest(Sentence("The body is nested deeper than {limit} levels.", limit=DEEPEST))
            if NUL in body and (found := list(_nul_texts(self._json, ("body",)))):
                raise validation_problem([{"type": "nul", "loc": where, "msg": "holds the character U+0000"} for where in found[:20]])
        return self._json


def _nests_deeper(document: Any, levels: int) -> bool:
    """Whether lists and objects stand in each other deeper than this; what follows may then recurse without a second thought."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(levels):
        inside = (inner for item in level for inner in (item.values() if isinstance(item, dict) else item))
        level = [inner for inner in inside if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _nul_texts(document: Any, where: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Where a document holds U+0000, in texts and in names. The parser has bounded its depth."""
    waiting = [(where, document)]
    while waiting:
        at, item = waiting.pop()
        if isinstance(item, str) and "\0" in item:
            yield at
        elif isinstance(item, dict):
            if any("\0" in name for name in item):
                yield at
            waiting += [((*at, name), inner) for name, inner in item.items() if "\0" not in name]
        elif isinstance(item, list):
            waiting += [((*at, nth), inner) for nth, inner in enumerate(item)]


class ComityRoute(APIRoute):
    """A route that refuses parameters it does not know or gets twice, and keeps the answer of an idempotent POST.

    Its operation in the API document is named as the function and states its scope (`x-scope`), so that a document is complete
    wherever it is merged.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)
        self.operation_id = self.operation_id or self.name
        access = access_of(self)
        if access is not None:
            scope = " or ".join((access.scope, *access.others)) if access.scope else "public"
            self.openapi_extra = {"x-scope": scope, **(self.openapi_extra or {})}

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()
        known = query_parameters(self)

        async def guarded(request: Request) -> Response:
            request = StrictRequest(request.scope, request.receive)
            refuse_strange_parameters(request.query_params.multi_items(), known)
            try:
                response = await handle(request)
            except idempotency.Replayed as replay:
                return replay.response
            work: Work | None = getattr(request.state, "work", None)
            if work is not None and work.replay is not None:
                await work.flush()
                await idempotency.store(work, response)
            return response

        return guarded


class Router(APIRouter):
    """The router of a resource."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(route_class=ComityRoute, **settings)


def query_parameters(route: APIRoute) -> dict[str, bool]:
    """The names a route takes in its query, and whether each may be repeated."""
    known: dict[str, bool] = {}
    for parameter in route.dependant.query_params:
        annotation = unwrapped(parameter.field_info.annotation)[0]
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            known |= {info.alias or name: get_origin(unwrapped(info.annotation)[0]) in (list, set, frozenset) for name, info in annotation.model_fields.items()}
        else:
            known[parameter.alias] = get_origin(annotation) in (list, set, frozenset)
    return known


def refuse_strange_parameters(pairs: Sequence[tuple[str, str]], known: dict[str, bool]) -> None:
    """Invalid for a parameter that the route does not take, or that is given twice and is not a list."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name not in known:
            offered = ", ".join(sorted(known)) or "none"
            said = Sentence("{name}: is not a parameter of this route. It takes: {offered}.", name=name, offered=offered)
            raise Invalid(said, errors=[_wrong(name, "is not a parameter of this route")])
        if name in seen and not known[name]:
            raise Invalid(Sentence("{name}: was given twice; give it once.", name=name), errors=[_wrong(name, "was given twice")])
        seen.add(name)


def _wrong(name: str, detail: str) -> dict[str, str]:
    return {"in": "query", "pointer": f"/{name}", "detail": detail}


def require_named_access(routers: Sequence[APIRouter]) -> int:
    """Refuse routers with a route that names no access; how many routes were looked at."""
    looked_at = 0
    for router in routers:
        for route in router.routes:
            if not isinstance(route, ComityRoute):
                raise TypeError(f"{router} holds {route!r}: use shared.web.Router")
            if access_of(route) is None:
                raise TypeError(f"{sorted(route.methods or ())} {route.path} names neither a scope nor Public")
            looked_at += 1
    if not looked_at:
        raise TypeError("no routes to look at")
    return looked_at


def access_of(route: APIRoute) -> Access | None:
    """The access a route names."""
    found = [item.call for item in route.dependant.dependencies if isinstance(item.call, Access)]
    return found[0] if len(found) == 1 else None
