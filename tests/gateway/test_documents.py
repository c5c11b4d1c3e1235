"""The API document holds together, and the pages made from it say what it says."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from gateway import roles
from gateway.documents.examples import FORMATS, example
from gateway.documents.openapi import merge, operations
from gateway.documents.schemas import PREFIX
from shared.errors import NotFound
from tests.support.problems import assert_problem

VOID = {"meta", "link", "br", "hr", "img", "input"}


async def document_of(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await http.get("/openapi.json")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


async def test_the_document_holds_together(http: httpx.AsyncClient) -> None:
    document = await document_of(http)
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            assert part in node, reference
            node = node[part]
    identifiers = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(identifiers) == len(set(identifiers)) > 15
    assert {"list_boxes", "read_toy_events", "sign_in", "grant_token", "read_events", "create_account"} <= set(identifiers)
    assert not {"HTTPValidationError", "ValidationError", "ProblemDocument"} & document["components"]["schemas"].keys()
    tags = {tag["name"] for tag in document["tags"]}
    assert [tag["name"] for tag in document["tags"] if not tag.get("description")] == ["boxes"], "the toy's is nobody's chapter"
    schemes = document["components"]["securitySchemes"]
    for path, method, operation in operations(document):
        assert operation["summary"] and operation["description"], path
        assert set(operation["tags"]) <= tags
        assert any(status.startswith("2") for status in operation["responses"]), (method, path)
        for response in operation["responses"].values():
            assert "$ref" in response or response["description"], (method, path)
        named = {item["name"] for item in operation.get("parameters", ()) if item.get("in") == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        for requirement in operation["security"]:
            assert requirement.keys() <= schemes.keys()


async def test_every_operation_says_its_scope_and_the_shared_problems(http: httpx.AsyncClient) -> None:
    document = await document_of(http)
    make_box = document["paths"]["/v1/boxes"]["post"]
    assert make_box["x-scope"] == "toy:write"
    assert "`toy:write`" in make_box["description"]
    assert make_box["security"] == [{"bearer": []}, {"oauth2": ["toy:write"]}]
    assert {"400", "401", "403", "409", "413", "422", "500", "503"} <= make_box["responses"].keys()
    assert make_box["responses"]["401"] == {"$ref": "#/components/responses/Unauthorized"}
    assert "`toy_name_taken`" in make_box["responses"]["409"]["description"]
    assert make_box["responses"]["409"]["content"].keys() == {"application/problem+json"}
    assert {"$ref": "#/components/parameters/IdempotencyKey"} in make_box["parameters"]
    read_box = document["paths"]["/v1/boxes/{box_id}"]["get"]
    assert (read_box["x-scope"], read_box["security"][0]) == ("public", {})
    assert "403" not in read_box["responses"]
    for name in ("BadRequest", "Unauthorized", "Forbidden", "NotFound", "TooLarge", "Invalid", "Problem", "Unavailable"):
        assert document["components"]["responses"][name]["content"]["application/problem+json"]["schema"] == {"$ref": f"{PREFIX}Problem"}


async def test_what_the_reader_has_is_not_sent_again(http: httpx.AsyncClient) -> None:
    for path in ("/openapi.json", "/docs", "/", "/problems", "/problems/unauthorized"):
        first = await http.get(path)
        again = await http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path


def part(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"{PREFIX}Outer"}}}
    operation = {"operationId": "read", "tags": [name], "responses": {"200": {"description": "", "content": content}}}
    outer = {"type": "object", "properties": {"inner": {"$ref": f"{PREFIX}Inner"}, "mapping": {"type": "string"}}}
    return {"paths": {f"/v1/{name}": {"get": operation}}, "components": {"schemas": {"Outer": outer, "Inner": schema, **more}}}


def test_equal_schemas_become_one_and_different_ones_are_told_apart() -> None:
    same = merge({"a": part("a", {"type": "string"}), "b": part("b", {"type": "string"})}, server="http://x", version="1")
    assert {"Outer", "Inner"} <= same["components"]["schemas"].keys()
    other = merge({"a": part("a", {"type": "string"}), "b": part("b", {"type": "integer"})}, server="http://x", version="1")
    schemas = other["components"]["schemas"]
    assert {"AOuter", "AInner", "BOuter", "BInner"} <= schemas.keys()
    assert not {"Outer", "Inner"} & schemas.keys()
    assert schemas["BOuter"]["properties"] == {"inner": {"$ref": f"{PREFIX}BInner"}, "mapping": {"type": "string"}}
    assert other["paths"]["/v1/b"]["get"]["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": f"{PREFIX}BOuter"}
    assert [operation["operationId"] for _, _, operation in operations(other)] == ["read", "b_read"]


def test_two_parts_may_not_answer_one_path() -> None:
    with pytest.raises(ValueError, match="both answer"):
        merge({"a": part("a", {}), "b": part("a", {})}, server="http://x", version="1")


def test_discriminators_follow_their_schemas() -> None:
    union = {"oneOf": [{"$ref": f"{PREFIX}Inner"}], "discriminator": {"propertyName": "kind", "mapping": {"x": f"{PREFIX}Inner"}}}
    found = merge({"a": part("a", {"type": "string"}, U=union), "b": part("b", {"type": "integer"}, U=union)}, server="http://x", version="1")
    assert list(references(found["paths"])) != []
    parts = {"a": part("a", {"type": "string"}), "b": part("b", {"type": "integer"})}
    for name, item in parts.items():
        item["components"]["schemas"]["Outer"] = union
        item["paths"][f"/v1/{name}"]["get"]["operationId"] = name
    merged = merge(parts, server="http://x", version="1")["components"]["schemas"]
    assert merged["BOuter"]["discriminator"]["mapping"] == {"x": f"{PREFIX}BInner"}


class Checked(HTMLParser):
    """Balanced tags, unique ids, and where the links go."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [str(given["id"])] if given.get("id") else []
        self.links += [str(given["href"])] if "href" in given else []
        self.language = self.language or given.get("lang")  # the page's own; parts of it may be in another
        assert not {name for name in given if name.startswith("on") or name in ("src", "style")}, tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ["/", "/docs", "/problems", "/problems/toy_name_taken", "/problems/unauthorized", "/problems/bad_credentials"])
