"""The spans of this process for OpenTelemetry, over OTLP and HTTP. Needs the extra `otel`; nothing imports it but deploy/exporting.py.

A span is made when its request has ended: its ids are those that the log, the events and the callers already know.
"""

import time

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from shared.traces import Ended, Trace

PATIENCE = 3.0  # seconds for a batch, so that a collector that is away does not hold the end of the process up


class Spans:
    """Sends spans in batches from a thread of its own; those that a collector does not take in time are dropped."""

    def __init__(self, endpoint: str, service: str) -> None:
        self._resource = Resource.create({"service.name": f"comity-{service}"})
        self._batches = BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=PATIENCE))

    def __call__(self, ended: Ended) -> None:
        self._batches.on_end(span_of(ended, self._resource, time.time_ns()))

    def close(self) -> None:
        """Send what is left."""
        self._batches.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it without annotations


def span_of(ended: Ended, resource: Resource, now: int) -> ReadableSpan:
    """The span of a request that ended at `now` (nanoseconds), with the attributes of the HTTP conventions that are no secret."""
    trace = ended.trace
    attributes: dict[str, str | int] = {"http.request.method": ended.method, "comity.service": ended.service}
    if ended.route is not None:
        attributes["http.route"] = ended.route
    if ended.status:
        attributes["http.response.status_code"] = ended.status
    return ReadableSpan(
        name=f"{ended.method} {ended.route}" if ended.route else ended.method,
        context=_context(trace, trace.span_id, is_remote=False),
        parent=_context(trace, trace.parent_id, is_remote=True) if trace.parent_id else None,
        resource=resource,
        attributes=attributes,
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR if ended.status >= 500 else StatusCode.UNSET),
        start_time=now - int(ended.seconds * 1_000_000_000),
        end_time=now,
    )


def _context(trace: Trace, span_id: str, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(trace.trace_id, 16), int(span_id, 16), is_remote=is_remote, trace_flags=TraceFlags(trace.flags))
