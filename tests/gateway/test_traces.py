"""The trace context at the door: what a client may say about it, and what those behind it are told."""

from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from gateway.routing import Upstream
from shared import traces
from tests.support.make import gateway as make
from tests.support.written import written

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture
def seen(gateway: Gateway) -> list[list[tuple[bytes, bytes]]]:
    """The trace headers that an upstream in another process gets."""
    requests: list[list[tuple[bytes, bytes]]] = []

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        requests.append([item for item in scope["headers"] if item[0] in traces.NAMES])
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"traceparent", b"theirs"), (b"tracestate", b"theirs=1")]})
        await send({"type": "http.response.body", "body": b"{}"})

    gateway.routing.by_segment["echo"] = Upstream("echo", echo)
    return requests


async def test_the_trace_goes_through_and_comes_back_as_the_gateways_span(http: httpx.AsyncClient, seen: list[Any]) -> None:
    answer = await http.get("/v1/echo", headers={"traceparent": PARENT, "tracestate": "rojo=1,congo=2"})
    (ours,) = answer.headers.get_list("traceparent")
    assert ours.startswith(f"00-{TRACE}-")
    assert SPAN not in ours
    assert "tracestate" not in answer.headers
    assert seen == [[(b"traceparent", ours.encode()), (b"tracestate", b"rojo=1,congo=2")]]


@pytest.mark.parametrize("given", [[], [(b"traceparent", b"nonsense")], [(b"traceparent", PARENT.encode())] * 2])
async def test_without_a_valid_one_the_gateway_starts_it(http: httpx.AsyncClient, seen: list[Any], given: list[tuple[bytes, bytes]]) -> None:
    answer = await http.get("/v1/echo", headers=[*given, (b"tracestate", b"rojo=1")])
    assert seen == [[(b"traceparent", answer.headers["traceparent"].encode())]]
    assert TRACE not in answer.headers["traceparent"]


async def test_every_answer_says_which_trace_it_was(http: httpx.AsyncClient) -> None:
    for path in ("/v1/boxes", "/v1/nothing", "/nothing", "/healthz", "/v1/session", "/.well-known/jwks.json"):
        for headers in ({"traceparent": PARENT}, {"traceparent": PARENT, "Authorization": "Bearer nonsense"}):
            answer = await http.get(path, headers=headers)
            assert [value[:36] for value in answer.headers.get_list("traceparent")] == [f"00-{TRACE}-"], path


async def test_one_process_is_one_span_and_one_line(http: httpx.AsyncClient, gateway: Gateway) -> None:
    with written("INFO") as log:
        answer = await http.get("/v1/boxes?limit=0", headers={"traceparent": PARENT})
        merged = await http.get("/v1/events", headers=make.bearer(gateway) | {"traceparent": PARENT})
    assert (answer.status_code, merged.status_code) == (422, 200)
    assert [(line["service"], line["route"], line["status"], line["trace_id"], line["parent_id"]) for line in log.lines("request")] == [
        ("gateway", "/v1/boxes", 422, TRACE, SPAN),
        ("gateway", "/v1/events", 200, TRACE, SPAN),
    ]
    assert log.lines("request")[0]["span_id"] == answer.headers["traceparent"].split("-")[2]
    assert traces.current.get() is None
