"""The hop to a service in another process: what is passed on, and what is not believed."""

import asyncio
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import ServiceAnswerUnreadable
from gateway.proxy import HttpUpstream
from gateway.proxying.pools import Address
from gateway.routing import Upstream
from shared.errors import BadRequest, MethodNotAllowed, TooLarge
from tests.support.passing import HEAD, Client, Message, asked, scope
from tests.support.processes import until
from tests.support.wires import OK, Wire, listening, wire

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
