"""Builds a service's ASGI application: deny by default, one problem format, one edge."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from sqlalchemy import MetaData, text
from starlette.types import Message, Receive, Scope, Send

from shared import feed, idempotency, logs, metrics, problems, traces
from shared.access import Caller, Verifier
from shared.columns import platform
from shared.database import Database
from shared.errors import TooLarge
from shared.hot import HotReads, respond
from shared.ids import new_id
from shared.keepers import DIRECTORY, Records
from shared.languages import languages
from shared.pages import Cursors
from shared.refusals import learn_constraints
from shared.routes import require_named_access
from shared.secrets import service_key
from shared.settings import ServiceSettings
from shared.translations import Sentence
from shared.work import Conditions, Work, open_work

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NOSNIFF = (b"x-content-type-options", b"nosniff")
PREFIX = "/v1"


@dataclass
class Clock:
    """Where `work.now` comes from; tests hold it still."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        return self.fixed or datetime.now(UTC)


@dataclass
class Service:
    """What a service is made of; `build_app` turns it into an application."""

    name: str
    title: str
    routers: Sequence[APIRouter]
    metadata: MetaData
    settings: ServiceSettings
    verifier: Verifier
    clock: Clock = field(default_factory=Clock)
    before_work: Sequence[Callable[[Request, Work], Awaitable[None]]] = ()
    gauges: Sequence[metrics.Gauge] = ()
    records: Records = DIRECTORY  # by which the feed knows whose auditors an event is for


class ServiceApp(FastAPI):
    """A service: the edge around everything, the short way for reads, the framework for the rest."""

    hot = HotReads([], "")
    max_body = 1_048_576
    metrics: metrics.Metrics
    access_log_sample = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started, outermost = perf_counter(), traces.enter(scope)
        try:
            await self._answer(scope, *edge(scope, receive, send, max_body=self.max_body))
        finally:
            self._count(scope, perf_counter() - started, outermost=outermost is not None)
            if outermost is not None:
                traces.current.reset(outermost)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self.hot.find(scope["path"]) if scope["method"] == "GET" else None
        if found is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"], scope["route"] = self, found[0].route
        response = await respond(found[0], Request(scope, receive), found[1])
        await response(scope, receive, send)

    def _count(self, scope: Scope, seconds: float, *, outermost: bool) -> None:
        """The request as a figure and, unless the gateway called from the same process and does so itself, as a line of the log."""
        state, route = scope["state"], scope.get("route")
        if route is not None:
            state["route"] = PREFIX + route.path if scope["path"].startswith(PREFIX) else route.path
        state["counted"] = True
        self.metrics.count(scope["method"], state.get("route", metrics.UNMATCHED), state.get("status", 0), seconds)
        if outermost:
            traces.ended(scope, state, service=self.metrics.service, seconds=seconds)
            logs.access(scope, state, service=self.metrics.service, seconds=seconds, sample=self.access_log_sample)


def build_app(service: Service) -> ServiceApp:
    """The application of a service. A route that names neither a scope nor Public stops it here."""
    routers = [*service.routers, feed.feed_router(service.name, service.records)]
    require_named_access(routers)
    for metadata in (platform, service.metadata):
        learn_constraints(metadata)
    database = Database(service.settings.database_url, pool_size=service.settings.pool_size)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with database.running():
            app.state.cursors = Cursors(await service_key(database, "cursors"))
            yield

    app = ServiceApp(title=service.title, lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.database, app.state.verifier, app.state.clock = database, service.verifier, service.clock
    app.state.cursors = Cursors(b"until the service has started")
    app.state.name, app.state.before_work = service.name, service.before_work
    app.state.open_work = _work_of(app)
    problems.install(app)
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    app.include_router(_health(), include_in_schema=False)
    app.include_router(metrics.router(service.settings.metrics_token), include_in_schema=False)
    app.hot = HotReads([route for router in routers for route in router.routes if isinstance(route, APIRoute)], PREFIX)
    app.max_body, app.access_log_sample = service.settings.max_body, service.settings.access_log_sample
    app.metrics = metrics.Metrics(service.name, database, service.gauges)
    app.state.metrics = [app.metrics]
    return app


def _work_of(app: FastAPI) -> Callable[[Request, Caller], contextlib.AbstractAsyncContextManager[Work]]:
    @contextlib.asynccontextmanager
    async def open_it(request: Request, caller: Caller) -> AsyncIterator[Work]:
        read_only = request.method in SAFE
        async with open_work(app.state.database, caller, now=app.state.clock.now(), asked=conditions(request), read_only=read_only) as work:
            work.cursors = app.state.cursors
            for step in app.state.before_work:
                await step(request, work)
            await idempotency.claim(work, request)
            request.state.work = work
            yield work

    return open_it


def conditions(request: Request) -> Conditions:
    """What the request said about itself."""
    headers = dict(request.scope["headers"])
    query = request.scope["query_string"]
    return Conditions(
        request_id=request.scope["state"]["request_id"],
        if_match=_text(headers.get(b"if-match")),
        if_none_match=_text(headers.get(b"if-none-match")),
        languages=languages(_text(headers.get(b"accept-language"))),
        instance=request.scope["path"] + (f"?{query.decode('latin-1')}" if query else ""),
        accept=_text(headers.get(b"accept")),
    )


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")


def _health() -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def live() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready(request: Request) -> dict[str, str]:
        """The database answers as well."""
        async with open_work(request.app.state.database, Caller(), read_only=True) as work:
            await work.execute(text("SELECT 1"))
        return {"status": "ready"}

    return router


def edge(scope: Scope, receive: Receive, send: Send, *, max_body: int) -> tuple[Receive, Send]:
    """Request id, trace, body limit and security headers, around whatever answers the request."""
    headers = dict(scope["headers"])
    request_id = request_id_of(headers.get(b"x-request-id"))
    state = scope.setdefault("state", {})
    state["request_id"] = request_id
    trace: traces.Trace = state["trace"]
    state.setdefault("max_body", max_body)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    announced = headers.get(b"content-length", b"0")
    taken = 0

    async def limited() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        limit = state["max_body"]
        if taken > limit or (announced.isdigit() and int(announced) > limit):
            raise TooLarge(Sentence("Send at most {limit} bytes.", limit=limit), limit=limit)
        return message

    async def stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            state["status"] = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode()), (traces.PARENT, trace.header), NOSNIFF]
        await send(message)

    return limited, stamped


def request_id_of(header: bytes | None) -> str:
    """The caller's request id when it is a sane one, else a new one."""
    given = (header or b"").decode("latin-1")
    return given if 8 <= len(given) <= 128 and given.isascii() and all(char.isalnum() or char in "-_.:" for char in given) else str(new_id())
