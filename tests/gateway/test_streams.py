"""Nothing is buffered on the way, and a client that leaves is gone for the service as well."""

import asyncio
from typing import Any

from gateway.app import Gateway
from gateway.routing import Upstream


def request(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [],
    }


async def test_chunks_pass_one_by_one(gateway: Gateway) -> None:
    go_on = asyncio.Event()
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def upstream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"second"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    gateway.routing.by_segment["stream"] = Upstream("stream", upstream)
    async with asyncio.timeout(10):
        task = asyncio.create_task(gateway(request("/v1/stream"), receive, sent.put))
        assert (await sent.get())["status"] == 200
        assert (await sent.get())["body"] == b"first"
        assert not task.done()
        go_on.set()
        assert (await sent.get())["body"] == b"second"
        await task


async def test_uploads_pass_piece_by_piece(gateway: Gateway) -> None:
    pieces: asyncio.Queue[Any] = asyncio.Queue()
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def upstream(scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            await got.put(message["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def nowhere(message: Any) -> None:
        return None

    gateway.routing.by_segment["upload"] = Upstream("upload", upstream)
    async with asyncio.timeout(10):
        task = asyncio.create_task(gateway(request("/v1/upload"), pieces.get, nowhere))
        for body, more in ((b"one", True), (b"two", False)):
            await pieces.put({"type": "http.request", "body": body, "more_body": more})
            assert await got.get() == body
        await task


async def test_a_client_that_leaves_is_gone_for_the_service(gateway: Gateway) -> None:
    inbox: asyncio.Queue[Any] = asyncio.Queue()
    left = asyncio.Event()

    async def upstream(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    async def nowhere(message: Any) -> None:
        return None

    gateway.routing.by_segment["slow"] = Upstream("slow", upstream)
    async with asyncio.timeout(10):
        task = asyncio.create_task(gateway(request("/v1/slow"), inbox.get, nowhere))
        await inbox.put({"type": "http.request", "body": b"", "more_body": False})
        await inbox.put({"type": "http.disconnect"})
        await left.wait()
        await task


async def test_cancelling_a_request_cancels_the_service(gateway: Gateway) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def upstream(scope: Any, receive: Any, send: Any) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    gateway.routing.by_segment["slow"] = Upstream("slow", upstream)
    async with asyncio.timeout(10):
        task = asyncio.create_task(gateway(request("/v1/slow"), None, None))  # type: ignore[arg-type]  # neither is called
        await began.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert ended.is_set()
