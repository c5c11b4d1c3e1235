"""Bytes on real sockets: a service that records exactly what reaches it, a gateway that listens, a client that sends what it likes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httptools
import uvicorn
from starlette.types import ASGIApp

from deploy.protocol import BoundedProtocol
from tests.support.processes import until

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Wire:
    """A service of raw bytes. `connections` holds what came over each; `requests` counts those that were complete."""

    port: int = 0
    answers: list[bytes] = field(default_factory=list)  # one for each request in turn, then OK; nothing when empty
    script: Script | None = None  # instead of answers
    connections: list[bytearray] = field(default_factory=list)
    requests: int = 0
    ended: int = 0  # connections that the gateway has closed
    serving: "set[asyncio.Task[None]]" = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def received(self) -> bytes:
        return b"".join(bytes(item) for item in self.connections)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await (self.script or self._answer)(reader, writer)
        finally:
            await _closed(writer)
            self.serving.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        record = bytearray()
        self.connections.append(record)
        parser, counted = httptools.HttpRequestParser(self), self.requests
        while data := await reader.read(65_536):
            record += data
            parser.feed_data(data)
            for _ in range(self.requests - counted):
                answer = self.answers.pop(0) if self.answers else OK
                if not answer:
                    return
                writer.write(answer)
            counted = self.requests
        self.ended += 1

    def on_message_complete(self) -> None:
        self.requests += 1


@contextlib.asynccontextmanager
async def wire(script: Script | None = None, **options: Any) -> AsyncIterator[Wire]:
    """A raw service on a port of its own."""
    made = Wire(script=script, **options)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in made.serving:
            task.cancel()
        await asyncio.gather(*made.serving, return_exceptions=True)


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """Signals belong to pytest."""
        yield


@contextlib.asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    """The application behind the server that `comity serve` uses; gives its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        server = _Server(uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False, http=BoundedProtocol))
        task = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            await until(lambda: server.started)
            yield bound.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            await task


@dataclass
class Answer:
    """One answer as a client reads it."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    complete: bool = False


class _Answers:
    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.found: list[Answer] = []

    def on_message_begin(self) -> None:
        self.found.append(Answer())

    def on_header(self, name: bytes, value: bytes) -> None:
        self.found[-1].headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.found[-1].status = self.parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        self.found[-1].body += data

    def on_message_complete(self) -> None:
        self.found[-1].complete = True


async def said(port: int, raw: bytes) -> list[Answer]:
    """Everything that is answered to these bytes until the other side closes; the last request must ask for that."""
    answers = _Answers()
    answers.parser.feed_data(await said_raw(port, raw))
    return answers.found


async def said_raw(port: int, raw: bytes) -> bytes:
    """The same as bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    found = b""
    try:
        async with asyncio.timeout(20):
            writer.write(raw)
            while data := await reader.read(65_536):
                found += data
    except ConnectionError:
        pass
    finally:
        await _closed(writer)
    return found
