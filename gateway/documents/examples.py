"""Examples of values and of calls, made from the document's schemas, so that they cannot fall behind it."""

import json
import re
import shlex
from typing import Any
from urllib.parse import urlencode

Document = dict[str, Any]
PREFIX = "#/components/schemas/"
DEEPEST = 4
FORMATS = {
    "uuid": "0190d1d4-0000-7000-8000-000000000000",
    "date-time": "2026-01-31T09:00:00Z",
    "date": "2026-01-31",
    "uri": "https://example.org",
    "email": "ana@example.org",
    "password": "…",
    "binary": "…",
}
PATTERNS = {"^[A-Z]{2}$": "MX", "^[A-Z]{2}-[A-Z0-9]{1,3}$": "MX-SON", "^[a-z][a-z0-9-]{2,62}$": "our-system"}
NAMES = {"email": "ana@example.org", "language": "en", "preferred_language": "en", "tag": "en", "roles": "member"}


def example(document: Document, schema: Document, name: str = "", depth: int = 0) -> Any:
    """A value of this schema with the required members; with the first one where none is required."""
    schema = resolved(document, schema)
    for member in ("example", "const", "default"):
        if schema.get(member) is not None:
            return schema[member]
    for member in ("examples", "enum"):
        if schema.get(member):
            return schema[member][0]
    for member in ("anyOf", "oneOf", "allOf"):
        if schema.get(member):
            return example(document, schema[member][0], name, depth)
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if depth >= DEEPEST:
            return {}
        values = map_values(schema)
        if values is not None:
            return {"en": example(document, values, name, depth + 1)}
        return {key: example(document, value, key, depth + 1) for key, value in _shown(schema).items()}
    if kind == "array":
        return [example(document, schema.get("items", {}), name, depth + 1)] * schema.get("minItems", 0) if depth < DEEPEST else []
    simple: dict[str, Any] = {"integer": int(schema.get("minimum", 1)), "number": float(schema.get("minimum", 1)), "boolean": True, "null": None}
    return simple[kind] if kind in simple else _text(schema, name)


def _shown(schema: Document) -> Document:
    members: Document = schema.get("properties", {})
    required = schema.get("required", ())
    return {key: value for key, value in members.items() if key in required} or dict(list(members.items())[:1])


def map_values(schema: Document) -> Document | None:
    """The schema of the values of a map; None for an object with members of its own. Maps here go from languages to texts, mostly."""
    if schema.get("type") != "object" or "properties" in schema:
        return None
    by_pattern = list(schema.get("patternProperties", {}).values())
    found = schema.get("additionalProperties") if not by_pattern else by_pattern[0]
    return found if isinstance(found, dict) else None


def _text(schema: Document, name: str) -> str:
    return FORMATS.get(schema.get("format", "")) or PATTERNS.get(schema.get("pattern", "")) or NAMES.get(name) or "…"


def resolved(document: Document, schema: Document) -> Document:
    """The schema behind a reference."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found: Document = document["components"]["schemas"][str(reference).removeprefix(PREFIX)]
    return found


def curl(document: Document, path: str, method: str, operation: Document) -> str:
    """A call of this operation, for a shell; what the path leaves open is a variable, as the token is."""
    address = document["servers"][0]["url"].rstrip("/") + re.sub(r"{(\w+)}", lambda name: f"${name[1].upper()}", path)
    parameters = [item for item in operation.get("parameters", ()) if item.get("required") and item.get("in") == "query"]
    if parameters:
        address += "?" + urlencode({item["name"]: example(document, item["schema"], item["name"]) for item in parameters})
    quoted = f'"{address}"' if "$" in address else shlex.quote(address)
    lines = [f"curl {quoted}" if method == "get" else f"curl -X {method.upper()} {quoted}"]
    if {} not in operation["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if any("IfMatch" in item.get("$ref", "") for item in operation.get("parameters", ())):
        lines.append("-H 'If-Match: \"1-…\"'")
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        lines += _body(document, media_type, content.get("schema", {}))
        break
    return " \\\n  ".join(lines)


def _body(document: Document, media_type: str, schema: Document) -> list[str]:
    if media_type == "application/x-www-form-urlencoded":
        members = example(document, {**schema, "required": list(schema.get("properties", {}))[:3]})
        return [f"-d {shlex.quote(f'{name}={value}')}" for name, value in members.items()]
    head = f"-H {shlex.quote(f'Content-Type: {media_type}')}"
    if "json" not in media_type:
        return [head, f"--data-binary @file.{media_type.rpartition('/')[2]}"]
    return [head, f"-d {shlex.quote(json.dumps(example(document, schema), ensure_ascii=False))}"]
