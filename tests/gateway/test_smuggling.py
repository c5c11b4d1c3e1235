"""What a client can do with the framing of requests, with addresses and with headers that claim something: raw bytes to a real
server with the gateway in it, before a service that records every byte. Nothing that two servers could read differently gets through.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from gateway.app import Gateway
from gateway.proxy import HttpUpstream
from gateway.routing import Upstream
from tests.support.make import gateway as make
from tests.support.wires import Answer, Wire, listening, said, said_raw, wire

LAST = b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
SMUGGLED = b"GET /v1/echo/smuggled HTTP/1.1\r\nHost: test\r\n\r\n"


@dataclass
class Line:
    """The gateway on one end, the service on the other."""

    gateway: Gateway
    port: int
    service: Wire

    async def send(self, raw: bytes) -> list[Answer]:
        """The answers to these bytes and to one harmless request after them."""
        return await said(self.port, raw + LAST)

    def passed(self) -> tuple[list[bytes], bytes]:
        """Lines and body of the one request that reached the service, without the ids that differ each time."""
        head, _, body = self.service.received.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        return [first, *sorted(line for line in lines if not line.startswith((b"x-request-id:", b"traceparent:")))], body


@pytest.fixture
async def line(gateway: Gateway) -> AsyncIterator[Line]:
    async with wire() as service, listening(gateway) as port:
        upstream = HttpUpstream(service.address)
        gateway.routing.by_segment["echo"] = Upstream("echo", upstream)
        yield Line(gateway, port, service)
        await upstream.pool.close()


def post(*headers: bytes, body: bytes = b"", path: bytes = b"/v1/echo", version: bytes = b"1.1") -> bytes:
    return b"\r\n".join([b"POST " + path + b" HTTP/" + version, b"Host: test", *headers, b"", b""]) + body


REFUSED = {
    "length and chunked": post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\nG"),
    "chunked and length": post(b"Transfer-Encoding: chunked", b"Content-Length: 6", body=b"0\r\n\r\nG"),
    "identity, chunked": post(b"Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "identity": post(b"Transfer-Encoding: identity", body=b"abc"),
    "xchunked": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    "chunked and identity apart": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"),
    "chunked after a vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "space before the colon": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
    "chunked in 1.0": post(b"Transfer-Encoding: chunked", body=b"0\r\n\r\n", version=b"1.0"),
    "two lengths": post(b"Content-Length: 0", b"Content-Length: 44", body=SMUGGLED),
    "one length twice": post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"),
    "a list of lengths": post(b"Content-Length: 3, 3", body=b"abc"),
    "plus": post(b"Content-Length: +3", body=b"abc"),
    "minus": post(b"Content-Length: -3", body=b"abc"),
    "hexadecimal": post(b"Content-Length: 0x3", body=b"abc"),
    "space within": post(b"Content-Length: 1 1", body=b"abc"),
    "empty": post(b"Content-Length: ", body=b"abc"),
    "overflow": post(b"Content-Length: 18446744073709551617", body=b"a"),
    "bare line feed after a header": post(b"X: a\nContent-Length: 3", body=b"abc"),
    "bare line feeds": b"POST /v1/echo HTTP/1.1\nHost: test\nContent-Length: 3\n\nabc",
    "bare carriage return": post(b"X: a\rContent-Length: 3", body=b"abc"),
    "folded": post(b"X: a\r\n b", body=b""),
    "folded length": post(b"Content-Length:\r\n 3", body=b"abc"),
    "space before the first header": b"POST /v1/echo HTTP/1.1\r\n Content-Length: 3\r\n\r\nabc",
    "no colon": post(b"Content-Length"),
    "empty name": post(b": x"),
    "NUL": post(b"X: a\0b"),
    "control character": post(b"X: a\x01b"),
    "octets in a name": post(b"X\xff: a"),
    "chunk size beyond 64 bits": post(b"Transfer-Encoding: chunked", body=b"10000000000000003\r\nabc\r\n0\r\n\r\n"),
    "chunk size with 0x": post(b"Transfer-Encoding: chunked", body=b"0x3\r\nabc\r\n0\r\n\r\n"),
    "negative chunk size": post(b"Transfer-Encoding: chunked", body=b"-3\r\nabc\r\n0\r\n\r\n"),
    "space after the chunk size": post(b"Transfer-Encoding: chunked", body=b"3 \r\nabc\r\n0\r\n\r\n"),
    "line feed after the chunk size": post(b"Transfer-Encoding: chunked", body=b"3\nabc\r\n0\r\n\r\n"),
    "line feed within an extension": post(b"Transfer-Encoding: chunked", body=b"3;a\nb\r\nabc\r\n0\r\n\r\n"),
    "chunk longer than its size": post(b"Transfer-Encoding: chunked", body=b"3\r\nabcd\r\n0\r\n\r\n"),
    "version 0.9": b"GET /v1/echo HTTP/0.9\r\nHost: test\r\n\r\n",
    "no version": b"GET /v1/echo\r\nHost: test\r\n\r\n",
    "version 2.0": b"GET /v1/echo HTTP/2.0\r\nHost: test\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "space in the address": b"GET /v1/echo x HTTP/1.1\r\nHost: test\r\n\r\n",
    "octets in the address": b"GET /v1/echo/\xff HTTP/1.1\r\nHost: test\r\n\r\n",
    "NUL in the address": b"GET /v1/echo/\0 HTTP/1.1\r\nHost: test\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n",
    "two hosts": b"GET /v1/echo HTTP/1.1\r\nHost: test\r\nHost: other\r\n\r\n",
    "CONNECT": b"CONNECT /v1/echo HTTP/1.1\r\nHost: test\r\n\r\n",
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_what_is_framed_in_doubt_never_becomes_a_request(line: Line, kind: str) -> None:
    answers = await line.send(REFUSED[kind])
    assert answers and 400 <= answers[0].status < 500, answers
    assert all(answer.status < 500 for answer in answers)
    assert line.service.requests == 0, line.service.received
    assert b"smuggled" not in line.service.received


@pytest.mark.parametrize("kind", [kind for kind in REFUSED if "chunk size" not in kind and "extension" not in kind and "longer" not in kind])
async def test_nor_does_a_byte_of_it_leave_the_gateway(line: Line, kind: str) -> None:
    await line.send(REFUSED[kind])
    assert line.service.received == b""


PASSED = {
    "length": (post(b"Content-Length: 3", body=b"abc"), [b"content-length: 3"], b"abc"),
    "length with space after it": (post(b"Content-Length: 3 ", body=b"abc"), [b"content-length: 3"], b"abc"),
    "length with zeros": (post(b"Content-Length: 003", body=b"abc"), [b"content-length: 3"], b"abc"),
    "chunked at once": (post(b"Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), [b"content-length: 3"], b"abc"),
    "Chunked": (post(b"Transfer-Encoding: Chunked", body=b"3\r\nabc\r\n0\r\n\r\n"), [b"content-length: 3"], b"abc"),
    "extensions and trailers": (
        post(b"Transfer-Encoding: chunked", body=b'3;a="b"\r\nabc\r\n0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 1\r\n\r\n'),
        [b"content-length: 3"],
        b"abc",
    ),
    "no body": (post(), [b"content-length: 0"], b""),
    "a second request within the body": (post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED), [b"content-length: 46"], SMUGGLED),
    "expectation": (post(b"Content-Length: 3", b"Expect: 100-continue", body=b"abc"), [b"content-length: 3"], b"abc"),
    "upgrade to h2c": (
        post(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", b"Content-Length: 0"),
        [b"content-length: 0"],
        b"",
    ),
    "headers for one connection": (
        post(b"Connection: close, X-Own, Authorization", b"Keep-Alive: 5", b"X-Own: 1", b"TE: trailers", b"Trailer: X", b"Proxy-Authorization: x"),
        [b"content-length: 0"],
        b"",
    ),
    "octets in a value": (post(b"X: \xff\xfe"), [b"content-length: 0", b"x: \xff\xfe"], b""),
    "an address of another host": (post(path=b"http://evil.example/v1/echo"), [b"content-length: 0"], b""),
    "look-alikes": (
        post(b"Content_Length: 44", b"Transfer_Encoding: chunked", b"X_Forwarded_For: 1", b"Comity_Internal: 1", b"X_Request_Id: 00000000"),
        [b"content-length: 0"],
        b"",
    ),
}


@pytest.mark.parametrize("kind", PASSED)
async def test_what_passes_is_framed_by_the_gateway(line: Line, kind: str) -> None:
    raw, headers, body = PASSED[kind]
    answers = await line.send(raw)
    assert next(answer.status for answer in answers if answer.status != 100) == 200
    assert line.service.requests == 1
    first = b"POST /v1/echo HTTP/1.1"
    assert line.passed() == ([first, *sorted([b"host: 127.0.0.1:%d" % line.service.port, *headers])], body)


CLAIMS = (
    b"X-Forwarded-For: 10.0.0.1", b"X-Forwarded-Host: evil", b"X-Forwarded-Proto: https", b"X-Forwarded-User: root", b"X-Forwarded-Prefix: /x",
    b"Forwarded: for=10.0.0.1", b"X-Real-IP: 10.0.0.1", b"X-Original-URL: /v1/accounts", b"X-Rewrite-URL: /v1/accounts", b"X-HTTP-Method-Override: DELETE",
    b"Comity-Internal: 1", b"Comity-Internal-Caller: operator", b"COMITY-INTERNAL-SCOPES: accounts:manage",
)  # fmt: skip


async def test_nobody_says_who_he_is_but_with_a_token(line: Line) -> None:
    (answer, _) = await line.send(post(*CLAIMS))
    assert answer.status == 200
    assert line.passed()[0] == [b"POST /v1/echo HTTP/1.1", b"content-length: 0", b"host: 127.0.0.1:%d" % line.service.port]


async def test_the_token_that_arrives_is_the_gateways_own(line: Line) -> None:
    token = make.access_token(line.gateway).encode()
    await line.send(post(b"Authorization: Bearer " + token))
    (sent,) = [item for item in line.passed()[0] if item.startswith(b"authorization:")]
    assert token not in sent
    assert (await line.gateway.passports.admit(token.decode())).header == sent.removeprefix(b"authorization: ")


@pytest.mark.parametrize("path", [b"/v1/echo", b"/v1/echo/1", b"/v1/%65cho", b"http://evil.example/v1/echo", b"/v1/echo?x=1"])
@pytest.mark.parametrize("kind", ["internal", "twice", "look-alike"])
async def test_an_internal_token_from_outside_opens_no_path(line: Line, path: bytes, kind: str) -> None:
    internal = (await line.gateway.passports.admit(make.access_token(line.gateway))).header
    given = b"Authorization: " + internal
    headers = {"internal": [given], "twice": [b"Authorization: Bearer x", given], "look-alike": [b"Authorization_: x", b"Proxy-Authorization: " + internal]}
    answer = (await line.send(post(*headers[kind], path=path)))[0]
    assert answer.status == {"internal": 401, "twice": 400, "look-alike": 200}[kind]
    assert b"Bearer" not in line.service.received


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        (b"/v1/echo/a%2Fb", True),
        (b"/v1/echo/%2e%2e/accounts", True),
        (b"/v1/echo/../accounts", True),
        (b"/v1/echo//x", True),
        (b"/v1/echo/%00", True),
        (b"/v1/echo;x=1", False),
        (b"//v1/echo", False),
        (b"/v1//echo", False),
        (b"/v1/../v1/echo", False),
        (b"/v1%2Fecho", True),
        (b"/V1/echo", False),
        (b"/v1/echo%2F", True),
        (b"/v1/echo%3Fx", False),
    ],
    ids=str,
)
async def test_an_address_arrives_as_it_was_sent_or_not_at_all(line: Line, path: bytes, arrives: bool) -> None:
    """Nobody on the way takes dots or slashes out: whoever was asked by the path as it is routed answers for the path as it is."""
    answer = (await line.send(b"GET " + path + b" HTTP/1.1\r\nHost: test\r\n\r\n"))[0]
    assert answer.status == (200 if arrives else 404)
    assert line.service.received.startswith(b"GET " + path + b" HTTP/1.1\r\n") is arrives
    assert line.service.requests == int(arrives)


async def test_more_headers_than_anyone_needs_are_refused(line: Line) -> None:
    many = [b"X-%d: 1" % number for number in range(101)]
    large = [b"X: " + b"a" * 65_600]
    for headers in (many, large):
        answer = (await line.send(post(*headers)))[0]
        assert answer.status == 431
        assert b"headers_too_large" in answer.body
    assert line.service.received == b""


async def test_head_is_asked_as_get_and_answered_without_content(line: Line) -> None:
    line.service.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"]
    raw = await said_raw(line.port, b"HEAD /v1/echo HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 200 OK\r\n") and raw.endswith(b"\r\n\r\n")
    assert line.service.received.startswith(b"GET /v1/echo HTTP/1.1\r\n")


@pytest.mark.parametrize("endless", [b"GET /v1/echo HTTP/1.1\r\nX: ", post(b"Transfer-Encoding: chunked", body=b"0\r\nX: ")], ids=["head", "trailer"])
async def test_what_does_not_end_is_cut_off(line: Line, endless: bytes) -> None:
    raw = await said_raw(line.port, endless + b"a" * 2_000_000)
    assert raw.startswith(b"HTTP/1.1 400 ") or raw == b""  # what came after the answer may have reset the connection
    assert line.service.requests == 0
