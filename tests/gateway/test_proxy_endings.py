"""How the hop to a service ends when either side goes away, is slow, or closes a connection just then."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import ServiceUnreachable, TooManyAtOnce
from gateway.proxy import HttpUpstream
from gateway.proxying.connections import HELD, Connection
from gateway.proxying.pools import Patience
from gateway.routing import Upstream
from tests.support.passing import HEAD, Client, asked, of, scope
from tests.support.problems import assert_problem
from tests.support.processes import until
from tests.support.wires import OK, Script, Wire, wire


def closing_the_second() -> tuple[Script, list[bytes]]:
    """A service that answers the first request of a connection and closes it when the second one comes; what it was asked."""
    heads: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        heads.append(await reader.readuntil(b"\r\n\r\n"))

    return script, heads


@pytest.mark.parametrize(
    ("method", "headers", "again"),
    [
        ("GET", (), True),
        ("PUT", (), True),
        ("DELETE", (), True),
        ("PUT", ((b"if-match", b'"1-a"'),), False),
        ("POST", (), False),
        ("POST", ((b"idempotency-key", b"1"),), False),
        ("PATCH", (), False),
    ],
    ids=["GET", "PUT", "DELETE", "conditional PUT", "POST", "POST with a key", "PATCH"],
)
async def test_a_request_that_met_a_closed_connection_is_repeated_only_if_that_does_nothing_twice(
    method: str, headers: tuple[tuple[bytes, bytes], ...], again: bool
) -> None:
    script, heads = closing_the_second()
    async with wire(script) as service:
        upstream = HttpUpstream(service.address)
        assert (await asked(upstream)).body == b"ok"
        if again:
            assert (await asked(upstream, method, *headers)).body == b"ok"
        else:
            with pytest.raises(ServiceUnreachable):
                await asked(upstream, method, *headers)
        assert [head.split()[0].decode() for head in heads] == ["GET", method, *([method] if again else [])]
        await upstream.pool.close()


async def test_a_new_connection_that_is_closed_is_not_tried_again(service: Wire, upstream: HttpUpstream) -> None:
    service.answers = [b"", b""]
    with pytest.raises(ServiceUnreachable):
        await asked(upstream)
    assert service.requests == 1


async def test_what_was_answered_in_part_is_not_asked_again(service: Wire, upstream: HttpUpstream) -> None:
    await asked(upstream)
    service.answers = [b"HTTP/1.1 200 OK\r\nContent-", b""]
    asking = asyncio.create_task(asked(upstream))
    await until(lambda: service.requests == 2)
    for connection in list(upstream.pool._open):
        await until(lambda connection=connection: not connection.silent)  # type: ignore[misc]  # bound at once
        connection.connection_lost(None)
    with pytest.raises(ServiceUnreachable):
        await asking
    assert service.requests == 2


async def test_a_service_that_is_down_takes_nobody_else_with_it(gateway: Gateway, http: httpx.AsyncClient, service: Wire) -> None:
    async with wire() as gone:
        pass
    down, up = HttpUpstream(gone.address), HttpUpstream(service.address)
    gateway.routing.by_segment |= {"down": Upstream("down", down), "up": Upstream("up", up)}
    for _ in range(3):
        answer = await http.get("/v1/down")
        assert_problem(answer, ServiceUnreachable)
        assert answer.headers["retry-after"] == "1"
        assert (await http.get("/v1/up")).text == "ok"
    await up.pool.close()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(HEAD + b"Content-Length: 3\r\n\r\nab")
    await reader.read()


@pytest.mark.parametrize(
    ("script", "patience"),
    [(silent, Patience(head=0.0)), (half, Patience(silence=0.0)), (silent, Patience(whole=0.0)), (half, Patience(whole=0.0))],
    ids=["no head", "silence", "whole, no head", "whole"],
)
async def test_nobody_is_waited_for_without_end(script: Script, patience: Patience) -> None:
    async with wire(script) as service:
        upstream = HttpUpstream(service.address, patience=patience)
        client = Client()
        with pytest.raises(ServiceUnreachable):
            await asked(upstream, client=client)
        assert not client.whole
        await until(lambda: not upstream.pool._open)


@pytest.mark.parametrize("script", [silent, half], ids=["before the answer", "in the middle of it"])
async def test_a_client_that_leaves_ends_the_request_at_the_service(script: Script) -> None:
    async with wire(script) as service:
        upstream = HttpUpstream(service.address)
        client = Client()
        asking = asyncio.create_task(asked(upstream, client=client))
        await until(lambda: bool(upstream.pool._open) and only(upstream).headed is (script is half))
        client.left.set()
        await asking
        await until(lambda: not service.serving and not upstream.pool._open)
        assert not client.whole


async def test_a_cancelled_request_ends_at_the_service() -> None:
    async with wire(silent) as service:
        upstream = HttpUpstream(service.address)
        asking = asyncio.create_task(asked(upstream))
        await until(lambda: len(upstream.pool._open) == 1)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await until(lambda: not upstream.pool._open and not service.serving)


def only(upstream: HttpUpstream) -> Connection:
    (connection,) = upstream.pool._open
    return connection


async def test_a_slow_client_holds_the_service_back() -> None:
    written = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 100000000\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"a" * 100_000)
            await writer.drain()
            written += 100_000

    async with wire(endless) as service:
        upstream = HttpUpstream(service.address)
        client = Client()
        client.takes.clear()
        asking = asyncio.create_task(asked(upstream, client=client))
        await until(lambda: bool(upstream.pool._open) and only(upstream).paused)
        assert only(upstream)._held < HELD + 300_000, "one read beyond the limit"
        assert written < 30_000_000, "the rest fills the sockets, and no more"
        client.takes.set()
        await asking
        assert (len(client.body), client.whole) == (100_000_000, True)
        await upstream.pool.close()


async def test_a_slow_service_holds_the_client_back() -> None:
    go_on = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        taken = 0
        while taken < 100_000_000:
            taken += len(await reader.read(1_000_000))
        writer.write(OK)
        await reader.read()

    async with wire(late) as service:
        upstream = HttpUpstream(service.address)
        client = Client(*[b"a" * 100_000] * 1_000)
        asking = asyncio.create_task(asked(upstream, "POST", (b"content-length", b"100000000"), client=client))
        await until(lambda: bool(upstream.pool._open) and only(upstream)._writable is not None)
        left = len(client.pieces)
        assert left > 600
        go_on.set()
        await asking
        assert (client.body, client.pieces) == (b"ok", [])
        await upstream.pool.close()


async def test_connections_are_bounded_and_those_that_rest_make_room() -> None:
    async with wire(silent) as quiet, wire() as service:
        upstream = HttpUpstream(quiet.address, connections=1)
        waiting = asyncio.create_task(asked(upstream))
        await until(lambda: len(upstream.pool._open) == 1)
        with pytest.raises(ServiceUnreachable):
            await upstream(of("somebody"), Client().receive, Client().send)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        upstream = HttpUpstream(service.address, connections=1, patience=Patience(rest=0.0))
        await asked(upstream)
        connection = await upstream.pool.take(fresh=True)
        assert len(service.connections) <= 2
        upstream.pool.give_back(connection)
        await until(lambda: not upstream.pool._open)


async def test_whoever_keeps_requests_open_leaves_connections_for_the_others() -> None:
    """One principal has an eighth, those without a token a half together; what ends makes room again."""
    async with wire(silent) as quiet:
        upstream = HttpUpstream(quiet.address, connections=16)

        def ask(scopes: list[dict[str, Any]]) -> list[asyncio.Task[None]]:
            return [asyncio.create_task(upstream(each, Client().receive, Client().send)) for each in scopes]

        open_ = ask([of("greedy") for _ in range(2)] + [scope() for _ in range(8)])
        await until(lambda: len(upstream.pool._open) == 10)
        for one_more in (of("greedy"), scope()):
            with pytest.raises(TooManyAtOnce):
                await upstream(one_more, Client().receive, Client().send)
        assert len(upstream.pool._open) == 10, "who is refused takes no connection"
        open_ += ask([of("modest")])
        await until(lambda: len(upstream.pool._open) == 11)
        for task in open_:
            task.cancel()
        await asyncio.gather(*open_, return_exceptions=True)
        assert not upstream.open
        await upstream.pool.close()
