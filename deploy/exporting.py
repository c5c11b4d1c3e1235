"""Whether the spans of this process go to an OpenTelemetry collector: COMITY_OTEL_ENDPOINT says where."""

import contextlib
import os
from collections.abc import Iterator
from importlib import import_module

from deploy.errors import StartRefused
from shared import traces

SETTING = "COMITY_OTEL_ENDPOINT"


@contextlib.contextmanager
def exporting(service: str) -> Iterator[None]:
    """Export inside, when the setting names a collector; StartRefused when the extra is not installed. What is left is sent at the end."""
    endpoint = os.environ.get(SETTING) or ""
    if not endpoint:
        yield
        return
    if not endpoint.startswith(("http://", "https://")):
        raise StartRefused(f"{SETTING} is {endpoint!r}. Give the address of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318.")
    try:
        spans = import_module("deploy.spans").Spans(endpoint, service)
    except ModuleNotFoundError as error:
        raise StartRefused(f"{SETTING} needs the extra otel: pip install 'comity[otel]'.") from error
    traces.exporters.append(spans)
    try:
        yield
    finally:
        traces.exporters.remove(spans)
        spans.close()