async def test_pages_are_sound_and_need_neither_scripts_nor_the_network(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script" not in answer.headers["content-security-policy"].replace("default-src 'none'", "")
    page = Checked()
    page.feed(answer.text)
    assert page.open == []
    assert page.language == "en"
    assert not page.tags & {"script", "iframe", "form", "img", "object"}
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        assert link.startswith(("/", "#")), link
        if link.startswith("#"):
            assert link[1:] in page.ids, link
        else:
            assert (await http.get(link.partition("#")[0])).status_code == 200, link


async def test_the_reference_shows_operations_roles_and_examples(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    for operation_id in ("make_box", "sign_in", "read_events"):
        assert f'<div id="{operation_id}">' in page
    for role, scopes in roles.SCOPES_OF.items():
        assert f"<code>{role}</code>" in page
        assert all(f"<code>{scope}</code>" in page for scope in scopes)
    assert "curl -X POST http://127.0.0.1:8000/v1/boxes" in page
    assert "Authorization: Bearer $TOKEN" in page
    assert "grant_type=client_credentials" in page


async def test_a_problem_leads_to_its_explanation(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/nothing")
    page = (await http.get(answer.json()["type"])).text
    assert NotFound.title in page
    taken = (await http.get("/problems/toy_name_taken")).text
    assert '<a href="/docs#make_box">' in taken
    assert_problem(await http.get("/problems/nothing_like_it"), NotFound)


def test_the_table_of_roles_is_complete() -> None:
    assert set(roles.MEANING_OF) == set(roles.SCOPES_OF)
    assert [item.role for item in roles.describe()] == list(roles.SCOPES_OF)
    assert roles.scopes_of(["member", "nobody"]) == roles.SCOPES_OF["member"]
    assert roles.PERSON_ROLES | roles.MACHINE_ROLES | {"public"} == set(roles.SCOPES_OF)
    for scope in roles.SCOPES:
        assert roles.roles_with(scope)


def test_examples_follow_the_schema() -> None:
    document = {"components": {"schemas": {"Kind": {"enum": ["mou", "other"]}}}}
    schema = {
        "type": "object",
        "required": ["titles", "kind", "parties", "country", "months"],
        "properties": {
            "titles": {"type": "object", "patternProperties": {"^[a-z]+$": {"type": "string"}}},
            "kind": {"$ref": f"{PREFIX}Kind"},
            "parties": {"type": "array", "minItems": 2, "items": {"type": "string", "format": "uuid"}},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "months": {"anyOf": [{"type": "integer", "minimum": 3}, {"type": "null"}]},
            "reason": {"type": "string"},
        },
    }
    found = example(document, schema)
    assert found == {"titles": {"en": "…"}, "kind": "mou", "parties": [FORMATS["uuid"]] * 2, "country": "MX", "months": 3}
