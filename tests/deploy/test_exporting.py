"""Spans for a collector: the ids that are known already, and nothing secret."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from deploy.errors import StartRefused
from deploy.exporting import SETTING, exporting
from shared import traces
from shared.ids import new_id
from shared.web import ServiceApp

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector's address and what it was sent."""
    taken: list[bytes] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(self.rfile.read(int(self.headers["Content-Length"])) if self.path == "/v1/traces" else b"elsewhere")
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", taken
        finally:
            server.shutdown()
            thread.join()


def spans_in(taken: list[bytes]) -> list[tuple[str, Span]]:
    found = []
    for body in taken:
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            (name,) = (item.value.string_value for item in group.resource.attributes if item.key == "service.name")
            found += [(name, span) for scope in group.scope_spans for span in scope.spans]
    return found


async def test_each_request_is_a_span_under_the_ids_it_has(toys: httpx.AsyncClient, toy_app: ServiceApp, monkeypatch: pytest.MonkeyPatch) -> None:
    number = new_id()
    with collector() as (address, taken):
        monkeypatch.setenv(SETTING, address)
        stack = exporting("toy")
        await asyncio.to_thread(stack.__enter__)
        try:
            started = await toys.get(f"/v1/boxes/{number}?q=planted", headers={"Authorization": "Bearer planted"})
            followed = await toys.get("/v1/boxes", headers={"traceparent": f"00-{TRACE}-{SPAN}-01"})
            await toys.get("/v1/boxes", headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
            monkeypatch.setitem(toy_app.state._state, "open_work", None)
            await toys.get("/v1/boxes")
        finally:
            await asyncio.to_thread(stack.__exit__, None, None, None)
    (one, one_span), (two, two_span), (_, failed) = spans_in(taken)
    assert one == two == "comity-toy"
    assert started.headers["traceparent"] == f"00-{one_span.trace_id.hex()}-{one_span.span_id.hex()}-01"
    assert (one_span.name, one_span.parent_span_id, one_span.kind) == ("GET /v1/boxes/{box_id}", b"", Span.SPAN_KIND_SERVER)
    assert {item.key: item.value.string_value or item.value.int_value for item in one_span.attributes} == {
        "http.request.method": "GET",
        "http.route": "/v1/boxes/{box_id}",
        "http.response.status_code": 422,
        "comity.service": "toy",
    }
    assert one_span.end_time_unix_nano > one_span.start_time_unix_nano
    assert (two_span.trace_id.hex(), two_span.parent_span_id.hex()) == (TRACE, SPAN)
    assert followed.headers["traceparent"].split("-")[2] == two_span.span_id.hex()
    assert (one_span.status.code, failed.status.code) == (0, 2)
    assert not [body for body in taken if b"planted" in body or str(number).encode() in body]
    assert traces.exporters == []


async def test_off_unless_asked_for(toys: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    with exporting("toy"):
        assert traces.exporters == []
        assert (await toys.get("/v1/boxes")).headers["traceparent"].endswith("-00")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, "collector:4318")
    with pytest.raises(StartRefused, match="address of a collector"), exporting("toy"):
        pytest.fail("started")
    monkeypatch.setenv(SETTING, "http://127.0.0.1:4318")
    monkeypatch.delitem(sys.modules, "deploy.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter", None)
    for name in [name for name in sys.modules if name.startswith("opentelemetry.exporter.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StartRefused, match="needs the extra otel"), exporting("toy"):
        pytest.fail("started")
