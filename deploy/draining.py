"""How a process that serves comes to its end: it says that it is not ready, answers what it was asked, and only then goes."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Unavailable
from shared.problems import MEDIA_TYPE, problem_body, problem_headers

FEEDS = "/v1/events"
CLOSE = (b"connection", b"close")


class Draining:
    """An application that can be told that its process is about to end.

    From then on /readyz is 503, every answer closes its connection, so that clients come back to somebody else, and feeds are read
    without waiting. A poll that waits already is asked again without the wait: who it may be and where it stands are still looked at.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.begun = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start" and self.begun.is_set():
                message = {**message, "headers": [*message.get("headers", ()), CLOSE]}
            await send(message)

        if self.begun.is_set() and scope["path"] == "/readyz":
            await _refuse(scope, closing)
        elif _waits(scope):
            await self._poll(scope, receive, closing)
        else:
            await self.app(scope, receive, closing)

    async def _poll(self, scope: Scope, receive: Receive, send: Send) -> None:
        answering = False

        async def noticing(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        if not self.begun.is_set():
            # A copy, since an application writes into the scope, and another one may come to be asked.
            waiting = asyncio.ensure_future(self.app({**scope, "state": dict(scope.get("state", {}))}, receive, noticing))
            ending = asyncio.create_task(self.begun.wait())
            try:
                await asyncio.wait({waiting, ending}, return_when=asyncio.FIRST_COMPLETED)
                if answering or waiting.done():
                    await waiting
                    return
            finally:
                ending.cancel()
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
        if not answering:
            await self.app({**scope, "query_string": _without_wait(scope["query_string"])}, receive, send)


def _waits(scope: Scope) -> bool:
    return scope["method"] == "GET" and b"timeout=" in scope["query_string"] and scope["path"].startswith(FEEDS)


def _without_wait(query: bytes) -> bytes:
    return urlencode([(name, value) for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True) if name != "timeout"]).encode()


async def _refuse(scope: Scope, send: Send) -> None:
    problem = Unavailable("This process is about to end.")
    body = problem_body(problem, instance=scope["path"], request_id=None)
    headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Cache-Control": "no-store", **problem_headers(problem)}
    found = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": problem.status, "headers": found})
    await send({"type": "http.response.body", "body": body})


class SignalledServer(uvicorn.Server):
    """uvicorn that leaves the end of the process to its caller."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM end the server; they are not raised again afterwards, so that the caller can stop the rest in order."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


class DrainingServer(SignalledServer):
    """The first signal begins the drain: `seconds` in which new requests are still taken, then no more, then the end when all are
    answered. A second signal leaves the seconds out.
    """

    def __init__(self, config: uvicorn.Config, draining: Draining, *, seconds: float) -> None:
        super().__init__(config)
        self.draining, self.seconds = draining, seconds

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self.draining.begun.is_set() or not self.started:
            self.should_exit = True
            return
        self.draining.begun.set()
        asyncio.get_running_loop().call_later(self.seconds, self._stop)

    def _stop(self) -> None:
        self.should_exit = True
