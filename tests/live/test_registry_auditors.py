"""The auditor of a country reads, in the feed and in histories, what anybody reads and what concerns organisations that this country keeps."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from shared.access import Caller
from shared.relay import relay_once
from tests.support.database import Templates
from tests.support.feeds import FOLLOWER, read_all
from tests.support.make import diligence
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer, caller

pytestmark = pytest.mark.live
SCOPES = ("approaches:read", "contacts:read", "diligence:read", "engagements:read", "events:audit", "events:read")
AUDITOR = caller(*SCOPES, roles=("auditor",))


async def confidential(live: LiveRegistry, who: str, about: str) -> None:
    """Something of everything that an organisation keeps to itself."""
    manager = diligence.manager(who)
    await diligence.report(live.client, who=manager)
    await diligence.check(live.client, about, who=manager)
    await diligence.flag(live.client, about, who=manager)
    await make.engagement(live.client, who, who=make.manager(who), visibility="restricted", reason="In confidence.")
    await make.person(live.client, who)


def concerning(events: list[dict[str, Any]], organization: str) -> set[str]:
    """The types of events that are not for everybody and name the organisation."""
    return {event["type"] for event in events if not event["type"].startswith(("actor.", "tie.", "seat.")) and organization in str(event["data"])}


async def test_the_auditor_of_a_country_reads_that_countrys(templates: Templates) -> None:
    async with live_registry(templates) as live:
        here = (await make.actor(live.client, "San Diego", kind="municipality"))["id"]
        there = (await make.actor(live.client, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN"))["id"]
        texas = (await make.actor(live.client, "Texas", kind="state", subdivision="US-TX"))["id"]
        office = (await make.actor(live.client, "Texas in Mexico", kind="office", country="MX", subdivision="MX-CMX"))["id"]
        ministry = (await make.actor(live.client, "SRE", kind="agency", country="MX", subdivision=None))["id"]
        stranger = (await make.actor(live.client, "Bank", kind="organisation", country="CA", subdivision=None))["id"]
        await make.tie(live.client, office, texas, type="office_of")
        for one in (here, there, office):
            await confidential(live, one, stranger)
        while await relay_once(live.database):
            pass

        async def feed(who: Caller) -> list[dict[str, Any]]:
            return await read_all(live.app, "registry", who, limit=7)

        whole = await feed(FOLLOWER)
        assert await feed(AUDITOR) == whole
        kinds = concerning(whole, here)
        assert kinds == {"approach.reported", "diligence.opened", "flag.raised", "engagement.recorded_in_confidence", "person.recorded"}
        mexican = replace(AUDITOR, organization=UUID(ministry), country="MX")
        sees = {"MX": {there: kinds, here: set(), office: set()}, "US": {there: set(), here: kinds, office: kinds}}
        for country, expected in sees.items():
            found = await feed(replace(mexican, country=country))
            assert {one: concerning(found, one) for one in expected} == expected
        forgotten, member = replace(mexican, country=None), caller("events:read", organization=UUID(ministry))
        assert await feed(forgotten) == await feed(member), "an operator forgot to say the country"
        public = {event["id"]: event for event in await feed(caller("events:read"))}
        registered = next(event for event in await feed(mexican) if event["type"] == "actor.registered" and event["data"]["actor_id"] == here)
        assert registered == public[registered["id"]], "of another country's actor an auditor reads what everybody reads"
        at = next(event["id"] for event in whole if event["type"] == "approach.reported")
        refused = await live.client.get(f"/v1/events/registry?lastEventId={at}", headers=bearer(mexican))
        assert refused.status_code == 410, "of an event that the auditor was never given nothing is said, not even its place"


async def test_the_auditor_of_a_country_reads_its_histories(templates: Templates) -> None:
    async with live_registry(templates) as live:
        here = (await make.actor(live.client, "San Diego", kind="municipality"))["id"]
        there = (await make.actor(live.client, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN"))["id"]
        await make.with_match(live.client, "PATCH", f"/v1/actors/{here}", make.WRITER, population=7, reason="Counted again.")
        mexican = replace(AUDITOR, country="MX")

        async def read(path: str, who: Caller | None) -> Any:
            answer = await live.client.get(f"/v1/actors/{here}/{path}", headers=bearer(who) if who else {})
            assert answer.status_code == 200, answer.text
            return answer.json()

        for path in ("history", "history/state?at=2030-01-01T00:00:00Z"):
            assert await read(path, replace(AUDITOR, country="US")) == await read(path, AUDITOR)
            assert await read(path, mexican) == await read(path, None)
        (changed, _) = (await read("history", mexican))["items"]
        assert (changed["subject"], changed["reason"]) == (None, None)
        (changed, _) = (await read("history", replace(AUDITOR, country="US")))["items"]
        assert (changed["subject"], changed["reason"]) == ("coordinator", "Counted again.")
        restricted = await make.engagement(live.client, here, there, who=make.manager(here), visibility="restricted", reason="In confidence.")
        seen = await live.client.get(f"/v1/engagements/{restricted['id']}/history", headers=bearer(mexican))
        assert [item["reason"] for item in seen.json()["items"]] == ["In confidence."], "somebody of that country took part"
