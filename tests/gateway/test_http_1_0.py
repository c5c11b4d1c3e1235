"""Clients of HTTP/1.0, such as a proxy with its oldest settings: they are answered in words they know."""

from typing import Any

import pytest

from tests.support.wires import listening, said_raw

GET = b"GET / HTTP/1.0\r\nHost: test\r\n\r\n"


def answering(*pieces: bytes, headers: list[tuple[bytes, bytes]], status: int = 200) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"6")]], ids=["streamed", "measured"])
async def test_an_answer_has_no_chunks(headers: list[tuple[bytes, bytes]]) -> None:
    async with listening(answering(b"one", b"two", headers=headers)) as port:
        head, _, body = (await said_raw(port, GET)).partition(b"\r\n\r\n")
    assert body == b"onetwo"
    assert b"transfer-encoding" not in head and b"connection: close" in head


async def test_neither_has_one_without_content() -> None:
    async with listening(answering(headers=[], status=204)) as port:
        head, _, body = (await said_raw(port, GET)).partition(b"\r\n\r\n")
    assert (head.splitlines()[0], body) == (b"HTTP/1.1 204 No Content", b"")


async def test_the_next_version_has_them_still() -> None:
    async with listening(answering(b"one", headers=[])) as port:
        said = await said_raw(port, GET.replace(b"1.0", b"1.1").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert said.endswith(b"\r\n\r\n3\r\none\r\n0\r\n\r\n")
