"""The hop to a service in another process: what is passed on, what is not believed, and how it ends when either side does not."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import ServiceAnswerUnreadable, ServiceUnreachable, TooManyAtOnce
from gateway.proxy import HttpUpstream
from gateway.proxying.connections import HELD, Connection
from gateway.proxying.pools import Address, Patience
from gateway.routing import Upstream
from shared.errors import BadRequest, MethodNotAllowed, TooLarge
from tests.support.problems import assert_problem
from tests.support.processes import until
from tests.support.wires import OK, Script, Wire, listening, wire

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


@pytest.fixture
async def service() -> AsyncIterator[Wire]:
    async with wire() as made:
        yield made


@pytest.fixture
async def upstream(service: Wire) -> AsyncIterator[HttpUpstream]:
    made = HttpUpstream(service.address)
    yield made
    await made.pool.close()


async def asked(upstream: HttpUpstream, method: str = "GET", *headers: tuple[bytes, bytes], client: Client | None = None) -> Client:
    client = client or Client()
    async with asyncio.timeout(20):
        await upstream(scope(method, *headers), client.receive, client.send)
    return client


UNREADABLE = {
    "length and chunked": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "one length twice": HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "a list of lengths": HEAD + b"Content-Length: 2, 2\r\n\r\nab",
    "minus": HEAD + b"Content-Length: -1\r\n\r\n",
    "plus": HEAD + b"Content-Length: +2\r\n\r\nab",
    "overflow": HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
    "no length": HEAD + b"\r\nab",
    "gzip, chunked": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "gzip": HEAD + b"Transfer-Encoding: gzip\r\n\r\nab",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded": HEAD + b"X: a\r\n b\r\nContent-Length: 0\r\n\r\n",
    "bare line feed": HEAD + b"X: a\nContent-Length: 0\r\n\r\n",
    "NUL": HEAD + b"X: a\0\r\nContent-Length: 0\r\n\r\n",
    "space before the colon": HEAD + b"Content-Length : 0\r\n\r\n",
    "a large header": HEAD + b"X: " + b"a" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "a header without end": HEAD + b"X: " + b"a" * 300_000,
    "many headers": HEAD + b"X: a\r\n" * 101 + b"Content-Length: 0\r\n\r\n",
    "100": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "103": b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK,
    "101": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "204 with a length": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nab",
    "204 chunked": b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "304 chunked": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "status 999": b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
    "status 20": b"HTTP/1.1 20 X\r\nContent-Length: 0\r\n\r\n",
    "version 2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
}


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_an_answer_in_doubt_is_a_problem_and_its_connection_is_closed(service: Wire, upstream: HttpUpstream, kind: str) -> None:
    service.answers = [UNREADABLE[kind]]
    client = Client()
    with pytest.raises(ServiceAnswerUnreadable):
        await asked(upstream, client=client)
    assert client.sent == []
    assert (await asked(upstream)).body == b"ok"
    assert (service.requests, len(service.connections)) == (2, 2), "neither repeated nor on the same connection"


READABLE = {
    "length": (OK, 200, b"ok", 1),
    "chunked": (HEAD + b"Transfer-Encoding: Chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\nX-Trailer: 1\r\n\r\n", 200, b"ok", 1),
    "1.0": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", 2),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", 1),
    "204 with a body all the same": (b"HTTP/1.1 204 No Content\r\n\r\nab", 204, b"", 2),
    "304 with the length it would have had": (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", 304, b"", 1),
    "two answers": (OK + OK, 200, b"ok", 2),
    "more than announced": (OK + b"more", 200, b"ok", 2),
    "the last one": (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", 2),
    "a large body": (HEAD + b"Content-Length: 3000000\r\n\r\n" + b"a" * 3_000_000, 200, b"a" * 3_000_000, 1),
}


@pytest.mark.parametrize("kind", READABLE)
async def test_an_answer_passes_and_its_connection_serves_again_if_nothing_was_odd(service: Wire, upstream: HttpUpstream, kind: str) -> None:
    raw, status, body, connections = READABLE[kind]
    service.answers = [raw]
    client = await asked(upstream)
    assert (client.status, client.body, client.whole) == (status, body, True)
    assert not {name for name, _ in client.headers} & {b"x-trailer", b"transfer-encoding", b"connection"}
    assert (status != 304) or not client.headers
    assert (await asked(upstream)).body == b"ok"
    assert (service.requests, len(service.connections)) == (2, connections)


async def test_headers_for_one_connection_end_there(service: Wire, upstream: HttpUpstream) -> None:
    own = (
        b"Connection: keep-alive, X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\nX: \xff\r\nContent-Length: 2\r\n\r\nok"
    )
    service.answers = [HEAD + own]
    client = await asked(upstream, "GET", (b"te", b"trailers"), (b"x", b"\xff"))
    assert client.headers == [(b"x", b"\xff"), (b"content-length", b"2")]
    assert service.received == b"GET /v1/echo HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nx: \xff\r\n\r\n" % service.port


CUT = {
    "length": HEAD + b"Content-Length: 3\r\n\r\nab",
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nxx\r\n",
}


@pytest.mark.parametrize("kind", CUT)
async def test_an_answer_that_breaks_off_never_looks_whole(gateway: Gateway, kind: str) -> None:
    async def dying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CUT[kind])
        await writer.drain()

    async with wire(dying) as service, listening(gateway) as port:
        upstream = HttpUpstream(service.address)
        gateway.routing.by_segment["echo"] = Upstream("echo", upstream)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            try:
                answer = await http.get("/v1/echo")
            except httpx.RemoteProtocolError:
                pass  # the head had gone out: the connection is closed in the middle of the answer
            else:
                assert answer.status_code == 503
        await upstream.pool.close()


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


async def test_pieces_of_unknown_length_are_passed_on_as_chunks(service: Wire, upstream: HttpUpstream) -> None:
    assert (await asked(upstream, "POST", client=Client(b"one", b"", b"two"))).body == b"ok"
    assert service.received.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


@pytest.mark.parametrize("pieces", [(b"abcd",), (b"ab",), (b"ab", b"cd"), (b"a", b"b")], ids=["long", "short", "long in two", "short in two"])
async def test_a_body_is_as_long_as_announced_or_not_passed_on(service: Wire, upstream: HttpUpstream, pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(BadRequest):
        await asked(upstream, "POST", (b"content-length", b"3"), client=Client(*pieces))
    assert service.requests == 0


async def test_what_stops_the_upload_ends_the_request(upstream: HttpUpstream) -> None:
    class Limited(Client):
        async def receive(self) -> Message:
            if len(self.pieces) == 1:
                raise TooLarge("too much")
            return await super().receive()

    with pytest.raises(TooLarge):
        await asked(upstream, "POST", client=Limited(b"a", b"b", b"c"))


async def test_an_answer_may_come_before_the_end_of_the_body() -> None:
    async def hasty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await reader.read()

    async with wire(hasty) as service:
        upstream = HttpUpstream(service.address)
        client = await asked(upstream, "POST", (b"content-length", b"9"), client=Client(b"a", more=True))
        assert (client.status, client.body, client.whole) == (413, b"no", True)
        await until(lambda: not upstream.pool._open)


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


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "HEAD", "PROPFIND"])
async def test_methods_nobody_takes_go_nowhere(service: Wire, upstream: HttpUpstream, method: str) -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        await asked(upstream, method)
    assert "GET" in refused.value.headers["Allow"]
    assert service.received == b""


@pytest.mark.parametrize(
    "broken",
    [
        scope(path=b"/v1/a b"),
        scope(path=b"/v1/a\r\nX: y"),
        scope(path=b"http://evil.example/"),
        scope("GET", (b"x", b"a\r\nY: b")),
        scope("GET", (b"x", b"a\nb")),
        scope("GET", (b"x\0", b"a")),
        scope("POST", (b"content-length", b"1_0")),
    ],
    ids=["space", "line in the address", "absolute", "line", "line feed", "NUL", "length"],
)
async def test_nothing_becomes_a_second_line(service: Wire, upstream: HttpUpstream, broken: dict[str, Any]) -> None:
    client = Client()
    with pytest.raises(BadRequest):
        await upstream(broken, client.receive, client.send)
    assert service.received == b""


@pytest.mark.parametrize("url", ["registry:8001", "ftp://registry", "http://", "http://user:secret@registry", "http://registry?x", "unix:/run/x"])
def test_an_address_that_is_none_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="not the address of a service"):
        Address(url)


def test_an_address_may_have_a_path() -> None:
    address = Address("https://[::1]/comity/")
    assert (address.tls, address.host, address.port, address.authority, address.prefix) == (True, "::1", 443, b"[::1]", b"/comity")
