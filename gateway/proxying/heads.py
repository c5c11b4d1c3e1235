"""The head of a request as it leaves the gateway: made anew, so that its framing is the gateway's own and no client's."""

import re

from starlette.types import Scope

from gateway.headers import HOP_BY_HOP
from shared.errors import BadRequest, MethodNotAllowed
from shared.translations import Sentence

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})  # the front has made GET of HEAD
ANNOUNCE_NOTHING = frozenset({"GET", "OPTIONS", "DELETE"})
# The gateway says these itself; it has answered `Expect` by reading the body.
OWN = HOP_BY_HOP | {b"host", b"content-length", b"expect"}
_TARGET = re.compile(rb"/[\x21-\x7e]*")


def request_head(scope: Scope, authority: bytes, prefix: bytes, *, length: int | None) -> bytes:
    """The bytes up to and with the empty line. A body of unknown length (None) is announced as chunked.

    BadRequest for a target or a header that would not be one line.
    """
    method: str = scope["method"]
    if method not in METHODS:
        raise _not_taken(method)
    query: bytes = scope["query_string"]
    target = prefix + scope["raw_path"] + (b"?" + query if query else b"")
    if not _TARGET.fullmatch(target):
        raise BadRequest("The address holds characters that it may not hold.")
    lines = [method.encode() + b" " + target + b" HTTP/1.1", b"host: " + authority]
    lines += [name + b": " + value for name, value in scope["headers"] if name not in OWN]
    if length is None:
        lines.append(b"transfer-encoding: chunked")
    elif length or method not in ANNOUNCE_NOTHING:
        lines.append(b"content-length: %d" % length)
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        raise BadRequest("A header holds characters that it may not hold.")
    return head + b"\r\n\r\n"


def _not_taken(method: str) -> MethodNotAllowed:
    refusal = MethodNotAllowed(Sentence("{method} is not passed on.", method=method))
    refusal.__dict__["headers"] = {"Allow": ", ".join(sorted(METHODS))}  # headers are otherwise those of the class
    return refusal


def chunk(piece: bytes, *, last: bool) -> bytes:
    """A piece of a chunked body."""
    data = b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""
    return data + b"0\r\n\r\n" if last else data


def announced_length(scope: Scope) -> int | None:
    """What Content-Length says; the server has let nothing but digits pass."""
    value = next((value for name, value in scope["headers"] if name == b"content-length"), None)
    if value is None:
        return None
    if not value.strip().isdigit():
        raise BadRequest("Content-Length is not a number.")
    return int(value)
