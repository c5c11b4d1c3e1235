"""Releasing: two hands, a frozen audience, and refusals that leave nothing behind."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.briefings import errors as states
from services.briefings.releases.schemas import ReleaseRead
from shared import errors
from shared.ids import new_id
from tests.briefings.conftest import NOW
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def rows_of(app: FastAPI, sql: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text(sql))).all())


async def nothing_left(app: FastAPI) -> bool:
    """Nothing of a release is stored: no release, no delivery, no event, and the draft is open."""
    counted = await rows_of(
        app,
        "SELECT (SELECT count(*) FROM releases) + (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM omissions) AS made,"
        " (SELECT count(*) FROM events WHERE type = 'briefing.released') AS said, (SELECT count(released_at) FROM briefings) AS closed",
    )
    return tuple(counted[0]) == (0, 0, 0)


async def test_a_release_freezes_its_audience_and_says_so_once(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    answer = await make.release(briefings, draft, expected_count=2, unknown="include", reason="before the storm")
    assert answer.status_code == 201, answer.text
    release = ReleaseRead.model_validate(answer.json())
    assert (release.marking, release.recipients, release.unknown, release.unknown_choice) == ("TLP:AMBER", 2, 1, "include")
    assert release.deliveries.model_dump() == {"total": 2, "queued": 0, "delivered": 2, "opened": 0, "acknowledged": 0}
    rows = await rows_of(briefings_app, "SELECT seat_id, outcome, named, facts, attempts, queued_at FROM deliveries ORDER BY actor_name")
    assert [(row.seat_id, row.outcome, row.named, row.attempts, row.queued_at) for row in rows] == [
        (seats["Brewster"], "unknown", False, 1, NOW),
        (seats["San Diego"], "included", False, 1, NOW),
    ]
    assert rows[1].facts == {"border_m.MX": 0, "country": "US", "kind": "county", "role": "chief_executive"}
    events = await rows_of(briefings_app, "SELECT type, visibility, organizations, payload, reason FROM events ORDER BY seq")
    assert [(row.type, row.visibility, row.organizations) for row in events] == [
        ("briefing.drafted", "organizations", [make.STATE]),
        ("briefing.released", "organizations", [make.STATE]),
    ]
    said = events[1]
    assert (said.payload["recipients"], said.payload["recipients_digest"], said.reason) == (2, release.recipients_digest, "before the storm")
    listed = await briefings.get(f"/v1/briefings/{release.briefing_id}/releases", headers=bearer(make.AUDITOR))
    assert listed.json()["items"] == [answer.json()]


async def test_nobody_releases_what_they_wrote_or_edited_from_amber_on(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    for marking in ("TLP:AMBER", "TLP:AMBER+STRICT"):
        own = await make.briefing(briefings, make.BOTH, parts=[make.part(marking=marking)])
        assert_problem(await make.release(briefings, own, make.BOTH, unknown="leave_out"), states.SameHandRefused, marking=marking)
    others = await make.briefing(briefings)
    edited = await briefings.patch(
        f"/v1/briefings/{others.json()['id']}", json={"title": "Mine now"}, headers=bearer(make.BOTH) | {"If-Match": others.headers["etag"]}
    )
    assert_problem(await make.release(briefings, edited, make.BOTH, unknown="leave_out"), states.SameHandRefused)
    assert await nothing_left(briefings_app)
    green = await make.briefing(briefings, make.BOTH, parts=[make.part(marking="TLP:GREEN")])
    assert (await make.release(briefings, green, make.BOTH, unknown="leave_out")).status_code == 201


async def test_the_author_without_the_scope_and_a_stranger_with_it_release_nothing(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    assert_problem(await make.release(briefings, draft, make.AUTHOR), errors.Forbidden, scope="briefings:release")
    assert_problem(await make.release(briefings, draft, make.STRANGER), states.BriefingNotFound)
    seeing = make.person("auditor", "briefing_releaser", organization=new_id(), subject="seeing")
    assert_problem(await make.release(briefings, draft, seeing), states.BriefingNotFound)


async def test_a_release_is_over_the_text_that_was_read(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    path = f"/v1/briefings/{draft.json()['id']}"
    assert_problem(await briefings.post(f"{path}/releases", json={}, headers=bearer(make.RELEASER)), errors.PreconditionRequired)
    edited = await briefings.patch(path, json={"title": "Other"}, headers=bearer(make.AUTHOR) | {"If-Match": draft.headers["etag"]})
    assert_problem(await make.release(briefings, draft, unknown="leave_out"), errors.PreconditionFailed)
    assert await nothing_left(briefings_app)
    assert (await make.release(briefings, edited, unknown="leave_out")).status_code == 201
    assert_problem(await make.release(briefings, edited, unknown="leave_out"), states.AlreadyReleased)
    late = await briefings.patch(path, json={"title": "Late"}, headers=bearer(make.AUTHOR) | {"If-Match": edited.headers["etag"]})
    assert_problem(late, states.BriefingClosed)
    gone = await briefings.delete(path, headers=bearer(make.AUTHOR) | {"If-Match": edited.headers["etag"]})
    assert_problem(gone, states.BriefingClosed)


@pytest.mark.parametrize(
    ("content", "request_", "error"),
    [
        ({"parts": []}, {}, states.PartsMissing),
        ({"parts": [make.part(), make.part(marking=None)]}, {}, states.PartsUnmarked),
        ({}, {}, states.UnknownUndecided),
        ({}, {"unknown": "leave_out", "expected_count": 2}, states.AudienceChanged),
        ({}, {"unknown": "include", "expected_count": 1}, states.AudienceChanged),
        ({"audience": {"predicate": None}}, {}, states.AudienceEmpty),
        ({"audience": {"predicate": {"op": "within", "place": "CA"}}}, {}, states.AudienceEmpty),
        ({"audience": {"predicate": {"op": "near", "country": "ZZ", "within_m": 1}}}, {"unknown": "leave_out"}, states.AudienceEmpty),
        ({"audience": {"predicate": make.BORDER, "seats": [str(make.STATE)]}}, {"unknown": "leave_out"}, states.SeatsMissing),
        ({"parts": [make.part(marking="TLP:RED")]}, {"unknown": "leave_out"}, states.NamesNeeded),
        ({}, {"unknown": "leave_out", "reason": "(S//NF) because"}, states.ClassifiedTextRefused),
    ],
)
async def test_a_refused_release_leaves_nothing_behind(
    briefings: httpx.AsyncClient, briefings_app: FastAPI, content: dict[str, Any], request_: dict[str, Any], error: type[errors.Problem]
) -> None:
    await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings, **content)
    assert_problem(await make.release(briefings, draft, **request_), error)
    assert await nothing_left(briefings_app)
    still = await briefings.get(f"/v1/briefings/{draft.json()['id']}", headers=bearer(make.AUTHOR))
    assert (still.json()["state"], still.headers["etag"]) == ("draft", draft.headers["etag"])


async def test_a_bad_release_request_is_named(briefings: httpx.AsyncClient) -> None:
    draft = await make.briefing(briefings)
    for request, pointer in (({"unknown": "perhaps"}, "/unknown"), ({"expected_count": -1}, "/expected_count"), ({"force": True}, "/force")):
        assert [item["pointer"] for item in assert_problem(await make.release(briefings, draft, **request), errors.Invalid)["errors"]] == [pointer]


async def test_a_draft_that_has_run_out_is_not_released(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    briefings_app.state.clock.fixed = NOW + timedelta(days=200)
    assert_problem(await make.release(briefings, draft, unknown="leave_out"), states.BriefingExpired)


async def test_a_released_briefing_expires_by_itself(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    made = await make.released(briefings)
    mayor, path = make.recipient(seats["San Diego"]), f"/v1/briefings/{made['id']}"
    assert (await briefings.get(path, headers=bearer(mayor))).json()["state"] == "released"
    assert len((await briefings.get("/v1/inbox?expired=false", headers=bearer(mayor))).json()["items"]) == 1
    briefings_app.state.clock.fixed = NOW + timedelta(days=200)
    assert (await briefings.get(path, headers=bearer(mayor))).json()["state"] == "expired"
    assert (await briefings.get("/v1/inbox?expired=false", headers=bearer(mayor))).json()["items"] == []
    inbox = (await briefings.get("/v1/inbox?expired=true", headers=bearer(mayor))).json()["items"]
    assert [item["briefing"]["state"] for item in inbox] == ["expired"]
    listed = (await briefings.get("/v1/briefings?state=expired", headers=bearer(make.AUTHOR))).json()["items"]
    assert [item["id"] for item in listed] == [made["id"]]


async def test_red_goes_to_named_seats_only(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    named = {"predicate": None, "seats": [str(seats["San Diego"])]}
    draft = await make.briefing(briefings, parts=[make.part(marking="TLP:RED"), make.part(marking="TLP:CLEAR")], audience=named)
    answer = await make.release(briefings, draft, expected_count=1)
    assert (answer.status_code, answer.json()["marking"], answer.json()["recipients"]) == (201, "TLP:RED", 1)
    mayor = make.recipient(seats["San Diego"])
    colleague = make.person("member", organization=mayor.organization, subject="colleague")
    assert (await briefings.get(f"/v1/briefings/{draft.json()['id']}", headers=bearer(mayor))).status_code == 200
    assert_problem(await briefings.get(f"/v1/briefings/{draft.json()['id']}", headers=bearer(colleague)), states.BriefingNotFound)


@pytest.mark.parametrize("number", [10, 1_000])
async def test_a_release_takes_the_same_statements_for_few_and_for_many(briefings: httpx.AsyncClient, briefings_app: FastAPI, number: int) -> None:
    towns = [make.government(f"Town {nth}", border_m={} if nth % 5 == 0 else {"MX": nth}) for nth in range(number)]
    await make.directory(briefings_app.state.database, *towns)
    draft = await make.briefing(briefings)
    with queries(briefings_app.state.database, at_most=9) as sent:
        answer = await make.release(briefings, draft, unknown="leave_out")
    assert (answer.json()["recipients"], answer.json()["unknown"], len(sent)) == (number * 4 // 5, number // 5, 9), sent


async def test_a_repeated_release_with_its_key_is_the_same_release(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings)
    headers = bearer(make.RELEASER) | {"If-Match": draft.headers["etag"], "Idempotency-Key": "release-1"}
    path = f"/v1/briefings/{draft.json()['id']}/releases"
    first = await briefings.post(path, json={"unknown": "leave_out"}, headers=headers)
    again = await briefings.post(path, json={"unknown": "leave_out"}, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert len(await rows_of(briefings_app, "SELECT 1 FROM releases")) == 1


async def test_the_database_itself_knows_the_two_hands_and_the_names_of_red(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    await make.border_towns(briefings_app.state.database)
    await make.released(briefings)
    for change, constraint in (("released_by = authors[1]", "two_hands"), ("marking = 'TLP:RED'", "red_names")):
        async with briefings_app.state.database.session(read_only=False) as session:
            with pytest.raises(IntegrityError, match=constraint):
                await session.execute(text(f"UPDATE releases SET {change}"))
