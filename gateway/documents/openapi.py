"""One API document over all services: their own documents merged, with what every operation shares said once."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway import roles
from gateway.documents import schemas
from gateway.documents.tags import TAGS
from shared.errors import BadRequest, Forbidden, Invalid, NotFound, Problem, TooLarge, Unauthorized, Unavailable
from shared.problems import MEDIA_TYPE

Document = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")
SHARED: dict[str, type[Problem]] = {
    "400": BadRequest,
    "401": Unauthorized,
    "403": Forbidden,
    "404": NotFound,
    "413": TooLarge,
    "422": Invalid,
    "500": Problem,
    "503": Unavailable,
}
DESCRIPTION = (
    "Comity is the coordination platform for subnational diplomacy: who is who, what they have agreed, what they need to know.\n\n"
    "Errors are RFC 9457 problem documents. Lists are pages with a cursor: follow `next`, or the `Link` header. "
    "A change of a record needs the `ETag` you read, as `If-Match`. A POST with an `Idempotency-Key` has its effect once."
)
IDEMPOTENCY_KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of your own, such as a UUID: the request repeated with it has its effect once and gets the first answer again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}
IF_MATCH: Document = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read; 428 where it is demanded and absent, 412 when the record has changed since.",
    "schema": {"type": "string"},
}


def merge(parts: Mapping[str, Document], *, server: str, version: str) -> Document:
    """One document from the parts' own. Paths must not overlap; schemas of one name and different content get their part's name."""
    parts = schemas.without_collisions({name: orjson.loads(orjson.dumps(part)) for name, part in parts.items()})
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Comity", "version": version, "description": DESCRIPTION, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": server}],
        "tags": [],
        "paths": {},
        "components": {"schemas": {}, "responses": _shared_responses(), "securitySchemes": _security_schemes()},
    }
    merged["components"]["parameters"] = {"IdempotencyKey": IDEMPOTENCY_KEY, "IfMatch": IF_MATCH}
    seen: set[str] = set()
    for name, part in parts.items():
        doubled = merged["paths"].keys() & part["paths"].keys()
        if doubled:
            raise ValueError(f"{name} and another part both answer {sorted(doubled)}")
        merged["components"]["schemas"] |= part.get("components", {}).get("schemas", {})
        for path, method, operation in operations(part):
            _finish(operation, path, method)
            if operation["operationId"] in seen:
                operation["operationId"] = f"{name}_{operation['operationId']}"
            seen.add(operation["operationId"])
        merged["paths"] |= part["paths"]
    merged["components"]["schemas"] = schemas.in_use(merged)
    merged["tags"] = _tags(merged)
    return merged


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and operation, in the document's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def scopes_asked(operation: Document) -> list[str]:
    """The scopes any of which admits; none for everyone."""
    named = operation.get("x-scope", "public")
    return [] if named == "public" else named.split(" or ")


def _finish(operation: Document, path: str, method: str) -> None:
    """Say who may call it, in words and as security, and add the problems that every operation shares."""
    scopes = scopes_asked(operation)
    operation.setdefault("x-scope", "public")
    if scopes:
        who = sorted({role for scope in scopes for role in roles.roles_with(scope)}, key=list(roles.SCOPES_OF).index)
        said = f"Needs the scope {' or '.join(f'`{scope}`' for scope in scopes)} (roles: {', '.join(who) or 'none'})."
        operation["security"] = [{"bearer": []}, *({"oauth2": [scope]} for scope in scopes)]
    elif f"`{Unauthorized.code}`:" in operation["responses"].get("401", {}).get("description", ""):
        operation["security"], said = [{"bearer": []}, {"oauth2": []}], "Needs a token, of whatever role."
    else:
        said = "Open to everyone; with a token the answer may hold more." if path.startswith("/v1/") else "Open to everyone."
        operation["security"] = [{}, {"bearer": []}, {"oauth2": []}] if path.startswith("/v1/") else [{}]
    operation["description"] = "\n\n".join(filter(None, [operation.get("description", "").strip(), said]))
    operation["summary"] = _sentence(operation["operationId"])
    _own_problems(operation)
    for status in _shared_statuses(operation, path, scopes):
        problem, own = SHARED[status], operation["responses"].get(status)
        if own is None:
            operation["responses"][status] = {"$ref": f"#/components/responses/{problem.__name__}"}
        elif MEDIA_TYPE in own.get("content", {}) and f"`{problem.code}`:" not in own["description"]:
            own["description"] += f" {_said(problem)}"
    operation["responses"] = dict(sorted(operation["responses"].items()))
    header = "IdempotencyKey" if method == "post" else "IfMatch" if method in ("patch", "put") and "412" in operation["responses"] else None
    if header is not None and path.startswith("/v1/"):
        operation.setdefault("parameters", []).append({"$ref": f"#/components/parameters/{header}"})


def _own_problems(operation: Document) -> None:
    """Problems have one media type and one schema; the framework's own validation error is none of ours."""
    for status, response in list(operation["responses"].items()):
        content = response.get("content", {})
        if "HTTPValidationError" in str(content):
            del operation["responses"][status]
        elif MEDIA_TYPE in content:
            response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        elif response.get("description") in ("", "Successful Response"):
            response["description"] = "Done." if status == "204" else "The answer."


def _shared_statuses(operation: Document, path: str, scopes: list[str]) -> list[str]:
    body, parameters = "requestBody" in operation, operation.get("parameters", [])
    wanted = {"500": True, "503": True, "400": body, "413": body, "422": body or bool(parameters)}
    wanted |= {"401": path.startswith("/v1/"), "403": bool(scopes), "404": any(item.get("in") == "path" for item in parameters)}
    return sorted(status for status, is_wanted in wanted.items() if is_wanted)


def _shared_responses() -> Document:
    return {
        problem.__name__: {
            "description": _said(problem),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for problem in SHARED.values()
    }


def _said(problem: type[Problem]) -> str:
    return f"`{problem.code}`: {problem.title}"


def _security_schemes() -> Document:
    granted = {scope: f"Carried by: {', '.join(roles.roles_with(scope))}." for scope in sorted(roles.SCOPES)}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of POST /v1/session or /oauth/token."},
        "oauth2": {
            "type": "oauth2",
            "description": "For machine clients (RFC 6749 §4.4).",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": granted}},
        },
    }


def _tags(document: Document) -> list[Document]:
    """Every tag in use, in the order of `TAGS`; one that is not there comes last."""
    used: dict[str, None] = {}
    for _, _, operation in operations(document):
        used |= dict.fromkeys(operation.setdefault("tags", ["other"]))
    known = list(TAGS)
    ordered = sorted(used, key=lambda tag: known.index(tag) if tag in TAGS else len(known))
    return [{"name": tag, **({"description": TAGS[tag]} if tag in TAGS else {})} for tag in ordered]


def _sentence(operation_id: str) -> str:
    words = re.sub(r"_+", " ", operation_id).strip()
    return words[:1].upper() + words[1:]
