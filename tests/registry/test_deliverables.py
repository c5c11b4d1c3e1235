"""What is owed: who says what became of it, under which id it is known, and the task that it is in a calendar."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from icalendar import Calendar

from gateway.roles import SCOPES_OF
from services.registry import errors
from services.registry.engagements.schemas import EngagementRead
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.registry.test_engagements import NOBODY, change, cities, events, manager
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller


async def report(client: httpx.AsyncClient, made: dict[str, Any], who: Caller, status: str, **body: Any) -> httpx.Response:
    path = f"/v1/engagements/{made['id']}"
    return await make.with_match(client, "POST", f"{path}/deliverables/{made['deliverables'][0]['id']}/status", who, of=path, status=status, **body)


async def test_who_owes_it_says_what_became_of_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    stranger = (await make.actor(registry, "Stranger"))["id"]
    owed = [{"title": "A map", "owner_id": there, "due_on": "2026-12-01"}]
    made = await make.engagement(registry, here, there, who=manager(here), deliverables=owed)
    mexico = caller("engagements:manage", "engagements:read", "actors:write", roles=("national_coordinator",), country="MX")
    for who in (manager(stranger), mexico):
        assert_problem(await report(registry, made, who, "done"), errors.EngagementOfOthers)
    assert_problem(await report(registry, made, caller(organization=UUID(there)), "done"), Forbidden)
    answer = await report(registry, made, manager(there), "done", reason="Printed.")
    EngagementRead.model_validate(answer.json())
    assert answer.json()["deliverables"] == [{**made["deliverables"][0], "status": "done"}]
    again = await report(registry, made, manager(there), "done", reason="Printed.")
    assert (again.headers["etag"], "comity-event" in again.headers) == (answer.headers["etag"], False), "nothing changed"
    united_states = caller("engagements:manage", "engagements:read", "actors:write", roles=("national_coordinator",), country="US")
    for who, status in ((manager(here), "dropped"), (united_states, "open")):
        assert (await report(registry, made, who, status)).json()["deliverables"][0]["status"] == status
    first, told, *rest = await events(registry_app, "engagement")
    assert (first.type, told.type, len(rest), told.reason) == ("engagement.recorded", "engagement.changed", 2, "Printed.")
    state = {"deliverable_id": made["deliverables"][0]["id"], "owner_id": there, "due_on": "2026-12-01", "status": "open"}
    assert (told.before, told.after) == ({"deliverables": [state]}, {"deliverables": [{**state, "status": "done"}]})


async def test_a_report_needs_the_engagement_as_it_is(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    made, other = [await make.engagement(registry, here, there, who=manager(here), deliverables=[{"title": "A map"}]) for _ in range(2)]
    path, headers = f"/v1/engagements/{made['id']}", bearer(manager(here))
    one = f"{path}/deliverables/{made['deliverables'][0]['id']}/status"
    assert_problem(await registry.post(one, json={"status": "done"}, headers=headers), PreconditionRequired)
    etag = (await registry.get(path)).headers["etag"]
    assert (await registry.post(one, json={"status": "done"}, headers=headers | {"If-Match": etag})).status_code == 200
    assert_problem(await registry.post(one, json={"status": "open"}, headers=headers | {"If-Match": etag}), PreconditionFailed)
    for unknown in (NOBODY, other["deliverables"][0]["id"]):
        answer = await make.with_match(registry, "POST", f"{path}/deliverables/{unknown}/status", manager(here), of=path, status="done")
        assert_problem(answer, errors.DeliverableNotFound)
    assert_problem(await report(registry, made, manager(here), "lost"), Invalid)
    assert_problem(await registry.post(one.replace(made["id"], NOBODY), json={"status": "done"}, headers=headers), errors.EngagementNotFound)


async def test_who_owes_something_in_confidence_takes_part(registry: httpx.AsyncClient) -> None:
    """Else it could neither read what it owes nor say what became of it."""
    here, there = await cities(registry)
    principal, stranger = [(await make.actor(registry, name))["id"] for name in ("Principal", "Stranger")]
    participants = [{"actor_id": there, "on_behalf_of_id": principal}]
    secret: dict[str, Any] = {
        "who": caller(*SCOPES_OF["national_coordinator"], organization=UUID(here), country="US"),
        "visibility": "restricted",
        "participants": participants,
    }
    owed = [{"title": f"For {nth}", "owner_id": one} for nth, one in enumerate((None, here, there, principal))]
    made = await make.engagement(registry, **secret, deliverables=owed)
    refused = [await make.post_engagement(registry, **secret, deliverables=[*owed, {"title": "X", "owner_id": stranger}])]
    refused.append(await change(registry, made["id"], deliverables=[*owed, {"title": "X", "owner_id": stranger}]))
    for answer in refused:
        (wrong,) = assert_problem(answer, Invalid)["errors"]
        assert wrong["pointer"] == "/deliverables/4/owner_id"
    (wrong,) = assert_problem(await change(registry, made["id"], participants=[{"actor_id": stranger}]), Invalid)["errors"]
    assert wrong["pointer"] == "/participants"
    joined = await change(
        registry, made["id"], participants=[*participants, {"actor_id": stranger}], deliverables=[*owed, {"title": "X", "owner_id": stranger}]
    )
    assert joined.status_code == 200, joined.text
    assert (await make.post_engagement(registry, here, there, deliverables=[{"title": "X", "owner_id": stranger}])).status_code == 201, "what is public is read"


async def test_a_list_that_is_sent_keeps_what_is_there(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    made = await make.engagement(registry, here, there, deliverables=[{"title": title} for title in ("A map", "A list", "A plan")])
    known = {item["title"]: item["id"] for item in made["deliverables"]}
    given = [{"title": "A plan in print", "id": known["A plan"]}, {"title": "A map", "status": "done"}, {"title": "A chart"}]
    now = {item["title"]: item for item in (await change(registry, made["id"], deliverables=given)).json()["deliverables"]}
    assert {title: item["id"] for title, item in now.items()} == {
        "A plan in print": known["A plan"],
        "A map": known["A map"],
        "A chart": now["A chart"]["id"],
    }
    assert (now["A map"]["status"], now["A chart"]["id"] in known.values()) == ("done", False)
    bad: list[list[dict[str, Any]]] = [[{"title": "X", "id": known["A list"]}], [{"title": title, "id": known["A map"]} for title in "XY"]]
    for place, items in enumerate(bad):
        problem = assert_problem(await change(registry, made["id"], deliverables=items), Invalid)
        assert [item["pointer"] for item in problem["errors"]] == [f"/deliverables/{place}/id"]


async def test_a_merged_owner_is_shown_as_the_actor_it_is_and_answers_itself(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, _ = await cities(registry)
    older, newer = [(await make.actor(registry, "Springfield"))["id"] for _ in range(2)]
    owed = [{"title": "A map", "owner_id": newer, "due_on": "2026-12-01"}]
    made = await make.engagement(registry, newer, here, who=manager(newer), deliverables=owed)
    await make.judgement(registry, older, newer)
    with queries(registry_app.state.database, at_most=1):
        shown = (await registry.get(f"/v1/engagements/{made['id']}")).json()
    assert {shown["organization_id"], shown["deliverables"][0]["owner_id"], shown["participants"][0]["actor_id"]} == {older}
    assert (await report(registry, made, manager(newer), "done")).json()["deliverables"][0]["status"] == "done"
    assert_problem(await report(registry, made, manager(older), "dropped"), errors.EngagementOfOthers)
    assert_problem(await change(registry, made["id"], manager(older), title="Ours"), errors.EngagementOfOthers)


async def test_what_is_owed_on_a_day_is_a_task_of_the_calendar(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    here, there = await cities(registry)
    owed = [
        {"title": "A map", "owner_id": there, "due_on": "2026-12-01"},
        {"title": "A list"},
        {"title": "A plan", "due_on": "2026-11-30", "status": "dropped"},
    ]
    made = await make.engagement(registry, here, there, deliverables=owed)
    by_title = {item["title"]: f"urn:uuid:{item['id']}" for item in made["deliverables"]}

    async def tasks() -> dict[str, Any]:
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get("/v1/engagements/calendar.ics")
        return {str(task["uid"]): task for task in Calendar.from_ical(answer.content).walk("VTODO")}

    found = await tasks()
    assert found.keys() == {by_title["A map"], by_title["A plan"]}, "what has no day is in no calendar"
    task = found[by_title["A map"]]
    assert (task["due"].dt, str(task["status"]), str(task["summary"]), str(task["description"])) == (
        date(2026, 12, 1),
        "NEEDS-ACTION",
        "A map",
        "Tijuana\n\nAnnual meeting",
    )
    assert (str(task["related-to"]), int(task["sequence"]), str(task["class"])) == (f"urn:uuid:{made['id']}", 0, "PUBLIC")
    assert str(found[by_title["A plan"]]["status"]) == "CANCELLED"
    clock.fixed = NOON + timedelta(hours=1)
    named = next(item for item in made["deliverables"] if item["title"] == "A map")
    await report(registry, {**made, "deliverables": [named]}, manager(there), "done")
    task = (await tasks())[by_title["A map"]]
    assert (str(task["status"]), int(task["sequence"]), task["dtstamp"].dt) == ("COMPLETED", 1, NOON + timedelta(hours=1))
    clock.fixed = NOON


async def test_a_calendar_says_that_there_is_more(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    made = [await make.engagement(registry, here, there, starts_on=f"2026-10-0{day}") for day in (1, 2, 3)]
    for path, headers in (("/v1/engagements/calendar.ics", {}), ("/v1/engagements", {"Accept": "text/calendar"})):
        whole = await registry.get(path, headers=headers)
        assert ("link" in whole.headers, whole.text.count("BEGIN:VEVENT")) == (False, 3)
        seen, following = [], f"{path}?limit=2"
        while following:
            page = await registry.get(following, headers=headers)
            assert page.headers["content-type"] == "text/calendar; charset=utf-8"
            seen += [str(event["uid"]) for event in Calendar.from_ical(page.content).walk("VEVENT")]
            link = page.headers.get("link", "")
            assert not link or link.endswith('; rel="next"')
            following = link.partition(">")[0].lstrip("<")
        assert seen == [f"urn:uuid:{one['id']}" for one in reversed(made)]
