"""A request to an upstream in another process, told from its two ends."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from gateway.proxy import HttpUpstream

HEAD = b"HTTP/1.1 200 OK\r\n"
Message = MutableMapping[str, Any]


def scope(method: str = "GET", *headers: tuple[bytes, bytes], path: bytes = b"/v1/echo") -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path.decode("latin-1"), "raw_path": path, "query_string": b"", "headers": list(headers), "state": {}}


def of(subject: str) -> dict[str, Any]:
    """A request of this principal."""
    return scope() | {"state": {"claims": {"sub": subject}}}


class Client:
    """The client's end of one request: says its pieces, then waits until it leaves; keeps what it is sent."""

    def __init__(self, *pieces: bytes, more: bool = False) -> None:
        self.pieces, self.more = list(pieces) or [b""], more
        self.left = asyncio.Event()
        self.sent: list[Message] = []
        self.takes = asyncio.Event()
        self.takes.set()

    async def receive(self) -> Message:
        if self.pieces:
            piece = self.pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self.pieces) or self.more}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        await self.takes.wait()

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def whole(self) -> bool:
        return bool(self.sent) and self.sent[-1]["type"] == "http.response.body" and not self.sent[-1]["more_body"]


async def asked(upstream: HttpUpstream, method: str = "GET", *headers: tuple[bytes, bytes], client: Client | None = None) -> Client:
    client = client or Client()
    async with asyncio.timeout(20):
        await upstream(scope(method, *headers), client.receive, client.send)
    return client
