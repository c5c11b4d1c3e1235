"""A line for each request, with its ids and without what nobody should read there."""

import logging
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import logs
from shared.ids import new_id
from shared.web import ServiceApp
from tests.conftest import client_of
from tests.support import toy
from tests.support.database import Templates, rolled_back
from tests.support.tokens import bearer, caller, token
from tests.support.written import written

WRITER = caller("toy:write", organization=new_id())
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.fixture
def every_request(toy_app: ServiceApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_app, "access_log_sample", 1.0)


async def test_a_request_is_one_line(toys: httpx.AsyncClient, every_request: None) -> None:
    number = new_id()
    with written("INFO") as log:
        answer = await toys.get(f"/v1/boxes/{number}?nothing=planted", headers={"traceparent": f"00-{TRACE}-{SPAN}-01", "X-Request-ID": "request-0001"})
    (line,) = log.lines()
    timestamp, milliseconds = line.pop("timestamp"), line.pop("ms")
    assert timestamp.endswith("Z")
    assert milliseconds > 0
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "comity.access",
        "service": "toy",
        "method": "GET",
        "route": "/v1/boxes/{box_id}",
        "path": f"/v1/boxes/{number}",
        "status": 422,
        "request_id": "request-0001",
        "trace_id": TRACE,
        "span_id": answer.headers["traceparent"].split("-")[2],
        "parent_id": SPAN,
    }


async def test_a_line_is_no_longer_for_a_long_path(toys: httpx.AsyncClient) -> None:
    with written("INFO") as log:
        assert (await toys.get("/v1/" + "é" * 5_000)).status_code == 404
    (line,) = log.lines("request")
    assert line["path"] == ("/v1/" + "é" * 5_000)[: logs.LONGEST_PATH]


