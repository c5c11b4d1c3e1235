"""Engagements: who may record and see them, what they do to ties, and the calendar."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from icalendar import Calendar
from sqlalchemy import text

from services.registry import errors
from services.registry.engagements.kinds import EngagementKind
from services.registry.engagements.schemas import EngagementRead, Kinds
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
NATION = caller("engagements:manage", "engagements:read", "actors:write", subject="nation", roles=("national_coordinator",), country="US")
AUDITOR = caller("engagements:read", "events:audit", subject="auditor", roles=("auditor",))


def manager(actor_id: str) -> Caller:
    return caller("engagements:manage", organization=UUID(actor_id), subject="manager", roles=("manager",))


def coordinator(subdivision: str) -> Caller:
    return caller("engagements:manage", organization=UUID(NOBODY), roles=("state_coordinator",), country=subdivision[:2], subdivision=subdivision)


async def cities(client: httpx.AsyncClient) -> tuple[str, str]:
    """San Diego and Tijuana."""
    one = await make.actor(client, "San Diego", kind="municipality")
    two = await make.actor(client, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN")
    return one["id"], two["id"]


async def change(client: httpx.AsyncClient, engagement_id: str, who: Caller = NATION, **body: Any) -> httpx.Response:
    path = f"/v1/engagements/{engagement_id}"
    etag = (await client.get(path, headers=bearer(NATION))).headers["etag"]
    return await client.patch(path, json=body, headers=bearer(who) | {"If-Match": etag})


async def tie_of(client: httpx.AsyncClient, tie: dict[str, Any]) -> tuple[str, str | None]:
    """Status and last activity."""
    found = (await client.get(f"/v1/ties/{tie['id']}")).json()
    return found["status"], found["last_activity_on"]


async def events(app: FastAPI, kind: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = :kind ORDER BY seq"), {"kind": kind})).all())


async def test_an_engagement_is_recorded_with_everything_that_belongs_to_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    network = (await make.actor(registry, "C40", kind="network"))["id"]
    tie = await make.tie(registry, here, there)
    given = {
        "kind": "outgoing_delegation",
        "title": "Delegation on water",
        "starts_on": "2026-10-05",
        "ends_on": "2026-10-07",
        "place": "City hall",
        "country": "MX",
        "subdivision": "MX-BCN",
        "topics": ["water", "trade"],
        "languages": ["en", "es"],
        "outcomes": "A plan was agreed.",
        "agreement_ids": [NOBODY],
        "source": "council minutes",
    }
    participants = [
        {"actor_id": there, "role": "host", "on_behalf_of_id": None},
        {"actor_id": here, "role": "guest", "on_behalf_of_id": network},
    ]
    deliverables = [{"title": "The plan in print", "owner_id": here, "due_on": "2027-01-31", "status": "open"}]
    made = await make.engagement(registry, who=manager(here), **given, participants=participants, deliverables=deliverables, tie_ids=[tie["id"]])
    EngagementRead.model_validate(made)
    names = {here: ("San Diego", "US"), there: ("Tijuana", "MX")}
    shown = [{**part, "name": names[str(part["actor_id"])][0], "country": names[str(part["actor_id"])][1]} for part in participants]
    told = [{**part, "on_behalf_of_name": "C40" if part["on_behalf_of_id"] else None} for part in shown]
    assert made == {
        "id": made["id"],
        **given,
        "status": "held",
        "visibility": "public",
        "organization_id": here,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
        "participants": told,
        "deliverables": [{"id": made["deliverables"][0]["id"], **deliverables[0]}],
        "ties": [{"tie_id": tie["id"], "type": "sister_city"}],
    }
    assert await tie_of(registry, tie) == ("active", "2026-10-07")
    (event,) = await events(registry_app, "engagement")
    assert (event.type, event.visibility, set(map(str, event.organizations))) == ("engagement.recorded", "public", {here, there, network})
    kept = ("kind", "status", "organization_id", "starts_on", "ends_on", "country", "subdivision", "topics", "languages", "agreement_ids")
    assert event.payload == {
        "engagement_id": made["id"],
        "tie_ids": [tie["id"]],
        "participants": event.payload["participants"],
        "deliverables": [{"deliverable_id": made["deliverables"][0]["id"], "owner_id": here, "due_on": "2027-01-31", "status": "open"}],
        "changed": [],
        **{name: made[name] for name in kept},
    }
    assert sorted(event.payload["participants"], key=str) == sorted(participants, key=str)
    assert not [
        word for word in ("plan in print", "City hall", "agreed", "Delegation on", "minutes") if word in str([event.payload, event.before, event.after])
    ]
    assert [item.type for item in await events(registry_app, "tie")] == ["tie.recorded", "tie.changed"]


async def test_a_day_decides_what_was_held(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    for first, last, status in (("2026-11-21", None, "held"), ("2026-11-22", None, "planned"), ("2026-11-21", "2026-11-23", "planned")):
        made = await make.engagement(registry, here, there, starts_on=first, ends_on=last)
        assert (made["status"], made["ends_on"]) == (status, last or first)
    assert (await make.engagement(registry, here, there, starts_on="2026-11-22", status="held"))["status"] == "held"
    assert_problem(await make.post_engagement(registry, here, there, starts_on="2026-11-24", status="held"), Invalid)


async def test_a_bad_engagement_is_refused(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    bad: list[dict[str, Any]] = [
        {"kind": "party"},
        {"title": " "},
        {"participants": []},
        {"ends_on": "2026-10-04"},
        {"topics": ["Water Works"]},
        {"languages": ["english"]},
        {"deliverables": [{"title": "X", "due_on": "soon"}]},
        {"organization_id": here},
    ]
    for override in bad:
        assert_problem(await make.post_engagement(registry, here, there, **override), Invalid)
    assert_problem(await registry.get(f"/v1/engagements/{NOBODY}"), errors.EngagementNotFound)


async def test_who_may_record_and_change(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    stranger = (await make.actor(registry, "Stranger", subdivision="US-TX"))["id"]
    body = {"kind": "meeting", "title": "Meeting", "starts_on": "2026-10-05", "participants": [{"actor_id": here}, {"actor_id": there}]}
    assert_problem(await registry.post("/v1/engagements", json=body), Unauthorized)
    member = caller(organization=UUID(here))
    assert_problem(await registry.post("/v1/engagements", json=body, headers=bearer(member)), Forbidden, scope="engagements:manage")
    for who in (manager(stranger), coordinator("US-TX"), caller("engagements:manage", roles=("state_coordinator",))):
        assert_problem(await make.post_engagement(registry, here, there, who=who), errors.EngagementOfOthers)
    of_state = await make.engagement(registry, here, there, who=coordinator("US-CA"))
    behalf = [{"actor_id": stranger, "on_behalf_of_id": here}, {"actor_id": there}]
    assert (await make.engagement(registry, who=manager(here), participants=behalf))["organization_id"] == here
    own = await make.engagement(registry, here, there, who=manager(here))
    for who in (manager(there), manager(stranger), coordinator("US-TX"), coordinator("MX-BCN")):
        assert_problem(await change(registry, own["id"], who, title="Other"), errors.EngagementOfOthers)
    for who in (manager(here), coordinator("US-CA"), NATION):
        assert (await change(registry, own["id"], who, title=f"By {who.subject}")).status_code == 200
    assert_problem(await change(registry, of_state["id"], manager(here), title="Other"), errors.EngagementOfOthers)


async def test_an_own_record_becomes_none_of_others(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Else whoever records a meeting of their own could say afterwards that others met, and wake a tie that is none of theirs."""
    here, there = await cities(registry)
    stranger = (await make.actor(registry, "Ensenada", kind="municipality", country="MX"))["id"]
    tie = await make.tie(registry, here, there, last_activity_on="2020-01-01")
    made = await make.engagement(registry, stranger, who=manager(stranger), status="held", starts_on="2026-11-01")
    others = [{"actor_id": one} for one in (here, there)]
    assert_problem(await change(registry, made["id"], manager(stranger), participants=others, tie_ids=[tie["id"]]), errors.EngagementOfOthers)
    assert await tie_of(registry, tie) == ("active", "2020-01-01")
    kept = (await registry.get(f"/v1/engagements/{made['id']}")).json()
    assert [part["actor_id"] for part in kept["participants"]] == [stranger]
    assert [event.type for event in await events(registry_app, "engagement")] == ["engagement.recorded"]
    assert (await change(registry, made["id"], manager(stranger), participants=[*others, {"actor_id": stranger}])).status_code == 200
    of_mexico = caller("engagements:manage", "engagements:read", "actors:write", roles=("national_coordinator",), country="MX")
    assert (await change(registry, made["id"], of_mexico, participants=others)).status_code == 200, "a nation says of anyone"


