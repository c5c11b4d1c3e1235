"""An upstream in another process: the request is passed on over HTTP, the answer streamed back as it comes.

The front has already authenticated the caller, replaced its token and removed what a client may not say. A service that cannot be
reached is a 503 for its own resources only; the other services go on.
"""

from collections.abc import AsyncIterator

import httpx
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import ServiceUnreachable
from gateway.headers import HOP_BY_HOP

CONNECT, ANSWER = 2.0, 45.0  # a feed is polled for up to 30 seconds


class HttpUpstream:
    """An ASGI application that is a service somewhere else. Nothing is retried: a request may have had its effect."""

    def __init__(self, base_url: str, *, connections: int = 64) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self._http = httpx.AsyncClient(base_url=base_url, limits=limits, timeout=httpx.Timeout(ANSWER, connect=CONNECT))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._pass_on(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._http.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        url = httpx.URL(self._http.base_url).copy_with(raw_path=scope["raw_path"] + (b"?" + query if query else b""))
        request = httpx.Request(scope["method"], url, headers=_passed(scope), content=_body(receive) if _has_body(scope) else None)
        try:
            answer = await self._http.send(request, stream=True)
        except (httpx.ConnectError, httpx.TimeoutException, httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
            raise ServiceUnreachable("It may be restarting. What was sent may have had its effect: repeat a change with its Idempotency-Key.") from error
        try:
            headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in HOP_BY_HOP]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()


def _passed(scope: Scope) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in scope["headers"] if name != b"host"]


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in scope["headers"])


async def _body(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message: Message = await receive()
        if message["type"] != "http.request":
            return
        if message.get("body"):
            yield message["body"]
        if not message.get("more_body", False):
            return
