"""What every service is made of, on a service of two tables."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared import errors
from shared.access import Caller
from shared.events import ReasonMissing
from shared.ids import new_id
from shared.repository import next_link
from shared.web import ServiceApp
from tests.support import toy
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller, token

ORG = new_id()
WRITER = caller("toy:write", organization=ORG)


async def make(client: httpx.AsyncClient, name: str = "box", who: Caller = WRITER, **values: object) -> httpx.Response:
    return await client.post("/v1/boxes", json={"name": name, **values}, headers=bearer(who))


async def test_a_change_answers_with_the_compiled_read_and_records_its_event(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    answer = await make(toys, price="10.50", labels={"en": "Box", "es": "Caja"}, balls=["b", "a", "secret"])
    assert answer.status_code == 201, answer.text
    body = answer.json()
    toy.BoxRead.model_validate(body)
    assert body | {"id": None, "created_at": None} == {
        "id": None,
        "name": "box",
        "colour": "red",
        "price": "10.50",
        "label": "Box",
        "parent_id": None,
        "created_at": None,
        "parent": None,
    }
    assert answer.headers["etag"].startswith('"1-')
    async with toy_app.state.database.session(read_only=True) as session:
        row = (await session.execute(text("SELECT * FROM events"))).one()
    assert (row.type, row.aggregateid, row.organization, row.position) == ("box.made", body["id"], ORG, None)
    assert (row.payload["owner"], "owner" in row.payload_open) == (str(ORG), False)
    assert answer.headers["comity-event"] == str(row.id)


async def test_a_read_is_one_statement_with_its_visible_children(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    parent = (await make(toys, "parent")).json()
    made = (await make(toys, balls=["b", "a", "secret"], parent_id=parent["id"])).json()
    with queries(toy_app.state.database, at_most=1):
        answer = await toys.get(f"/v1/boxes/{made['id']}", headers=bearer(WRITER) | {"Accept-Language": "es, en;q=0.5"})
    body = answer.json()
    parsed = toy.BoxRead.model_validate(body)
    assert [ball["name"] for ball in body["balls"]] == ["a", "b"]
    assert parsed.model_dump(mode="json")["created_at"] == body["created_at"]
    assert body["parent"] == {"id": parent["id"], "name": "parent"}
    fresh = await toys.get(f"/v1/boxes/{made['id']}", headers=bearer(WRITER) | {"If-None-Match": answer.headers["etag"], "Accept-Language": "es"})
    assert (fresh.status_code, fresh.content) == (304, b"")


async def test_what_is_hidden_does_not_exist_and_takes_its_key_along(toys: httpx.AsyncClient) -> None:
    parent = (await make(toys, "parent")).json()
    stranger = caller("toy:write", organization=new_id())
    child = (await make(toys, "child", stranger, parent_id=parent["id"])).json()
    assert (child["parent"], child["parent_id"]) == (None, None)
    assert_problem(await toys.get(f"/v1/boxes/{parent['id']}", headers=bearer(stranger)), toy.BoxNotFound)
    assert_problem(await toys.patch(f"/v1/boxes/{parent['id']}", json={"name": "x"}, headers=bearer(stranger)), toy.BoxNotFound)


async def test_pages_follow_each_other_without_gap_or_repetition(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    for number in range(7):
        await make(toys, f"box {number}", balls=["x"])
    seen, cursor = [], None
    for _ in range(10):
        with queries(toy_app.state.database, at_most=1):
            answer = await toys.get(
                "/v1/boxes", params={"limit": 3, "include": "balls", "count": "exact", **({"cursor": cursor} if cursor else {})}, headers=bearer(WRITER)
            )
        page = answer.json()
        seen += [item["name"] for item in page["items"]]
        assert page["total"] == 7
        assert all(item["balls"][0]["name"] == "x" for item in page["items"])
        cursor = page["next"]
        if cursor is None:
            break
        assert f"cursor={cursor}" in answer.headers["link"]
    assert seen == [f"box {number}" for number in range(7)]
    newest = (await toys.get("/v1/boxes?sort=newest&limit=2&name=box 1&name=box 2", headers=bearer(WRITER))).json()
    assert len(newest["items"]) == 2
    assert "balls" not in newest["items"][0]


async def test_equal_sort_keys_lose_and_repeat_nothing(toys: httpx.AsyncClient, toy_app: ServiceApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_app.state.clock, "fixed", datetime(2026, 3, 2, tzinfo=UTC))
    made = {(await make(toys, f"box {number}")).json()["id"] for number in range(7)}
    seen: list[str] = []
    path: str | None = "/v1/boxes?sort=newest&limit=2"
    while path is not None:
        answer = await toys.get(path, headers=bearer(WRITER))
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert (len(seen), set(seen)) == (7, made)


def test_a_link_holds_nothing_that_could_end_it() -> None:
    """The path arrives decoded, the query as it was sent."""
    link = next_link('/v1/boxes/ \n"<x>%41?name=a>; rel="next", <http://evil.example/&cursor=old&name=%3E&name=\xe9', "new")
    assert link == "/v1/boxes/%20%0A%22%3Cx%3E%2541?name=a%3E;%20rel=%22next%22,%20%3Chttp://evil.example/&name=%3E&name=%E9&cursor=new"


async def test_a_cursor_belongs_to_its_filters(toys: httpx.AsyncClient) -> None:
    for number in range(3):
        await make(toys, f"box {number}")
    cursor = (await toys.get("/v1/boxes?limit=1", headers=bearer(WRITER))).json()["next"]
    for query in (f"limit=1&colour=green&cursor={cursor}", f"cursor={cursor[:-2]}AA", "cursor=nonsense", "cursor=%C3%A9"):
        assert_problem(await toys.get(f"/v1/boxes?{query}", headers=bearer(WRITER)), errors.CursorInvalid)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("colour=blue", "/colour"),
        ("wrong=1", "/wrong"),
        ("limit=1&limit=2", "/limit"),
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("sort=price", "/sort"),
        ("include=price", "/include/0"),
    ],
)
async def test_a_bad_parameter_is_named(toys: httpx.AsyncClient, query: str, pointer: str) -> None:
    body = assert_problem(await toys.get(f"/v1/boxes?{query}"), errors.Invalid)
    assert [(item["in"], item["pointer"]) for item in body["errors"]] == [("query", pointer)]


async def test_bad_bodies_are_explained(toys: httpx.AsyncClient) -> None:
    headers = bearer(WRITER)
    assert_problem(await toys.post("/v1/boxes", content=b'{"name": ', headers=headers | {"Content-Type": "application/json"}), errors.BadRequest)
    body = assert_problem(await toys.post("/v1/boxes", json={"name": " ", "size": 3}, headers=headers), errors.Invalid)
    assert {item["pointer"] for item in body["errors"]} == {"/name", "/size"}
    assert_problem(await toys.post("/v1/boxes", json={"name": "x" * 30_000}, headers=headers), errors.TooLarge)
    assert_problem(await toys.get("/v1/boxes/not-a-uuid"), errors.Invalid)
    assert_problem(await toys.get("/v1/nothing"), errors.NotFound)
    answer = await toys.delete("/v1/boxes")
    assert_problem(answer, errors.MethodNotAllowed)
    assert answer.headers["allow"]


async def test_a_body_that_is_no_json_is_said_in_the_language_of_the_request(toys: httpx.AsyncClient) -> None:
    headers = bearer(WRITER) | {"Content-Type": "application/json"}
    answers = [await toys.post("/v1/boxes", content=b'{"name": "\xc3\xb1",}', headers=headers | {"Accept-Language": said}) for said in ("en", "es", "fr")]
    assert [assert_problem(answer, errors.BadRequest)["detail"] for answer in answers] == [
        "The body is not valid JSON from character 13 on: trailing comma is not allowed.",
        "El cuerpo no es JSON válido a partir del carácter 13.",
        "Le corps n'est pas du JSON valide à partir du caractère 13.",
    ]


@pytest.mark.parametrize(
    ("document", "error", "pointer"),
    [
        (rb'{"name": "a\u0000b"}', errors.Invalid, "/name"),
        (rb'{"name": "a", "labels": {"en": "\u0000"}}', errors.Invalid, "/labels/en"),
        (rb'{"name": "a", "labels": {"\u0000": "x"}}', errors.Invalid, "/labels"),
        (rb'{"name": "a", "balls": ["x", "\u0000"]}', errors.Invalid, "/balls/1"),
        (rb'{"name": "\ud800"}', errors.BadRequest, None),
        (rb'{"name": "a", "labels": {"\udc00": "x"}}', errors.BadRequest, None),
        (b'{"name": "a", "price": NaN}', errors.BadRequest, None),
        (b'{"name": "a", "price": 1e999}', errors.BadRequest, None),
        (b'{"name": ' + b"[" * 5_000, errors.BadRequest, None),
        (b'{"name": "\xff"}', errors.BadRequest, None),
        (b'{"name": "a", "price": 1e300}', errors.Invalid, None),
    ],
)
async def test_what_no_text_or_number_can_be_is_refused_before_anything_runs(
    toys: httpx.AsyncClient, document: bytes, error: type[errors.Problem], pointer: str | None
) -> None:
    answer = await toys.post("/v1/boxes", content=document, headers=bearer(WRITER) | {"Content-Type": "application/json"})
    body = assert_problem(answer, error)
    assert pointer is None or [item["pointer"] for item in body["errors"]] == [pointer]


async def test_an_escaped_backslash_before_u0000_is_a_text_like_any_other(toys: httpx.AsyncClient) -> None:
    answer = await toys.post("/v1/boxes", content=rb'{"name": "\\u0000"}', headers=bearer(WRITER) | {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["name"]) == (201, "\\u0000")


async def test_junk_in_queries_is_no_failure(toys: httpx.AsyncClient) -> None:
    for query in ("name=%00", "name=a%00b", "&".join(["name=x"] * 300), "name=%FF%FE", "name=%ED%A0%80"):
        answer = await toys.get(f"/v1/boxes?{query}")
        assert answer.status_code in (200, 422), (query[:30], answer.text)
    assert (await toys.get("/v1/boxes?name=%00")).status_code == 422


@pytest.mark.parametrize(("levels", "error"), [(64, errors.Invalid), (65, errors.BadRequest), (900, errors.BadRequest), (20_000, errors.BadRequest)])
async def test_a_body_nests_so_deep_and_no_deeper(toys: httpx.AsyncClient, levels: int, error: type[errors.Problem]) -> None:
    deep = b'{"name": "x", "colour": ' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    sent = await toys.post("/v1/boxes", content=deep[:19_000], headers=bearer(WRITER) | {"Content-Type": "application/json"})
    assert_problem(sent, error)


async def test_a_constraint_speaks_for_itself(toys: httpx.AsyncClient) -> None:
    await make(toys, "same")
    assert_problem(await make(toys, "same"), toy.NameTaken)


async def test_changes_need_the_etag_that_was_read(toys: httpx.AsyncClient) -> None:
    made = await make(toys)
    path, headers = f"/v1/boxes/{made.json()['id']}", bearer(WRITER)
    change = {"name": "new", "reason": "better"}
    assert_problem(await toys.patch(path, json=change, headers=headers), errors.PreconditionRequired)
    for tag in ('"7-abc"', "*", "1", f"W/{made.headers['etag']}", made.headers["etag"].strip('"'), ""):
        assert_problem(await toys.patch(path, json=change, headers=headers | {"If-Match": tag}), errors.PreconditionFailed)
    assert_problem(await toys.patch(path, json={"name": "new"}, headers=headers | {"If-Match": made.headers["etag"]}), ReasonMissing)
    changed = await toys.patch(path, json=change, headers=headers | {"If-Match": made.headers["etag"]})
    assert (changed.status_code, changed.json()["name"], changed.headers["etag"][:3]) == (200, "new", '"2-')
    assert_problem(await toys.patch(path, json=change, headers=headers | {"If-Match": made.headers["etag"]}), errors.PreconditionFailed)


async def test_an_idempotency_key_has_one_effect_and_one_answer(toys: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = await toys.post("/v1/boxes", json={"name": "once"}, headers=bearer(WRITER) | key)
    again = await toys.post("/v1/boxes", json={"name": "once"}, headers=bearer(WRITER) | key)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert_problem(await toys.post("/v1/boxes", json={"name": "other"}, headers=bearer(WRITER) | key), errors.KeyReused)
    stranger = caller("toy:write", organization=new_id(), subject="stranger")
    assert (await toys.post("/v1/boxes", json={"name": "theirs"}, headers=bearer(stranger) | key)).status_code == 201


async def test_an_answer_is_given_again_only_under_the_rights_it_was_given_under(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    key = {"Idempotency-Key": str(uuid.uuid4())}
    seat = new_id()
    first = caller("toy:write", "toy:secrets", organization=ORG, seats=(seat,), country="MX", subdivision="MX-BCN", clearance="red")
    assert (await toys.post("/v1/boxes", json={"name": "once"}, headers=bearer(first) | key)).status_code == 201
    for less in (
        {"scopes": frozenset({"toy:write"})},
        {"seats": ()},
        {"clearance": "amber"},
        {"roles": frozenset({"visitor"})},
        {"country": None},
        {"subdivision": "MX-SON"},
    ):
        refused = await toys.post("/v1/boxes", json={"name": "once"}, headers=bearer(replace(first, **less)) | key)
        assert_problem(refused, errors.KeyReused)
    assert (await toys.post("/v1/boxes", json={"name": "once"}, headers=bearer(first) | key)).headers["idempotency-replayed"] == "true"
    async with toy_app.state.database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT count(*) FROM boxes"))).scalar_one() == 1


async def test_tokens_are_believed_only_when_they_verify(toys: httpx.AsyncClient) -> None:
    good = token(WRITER)
    head, body, signature = good.split(".")
    bad = {
        "forged": f"{head}.{body}.{signature[:-4]}AAAA",
        "expired": token(WRITER, exp=1_600_000_000, iat=1_500_000_000),
        "audience": token(WRITER, aud="comity"),
        "issuer": token(WRITER, iss="somebody"),
        "nonsense": "nonsense",
    }
    for kind, value in bad.items():
        answer = await toys.post("/v1/boxes", json={"name": kind}, headers={"Authorization": f"Bearer {value}"})
        assert_problem(answer, errors.Unauthorized)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert_problem(await toys.post("/v1/boxes", json={"name": "x"}), errors.Unauthorized)
    assert_problem(await toys.post("/v1/boxes", json={"name": "x"}, headers=bearer(caller("toy:read"))), errors.Forbidden, scope="toy:write")
