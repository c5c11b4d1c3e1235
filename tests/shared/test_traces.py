"""W3C trace context: what is continued, what is started anew, and where the trace is found again."""

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from shared import traces
from shared.ids import new_id
from shared.relay import relay_once
from tests.conftest import client_of
from tests.support import toy
from tests.support.feeds import FOLLOWER, read_all
from tests.support.tokens import bearer, caller

WRITER = caller("toy:write", organization=new_id())
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


def parts(value: str) -> tuple[str, str, str, str]:
    version, trace, span, flags = value.split("-")
    assert (len(trace), len(span)) == (32, 16)
    assert int(trace, 16)
    assert int(span, 16)
    return version, trace, span, flags


async def test_a_given_trace_goes_on_in_a_span_of_our_own(toys: httpx.AsyncClient) -> None:
    seen = set()
    for method, path in (("GET", "/v1/boxes"), ("GET", f"/v1/boxes/{new_id()}"), ("POST", "/v1/boxes"), ("GET", "/nothing"), ("GET", "/healthz")):
        answer = await toys.request(method, path, headers={"traceparent": PARENT})
        assert len(answer.headers.get_list("traceparent")) == 1
        version, trace, span, flags = parts(answer.headers["traceparent"])
        assert (version, trace, flags) == ("00", TRACE, "01")
        seen.add(span)
    assert len(seen) == 5
    assert SPAN not in seen


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01 ",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-zz",
        f"0-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01more",
    ],
)
def test_what_is_not_valid_starts_a_trace(given: str) -> None:
    trace = traces.read([(b"traceparent", given.encode()), (b"tracestate", b"vendor=1")])
    assert trace.trace_id != TRACE
    assert (trace.parent_id, trace.state) == (None, b"")
    assert parts(trace.header.decode())[3] == "00"


def test_two_parents_are_none() -> None:
    assert traces.read([(b"traceparent", PARENT.encode())] * 2).trace_id != TRACE


def test_a_later_version_is_read_as_far_as_we_know_it() -> None:
    trace = traces.read([(b"traceparent", f"cc-{TRACE}-{SPAN}-ff-what-comes".encode())])
    assert (trace.trace_id, trace.parent_id) == (TRACE, SPAN)
    assert trace.header == f"00-{TRACE}-{trace.span_id}-03".encode()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"], b"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ([b"a=1 , b=2", b"", b"1t@v=x y"], b"a=1,b=2,1t@v=x y"),
        ([b",".join(b"k%d=v" % number for number in range(32))], b",".join(b"k%d=v" % number for number in range(32))),
        ([b",".join(b"k%d=v" % number for number in range(33))], b""),
        ([b"a=" + b"x" * 250, b"b=" + b"x" * 250, b"c=" + b"x" * 250], b""),
        ([b"a=1,a=2"], b""),
        ([b"A=1"], b""),
        ([b"a"], b""),
        ([b"a="], b""),
        ([b"a=1=2"], b""),
        ([b"a=caf\xe9"], b""),
    ],
)
def test_the_state_of_others_is_passed_on_whole_or_not_at_all(given: list[bytes], kept: bytes) -> None:
    trace = traces.read([(b"traceparent", PARENT.encode()), *((b"tracestate", value) for value in given)])
    assert trace.trace_id == TRACE
    assert trace.state == kept
    assert trace.headers() == [(b"traceparent", trace.header), *([(b"tracestate", kept)] if kept else [])]


@given(st.lists(st.tuples(st.sampled_from([b"traceparent", b"tracestate", b"x"]), st.binary(max_size=600)), max_size=5))
def test_whatever_comes_the_trace_is_a_valid_one(headers: list[tuple[bytes, bytes]]) -> None:
    trace = traces.read(headers)
    again = traces.read(trace.headers())
    assert (again.trace_id, again.parent_id, again.state) == (trace.trace_id, trace.span_id, trace.state)


async def test_an_event_keeps_the_span_that_made_it(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    answer = await toys.post("/v1/boxes", json={"name": "box"}, headers=bearer(WRITER) | {"traceparent": PARENT})
    async with toy_app.state.database.session(read_only=True) as session:
        stored = (await session.execute(text("SELECT trace FROM events"))).scalar_one()
    assert stored == answer.headers["traceparent"]
    assert parts(stored)[1] == TRACE
    assert traces.current.get() is None, "the next request is another one"


@pytest.mark.live
async def test_the_feed_tells_it_as_cloudevents_has_it(live_toy: FastAPI) -> None:
    async with client_of(live_toy) as client:
        answer = await client.post("/v1/boxes", json={"name": "box"}, headers=bearer(WRITER) | {"traceparent": PARENT})
    await relay_once(live_toy.state.database)
    (event,) = await read_all(live_toy, "toy", FOLLOWER)
    assert event["traceparent"] == answer.headers["traceparent"]
    toy.BoxMade.model_validate(event["data"])
