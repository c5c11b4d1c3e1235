"""`/docs`: the API document as one page to read."""

import json
from html import escape
from typing import Any

from gateway import roles
from gateway.documents import html
from gateway.documents.examples import PREFIX, curl, map_values, resolved
from gateway.documents.openapi import operations, scopes_asked

Document = dict[str, Any]
CONVENTIONS = (
    ("Bodies", "JSON with `Content-Type: application/json`. A member or parameter that is not documented is refused, not passed over."),
    ("Errors", "`application/problem+json`: `type` leads to a page that explains it, `detail` says how to mend it, `errors` point at what is wrong."),
    (
        "Lists",
        "Follow `next` as `cursor`, with the same filters, until it is null. `limit` is at most 200, `count=exact` counts, `include=` brings more along.",
    ),
    (
        "Files",
        "A list whose operation names `text/csv` and `application/x-ndjson` is one whole file by `Accept`, with the same filters and no parameters of pages.",
    ),
    ("Creations", "A 201 says in `Location` where the record is read, if it is read by itself."),
    ("Changes", 'A PATCH needs the `ETag` of what you read: `If-Match: "3-…"`. 428 without it, 412 when somebody was faster. What you leave out stays.'),
    ("Retries", "Send an `Idempotency-Key` of your own with a POST. After a lost answer, send the same again: it has its effect once and answers the same."),
    (
        "Reading what you wrote",
        "A change answers `Comity-Event`. Send it as `Comity-After`, and another service waits until it has come that far; 503 means not yet.",
    ),
    ("Languages", "`Accept-Language` chooses names, texts and problems where there is a choice."),
    ("Times", "Instants are UTC with a `Z`, days are `2026-01-31`."),
    ("Following along", "`/v1/events`: start without `lastEventId`, then send the `cursor` of the last event you have processed; `timeout` waits for news."),
)


def reference(document: Document) -> str:
    """The whole page."""
    described = {tag["name"]: tag.get("description", "") for tag in document["tags"]}
    by_tag: dict[str, list[str]] = {tag: [] for tag in described}
    for path, method, operation in operations(document):
        by_tag[operation["tags"][0]].append(_operation(document, path, method, operation))
    contents = " · ".join(html.link(f"#{_slug(tag)}", escape(_title(tag))) for tag in by_tag)
    contents += " · " + " · ".join(html.link(f"#{name}", name.capitalize()) for name in ("roles", "scopes", "schemas"))
    groups = [html.section(_slug(tag), _title(tag), html.prose(described.get(tag, "")), *found) for tag, found in by_tag.items()]
    return html.page(
        "Comity API",
        _start(document),
        _conventions(),
        f"<p>{contents}</p>",
        *groups,
        _roles(),
        _scopes(),
        _schemas(document),
        lead=document["info"]["description"],
    )


def _start(document: Document) -> str:
    server = document["servers"][0]["url"].rstrip("/")
    person = f'curl {server}/v1/session -H \'Content-Type: application/json\' \\\n  -d \'{{"email": "ana@example.org", "password": "…"}}\''
    machine = f"curl {server}/oauth/token -u our-system:comity_secret_… -d grant_type=client_credentials"
    use = f'curl {server}/v1/session -H "Authorization: Bearer $TOKEN"'
    hint = "Search with your browser: what is folded opens by itself where the browser supports it."
    parts = ["<p>A person signs in:</p>", html.block(person), "<p>A machine client:</p>", html.block(machine)]
    parts += [f"<p>Send the <code>access_token</code> of the answer with every call:</p>{html.block(use)}", f'<p class="soft">{hint}</p>']
    return html.section("start", "First call", *parts)


def _conventions() -> str:
    return html.section("conventions", "What holds everywhere", html.table(("", ""), [(escape(name), html.inline(text)) for name, text in CONVENTIONS]))


def _operation(document: Document, path: str, method: str, operation: Document) -> str:
    scope = " or ".join(scopes_asked(operation)) or ("public" if {} in operation["security"] else "any token")
    summary = f'<span class="method {method}">{method.upper()}</span> {html.code(path)} <span class="soft">{escape(operation["summary"])}</span>'
    summary += f' <span class="scope">{escape(scope)}</span>'
    parts = [html.prose(operation["description"]), _parameters(document, operation), _request(document, operation), _responses(document, operation)]
    call = f"<h3>Example</h3>{html.block(curl(document, path, method, operation))}"
    return html.folded(operation["operationId"], summary, *parts, call)


def _parameters(document: Document, operation: Document) -> str:
    shared = document["components"]["parameters"]
    rows = []
    for item in operation.get("parameters", ()):
        known = shared[item["$ref"].rpartition("/")[2]] if "$ref" in item else item
        schema = known.get("schema", {})
        where = f"{known['in']}, required" if known.get("required") else known["in"]
        about = html.inline(known.get("description") or _description(schema))
        rows.append((html.code(known["name"]), escape(where), _type(document, _given(schema)), about))
    found = html.table(("name", "in", "type", "meaning"), rows)
    return f"<h3>Parameters</h3>{found}" if found else ""