async def test_a_restricted_engagement_is_for_those_who_took_part(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    principal = (await make.actor(registry, "Principal"))["id"]
    stranger = (await make.actor(registry, "Stranger"))["id"]
    tie = await make.tie(registry, here, there)
    participants = [{"actor_id": here}, {"actor_id": there, "on_behalf_of_id": principal}]
    secret = await make.engagement(registry, who=manager(here), participants=participants, visibility="restricted", tie_ids=[tie["id"]])
    path, sees = f"/v1/engagements/{secret['id']}", [manager(here), caller(organization=UUID(there)), caller(organization=UUID(principal)), NATION, AUDITOR]
    for who in (None, caller(organization=UUID(stranger)), caller("actors:write", roles=("operator",)), coordinator("US-CA"), *sees):
        headers, seen = (bearer(who) if who else {}), who in sees
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(path, headers=headers)
        if seen:
            assert answer.json() == secret
        else:
            assert_problem(answer, errors.EngagementNotFound)
        for query in ("", f"actor={here}", f"tie={tie['id']}"):
            with queries(registry_app.state.database, at_most=1):
                listed = await registry.get(f"/v1/engagements?{query}&count=exact", headers=headers)
            assert listed.json()["total"] == int(seen)
        assert ("BEGIN:VEVENT" in (await registry.get("/v1/engagements/calendar.ics", headers=headers)).text) is seen
    assert await tie_of(registry, tie) == ("active", None), "what is public of a tie says nothing of what is not"
    (event,) = await events(registry_app, "engagement")
    assert (event.type, event.visibility) == ("engagement.recorded_in_confidence", "organizations")
    assert set(map(str, event.organizations)) == {here, there, principal}


async def test_what_was_public_stays_public(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    tie = await make.tie(registry, here, there)
    made = await make.engagement(registry, here, there, visibility="restricted", tie_ids=[tie["id"]])
    opened = await change(registry, made["id"], visibility="public")
    assert opened.json()["visibility"] == "public"
    assert await tie_of(registry, tie) == ("active", "2026-10-05")
    assert_problem(await change(registry, made["id"], visibility="restricted"), errors.EngagementWasPublic)
    told = [(event.type, event.visibility) for event in await events(registry_app, "engagement")]
    assert told == [("engagement.recorded_in_confidence", "organizations"), ("engagement.changed", "public")]


async def test_a_change_needs_the_record_as_it_is(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    made = await make.engagement(registry, here, there, place="Here", topics=["water"])
    path, headers = f"/v1/engagements/{made['id']}", bearer(NATION)
    assert_problem(await registry.patch(path, json={"title": "X"}, headers=headers), PreconditionRequired)
    etag = (await registry.get(path)).headers["etag"]
    body = {"place": None, "topics": ["trade"], "participants": [{"actor_id": here, "role": "organiser"}], "deliverables": [{"title": "A map"}]}
    changed = await registry.patch(path, json=body, headers=headers | {"If-Match": etag})
    EngagementRead.model_validate(changed.json())
    assert (changed.json()["place"], changed.json()["topics"], changed.json()["title"]) == (None, ["trade"], made["title"])
    assert [(part["actor_id"], part["role"]) for part in changed.json()["participants"]] == [(here, "organiser")]
    (owed,) = changed.json()["deliverables"]
    assert owed == {"id": owed["id"], "title": "A map", "owner_id": None, "due_on": None, "status": "open"}
    assert_problem(await registry.patch(path, json={"title": "X"}, headers=headers | {"If-Match": etag}), PreconditionFailed)
    assert (await change(registry, made["id"], deliverables=[{"title": "A map", "status": "done"}])).json()["deliverables"][0]["status"] == "done"
    bads: list[dict[str, Any]] = [{"title": None}, {"starts_on": None}, {"ends_on": "2026-10-04"}, {"starts_on": "2027-01-01"}, {"participants": []}]
    for bad in bads:
        assert_problem(await change(registry, made["id"], **bad), Invalid)


async def test_the_last_engagement_is_the_ties_activity(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    here, there = await cities(registry)
    tie = await make.tie(registry, here, there, last_activity_on="2020-02-02")
    first = await make.engagement(registry, here, there, starts_on="2021-03-03", tie_ids=[tie["id"]])
    assert await tie_of(registry, tie) == ("active", "2021-03-03")
    older = await make.engagement(registry, here, there, starts_on="2019-01-01", tie_ids=[tie["id"]])
    assert await tie_of(registry, tie) == ("active", "2021-03-03")
    later = await make.engagement(registry, here, there, starts_on="2026-12-01", tie_ids=[tie["id"]])
    assert (later["status"], await tie_of(registry, tie)) == ("planned", ("active", "2021-03-03"))
    clock.fixed = NOON + timedelta(days=20)
    await change(registry, later["id"], status="held")
    assert await tie_of(registry, tie) == ("active", "2026-12-01")
    await change(registry, later["id"], status="cancelled")
    assert await tie_of(registry, tie) == ("active", "2021-03-03")
    await change(registry, first["id"], tie_ids=[])
    assert await tie_of(registry, tie) == ("active", "2020-02-02")
    await change(registry, older["id"], starts_on="2020-06-01", ends_on=None)
    assert await tie_of(registry, tie) == ("active", "2020-06-01")
    told = [event.payload["last_activity_on"] for event in await events(registry_app, "tie")]
    assert told == ["2020-02-02", "2021-03-03", "2026-12-01", "2021-03-03", "2020-02-02", "2020-06-01"]
    clock.fixed = NOON


async def test_a_meeting_wakes_a_tie(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    tie = await make.tie(registry, here, there, last_activity_on="2020-02-02")
    async with registry_app.state.database.session(read_only=False) as session:
        await session.execute(text("UPDATE ties SET status = 'dormant'"))
        await session.commit()
    await make.engagement(registry, here, there, starts_on="2019-01-01", tie_ids=[tie["id"]])
    assert await tie_of(registry, tie) == ("dormant", "2020-02-02"), "what is older than what is known wakes nobody"
    await make.engagement(registry, here, there, tie_ids=[tie["id"]])
    assert await tie_of(registry, tie) == ("active", "2026-10-05")


async def test_engagements_are_listed_in_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    osaka = (await make.actor(registry, "Osaka", country="JP", subdivision=None))["id"]
    tie = await make.tie(registry, here, there)
    summit = await make.engagement(registry, here, there, osaka, kind="summit", starts_on="2026-05-01", ends_on="2026-05-03", topics=["climate"])
    owed = [{"title": "A map", "due_on": "2026-12-01"}, {"title": "A list", "due_on": "2026-01-01", "status": "done"}]
    meeting = await make.engagement(registry, here, there, tie_ids=[tie["id"]], topics=["water", "trade"], deliverables=owed, agreement_ids=[NOBODY])
    mexico = caller("engagements:manage", "actors:write", roles=("national_coordinator",), country="MX")
    drill = await make.engagement(registry, there, who=mexico, kind="drill", starts_on="2027-02-01", country="GT")
    every = [drill, meeting, summit]
    wanted: dict[str, list[dict[str, Any]]] = {
        "": every,
        "sort=earliest": every[::-1],
        "kind=summit&kind=drill": [drill, summit],
        "status=held": [meeting, summit],
        f"actor={here}": [meeting, summit],
        f"actor={here}&partner={osaka}": [summit],
        "country=JP": [summit],
        "country=GT": [drill],
        "topic=trade&topic=climate": [meeting, summit],
        "from=2026-05-03&to=2026-10-05": [meeting, summit],
        "from=2026-05-04": [drill, meeting],
        f"tie={tie['id']}": [meeting],
        f"agreement={NOBODY}": [meeting],
        "due_by=2026-11-30": [],
        "due_by=2026-12-01": [meeting],
    }
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/engagements?{query}")
        assert answer.status_code == 200, answer.text
        assert [item["id"] for item in answer.json()["items"]] == [item["id"] for item in expected], query
        for item in answer.json()["items"]:
            EngagementRead.model_validate(item)
    page = (await registry.get("/v1/engagements?limit=2&count=exact")).json()
    rest = (await registry.get(f"/v1/engagements?limit=2&cursor={page['next']}")).json()
    assert (page["total"], [item["id"] for item in rest["items"]]) == (3, [summit["id"]])


async def test_the_kinds_say_themselves(registry: httpx.AsyncClient) -> None:
    listed = Kinds.model_validate((await registry.get("/v1/engagements/kinds")).json()).items
    assert [item.kind for item in listed] == list(EngagementKind)
    assert all(set(item.label) == {"en", "es", "fr"} for item in listed)


def read_calendar(answer: httpx.Response) -> dict[str, Any]:
    """The events of a calendar by UID."""
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    read = Calendar.from_ical(answer.content)
    assert (str(read["version"]), str(read["method"])) == ("2.0", "PUBLISH")
    return {str(event["uid"]): event for event in read.walk("VEVENT")}


async def test_the_calendar_keeps_who_it_names(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    here, there = await cities(registry)
    title = "Água; \\ meeting, with a very long title " + "x" * 100
    made = await make.engagement(registry, here, there, title=title, ends_on="2026-10-06", place="Hall; 2", country="MX", topics=["water"], outcomes="A,\nB")
    with queries(registry_app.state.database, at_most=1):
        answer = await registry.get("/v1/engagements/calendar.ics", headers={"Accept-Language": "es"})
    event = read_calendar(answer)[f"urn:uuid:{made['id']}"]
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    assert (event["summary"], event["location"], event["description"]) == (title, "Hall; 2, MX", "San Diego; Tijuana\n\nA,\nB")
    assert (event["dtstart"].dt, event["dtend"].dt, event["dtstamp"].dt) == (date(2026, 10, 5), date(2026, 10, 7), NOON)
    assert (int(event["sequence"]), str(event["status"]), str(event["class"])) == (0, "CONFIRMED", "PUBLIC")
    assert [str(item) for item in event["categories"].cats] == ["Reunión", "water"]
    clock.fixed = NOON + timedelta(hours=1)
    await change(registry, made["id"], status="cancelled")
    again = await registry.get("/v1/engagements?limit=5", headers={"Accept": "text/calendar"})
    event = read_calendar(again)[f"urn:uuid:{made['id']}"]
    assert (int(event["sequence"]), str(event["status"]), event["dtstamp"].dt) == (1, "CANCELLED", NOON + timedelta(hours=1))
    same = await registry.get("/v1/engagements/calendar.ics", headers={"If-None-Match": again.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert read_calendar(await registry.get("/v1/engagements/calendar.ics?from=2027-01-01")) == {}
    assert read_calendar(await registry.get(f"/v1/engagements/calendar.ics?actor={there}&topic=water&kind=meeting")).keys() == {f"urn:uuid:{made['id']}"}
    clock.fixed = NOON