async def test_a_failure_of_ours_is_a_warning_beside_its_traceback(toys: httpx.AsyncClient, toy_app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(toy_app.state._state, "open_work", None)
    with written("INFO") as log:
        answer = await toys.get("/v1/boxes")
    assert answer.status_code == 500
    failed, request = log.lines("request.failed"), log.lines("request")
    assert (len(failed), len(request)) == (1, 1)
    assert (failed[0]["level"], request[0]["level"], request[0]["status"]) == ("error", "warning", 500)
    assert "TypeError" in failed[0]["exception"]
    ids = ("request_id", "trace_id", "span_id")
    assert [failed[0][name] for name in ids] == [request[0][name] for name in ids]
    assert answer.headers["traceparent"] == f"00-{request[0]['trace_id']}-{request[0]['span_id']}-00"
    assert answer.json()["request_id"] == request[0]["request_id"]


@pytest.mark.parametrize(("sample", "least", "most"), [(0.0, 0, 0), (1.0, 400, 400), (0.5, 100, 300)])
async def test_a_share_of_what_went_well_and_all_of_what_did_not(
    toys: httpx.AsyncClient, toy_app: ServiceApp, monkeypatch: pytest.MonkeyPatch, sample: float, least: int, most: int
) -> None:
    monkeypatch.setattr(toy_app, "access_log_sample", sample)
    with written("INFO") as log:
        for _ in range(400):
            await toys.get("/healthz")
        for _ in range(3):
            await toys.get("/v1/nothing")
    lines = log.lines("request")
    assert len([line for line in lines if line["status"] == 404 and line["route"] is None]) == 3
    assert least <= len([line for line in lines if line["status"] == 200]) <= most


async def test_nothing_is_written_below_the_level(toys: httpx.AsyncClient, every_request: None) -> None:
    with written("WARNING") as log:
        await toys.get("/v1/boxes")
        await toys.get("/v1/nothing")
        logs.get("x").info("quiet")
    assert log.getvalue() == ""


async def test_lines_of_one_request_carry_its_ids_and_others_do_not(toys: httpx.AsyncClient) -> None:
    with written("INFO") as log:
        logs.get("before").info("before")
    assert "trace_id" not in log.lines()[0]


@pytest.mark.parametrize(
    ("said", "secret"),
    [
        ({"password": "hunter2-planted"}, "hunter2"),
        ({"client_secret": "hunter2-planted"}, "hunter2"),
        ({"Idempotency-Key": "hunter2-planted"}, "hunter2"),
        ({"headers": {"Authorization": "hunter2-planted", "Set-Cookie": "hunter2"}}, "hunter2"),
        ({"headers": [(b"authorization", b"Bearer hunter2-planted")]}, "hunter2"),
        ({"deep": {"a": {"b": {"c": {"d": {"password": "hunter2"}}}}}}, "hunter2"),
        ({"error": "refused: Bearer hunter2-planted"}, "hunter2"),
        ({"error": "refused: Basic aHVudGVyMg=="}, "aHVudGVyMg"),
        ({"error": f"cannot read {JWT}"}, JWT[:20]),
        ({"url": "postgresql+asyncpg://comity:hunter2@10.0.0.1/x"}, "hunter2"),
        ({"error": "form was grant_type=password&client_secret=hunter2&x=1"}, "hunter2"),
        ({"error": '{"email": "a@b.example", "password": "hunter2 with blanks"}'}, "hunter2"),
        ({"error": "DETAIL:  Failing row contains (1, hunter2)."}, "hunter2"),
        ({"value": object}, "\x00"),
    ],
)
def test_what_looks_like_a_secret_is_struck_out(said: dict[str, Any], secret: str) -> None:
    with written() as log:
        logs.get("x").warning("said", **said, kept="in plain sight")
        logging.getLogger("somebody.else").warning("said %s", said)
    assert len(log.lines()) == 2
    assert secret not in log.getvalue()
    assert log.lines()[0]["kept"] == "in plain sight"


def test_a_long_value_is_looked_through_in_little_time() -> None:
    with written() as log:
        logs.get("x").warning("long", first="a" * 200_000, second="token" * 40_000, third="eyJ" * 60_000, fourth="bearer " * 30_000, fifth="eyJ-" * 100_000)
    assert len(log.lines()) == 1


async def test_failed_statements_are_logged_without_what_they_carried(templates: Templates) -> None:
    app = toy.app(await templates.template("toy"))
    database, planted = app.state.database, f"planted{new_id().hex}"
    async with rolled_back(database), database.session(read_only=False) as session:
        with written() as log:
            try:
                row = "INSERT INTO boxes (id, name, colour, labels, version) VALUES (gen_random_uuid(), :planted, 'red', '{}', 1)"
                await session.execute(text(row), {"planted": planted})
            except DBAPIError as error:
                logs.get("x").error("statement.failed", exc_info=error)
            else:
                pytest.fail("created_at may not be null")
    await database.dispose()
    assert "violates not-null constraint" in log.lines("statement.failed")[0]["exception"]
    assert planted not in log.getvalue()


async def test_nothing_of_a_request_but_its_path_is_logged(templates: Templates) -> None:
    planted = {name: f"planted{name}{new_id().hex}" for name in ("key", "body", "query", "cookie", "agent")}
    credential = token(WRITER)
    with written() as log:
        app = toy.app(await templates.template("toy"), access_log_sample=1.0)
        async with rolled_back(app.state.database), client_of(app) as client:
            headers = bearer(WRITER) | {"Idempotency-Key": planted["key"], "Cookie": planted["cookie"], "User-Agent": planted["agent"]}
            for body in ({"name": planted["body"]}, {"name": planted["body"]}, {"name": ""}, {"wrong": planted["body"]}):
                await client.post("/v1/boxes", json=body, headers=headers)
                await client.post("/v1/boxes", json=body, headers=bearer(WRITER))
            await client.get(f"/v1/boxes?name={planted['query']}", headers={"Authorization": f"Bearer {credential}"})
            await client.get("/v1/boxes", headers={"Authorization": f"Bearer {credential}x"})
            await client.get(f"/v1/boxes?wrong={planted['query']}")
        await app.state.database.dispose()
    assert len(log.lines("request")) == 11
    text_ = log.getvalue()
    for secret in (*planted.values(), credential, credential.split(".")[2]):
        assert secret not in text_
