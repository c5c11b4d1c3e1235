"""What stands before everything: request id, limits, authenticate, route, forward. Pure ASGI, so that nothing is buffered."""

from time import perf_counter
from typing import Any

import structlog
from starlette.types import Message, Receive, Scope, Send

from gateway import headers
from gateway.routing import TOKEN_ENDPOINT, Routing
from gateway.settings import Settings
from gateway.tokens.passports import Passports
from shared import logs, traces
from shared.errors import BadRequest, Problem, TooLarge, Unauthorized
from shared.ids import new_id
from shared.languages import languages_of
from shared.metrics import PATH as METRICS
from shared.metrics import Metrics
from shared.problems import MEDIA_TYPE, problem_body, problem_headers
from shared.translations import Sentence
from shared.web import request_id_of

log = logs.get(__name__)
SPOKEN = frozenset({"1.0", "1.1", "2"})  # a server before us may speak 2 to clients; what calls itself 0.9 or 2.0 in plain text is neither
OWN_AUTHORIZATION = (TOKEN_ENDPOINT, METRICS)  # theirs is no access token


class Front:
    """The ASGI application of the gateway."""

    def __init__(self, routing: Routing, passports: Passports, settings: Settings, metrics: Metrics) -> None:
        self.routing, self.passports, self.max_upload = routing, passports, settings.max_upload
        self.metrics, self.access_log_sample = metrics, settings.access_log_sample
        self.added = (*headers.SECURITY, headers.HTTPS_ONLY) if settings.public_url.startswith("https:") else headers.SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await _Passage(self, scope, receive, send).run()
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})
        else:
            await self.routing.own.app(scope, receive, send)


class _Passage:
    """One request on its way through."""

    __slots__ = ("_receive", "_send", "completed", "front", "request_id", "scope", "started", "state", "taken", "trace")

    def __init__(self, front: Front, scope: Scope, receive: Receive, send: Send) -> None:
        self.front, self.scope, self._receive, self._send = front, scope, receive, send
        self.request_id, self.trace = "-", traces.read(scope["headers"])
        self.state: dict[str, Any] = {"trace": self.trace}
        self.taken, self.started, self.completed = 0, False, False

    async def run(self) -> None:
        began, before = perf_counter(), traces.current.set(self.trace)
        try:
            await self._answer()
        finally:
            self._count(perf_counter() - began)
            traces.current.reset(before)

    async def _answer(self) -> None:
        try:
            await self._forward()
        except Problem as problem:
            await self._refuse(problem)
        except Exception as error:
            if self.completed:
                return  # the upstream has logged and answered it; frameworks raise it again for the server's sake
            if self.started:
                raise  # half an answer: only closing the connection says so
            log.error("gateway.failed", path=self.scope["path"], exc_info=error)
            await self._refuse(Problem("The failure is logged under this request id."))

    async def _forward(self) -> None:
        scope = self.scope
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                self.request_id = request_id_of(value)
                break
        else:
            self.request_id = str(new_id())
        structlog.contextvars.bind_contextvars(request_id=self.request_id)
        passed, once = headers.forwarded(scope["headers"])
        if scope["http_version"] not in SPOKEN or (b"transfer-encoding" in once and scope["http_version"] == "1.0"):
            raise BadRequest("Speak HTTP/1.1.")
        length = once.get(b"content-length", b"")
        self._refuse_announced(length)
        self.state["body"] = b"transfer-encoding" in once or length.strip(b"0 \t") != b""
        path: str = scope["path"]
        authorization = once.get(b"authorization")
        if authorization is not None:
            if path.startswith("/v1/"):
                passport = await self.front.passports.admit(_bearer(authorization))
                passed.append((b"authorization", passport.header))
                self.state["claims"] = passport.claims
            elif path in OWN_AUTHORIZATION:
                self.state["client_authorization"] = authorization.decode("latin-1")
        passed += [(b"x-request-id", self.request_id.encode()), *self.trace.headers()]
        upstream = self.front.routing.upstream(path)
        # RFC 9110 §9.3.2: HEAD is GET without the content, so nobody behind the gateway needs to know it.
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        await upstream.app({**scope, "method": method, "headers": passed, "state": self.state}, self.receive, self.send)

    def _count(self, seconds: float) -> None:
        """A figure, unless an application of this process has counted the request; and a line in the log."""
        front, state = self.front, self.state
        if "counted" not in state:
            state["route"] = front.routing.template(self.scope["path"])
            front.metrics.count(self.scope["method"], state["route"], state.get("status", 0), seconds)
        state["request_id"] = self.request_id
        traces.ended(self.scope, state, service=front.metrics.service, seconds=seconds)
        logs.access(self.scope, state, service=front.metrics.service, seconds=seconds, sample=front.access_log_sample)

    def _refuse_announced(self, length: bytes) -> None:
        if length.isdigit() and int(length) > self.front.max_upload:
            raise self._too_large()

    def _too_large(self) -> TooLarge:
        return TooLarge(Sentence("Send at most {limit} bytes.", limit=self.front.max_upload), limit=self.front.max_upload)

    async def receive(self) -> Message:
        message = await self._receive()
        body = message.get("body")
        if body:
            self.taken += len(body)
            if self.taken > self.front.max_upload:
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.state["status"] = message["status"]
            ids = [(b"x-request-id", self.request_id.encode()), (traces.PARENT, self.trace.header)]
            added = self.front.added
            if self.scope["path"].startswith(headers.OF_ANY_ORIGIN):
                added = (*added, headers.ANY_ORIGIN)
            message = {**message, "headers": headers.answered(message.get("headers", ()), ids, added)}
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.completed = True
        if self.scope["method"] == "HEAD" and message.get("body"):
            message = {**message, "body": b""}
        await self._send(message)

    async def _refuse(self, problem: Problem) -> None:
        if self.started:
            raise problem
        languages = languages_of(self.scope["headers"])
        body = problem_body(problem, instance=self.scope["path"], request_id=self.request_id, languages=languages)
        found = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
        found += [(name.lower().encode(), value.encode()) for name, value in problem_headers(problem, languages).items()]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": found})
        await self.send({"type": "http.response.body", "body": body})


def _bearer(header: bytes) -> str:
    kind, _, token = header.decode("latin-1").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the token as: Authorization: Bearer <token>.")
    return token.strip()
