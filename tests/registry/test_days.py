"""Days go into the registry and come out as they were: nobody reads an infinity, and one record's day is never everybody's failure."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from icalendar import Calendar
from sqlalchemy import text

from services.registry.imports.cells import day
from services.registry.imports.faults import BadCell
from shared.errors import Invalid
from shared.schemas import FIRST_DAY, LAST_DAY, NO_DAY, NO_INSTANT
from tests.support.make import diligence
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

KEEPER = caller("engagements:manage", "ties:manage", "actors:write", "seats:manage", roles=("national_coordinator",))
INFINITE = ("0001-01-01", "9999-12-31")


def engagement_of(actor_id: str, **given: Any) -> dict[str, Any]:
    return {"kind": "meeting", "title": "Meeting", "starts_on": "2026-10-05", "participants": [{"actor_id": actor_id}], **given}


@pytest.mark.parametrize("out", INFINITE)
async def test_the_first_and_the_last_day_of_all_are_refused_where_they_stand(registry: httpx.AsyncClient, out: str) -> None:
    one, two = [(await make.actor(registry, name))["id"] for name in ("Nogales", "Ambos")]
    seat = await make.seat(registry, one)
    person = (await make.person(registry, one))["id"]
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("engagements", engagement_of(one, starts_on=out, ends_on=out), "/starts_on"),
        ("engagements", engagement_of(one, deliverables=[{"title": "A map", "due_on": out}]), "/deliverables/0/due_on"),
        ("ties", {"type": "sister_city", "from_id": one, "to_id": two, "read_on": out}, "/read_on"),
        ("ties", {"type": "sister_city", "from_id": one, "to_id": two, "valid_through": out}, "/valid_through"),
        (f"seats/{seat['id']}/holders", {"person_id": person, "valid_through": out}, "/valid_through"),
        ("memberships", {"person_id": person, "organization_id": one, "role": "delegate", "valid_through": out}, "/valid_through"),
    ]
    for path, body, pointer in asked:
        problem = assert_problem(await registry.post(f"/v1/{path}", json=body, headers=bearer(KEEPER)), Invalid)
        assert (pointer, NO_DAY) in {(item["pointer"], item["detail"]) for item in problem["errors"]}, (path, problem)
    for query in ("engagements?from=", "engagements?due_by=", "ties?as_of=", f"actors/{one}?as_of="):
        assert_problem(await registry.get(f"/v1/{query}{out}"), Invalid)
    problem = assert_problem(await registry.get(f"/v1/actors/{one}/history/state?at={out}T00:00:00Z", headers={"Accept-Language": "fr"}), Invalid)
    assert [item["pointer"] for item in problem["errors"]] == ["/at"]
    assert NO_INSTANT not in str(problem), "it is said in French"


async def test_the_days_beside_them_come_back_as_they_were(registry: httpx.AsyncClient) -> None:
    one, two = [(await make.actor(registry, name))["id"] for name in ("Nogales", "Ambos")]
    first, last = str(FIRST_DAY), str(LAST_DAY)
    owed = [{"title": "A map", "due_on": last}]
    made = await make.engagement(registry, one, starts_on=first, ends_on=last, status="planned", deliverables=owed)
    assert (made["starts_on"], made["ends_on"], made["deliverables"][0]["due_on"]) == (first, last, last)
    tie = await make.tie(registry, one, two, valid_from=first, valid_through=last, read_on=last)
    assert (tie["valid_from"], tie["valid_through"], tie["read_on"]) == (first, last, last)
    calendar = await registry.get("/v1/engagements/calendar.ics")
    assert calendar.status_code == 200, calendar.text
    read: Any = Calendar.from_ical(calendar.content)
    (event,), (task,) = read.walk("VEVENT"), read.walk("VTODO")
    assert (event["dtstart"].dt, task["due"].dt) == (FIRST_DAY, LAST_DAY)


async def test_no_engagement_takes_an_infinity_from_whomever(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    made = await make.engagement(registry, (await make.actor(registry))["id"], deliverables=[{"title": "A map"}])
    for statement in ("UPDATE engagements SET ends_on = 'infinity'", "UPDATE engagement_deliverables SET due_on = '-infinity'"):
        async with registry_app.state.database.session(read_only=False) as session:
            with pytest.raises(Exception, match="_days"):
                await session.execute(text(statement))
    assert (await registry.get("/v1/engagements")).json()["items"] == [made]


@pytest.mark.parametrize("out", INFINITE)
def test_a_cell_takes_no_infinity(out: str) -> None:
    with pytest.raises(BadCell, match="day_beyond_all"):
        day(out)
    with pytest.raises(BadCell, match="not_a_date"):
        day("2026-02-30")
    assert [day(str(one)) for one in (FIRST_DAY, LAST_DAY)] == [FIRST_DAY, LAST_DAY]


async def test_what_happened_where_the_day_has_begun_already_is_not_in_the_future(registry: httpx.AsyncClient) -> None:
    """At noon in UTC it is the next day in Auckland and Kiritimati; the day after that it is nowhere."""
    one, two = [(await make.actor(registry, name))["id"] for name in ("Christchurch", "Gansu")]
    tie = await make.tie(registry, one, two)
    path = f"/v1/ties/{tie['id']}"
    for held, status in (("2026-11-24", 422), ("2026-11-23", 201)):
        ended = await make.with_match(registry, "POST", f"{path}/end", KEEPER, of=path, reason="Over.", on=held)
        answers = [
            await registry.post("/v1/engagements", json=engagement_of(one, starts_on=held, status="held"), headers=bearer(KEEPER)),
            await diligence.post_report(registry, who=diligence.member(one), happened_on=held),
            await make.post_capacity(registry, one, as_of=held),
        ]
        assert [answer.status_code for answer in answers] == [status] * 3, [answer.text for answer in answers]
        assert ended.status_code == (422 if status == 422 else 200), ended.text
