"""The short way of a read: GET routes answered without the framework's dependency machinery, which costs more than the query.

A route is taken when its parameters are path parameters, one query model and the Work or Caller of its access: then everything
the framework would work out for each request is known when the application starts. All other requests go the framework's way.
Both ways end in the same endpoint, the same edge and the same problem documents; a test sends every request both ways.
"""

import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared import logs
from shared.access import Access
from shared.errors import Invalid, Problem
from shared.problems import problem_response, validation_problem
from shared.reading import unwrapped
from shared.refusals import translated_errors
from shared.routes import access_of, query_parameters, refuse_strange_parameters
from shared.translations import Sentence

log = logs.get(__name__)
MOST_PARAMETERS = 200


@dataclass(frozen=True)
class Plan:
    """How to answer one GET route."""

    route: APIRoute
    endpoint: Callable[..., Any]
    access: Access
    access_name: str
    path: dict[str, tuple[str, TypeAdapter[Any]]]  # by argument: what the path calls it, and its type
    query_name: str | None
    query: type[BaseModel] | None
    known: dict[str, bool]

    async def answer(self, request: Request, path: dict[str, str]) -> Response:
        """The endpoint's own answer; problems as exceptions, as on the framework's way."""
        values: dict[str, Any] = {}
        problems: list[Any] = []
        for name, (said, kind) in self.path.items():
            with _collected(problems, "path", said):
                values[name] = kind.validate_python(path[said])
        pairs = _pairs(request.scope["query_string"])
        refuse_strange_parameters(pairs, self.known)
        if self.query is not None and self.query_name is not None:
            with _collected(problems, "query", None):
                values[self.query_name] = self.query.model_validate(_grouped(pairs, self.known))
        if problems:
            raise validation_problem(problems)
        async with _entered(self.access, request) as granted:
            values[self.access_name] = granted
            response: Response = await self.endpoint(**values)
            return response


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """The parameters in their order; Invalid for more of them than any route takes."""
    try:
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as error:
        raise Invalid(Sentence("Send at most {most} parameters at once.", most=MOST_PARAMETERS), limit=MOST_PARAMETERS) from error


def _grouped(pairs: Sequence[tuple[str, str]], known: dict[str, bool]) -> dict[str, Any]:
    grouped: dict[str, Any] = {}
    for name, value in pairs:
        if known[name]:
            grouped.setdefault(name, []).append(value)
        else:
            grouped[name] = value
    return grouped


@contextlib.contextmanager
def _collected(problems: list[Any], where: str, name: str | None) -> Any:
    try:
        yield
    except ValidationError as error:
        problems += [{**item, "loc": (where, *([name] if name else []), *item["loc"])} for item in error.errors()]


@contextlib.asynccontextmanager
async def _entered(access: Access, request: Request) -> AsyncIterator[Any]:
    """The access as a context: what it would yield to the framework."""
    steps: AsyncGenerator[Any, None] = access(request)
    granted = await anext(steps)
    try:
        yield granted
    except BaseException as error:
        await steps.athrow(error)
        raise
    await anext(steps, None)


def _constrained(info: FieldInfo) -> TypeAdapter[Any]:
    """The type of a path parameter with its constraints, which stand beside the type and not in it."""
    kind: Any = Annotated[info.annotation or str, info]
    return TypeAdapter(kind)


def plan_of(route: APIRoute) -> Plan | None:
    """The plan of a route, or None when only the framework can answer it."""
    dependant, access = route.dependant, access_of(route)
    if route.methods != {"GET"} or access is None or dependant.header_params or dependant.cookie_params or dependant.body_params:
        return None
    if dependant.request_param_name or dependant.response_param_name or len(dependant.query_params) > 1 or len(dependant.dependencies) != 1:
        return None
    query: type[BaseModel] | None = None
    for parameter in dependant.query_params:
        bare = unwrapped(parameter.field_info.annotation)[0]
        if not (isinstance(bare, type) and issubclass(bare, BaseModel)):
            return None
        query = bare
    path = {item.name: (item.alias, _constrained(item.field_info)) for item in dependant.path_params}
    name = dependant.query_params[0].name if query else None
    access_name = dependant.dependencies[0].name
    assert access_name is not None
    return Plan(route, route.endpoint, access, access_name, path, name, query, query_parameters(route))


class HotReads:
    """Finds the plan of a path, minding the order in which routes were declared."""

    def __init__(self, routes: Sequence[APIRoute], prefix: str) -> None:
        self.exact: dict[str, Plan | None] = {}
        self.patterns: list[tuple[re.Pattern[str], Plan | None]] = []
        for route in routes:
            if "GET" not in (route.methods or ()):
                continue
            if route.param_convertors:
                self.patterns.append((re.compile(re.escape(prefix) + route.path_regex.pattern.removeprefix("^")), plan_of(route)))
            else:
                self.exact.setdefault(prefix + route.path, plan_of(route))

    def find(self, path: str) -> tuple[Plan, dict[str, str]] | None:
        """The plan and the path's values; None sends the request the framework's way."""
        if path in self.exact:
            plan = self.exact[path]
            return None if plan is None else (plan, {})
        for pattern, plan in self.patterns:
            match = pattern.match(path)
            if match is not None:
                return None if plan is None else (plan, match.groupdict())
        return None


async def respond(plan: Plan, request: Request, path: dict[str, str]) -> Response:
    """The answer or the problem document that the framework's handlers would have made."""
    try:
        with translated_errors():
            return await plan.answer(request, path)
    except Problem as problem:
        return problem_response(request, problem)
    except Exception as error:
        log.error("request.failed", path=request.url.path, exc_info=error)
        return problem_response(request, Problem("The failure is logged under this request id."))
