"""Calls an ASGI application directly, so that a write is measured without a client and a socket around it."""

from typing import Any

import orjson

from deploy.credentials import Credentials


async def call(app: Any, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON body and headers of the answer."""
    content = orjson.dumps(body) if body is not None else b""
    sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    sent += [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    path, _, query = path.partition("?")
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http", "path": path}
    scope |= {"raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "headers": sent, "server": ("bench", 80), "client": ("bench", 1)}
    incoming = [{"type": "http.request", "body": content, "more_body": False}]
    status, chunks, found = 0, [], {}

    async def receive() -> dict[str, Any]:
        return incoming.pop() if incoming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            found.update({name.decode(): value.decode() for name, value in message["headers"]})
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, orjson.loads(b"".join(chunks) or b"null"), found


async def bearer(app: Any, who: str, credentials: Credentials) -> dict[str, str]:
    """The Authorization header of somebody of the sample, signed in by password."""
    email = f"{who}@comity.example"
    _, session, _ = await call(app, "POST", "/v1/session", {"email": email, "password": credentials.password(email)}, {})
    return {"Authorization": f"Bearer {session['access_token']}"}
