"""Junk, and where a document of an API has room for it."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.documents.examples import example, resolved

# Percent-encoded already: a NUL, bytes that are not UTF-8, half a surrogate, a slash, a line end, a quote, and too much of everything.
TEXTS = ("%00", "a%00b", "%FF%FE", "%ED%A0%80", "..%2F..%2Fetc", "x%0D%0ASet-Cookie:%20a=b", "'%22;--", "%F0%9F%92%A5", "a" * 3_000, "")
NUMBERS = ("-1", "0", "1e999", "NaN", "9223372036854775808", "9" * 400)
DAYS = ("0000-00-00", "9999-12-31T23:59:60Z", "-infinity")
VALUES: tuple[str, ...] = (
    r'"\u0000"',
    r'"a\u0000b"',
    r'"\ud800"',
    r'"\udc00\ud800"',
    '"' + "x" * 30_000 + '"',
    "null",
    "true",
    "-1",
    "1" + "0" * 30,
    "1" + "0" * 5_000,
    "1e999",
    "NaN",
    "-Infinity",
    "[]",
    "{}",
    r'{"\u0000": "\u0000"}',
    r'{"\ud800": 1}',
    "[" * 900 + "]" * 900,
    '{"op":"not","of":' * 900 + "1" + "}" * 900,
    "[" + ",".join(["1"] * 2_000) + "]",
    '"9999-12-31T23:59:59.999999-23:59"',
    '"0001-01-01T00:00:00+23:59"',
)
BODIES: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xff\xfe{}",
    b'"text"',
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"a": 1, "a": 2}',
    b'{"reason": "\xed\xa0\x80"}',
    b"1" + b"0" * 10_000,
)
HEADERS: tuple[dict[str, str], ...] = (
    {"If-Match": "*"},
    {"If-Match": '"' + "9" * 400 + '-x"'},
    {"If-Match": ""},
    {"If-None-Match": "*"},
    {"Accept-Language": ("x-" + "a" * 50 + ";q=nan,") * 1_000},
    {"Accept-Language": "en;q=" + "9" * 400},
    {"Idempotency-Key": "\u00e9" * 200},
    {"Idempotency-Key": ""},
    {"Comity-After": "ffffffff-ffff-7fff-bfff-ffffffffffff"},
    {"Comity-After": "{00000000-0000-0000-0000-000000000000"},
    {"Range": "bytes=0-1,5-2,-"},
    {"Content-Type": "application/json; charset=utf-7"},
    {"Content-Type": "multipart/form-data; boundary="},
    {"Content-Type": ""},
    {"Content-Encoding": "gzip"},
    {"X-Request-ID": "a" * 4_000},
    {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    {"Host": "["},
    {"Host": "a b"},
)
PREDICATE = {"op": "all", "of": [{"op": "compare", "fact": "population", "is": "gt", "value": 1}, {"op": "near", "country": "MX", "within_m": 5}]}
# Fields that the document calls "any JSON".
FREE = {"predicate": [("op",), ("of",), ("of", 0), ("of", 0, "fact"), ("of", 0, "is"), ("of", 0, "value"), ("of", 1, "country"), ("of", 1, "within_m")]}


@dataclass
class Operation:
    """One operation of the document, with what is needed to call it nearly right."""

    method: str
    path: str
    scope: str
    parameters: list[dict[str, Any]]
    media_type: str | None
    body: Any
    fields: list[tuple[str | int, ...]] = field(default_factory=list)

    def query(self) -> list[str]:
        return [item["name"] for item in self.parameters if item["in"] == "query"]


def operations_of(document: dict[str, Any]) -> list[Operation]:
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            media_type = next(iter(content), None)
            json_schema = content.get("application/json", {}).get("schema")
            parameters = [item for item in operation.get("parameters", ()) if "name" in item]
            body = example(document, json_schema) if json_schema else None
            made = Operation(method.upper(), path, operation.get("x-scope", "public"), parameters, media_type, body)
            if json_schema:
                made.fields = list(fields_of(document, json_schema, ()))
            found.append(made)
    return found


def fields_of(document: dict[str, Any], schema: dict[str, Any], at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """The ways to every field of a body, lists by their first item, four levels deep."""
    schema = resolved(document, schema)
    for variant in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from fields_of(document, variant, at)
    if len(at) >= 4:
        return
    for name, inner in schema.get("properties", {}).items():
        yield (*at, name)
        yield from ((*at, name, *way) for way in FREE.get(name, ()))
        yield from fields_of(document, inner, (*at, name))
    if "items" in schema:
        yield (*at, 0)
        yield from fields_of(document, schema["items"], (*at, 0))


def spoilt(body: Any, way: tuple[str | int, ...], value: str) -> bytes:
    """The body with raw JSON text put in at this way; what is missing on it is made."""
    mark = "junk-goes-here"
    whole = put(copy.deepcopy(body), way, mark)
    return json.dumps(whole).replace(f'"{mark}"', value).encode()


def put(holder: Any, way: tuple[str | int, ...], value: Any) -> Any:
    if not way:
        return value
    step, *rest = way
    if isinstance(step, int):
        found = list(holder) if isinstance(holder, list) else []
        found += [{}] * (step + 1 - len(found))
        found[step] = put(found[step], tuple(rest), value)
        return found
    known = dict(holder) if isinstance(holder, dict) else {}
    return known | {step: put(known.get(step), tuple(rest), value)}
