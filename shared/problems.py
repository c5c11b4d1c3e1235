"""Every error leaves as an RFC 9457 problem document: also the framework's own 404, 405 and 422, and what nobody foresaw.

A document is in the reader's language: the title, the kind's own advice, the messages of validation and of the framework, and what one
place in the code has to say about one request. English stays which part of the platform failed another, and how, as the log has it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared import logs, refusals, translations
from shared.errors import BadRequest, Conflict, Invalid, MethodNotAllowed, NotFound, Problem, TooLarge, UnsupportedMedia
from shared.languages import Language, languages_of, spoken
from shared.translations import Complaint, Sentence, Unparsed

MEDIA_TYPE = "application/problem+json"
log = logs.get(__name__)


class ProblemItem(BaseModel):
    """One thing that is wrong, and where."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or the parameter's name after /.")
    detail: str
    location: str = Field("body", alias="in", description="body, query, path or header")


class ProblemDocument(BaseModel):
    """RFC 9457."""

    model_config = ConfigDict(extra="allow")
    type: str = Field(description="A stable reference that explains this kind of problem.")
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    request_id: str | None = None
    errors: list[ProblemItem] | None = None


def problem_body(problem: Problem, *, instance: str | None, request_id: str | None, languages: Sequence[str] = ("en",)) -> bytes:
    """The document's bytes, in the best of these languages; `type` resolves at the platform's own address to an explanation."""
    language = spoken(languages)
    document: dict[str, Any] = {"type": f"/problems/{problem.code}", "title": translations.title(type(problem), language), "status": problem.status}
    detail = translations.detail(problem, language)
    if detail:
        document["detail"] = detail
    document |= {"instance": instance, "request_id": request_id, **problem.members}
    if "errors" in problem.members:
        document["errors"] = [_said(item, language) for item in problem.members["errors"]]
    return orjson.dumps(document, default=str)


def _said(item: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {name: translations.said(value, language) if name == "detail" else value for name, value in item.items()}


def problem_headers(problem: Problem, languages: Sequence[str] = ("en",)) -> dict[str, str]:
    """The headers beside the media type. What may be seen depends on the token, so the answer varies with it."""
    return {**problem.headers, "Content-Language": spoken(languages), "Vary": "Accept-Language, Authorization"}


def problem_response(request: Request, problem: Problem) -> Response:
    languages = languages_of(request.scope["headers"])
    content = problem_body(problem, instance=request.url.path, request_id=getattr(request.state, "request_id", None), languages=languages)
    return Response(content, status_code=problem.status, media_type=MEDIA_TYPE, headers=problem_headers(problem, languages))


def problems(*errors: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: its own states; those that every route shares are added to the document once."""
    found: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        entry = found.setdefault(error.status, {"model": ProblemDocument, "description": "", "content": {MEDIA_TYPE: {}}})
        entry["description"] = f"{entry['description']} `{error.code}`: {error.title}".strip()
    return found


def _pointer(location: Sequence[Any]) -> tuple[str, str]:
    where, *path = [str(part) for part in location] or ["body"]
    if where == "query" and path and path[0] in {"filters", "query", "page"}:
        path = path[1:]
    return where, "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def validation_problem(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """400 for a body that is not JSON, else 422 with one entry for each thing that is wrong."""
    if any(error["type"] == "json_invalid" for error in errors):
        reason = next(error for error in errors if error["type"] == "json_invalid")
        return BadRequest(Unparsed(reason["ctx"]["error"], reason["loc"][-1]))
    items = []
    for error in errors:
        where, pointer = _pointer(error["loc"])
        items.append({"in": where, "pointer": pointer, "detail": Complaint(error)})
    first = items[0]
    return Invalid(Sentence("{where}: {what}", where=first["pointer"].lstrip("/") or first["in"], what=first["detail"]), errors=items)


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
HTTP_PROBLEMS: dict[int, type[Problem]] = {
    400: BadRequest,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedMedia,
}


def install(app: FastAPI) -> None:
    """Answer every failure of this application with a problem document."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problem_response(request, validation_problem([_of_content_type(item) for item in error.errors()]))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error.__cause__, Problem):  # raised while the framework read the body
            return problem_response(request, error.__cause__)
        kind = HTTP_PROBLEMS.get(error.status_code, Problem)
        headers = dict(Headers(error.headers))
        if "allow" in headers:
            headers["allow"] = _offered(request)
        response = problem_response(request, kind(_framework_detail(request, error, headers)))
        response.status_code = error.status_code
        response.headers.update(headers)
        return response

    async def on_refusal(request: Request, error: Exception) -> Response:
        problem = refusals.problem_of(error)
        return await on_bug(request, error) if problem is None else problem_response(request, problem)

    async def on_bug(request: Request, error: Exception) -> Response:
        log.error("request.failed", path=request.url.path, exc_info=error)
        return problem_response(request, Problem("The failure is logged under this request id."))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
    for refusal in refusals.REFUSALS:
        app.add_exception_handler(refusal, on_refusal)


def _of_content_type(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """The framework leaves a body of another content type unread, and then misses an object."""
    if tuple(error["loc"]) == ("body",) and isinstance(error.get("input"), bytes):
        return {"type": "content_type", "loc": error["loc"], "msg": "is read as JSON only; send it with Content-Type: application/json"}
    return error


def _offered(request: Request) -> str:
    """Every method this path takes. The framework names those of the first route only, and a path may have several."""
    routes = request.app.routes
    return ", ".join(method for method in METHODS if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes))


def _framework_detail(request: Request, error: HTTPException, headers: Mapping[str, str]) -> str:
    if error.status_code == 404:
        return Sentence("No resource at {path}. The resources are listed in /openapi.json.", path=request.url.path)
    if error.status_code == 405:
        allowed = headers.get("allow", "see /openapi.json")
        return Sentence("{method} is not offered here; allowed: {allowed}.", method=request.method, allowed=allowed)
    if error.status_code == 400:
        return "The body cannot be parsed."
    return str(error.detail)
