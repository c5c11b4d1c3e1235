"""Drafting: what a draft may hold, who may change it, and what it derives from its parts."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings import errors as states
from services.briefings.briefings.schemas import BriefingRead
from shared import errors
from tests.briefings.conftest import NOW
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def change(client: httpx.AsyncClient, made: httpx.Response, who: Any = make.AUTHOR, **values: Any) -> httpx.Response:
    return await client.patch(f"/v1/briefings/{made.json()['id']}", json=values, headers=bearer(who) | {"If-Match": made.headers["etag"]})


async def stored(app: FastAPI) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT type, organizations, payload::text, reason FROM events ORDER BY seq"))).all())


async def test_a_draft_is_the_compiled_read_of_what_was_written(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    made = await make.briefing(briefings, parts=[make.part(), make.part(language="es", marking="TLP:GREEN")])
    body = made.json()
    read = BriefingRead.model_validate(body)
    assert read.model_dump(mode="json") == body
    assert body["issuing"] == {
        "author": "author",
        "editors": ["author"],
        "audience": {"predicate": make.BORDER, "seats": []},
        "unmarked_parts": 0,
    }
    assert (read.marking, read.languages, read.state, [part["position"] for part in body["parts"]]) == ("TLP:AMBER", ["en", "es"], "draft", [1, 2])
    assert made.headers["etag"].startswith('"1-')
    rows = await stored(briefings_app)
    assert [(row.type, row.organizations) for row in rows] == [("briefing.drafted", [make.STATE])]
    assert "Tijuana" not in rows[0].payload


@pytest.mark.parametrize(
    ("markings", "whole", "unmarked"),
    [
        ([], None, 0),
        (["TLP:GREEN"], "TLP:GREEN", 0),
        (["TLP:CLEAR", "TLP:AMBER+STRICT", "TLP:AMBER"], "TLP:AMBER+STRICT", 0),
        (["TLP:RED", None], None, 1),
        (["TLP:CLEAR", "TLP:RED", "TLP:GREEN"], "TLP:RED", 0),
    ],
)
async def test_the_whole_has_the_highest_marking_of_its_parts(
    briefings: httpx.AsyncClient, markings: list[str | None], whole: str | None, unmarked: int
) -> None:
    body = (await make.briefing(briefings, parts=[make.part(marking=marking) for marking in markings])).json()
    assert (body["marking"], body["issuing"]["unmarked_parts"]) == (whole, unmarked)
    found = (await briefings.get("/v1/briefings", params={"marking": whole or "TLP:AMBER"}, headers=bearer(make.AUTHOR))).json()["items"]
    assert [item["id"] for item in found] == ([body["id"]] if whole else [])


async def test_the_marking_cannot_be_set_by_hand(briefings: httpx.AsyncClient) -> None:
    answer = await briefings.post("/v1/briefings", json=make.content(marking="TLP:CLEAR"), headers=bearer(make.AUTHOR))
    assert [item["pointer"] for item in assert_problem(answer, errors.Invalid)["errors"]] == ["/marking"]


async def test_the_label_is_not_translated_and_its_meaning_is(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    made = (await make.briefing(briefings)).json()
    answer = await briefings.get(f"/v1/briefings/{made['id']}", headers=bearer(make.AUTHOR) | {"Accept-Language": "es-MX"})
    body = answer.json()
    assert (body["marking"], body["organization_name"]) == ("TLP:AMBER", "Departamento de Estado de EE. UU.")
    assert body["sharing"].startswith("Compártalo únicamente según la necesidad de conocer")


async def test_a_change_needs_the_etag_and_makes_its_hand_an_author(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    made = await make.briefing(briefings)
    path = f"/v1/briefings/{made.json()['id']}"
    assert_problem(await briefings.patch(path, json={"title": "x"}, headers=bearer(make.AUTHOR)), errors.PreconditionRequired)
    second = await change(briefings, made, make.BOTH, title="New title", reason="clearer", parts=[make.part(marking=None), make.part(), make.part()])
    assert second.status_code == 200, second.text
    body = second.json()
    assert (body["title"], body["issuing"]["editors"], body["marking"], len(body["parts"])) == ("New title", ["author", "both"], None, 3)
    assert_problem(await change(briefings, made, title="Late"), errors.PreconditionFailed)
    third = await change(briefings, second, parts=[make.part(marking="TLP:GREEN")], handling=None)
    assert (third.json()["marking"], len(third.json()["parts"]), third.headers["etag"][:3]) == ("TLP:GREEN", 1, '"3-')
    rows = await stored(briefings_app)
    assert [(row.type, row.reason) for row in rows] == [("briefing.drafted", None), ("briefing.changed", "clearer"), ("briefing.changed", None)]
    assert '"fields": ["title", "parts"]' in rows[1].payload


async def test_a_change_of_a_part_alone_moves_the_etag_within_one_instant(briefings: httpx.AsyncClient) -> None:
    made = await make.briefing(briefings)
    again = await change(briefings, made, parts=[make.part(body="Other words.")])
    assert (again.headers["etag"][:3], again.json()["parts"][0]["body"]) == ('"2-', "Other words.")


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"title": None}, ""),
        ({"reason": "only a reason"}, ""),
        ({}, ""),
        ({"parts": [{"heading": "x"}]}, "/parts/0/body"),
        ({"parts": [make.part(marking="TLP:WHITE")]}, "/parts/0/marking"),
        ({"parts": [make.part(marking="tlp:amber")]}, "/parts/0/marking"),
        ({"topics": ["Not A Slug"]}, "/topics/0"),
        ({"countries": ["USA"]}, "/countries/0"),
        ({"status": "Draft"}, "/status"),
        ({"author": "me"}, "/author"),
        ({"audience": {"seats": ["x"]}}, "/audience/seats/0"),
        ({"audience": {"seats": [str(make.STATE)] * 2}}, "/audience/seats"),
        ({"expires_at": "2026-06-01T00:00:00"}, "/expires_at"),
    ],
)
async def test_bad_changes_are_named(briefings: httpx.AsyncClient, values: dict[str, Any], pointer: str) -> None:
    made = await make.briefing(briefings)
    body = assert_problem(await change(briefings, made, **values), errors.Invalid)
    assert pointer in [item["pointer"] for item in body["errors"]]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=-1), timedelta(days=-400), timedelta(days=366, seconds=1)])
async def test_an_expiry_outside_the_year_ahead_is_refused(briefings: httpx.AsyncClient, ahead: timedelta) -> None:
    body = make.content(expires_at=(NOW + ahead).isoformat())
    refused = assert_problem(await briefings.post("/v1/briefings", json=body, headers=bearer(make.AUTHOR)), states.ExpiryOutOfBounds)
    assert [item["pointer"] for item in refused["errors"]] == ["/expires_at"]
    del body["expires_at"]
    missing = assert_problem(await briefings.post("/v1/briefings", json=body, headers=bearer(make.AUTHOR)), errors.Invalid)
    assert [item["pointer"] for item in missing["errors"]] == ["/expires_at"]


async def test_an_exercise_is_never_actual(briefings: httpx.AsyncClient) -> None:
    body = make.content(type="exercise")
    assert_problem(await briefings.post("/v1/briefings", json=body, headers=bearer(make.AUTHOR)), states.StatusMixed)
    made = await make.briefing(briefings, type="exercise", status="Exercise")
    assert_problem(await change(briefings, made, status="Actual"), states.StatusMixed)


async def test_classified_text_is_neither_stored_nor_echoed(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    secret = "(S//NF) Xochimilco"
    label = {"op": "within", "place": "US", "label": "TOP SECRET//Xochimilco"}
    for body in (
        make.content(title=secret),
        make.content(summary=secret),
        make.content(handling=secret),
        make.content(parts=[make.part(), make.part(body=secret)]),
        make.content(parts=[make.part(heading=secret)]),
        make.content(audience={"predicate": label}),
    ):
        answer = await briefings.post("/v1/briefings", json=body, headers=bearer(make.AUTHOR) | {"Idempotency-Key": "once"})
        assert_problem(answer, states.ClassifiedTextRefused)
        assert b"Xochimilco" not in answer.content
    made = await make.briefing(briefings)
    refused = assert_problem(await change(briefings, made, parts=[make.part(body=secret)], reason=secret), states.ClassifiedTextRefused)
    assert [item["pointer"] for item in refused["errors"]] == ["/parts/0/body", "/reason"]
    async with briefings_app.state.database.session(read_only=True) as session:
        for table in ("briefings", "parts", "events", "idempotency_keys"):
            rows = (await session.execute(text(f"SELECT t::text FROM {table} AS t"))).scalars().all()
            assert not [row for row in rows if "Xochimilco" in row], table


async def test_a_draft_is_discarded_by_its_own_organisation(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    made = await make.briefing(briefings)
    path = f"/v1/briefings/{made.json()['id']}"
    headers = bearer(make.AUTHOR) | {"If-Match": made.headers["etag"]}
    assert_problem(await briefings.delete(path, headers=bearer(make.STRANGER) | {"If-Match": made.headers["etag"]}), states.BriefingNotFound)
    assert_problem(await briefings.delete(path, headers=bearer(make.AUTHOR)), errors.PreconditionRequired)
    gone = await briefings.delete(path, headers=headers)
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(await briefings.get(path, headers=bearer(make.AUTHOR)), states.BriefingNotFound)
    rows = await stored(briefings_app)
    assert [row.type for row in rows] == ["briefing.drafted", "briefing.discarded"]


async def test_a_caller_without_an_organisation_issues_nothing(briefings: httpx.AsyncClient) -> None:
    nobody = make.person("briefing_author", organization=None)
    assert_problem(await briefings.post("/v1/briefings", json=make.content(), headers=bearer(nobody)), states.OrganizationNeeded)


async def test_lists_are_one_statement_and_follow_their_filters(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    wanted = [(await make.briefing(briefings, title=f"Number {number}", topics=["water", "health"])).json()["id"] for number in range(5)]
    await make.briefing(briefings, type="bulletin", status="Test", topics=["trade"])
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        with queries(briefings_app.state.database, at_most=1):
            answer = await briefings.get("/v1/briefings", params={"topic": "health", "limit": 2, "include": "parts", **cursor}, headers=bearer(make.AUTHOR))
        page = answer.json()
        assert all(BriefingRead.model_validate(item).parts for item in page["items"])
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == list(reversed(wanted))
    for query in ({"type": "bulletin"}, {"status": "Test"}, {"topic": "trade"}):
        items = (await briefings.get("/v1/briefings", params=query, headers=bearer(make.AUTHOR))).json()["items"]
        assert [item["topics"] for item in items] == [["trade"]]
        assert "parts" not in items[0]
    assert (await briefings.get("/v1/briefings?state=released", headers=bearer(make.AUTHOR))).json()["items"] == []
    assert len((await briefings.get("/v1/briefings?state=draft", headers=bearer(make.AUDITOR))).json()["items"]) == 6
