"""How the gateway itself asks a service: an ASGI application called as a function, its answer collected."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.types import ASGIApp, Message

from shared import traces
from shared.errors import Problem, Unavailable

LARGEST_ANSWER = 67_108_864


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes

    def detail(self) -> str:
        """What a problem document says, or the status."""
        try:
            return str(orjson.loads(self.body)["title"])
        except (ValueError, KeyError, TypeError):
            return f"status {self.status}"


@dataclass(frozen=True)
class Principal:
    """For whom the gateway asks: what their token said, and the header that says so to a service."""

    claims: dict[str, Any]
    authorization: str


async def get(app: ASGIApp, path: str, parameters: dict[str, str | int] | None = None, principal: Principal | None = None) -> Reply:
    """GET a path of a service. Cancelling this cancels the service's work; Unavailable when it fails without an answer."""
    status = 0
    body = bytearray()
    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await asyncio.Event().wait()  # the client of this call leaves by cancellation only
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, body
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")
            if len(body) > LARGEST_ANSWER:
                raise Unavailable(f"{path} answers with more than {LARGEST_ANSWER} bytes.")

    try:
        await app(_scope(path, parameters or {}, principal), receive, send)
    except Problem:
        raise
    except Exception as error:
        if not status:
            raise Unavailable(f"{path} failed: {error!r}") from error
    return Reply(status, bytes(body))


def _scope(path: str, parameters: dict[str, str | int], principal: Principal | None) -> dict[str, Any]:
    """A GET in the trace of the request that it is made for."""
    traced, state = traces.inside()
    if principal is not None:
        traced, state = [*traced, (b"authorization", principal.authorization.encode())], {**state, "claims": principal.claims}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(parameters).encode(),
        "root_path": "",
        "headers": traced,
        "client": None,
        "server": None,
        "state": state,
    }
