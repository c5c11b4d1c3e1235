"""How the server reads HTTP/1.1: as uvicorn does, and bounded. Of what is no body it keeps a bounded part, and trailers are no headers."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

LARGEST = 262_144  # bytes that may come without a head or a part of a body being complete
# Seconds between two requests over one connection: longer than clients and load balancers keep one that rests (httpx 5, many balancers 60),
# so that it is them who close it. The other way round, a request is lost now and then: it sets out while the server is just closing.
KEPT = 75


class UntilClosed(RequestResponseCycle):
    """An answer in HTTP/1.0, which knows no chunks (RFC 9112 §6.1): one without a length ends with its connection."""

    _unmeasured = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._unmeasured = all(name.lower() != b"content-length" for name, _ in message.get("headers", ()))
            self.chunked_encoding = False if self._unmeasured else None
        elif self._unmeasured:
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)


class BoundedProtocol(HttpToolsProtocol):
    """One connection. A head, or trailers, that do not end are answered with 400 before they fill the memory.

    A connection over which no whole head comes within `head_within` seconds is closed, whether its client says a letter now and then or
    nothing at all: uvicorn itself counts only the time between two requests, and stops counting with the first letter.

    The fields after a chunked body would come to stand among the headers when all arrives at once, so that a client could say there
    what somebody before this server lets nobody say.
    """

    head_within = 20.0
    _headed = True
    _fruitless = 0
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn names the kind of transport
        self._count_time()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_counting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > LARGEST and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
        if self._late is None and (not self._headed or (self._idle() and self.timeout_keep_alive_task is None)):
            self._count_time()

    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _count_time(self) -> None:
        self._late = self.loop.call_later(self.head_within, self._too_late)

    def _stop_counting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        if self._idle():
            self.transport.close()
        else:
            self._count_time()  # the answer to the request before is still on its way

    def on_message_begin(self) -> None:
        self._headed = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._headed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._headed, self._fruitless = True, 0
        self._stop_counting()
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0" and self.cycle is not None:
            self.cycle.__class__ = UntilClosed

    def on_body(self, body: bytes) -> None:
        self._fruitless = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._fruitless = 0
        super().on_message_complete()


def server_config(app: Any, host: str, port: int, *, last_answers: int) -> uvicorn.Config:
    """How every server of ours speaks HTTP; requests have `last_answers` seconds once it takes no more of them."""
    return uvicorn.Config(
        app,
        host,
        port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEPT,
        timeout_graceful_shutdown=last_answers,
        http=BoundedProtocol,
    )
