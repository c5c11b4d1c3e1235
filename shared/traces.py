"""W3C trace context: which request, over all processes, a line of the log or an event belongs to.

https://www.w3.org/TR/trace-context/ - a valid `traceparent` is continued with a span of our own, anything else starts a new trace.
One process is one span: a service that the gateway calls as a function works in the gateway's span.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

PARENT, STATE = b"traceparent", b"tracestate"
NAMES = frozenset({PARENT, STATE})
SAMPLED = 1
_KNOWN_FLAGS = 0b11  # sampled, and "the trace id is random" of level 2; what we do not know is not passed on
_PARENT = re.compile(rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_KEY = rb"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
_MEMBER = re.compile(_KEY + rb"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
MOST_MEMBERS, LONGEST_STATE = 32, 512


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace a request belongs to, the span of this process, and that of its caller when there was one."""

    trace_id: str
    span_id: str
    flags: int
    header: bytes  # the value of `traceparent` for whoever is called from here
    parent_id: str | None = None
    state: bytes = b""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of a request that goes on from here."""
        return [(PARENT, self.header), (STATE, self.state)] if self.state else [(PARENT, self.header)]


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that this process has answered; a status of 0 says that it ended without an answer."""

    trace: Trace
    service: str
    method: str
    route: str | None
    status: int
    seconds: float


exporters: list[Callable[[Ended], None]] = []  # who is told of every span of this process; with one, traces that start here are sampled
current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def enter(scope: Scope) -> Token[Trace | None] | None:
    """Give the request its trace, in its state and as the current one until the token is given to `current.reset`.

    None when this process has given it one before: the request comes from the gateway, as a function call.
    """
    state = scope.setdefault("state", {})
    if "trace" in state:
        return None
    state["trace"] = trace = read(scope["headers"])
    return current.set(trace)


def parent() -> str | None:
    """The `traceparent` of the current span, for what outlives the request."""
    trace = current.get()
    return None if trace is None else trace.header.decode()


def ended(scope: Scope, state: Mapping[str, Any], *, service: str, seconds: float) -> None:
    """Tell the exporters that a request has ended."""
    if exporters:
        span = Ended(state["trace"], service, scope["method"], state.get("route"), state.get("status", 0), seconds)
        for export in exporters:
            export(span)


def inside() -> tuple[list[tuple[bytes, bytes]], dict[str, Any]]:
    """Headers and state of a request that is made on behalf of the current one."""
    trace = current.get()
    return ([], {}) if trace is None else (trace.headers(), {"trace": trace})


def read(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    """A span in the trace these headers name, or in a new one."""
    given = [item for item in headers if item[0] in NAMES]
    if given:
        parents = [value for name, value in given if name == PARENT]
        found = _PARENT.fullmatch(parents[0]) if len(parents) == 1 else None
        if found is not None and not (found[1] == b"00" and found[5]):
            states = [value for name, value in given if name == STATE]
            return _span(found[2].decode(), int(found[4], 16) & _KNOWN_FLAGS, found[3].decode(), _vendors(states) if states else b"")
    return _span(os.urandom(16).hex(), SAMPLED if exporters else 0)


def _span(trace_id: str, flags: int, parent_id: str | None = None, state: bytes = b"") -> Trace:
    span_id = os.urandom(8).hex()
    return Trace(trace_id, span_id, flags, f"00-{trace_id}-{span_id}-{flags:02x}".encode(), parent_id, state)


def _vendors(values: list[bytes]) -> bytes:
    """The tracestate of one or several headers, or nothing when a part of it is malformed."""
    members = [member for value in values for part in value.split(b",") if (member := part.strip(b" \t"))]
    keys = {member.partition(b"=")[0] for member in members}
    joined = b",".join(members)
    if len(members) > MOST_MEMBERS or len(joined) > LONGEST_STATE or len(keys) < len(members):
        return b""
    return joined if all(_MEMBER.fullmatch(member) for member in members) else b""
