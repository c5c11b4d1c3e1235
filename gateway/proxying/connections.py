"""One connection to a service: an answer is read by llhttp in its strict mode, and held to what this platform's services send.

What could be read in two ways is not passed on, and a connection that carried it is not used again. Bytes that nobody has taken
yet are bounded: the service waits for the client, and the client for the service.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from gateway.proxying.failures import Lost, Unreadable

HELD = 65_536  # bytes of an answer that may wait here for the client
LARGEST_HEAD, MOST_HEADERS = 65_536, 100
NO_CONTENT, NOT_MODIFIED = 204, 304


class Connection(asyncio.Protocol):
    """Carries one request and its answer at a time. `gone` is called once, when it is closed."""

    def __init__(self, gone: Callable[["Connection"], None]) -> None:
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.answered = 0  # requests, over its life
        self.begun = self.moved = self._loop.time()
        self.when_slow: Callable[[], None] | None = None
        self._reset()
        self.complete = self.sent = True

    def _reset(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.headed = self.complete = self.sent = self.paused = False
        self.error: BaseException | None = None
        self._kept = True
        self._chunks: list[bytes] = []
        self._held = self._head_bytes = 0

    # For whoever has a request.

    @property
    def usable(self) -> bool:
        """Whether another request may be sent: open, and nothing of the last one is left."""
        return self.complete and self.sent and self.error is None and self.transport is not None and not self.transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether not one byte of an answer has come."""
        return self._head_bytes == 0

    def ask(self, head: bytes, *, whole: bool, when_slow: Callable[[], None]) -> None:
        """Send the head of a request, with its body when that is `whole`. `when_slow` is called if the answer takes its time."""
        self._reset()
        self.when_slow = when_slow
        self.begun = self.moved = self._loop.time()
        self.sent = whole
        self._write(head)

    async def send(self, piece: bytes, *, last: bool) -> None:
        """Send more of the body; returns when the service has taken enough of it."""
        self._write(piece)
        self.sent = last
        if self._writable is not None:
            await self._writable

    async def until_headed(self) -> None:
        """Returns when status and headers are there. Raises what `fail` was given: Lost, Unreadable, TooSlow."""
        while not self.headed:
            await self._wait()

    async def read(self) -> tuple[bytes, bool]:
        """What has come of the body since, and whether there is more of it."""
        while not (self._chunks or self.complete):
            await self._wait()
        return self.take()

    def take(self) -> tuple[bytes, bool]:
        """The same without waiting."""
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._held = 0
        if self.paused:
            self.paused, self.moved = False, self._loop.time()
            if self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()
        return body, not self.complete

    def fail(self, error: BaseException) -> None:
        """Whoever waits gets this error; the connection is closed at once. Nothing happens to an answer that is complete."""
        if self.error is None and not self.complete:
            self.error = error
        self._wake()
        self.abort()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # For the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        if self.complete:
            self.abort()  # nobody has asked
            return
        self.moved = self._loop.time()
        if not self.headed:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if not self.headed and self._head_bytes > LARGEST_HEAD:
                raise Unreadable("the head of the answer is too large")
        except Unreadable as error:
            self.fail(error)
        except httptools.HttpParserError as error:
            # What follows a complete answer harms nobody once the connection is closed.
            self.fail(_cause(error))
        else:
            if self.complete and not self._kept:
                self.abort()
            if self._held > HELD and not self.paused and not self.complete:
                self.paused = True
                assert self.transport is not None
                self.transport.pause_reading()
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        if self.error is None and not self.complete:
            self.error = Lost("the connection was closed")
        self._wake()
        self.resume_writing()
        self._gone(self)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        waiting, self._writable = self._writable, None
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    # For the parser.

    def on_message_begin(self) -> None:
        if self.complete:
            raise Unreadable("two answers came to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.headed:
            return  # a trailer
        self.headers.append((name.lower(), value))
        if len(self.headers) > MOST_HEADERS:
            raise Unreadable("the answer has too many headers")

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        _require_one_framing(self.status, self._parser.get_http_version(), self.headers)
        if sum(len(name) + len(value) for name, value in self.headers) > LARGEST_HEAD:
            raise Unreadable("the head of the answer is too large")
        self.headed = True

    def on_body(self, data: bytes) -> None:
        self._chunks.append(data)
        self._held += len(data)

    def on_message_complete(self) -> None:
        self.complete, self._kept = True, self._parser.should_keep_alive()
        self.answered += 1

    def _write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.moved = self._loop.time()
            self.transport.write(data)

    async def _wait(self) -> None:
        if self.error is not None:
            raise self.error
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _require_one_framing(status: int, version: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Unreadable unless the end of the answer is beyond doubt (RFC 9112 §6.3); llhttp has refused doubled and strange lengths."""
    codings = [value for name, value in headers if name == b"transfer-encoding"]
    lengths = [value for name, value in headers if name == b"content-length"]
    if not 200 <= status <= 599 or version not in ("1.0", "1.1"):
        raise Unreadable("the answer has a status or a version that was not asked for")
    if codings and (len(codings) > 1 or codings[0].strip().lower() != b"chunked" or version == "1.0" or lengths):
        raise Unreadable("the answer has a transfer encoding that was not asked for")
    if status in (NO_CONTENT, NOT_MODIFIED):
        if codings or (status == NO_CONTENT and any(int(value) for value in lengths)):
            raise Unreadable("an answer that has no content announces some")
    elif not codings and not lengths:
        raise Unreadable("the answer does not say where it ends")


def _cause(error: httptools.HttpParserError) -> Unreadable:
    """A callback's own error comes wrapped."""
    within = error.__context__
    return within if isinstance(within, Unreadable) else Unreadable(str(error))
