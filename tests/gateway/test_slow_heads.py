"""Clients that take their time with the head of a request, or never begin it, lose their connection; whoever waits for an answer keeps it."""

import asyncio
from typing import Any

import pytest

from deploy.protocol import BoundedProtocol, server_config
from gateway.proxying.pools import SWEEP, Patience
from tests.support.wires import listening

GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "head_within", 0.25)


async def prompt(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def ends(port: int, said: bytes) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(20):
            writer.write(said)
            return await reader.read()
    except ConnectionError:  # closed before it was said
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize("said", [b"", b"G", GET[:-2], b"\r\n"], ids=["nothing", "a letter", "no end", "an empty line"])
async def test_a_head_that_does_not_come_ends_the_connection(said: bytes) -> None:
    async with listening(prompt) as port:
        assert await ends(port, said) == b""


async def test_so_does_the_head_of_a_second_request() -> None:
    async with listening(prompt) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(20):
            writer.write(GET)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
            writer.write(GET[:-2])
            assert await reader.read() == b""
        writer.close()


async def test_who_waits_for_an_answer_is_not_late() -> None:
    """Not even when a part of the next request has come already."""
    answered = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await answered.wait()
        await prompt(scope, receive, send)

    async with listening(slow) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET + GET[:-2])
        for _ in range(2):
            assert await ends(port, b"G") == b"", "one that came later is over"
        answered.set()
        async with asyncio.timeout(20):
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()


def test_a_connection_that_rests_is_closed_by_its_client_first() -> None:
    """Whoever keeps one as long as the server does loses requests: one sets out while the server is just closing."""
    kept = server_config(prompt, "127.0.0.1", 0, last_answers=1).timeout_keep_alive
    assert kept > 60  # what balancers are commonly set to
    assert kept > Patience().rest + SWEEP