def _given(schema: Document) -> Document:
    """The schema of a parameter that is there; null stands for one that is left out."""
    return {**schema, "anyOf": [item for item in schema["anyOf"] if item.get("type") != "null"]} if "anyOf" in schema else schema


def _request(document: Document, operation: Document) -> str:
    body = operation.get("requestBody", {})
    parts = [html.prose(body["description"])] if body.get("description") else []
    for media_type, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        parts.append(f"<p>{html.code(media_type)}: {_type(document, schema)}</p>{_members(document, resolved(document, schema))}")
    return "".join(["<h3>Body</h3>", *parts]) if parts else ""


def _responses(document: Document, operation: Document) -> str:
    rows = []
    for status, response in operation["responses"].items():
        if "$ref" in response:
            response = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        shapes = [_type(document, content.get("schema", {})) for content in response.get("content", {}).values()]
        rows.append((html.code(status), html.inline(response.get("description", "")), ", ".join(filter(None, shapes))))
    return "<h3>Answers</h3>" + html.table(("status", "meaning", "shape"), rows)


def _members(document: Document, schema: Document) -> str:
    required = schema.get("required", ())
    rows = []
    for name, member in schema.get("properties", {}).items():
        about = html.inline(_description(member))
        rows.append((html.code(name), "required" if name in required else "", _type(document, member), about))
    return html.table(("member", "", "type", "meaning"), rows)


def _type(document: Document, schema: Document) -> str:
    """A type in words, with links to the schemas it names."""
    if "$ref" in schema:
        name = str(schema["$ref"]).removeprefix(PREFIX)
        return html.link(f"#schema-{name}", escape(name))
    for member in ("anyOf", "oneOf", "allOf"):
        if schema.get(member):
            return " or ".join(dict.fromkeys(_type(document, item) for item in schema[member]))
    if "enum" in schema:
        return ", ".join(html.code(value) for value in schema["enum"])
    if "const" in schema:
        return html.code(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_type(document, schema.get('items', {}))}{_bounds(schema)}"
    values = map_values(schema)
    if values is not None:
        return f"map of {_type(document, values)}"
    named = schema.get("format") or (" or ".join(kind) if isinstance(kind, list) else kind) or "anything"
    return escape(str(named)) + _bounds(schema)


def _description(schema: Document) -> str:
    """What is said about a value, also where it may be null."""
    return next((str(item["description"]) for item in (schema, *schema.get("anyOf", ())) if item.get("description")), "")


BOUNDS = (("minimum", "maximum", ""), ("minLength", "maxLength", " characters"), ("minItems", "maxItems", " items"))


def _bounds(schema: Document) -> str:
    said = []
    for least, most, unit in BOUNDS:
        low, high = _whole(schema.get(least)), _whole(schema.get(most))
        if low is not None and high is not None:
            said.append(f"{low} to {high}{unit}")
        elif low is not None or high is not None:
            said.append(f"at least {low}{unit}" if high is None else f"at most {high}{unit}")
    if schema.get("default") is not None and schema["default"] != []:
        said.append(f"default {json.dumps(schema['default'], ensure_ascii=False)}")
    return f' <span class="soft">({escape(", ".join(said))})</span>' if said else ""


def _whole(number: float | None) -> float | None:
    return int(number) if number is not None and float(number).is_integer() else number


def _schemas(document: Document) -> str:
    folds = []
    for name, schema in document["components"]["schemas"].items():
        shape = _members(document, schema) or f"<p>{_type(document, schema)}</p>"
        folds.append(html.folded(f"schema-{name}", html.code(name), html.prose(schema.get("description", "")), shape))
    return html.section("schemas", "Schemas", *folds)


def _roles() -> str:
    rows = [
        (html.code(item.role) + (" (machine)" if item.machine else ""), escape(item.meaning), " ".join(html.code(scope) for scope in item.scopes))
        for item in roles.describe()
    ]
    about = "A token carries the organisation as well as the roles; which records a role reaches is a matter of the organisation."
    return html.section("roles", "Roles", html.prose(about), html.table(("role", "meaning", "scopes"), rows))


def _scopes() -> str:
    rows = [(html.code(scope), ", ".join(html.code(role) for role in roles.roles_with(scope))) for scope in sorted(roles.SCOPES)]
    return html.section("scopes", "Scopes", html.table(("scope", "carried by"), rows))


def _title(tag: str) -> str:
    return tag.replace("-", " ").replace("_", " ").capitalize()


def _slug(tag: str) -> str:
    return "tag-" + "".join(char if char.isalnum() else "-" for char in tag.lower())
