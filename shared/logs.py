"""Structured logs: one JSON object a line, with the ids of request and trace, without secrets.

Secrets are kept out three times: nothing here logs headers, bodies or queries; libraries that log what they send, such as the
parameters of statements, are kept at WARNING; and what still looks like a secret is struck out before a line is written.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog

from shared import traces

SECRET_WORDS = ("authorization", "password", "secret", "token", "cookie", "api_key", "apikey", "idempotency")
LIBRARIES = ("sqlalchemy", "asyncpg", "alembic", "httpx", "httpcore", "asyncio", "uvicorn.access", "multipart", "python_multipart")
HIDDEN = "***"
_SECRETS = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{4,}"), r"\1 " + HIDDEN),
    # A JSON web token, with what stands before it. Looking ahead for its points keeps a long text of hyphens from being read anew at each.
    (re.compile(r"(?<![\w-])(?=[\w-]+\.[\w-]+\.)[\w-]*?\beyJ[\w-]+\.[\w-]+\.[\w-]*"), HIDDEN),
    (re.compile(r"\b(\w+://[^\s:/@]*):[^\s/@]+@"), r"\1:" + HIDDEN + "@"),  # the password of a URL
    (re.compile(r"DETAIL:\s.*"), "DETAIL: " + HIDDEN),  # PostgreSQL quotes the row
    (
        re.compile(r"(?i)\b(\w{0,40}(?:password|secret|token|api_?key|authorization|cookie|idempotency-key)[\"']?\s*[=:]\s*)([\"'][^\"']*[\"']|[^\s,;&}\]]+)"),
        r"\1" + HIDDEN,
    ),
)
_ACCESS = "comity.access"
_access = logging.getLogger(_ACCESS)
LONGEST_PATH = 1_000  # characters of a path that a line keeps: a client may send a quarter of a million
_NESTED = 4  # how deep values are looked into; what lies deeper is left out


def _hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # the formatter's own
            event[key] = HIDDEN if _is_secret(key) else _without_secrets(value, _NESTED)
    return event


def _is_secret(key: str) -> bool:
    return any(word in key.lower().replace("-", "_") for word in SECRET_WORDS)


def _without_secrets(value: Any, depth: int) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        for pattern, instead in _SECRETS:
            value = pattern.sub(instead, value)
        return value
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth == 0:
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): HIDDEN if _is_secret(str(key)) else _without_secrets(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(item, depth - 1) for item in value]
    return _without_secrets(str(value), depth)


def _with_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace = traces.current.get()
    if trace is not None:
        event["trace_id"], event["span_id"] = trace.trace_id, trace.span_id
    return event


def configure(level: str = "INFO", *, json: bool = True, stream: TextIO | None = None) -> None:
    """Send structlog and the standard library to `stream` (stderr) in one shape."""
    stream = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _with_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _hide_secrets,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    chain = [structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]
    structlog.configure(processors=chain, logger_factory=structlog.stdlib.LoggerFactory())
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer])
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    _access.handlers = [logging.StreamHandler(stream)] if json else []  # its lines come ready
    _access.propagate = not json
    root.setLevel(level)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def get(name: str) -> Any:
    """The logger of a module."""
    return structlog.stdlib.get_logger(name)


def access(scope: Mapping[str, Any], state: Mapping[str, Any], *, service: str, seconds: float, sample: float) -> None:
    """One line for a request that has ended: always when it failed (status 400 and above), else for this share of them.

    One that ended without an answer, mostly because its client had left, has no status.
    The path is written without its query, which may hold what somebody searched for.
    """
    status: int = state.get("status", 0)
    if status < 400 and not _drawn(sample):
        return
    level = logging.WARNING if status >= 500 else logging.INFO
    if not _access.isEnabledFor(level):
        return
    trace: traces.Trace = state["trace"]
    said = {
        "service": service,
        "method": scope["method"],
        "route": state.get("route"),
        "path": scope["path"][:LONGEST_PATH],
        "status": status or None,
        "ms": round(seconds * 1000, 2),
        "request_id": state.get("request_id"),
        "trace_id": trace.trace_id,
        "span_id": trace.span_id,
        "parent_id": trace.parent_id,
    }
    if _access.propagate:
        structlog.stdlib.get_logger(_ACCESS).log(level, "request", **said)
    else:
        _access.handle(logging.LogRecord(_ACCESS, level, "", 0, _access_line(level, said), None, None))  # without looking for its caller


def _access_line(level: int, said: dict[str, Any]) -> str:
    """The same line in a tenth of the time: of all its values only two are the client's own words."""
    for name in ("path", "request_id"):
        said[name] = _without_secrets(said[name], _NESTED)
    at = datetime.now(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
    whole = {**said, "event": "request", "level": "warning" if level == logging.WARNING else "info", "logger": _ACCESS, "timestamp": at}
    return orjson.dumps(whole).decode()


def _drawn(sample: float) -> bool:
    return sample >= 1 or (sample > 0 and int.from_bytes(os.urandom(4)) < sample * 2**32)
