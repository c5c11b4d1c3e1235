"""What the change log of an engagement says, to whom, and whose coordinators see and change what is restricted."""

from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from services.registry import errors
from services.registry.history.schemas import StateRead
from shared.access import Caller
from tests.registry.test_engagements import change, cities, coordinator, events, manager
from tests.registry.test_history import history
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

WORDS = ("Ana", "Pérez")


def nation(country: str | None, organization: str | None = None) -> Caller:
    scopes = ("engagements:manage", "engagements:read", "actors:write")
    return caller(*scopes, roles=("national_coordinator",), country=country, organization=UUID(organization) if organization else None)


async def state(client: httpx.AsyncClient, made: dict[str, Any], who: Caller, event: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/engagements/{made['id']}/history/{event}/state", headers=bearer(who))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = StateRead.model_validate(answer.json()).state
    return found


async def test_each_change_says_what_it_changed_and_of_texts_which(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    owed = [{"title": "Speech of Ana Pérez", "owner_id": there, "due_on": "2026-12-01"}]
    made = await make.engagement(registry, here, there, who=manager(here), deliverables=owed, place="Ana's", source="Ana", topics=["water"])
    item = {"deliverable_id": made["deliverables"][0]["id"], "owner_id": there, "due_on": "2026-12-01", "status": "open"}
    texts = {"title": "With Ana Pérez", "outcomes": "Ana Pérez signed.", "place": None, "source": "Pérez"}
    given: list[dict[str, Any]] = [
        {"deliverables": [{**owed[0], "status": "done"}]},
        texts,
        {"outcomes": "Pérez did not sign."},
        {"outcomes": None, "country": "MX"},
        {"deliverables": [{**owed[0], "status": "done", "title": "Ana's words", "id": item["deliverable_id"]}]},
        {"topics": []},
    ]
    for body in given:
        assert (await change(registry, made["id"], manager(here), **body)).status_code == 200
    names = ["title", "place", "outcomes", "source"]
    expected = [
        ({"deliverables": [item]}, {"deliverables": [{**item, "status": "done"}]}),
        ({"changed": []}, {"changed": names}),
        ({"changed": []}, {"changed": ["outcomes"]}),
        ({"country": None, "changed": []}, {"country": "MX", "changed": ["outcomes"]}),
        ({"changed": []}, {"changed": ["deliverable_titles"]}),
        ({"topics": ["water"]}, {"topics": []}),
    ]
    for who in (None, manager(here)):
        recorded, *changes = await history(registry, f"engagements/{made['id']}", who)
        assert (recorded["after"]["deliverables"], recorded["after"]["starts_on"]) == ([item], "2026-10-05")
        assert [(one["before"], one["after"]) for one in changes] == expected
    last = await state(registry, made, manager(here), changes[3]["id"])
    now = (await registry.get(f"/v1/engagements/{made['id']}")).json()
    kept = ("kind", "status", "visibility", "organization_id", "starts_on", "ends_on", "country", "subdivision", "languages", "agreement_ids")
    assert {name: last[name] for name in kept} == {name: now[name] for name in kept}
    assert (last["topics"], last["deliverables"], "changed" in last) == (["water"], [{**item, "status": "done"}], False)
    written = str([(event.payload, event.before, event.after) for event in await events(registry_app, "engagement")])
    assert [word for word in WORDS if word in written] == [], "names that somebody wrote are in the record only, where they can be taken out"


async def test_what_is_restricted_says_its_changes_to_those_whom_it_concerns(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    made = await make.engagement(registry, here, there, who=manager(here), visibility="restricted")
    for body in ({"starts_on": "2026-10-04"}, {"visibility": "public"}):
        assert (await change(registry, made["id"], manager(here), **body)).status_code == 200
    for one in (here, there):
        recorded, moved, opened = await history(registry, f"engagements/{made['id']}", manager(one))
        assert (recorded["after"]["visibility"], moved["before"], moved["after"]) == ("restricted", {"starts_on": "2026-10-05"}, {"starts_on": "2026-10-04"})
        assert (opened["before"], opened["after"]) == ({"visibility": "restricted"}, {"visibility": "public"})
        assert (await state(registry, made, manager(one), moved["id"]))["visibility"] == "restricted"
    (seen,) = await history(registry, f"engagements/{made['id']}")
    assert (seen["before"], seen["after"]["starts_on"]) == (None, "2026-10-04"), "for everybody else it begins when it was opened"


async def test_a_request_that_changes_nothing_leaves_record_and_feed(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    tie = await make.tie(registry, here, there)
    owed = [{"title": "A map", "owner_id": there}, {"title": "A list"}]
    made = await make.engagement(registry, here, there, deliverables=owed, tie_ids=[tie["id"]], topics=["water"], place="Hall")
    path = f"/v1/engagements/{made['id']}"
    etag = (await registry.get(path)).headers["etag"]
    participants = [{name: part[name] for name in ("actor_id", "role", "on_behalf_of_id")} for part in made["participants"]]
    plain = {name: made[name] for name in ("kind", "title", "status", "visibility", "starts_on", "ends_on", "place", "topics", "languages")}
    for body in ({}, plain, {"participants": participants}, {"deliverables": owed}, {"deliverables": made["deliverables"]}, {"tie_ids": [tie["id"]] * 2}):
        answer = await change(registry, made["id"], **body)
        assert (answer.status_code, answer.headers["etag"], answer.json()) == (200, etag, made), body
        assert "comity-event" not in answer.headers
    assert [event.type for event in await events(registry_app, "engagement")] == ["engagement.recorded"]


async def test_a_nation_sees_and_changes_what_is_of_its_country(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    other = (await make.actor(registry, "Ensenada", country="MX", subdivision="MX-BCN"))["id"]
    ministry = (await make.actor(registry, "Ministry", kind="agency", country="MX", subdivision=None))["id"]
    among_mexicans = await make.engagement(registry, there, other, who=manager(there), visibility="restricted")
    across = await make.engagement(registry, here, there, who=manager(there), visibility="restricted")
    behalf = [{"actor_id": there, "on_behalf_of_id": here}]
    for_us = await make.engagement(registry, who=manager(there), participants=behalf, visibility="restricted")
    public = await make.engagement(registry, there, other, who=manager(there))
    auditor = caller("engagements:read", "events:audit", roles=("auditor",))
    sees: dict[str, list[dict[str, Any]]] = {"MX": [among_mexicans, across, for_us, public], "US": [across, for_us, public], "CA": [public]}
    for who, seen in [*((nation(country), seen) for country, seen in sees.items()), (nation(None), [public]), (auditor, sees["MX"])]:
        listed = (await registry.get("/v1/engagements", headers=bearer(who))).json()["items"]
        assert {item["id"] for item in listed} == {item["id"] for item in seen}
    etag = {"If-Match": (await registry.get(f"/v1/engagements/{among_mexicans['id']}", headers=bearer(nation("MX")))).headers["etag"]}
    unseen = await registry.patch(f"/v1/engagements/{among_mexicans['id']}", json={"title": "X"}, headers=bearer(nation("US")) | etag)
    assert_problem(unseen, errors.EngagementNotFound)
    for made in (across, for_us, public):
        path = f"/v1/engagements/{made['id']}"
        assert_problem(await make.with_match(registry, "PATCH", path, nation("US"), title="X"), errors.EngagementOfOthers)
        for who in (nation("MX"), nation("MX", ministry), coordinator("MX-BCN")):
            if made is public or who.may("engagements:read"):
                assert (await make.with_match(registry, "PATCH", path, who, title=f"By {who.organization}")).status_code == 200
    assert (await make.with_match(registry, "PATCH", f"/v1/engagements/{public['id']}", nation(None), title="By the keeper")).status_code == 200


async def test_what_no_organisation_recorded_is_of_those_who_took_part(registry: httpx.AsyncClient) -> None:
    here, there = await cities(registry)
    made = await make.engagement(registry, here, there, who=nation("US"), visibility="restricted")
    path = f"/v1/engagements/{made['id']}"
    assert made["organization_id"] is None
    for country in ("US", "MX"):
        assert (await make.with_match(registry, "PATCH", path, nation(country), title=f"By {country}")).status_code == 200
    assert_problem(await make.with_match(registry, "PATCH", path, manager(here), title="Ours"), errors.EngagementOfOthers)
    for blind in (nation("CA"), nation(None)):
        assert_problem(await make.post_engagement(registry, here, there, who=blind, visibility="restricted"), errors.EngagementOfOthers)


async def test_who_is_taken_out_of_what_is_restricted_hears_of_it_and_of_nothing_else(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await cities(registry)
    principal = (await make.actor(registry, "Baja California", kind="state", country="MX", subdivision="MX-BCN"))["id"]
    other = (await make.actor(registry, "Ensenada", country="MX", subdivision="MX-BCN"))["id"]
    who, both = manager(here), [{"actor_id": here}, {"actor_id": there, "on_behalf_of_id": principal}]
    made = await make.engagement(registry, who=who, participants=both, visibility="restricted")
    taken = await change(registry, made["id"], who, participants=[{"actor_id": here}, {"actor_id": other}], reason="They never came.")
    assert_problem(await registry.get(f"/v1/engagements/{made['id']}", headers=bearer(manager(there))), errors.EngagementNotFound)
    (left,) = await events(registry_app, "participation")
    assert (left.type, left.visibility, left.aggregateid) == ("participation.ended", "organizations", made["id"])
    assert (set(map(str, left.organizations)), left.reason, left.before, left.after) == ({there, principal}, None, None, None)
    assert left.payload == {"engagement_id": made["id"], "organization_ids": sorted((there, principal))}
    recorded, changed = await events(registry_app, "engagement")
    assert {there, principal} <= set(map(str, recorded.organizations))
    assert (set(map(str, changed.organizations)), taken.headers["comity-event"]) == ({here, other}, str(changed.id)), "what it says since is not theirs"
    assert (await change(registry, made["id"], who, participants=[{"actor_id": here}], visibility="public")).status_code == 200
    assert len(await events(registry_app, "participation")) == 1, "nobody is outside of what is public"
