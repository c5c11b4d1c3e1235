"""Ties: one record a pair, who may write it, how it changes, sleeps no longer than it should, and ends."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.ties.models import EXPIRED
from services.registry.ties.schemas import TieRead, TieTypes
from services.registry.ties.types import TYPES, TieType
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"


def manager(actor_id: str) -> Caller:
    return caller("ties:manage", organization=UUID(actor_id), subject="manager", roles=("manager",))


async def pair(client: httpx.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two cities, the one with the smaller id first."""
    one = await make.actor(client, "San Diego", kind="municipality")
    two = await make.actor(client, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN")
    return (one, two) if UUID(one["id"]) < UUID(two["id"]) else (two, one)


async def change(client: httpx.AsyncClient, tie: dict[str, Any], who: Caller = make.TIER, **body: Any) -> httpx.Response:
    etag = (await client.get(f"/v1/ties/{tie['id']}")).headers["etag"]
    return await client.patch(f"/v1/ties/{tie['id']}", json=body, headers=bearer(who) | {"If-Match": etag})


async def end(client: httpx.AsyncClient, tie: dict[str, Any], who: Caller = make.TIER, **body: Any) -> httpx.Response:
    etag = (await client.get(f"/v1/ties/{tie['id']}")).headers["etag"]
    return await client.post(f"/v1/ties/{tie['id']}/end", json={"reason": "The council voted.", **body}, headers=bearer(who) | {"If-Match": etag})


async def events(app: FastAPI, tie: dict[str, Any]) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        found = await session.execute(text("SELECT * FROM events WHERE aggregateid = :id ORDER BY seq"), {"id": tie["id"]})
        return list(found.all())


async def test_a_symmetric_tie_is_one_record_whoever_writes_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second = await pair(registry)
    given = {"valid_from": "1993-04-01", "source": "council minutes", "licence": "public record", "read_on": "2026-11-01"}
    made = await make.tie(registry, second["id"], first["id"], who=manager(second["id"]), **given)
    TieRead.model_validate(made)
    sides = {name: {key: actor[key] for key in ("id", "kind", "name", "country", "subdivision")} for name, actor in (("from", first), ("to", second))}
    assert made == {
        "id": made["id"],
        "type": "sister_city",
        "symmetric": True,
        "from_id": first["id"],
        "to_id": second["id"],
        "from_actor": sides["from"],
        "to_actor": sides["to"],
        "role": None,
        "status": "active",
        "end_reason": None,
        "valid_through": None,
        "last_activity_on": None,
        "note": None,
        **given,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
    }
    for sides_given in ((first["id"], second["id"]), (second["id"], first["id"])):
        assert_problem(await make.post_tie(registry, *sides_given, who=manager(first["id"])), errors.TieExists)
    await make.tie(registry, first["id"], second["id"], type="cooperation")
    (event,) = await events(registry_app, made)
    assert (event.type, event.visibility, event.aggregatetype) == ("tie.recorded", "public", "tie")
    assert event.payload == {
        "tie_id": made["id"],
        "tie_type": "sister_city",
        **{name: made[name] for name in ("symmetric", "from_id", "to_id", "role", "status", "valid_from", "valid_through", "last_activity_on")},
    }
    assert (event.after["licence"], event.after["read_on"]) == ("public record", "2026-11-01")
    assert {"note", "source", "end_reason"} & event.after.keys() == set(), "what people wrote may name somebody"


async def test_a_directed_tie_keeps_its_direction(registry: httpx.AsyncClient) -> None:
    city, network = await make.actor(registry, "San Diego"), await make.actor(registry, "C40", kind="network")
    for sides in ((city, network), (network, city)):
        made = await make.tie(registry, sides[0]["id"], sides[1]["id"], type="network_membership", role="Innovator")
        assert (made["from_id"], made["to_id"], made["symmetric"], made["role"]) == (sides[0]["id"], sides[1]["id"], False, "Innovator")
    assert_problem(await make.post_tie(registry, city["id"], network["id"], type="network_membership"), errors.TieExists)


async def test_the_time_after_an_end_is_free(registry: httpx.AsyncClient) -> None:
    first, second = await pair(registry)
    old = await make.tie(registry, first["id"], second["id"], valid_from="1970-01-01", valid_through="1979-12-31")
    assert (old["status"], old["end_reason"]) == ("ended", EXPIRED)
    path = f"/v1/ties/{old['id']}"
    told = [(await registry.get(path, headers={"Accept-Language": language})).json()["end_reason"] for language in ("es-MX, en", "fr", "de")]
    assert told == ["Su plazo terminó.", "Son temps est écoulé.", EXPIRED]
    assert_problem(await make.post_tie(registry, second["id"], first["id"], valid_from="1979-12-31"), errors.TieExists)
    assert (await make.tie(registry, second["id"], first["id"], valid_from="1980-01-01"))["status"] == "active"


async def test_only_a_side_or_the_nation_writes_a_tie(registry: httpx.AsyncClient) -> None:
    first, second = await pair(registry)
    stranger = await make.actor(registry, "Stranger")
    body = {"type": "twinning", "from_id": first["id"], "to_id": second["id"]}
    assert_problem(await registry.post("/v1/ties", json=body), Unauthorized)
    member = caller(organization=UUID(first["id"]))
    assert_problem(await registry.post("/v1/ties", json=body, headers=bearer(member)), Forbidden, scope="ties:manage")
    assert_problem(await registry.post("/v1/ties", json=body, headers=bearer(manager(stranger["id"]))), errors.TieOfOthers)
    made = await make.tie(registry, first["id"], second["id"], who=manager(second["id"]))
    assert_problem(await change(registry, made, manager(stranger["id"]), note="X"), errors.TieOfOthers)
    assert_problem(await end(registry, made, manager(stranger["id"])), errors.TieOfOthers)
    assert (await change(registry, made, manager(first["id"]), note="Met in May.")).json()["note"] == "Met in May."
    assert (await change(registry, made, note=None)).json()["note"] is None


async def test_a_bad_tie_is_refused(registry: httpx.AsyncClient) -> None:
    first, second = await pair(registry)
    for override in (
        {"type": "marriage"},
        {"status": "dormant"},
        {"valid_from": "2026-01-02", "valid_through": "2026-01-01"},
        {"last_activity_on": "2026-11-24"},
        {"role": " "},
        {"version": 3},
    ):
        assert_problem(await make.post_tie(registry, first["id"], second["id"], **override), Invalid)
    for kind in ("sister_city", "office_of"):
        assert_problem(await make.post_tie(registry, first["id"], first["id"], type=kind), errors.TieWithItself)
        assert_problem(await make.post_tie(registry, first["id"], NOBODY, type=kind), errors.TieActorUnknown)
    assert_problem(await registry.get(f"/v1/ties/{NOBODY}"), errors.TieNotFound)


async def test_a_change_needs_the_record_as_it_is_and_says_what_changed(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second = await pair(registry)
    made = await make.tie(registry, first["id"], second["id"], status="proposed")
    path, headers = f"/v1/ties/{made['id']}", bearer(make.TIER)
    assert_problem(await registry.patch(path, json={"status": "active"}, headers=headers), PreconditionRequired)
    etag = (await registry.get(path)).headers["etag"]
    changed = await registry.patch(path, json={"status": "active", "valid_from": "2026-11-01", "reason": "Both signed."}, headers=headers | {"If-Match": etag})
    assert (changed.status_code, changed.json()["status"], changed.json()["valid_from"]) == (200, "active", "2026-11-01")
    assert_problem(await registry.patch(path, json={"note": "Late."}, headers=headers | {"If-Match": etag}), PreconditionFailed)
    assert (await change(registry, made, status="active")).headers["etag"] == changed.headers["etag"], "nothing changed"
    for bad in ({"status": None}, {"status": "ended"}, {"valid_through": "2026-10-31"}, {"from_id": second["id"]}):
        assert_problem(await change(registry, made, **bad), Invalid)
    recorded, event = await events(registry_app, made)
    assert (recorded.payload["status"], event.type, event.reason) == ("proposed", "tie.changed", "Both signed.")
    assert (event.before, event.after) == ({"status": "proposed", "valid_from": None}, {"status": "active", "valid_from": "2026-11-01"})
    assert (event.payload["status"], event.payload["valid_from"]) == ("active", "2026-11-01")


async def test_a_change_does_not_make_two_of_one(registry: httpx.AsyncClient) -> None:
    first, second = await pair(registry)
    await make.tie(registry, first["id"], second["id"], valid_from="1970-01-01", valid_through="1979-12-31")
    later = await make.tie(registry, first["id"], second["id"], valid_from="1980-01-01")
    assert_problem(await change(registry, later, valid_from="1979-06-01"), errors.TieExists)
    assert_problem(await change(registry, later, valid_from=None), errors.TieExists)


async def test_a_tie_ends_with_a_reason_and_stays_as_it_was(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second = await pair(registry)
    made = await make.tie(registry, first["id"], second["id"], valid_from="2001-01-01")
    for bad in ({"reason": None}, {"reason": " "}, {"on": "2026-11-24"}, {"on": "2000-12-31"}):
        assert_problem(await end(registry, made, **bad), Invalid)
    ended = await end(registry, made, manager(first["id"]), on="2026-10-01")
    assert ended.status_code == 200, ended.text
    TieRead.model_validate(ended.json())
    assert [ended.json()[name] for name in ("status", "end_reason", "valid_through")] == ["ended", "The council voted.", "2026-10-01"]
    assert_problem(await end(registry, made), errors.TieOver, tie=made["id"])
    for late in ({"status": "active"}, {"valid_through": None}):
        assert_problem(await change(registry, made, **late), errors.TieOver)
    assert (await change(registry, made, source="council minutes")).json()["source"] == "council minutes"
    event = (await events(registry_app, made))[1]
    assert (event.type, event.payload["status"], event.reason) == ("tie.changed", "ended", "The council voted.")
    assert event.after == {"status": "ended", "valid_through": "2026-10-01"}


async def withdraw(client: httpx.AsyncClient, tie: dict[str, Any], who: Caller = make.TIER, **body: Any) -> httpx.Response:
    path = f"/v1/ties/{tie['id']}"
    return await make.with_match(client, "POST", f"{path}/withdrawal", who, of=path, **{"reason": "Another city of the name.", **body})


@pytest.mark.parametrize("given", [{}, {"valid_from": "2027-03-01"}, {"valid_from": "1990-01-01", "valid_through": "1999-12-31"}], ids=["now", "ahead", "over"])
async def test_a_tie_recorded_by_mistake_is_taken_back(registry: httpx.AsyncClient, registry_app: FastAPI, given: dict[str, Any]) -> None:
    first, second = await pair(registry)
    made = await make.tie(registry, first["id"], second["id"], **given)
    stranger = await make.actor(registry, "Stranger")
    assert_problem(await withdraw(registry, made, manager(stranger["id"])), errors.TieOfOthers)
    assert_problem(await withdraw(registry, made, reason=None), Invalid)
    bare = await registry.post(f"/v1/ties/{made['id']}/withdrawal", json={"reason": "Wrong."}, headers=bearer(make.TIER))
    assert_problem(bare, PreconditionRequired)
    taken = await withdraw(registry, made, manager(second["id"]))
    assert taken.status_code == 200, taken.text
    TieRead.model_validate(taken.json())
    assert taken.json() == made | {"status": "withdrawn", "end_reason": "Another city of the name."}
    for again in (withdraw(registry, made), end(registry, made), change(registry, made, note="Still.")):
        assert_problem(await again, errors.TieWithdrawn, tie=made["id"])
    event = (await events(registry_app, made))[-1]
    assert (event.type, event.payload["status"], event.reason) == ("tie.changed", "withdrawn", "Another city of the name.")
    day = given.get("valid_from", "2026-11-22")
    asked = f"/v1/ties?actor={first['id']}&as_of={day}", f"/v1/actors/{first['id']}/neighbours?as_of={day}"
    assert [(await registry.get(path)).json()["items"] for path in asked] == [[], []]
    assert (await registry.get(f"/v1/actors/{first['id']}?include=ties")).json()["ties"] == []
    path = f"/v1/actors/{first['id']}/paths?to={second['id']}&as_of={day}"
    assert (await registry.get(path)).json()["length"] is None
    assert [item["id"] for item in (await registry.get("/v1/ties?status=withdrawn")).json()["items"]] == [made["id"]]
    assert (await registry.get(f"{asked[1]}&status=withdrawn")).json()["items"][0]["tie_id"] == made["id"]
    assert (await registry.get(f"/v1/ties/{made['id']}")).json() == taken.json()
    assert len((await registry.get(f"/v1/ties/{made['id']}/history")).json()["items"]) == 2
    assert (await make.tie(registry, second["id"], first["id"], **given))["id"] != made["id"], "the pair is free again"


async def test_what_was_withdrawn_is_no_membership(registry: httpx.AsyncClient) -> None:
    city, network = await make.actor(registry, "San Diego"), await make.actor(registry, "C40", kind="network")
    made = await make.tie(registry, city["id"], network["id"], type="network_membership")
    reporter = await make.capacity(registry, city["id"], as_of="2026-11-22")
    path = f"/v1/capacity-reports/{reporter['id']}"
    for members, recorded in (([city["id"]], 1), ([], 0)):
        assert [item["id"] for item in (await registry.get(f"/v1/actors?network={network['id']}")).json()["items"]] == members
        report = (await registry.get(path, headers=bearer(make.reporter(city["id"])))).json()
        assert report["networks_recorded"] == recorded
        if members:
            assert (await withdraw(registry, made)).status_code == 200


async def test_ties_are_listed_in_one_statement(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second = await pair(registry)
    third = await make.actor(registry, "Osaka", country="JP", subdivision=None)
    sister = await make.tie(registry, first["id"], second["id"], valid_from="2000-01-01", last_activity_on="2026-01-01")
    lapsed = await make.tie(registry, first["id"], third["id"], valid_from="1970-01-01", valid_through="1979-12-31")
    friends = await make.tie(registry, second["id"], third["id"], type="friendship_city", status="proposed", last_activity_on="2020-01-01")
    every = [sister, lapsed, friends]
    wanted: dict[str, list[dict[str, Any]]] = {
        "": every,
        "sort=newest": every[::-1],
        "sort=quietest": [friends, sister, lapsed],
        f"actor={first['id']}": [sister, lapsed],
        f"actor={third['id']}": [lapsed, friends],
        "country=JP": [lapsed, friends],
        f"actor={third['id']}&country=JP": [],
        f"actor={second['id']}&country=JP": [friends],
        "type=sister_city": [sister, lapsed],
        "type=sister_city&type=friendship_city&status=ended&status=proposed": [lapsed, friends],
        "as_of=1975-06-01": [lapsed, friends],
        "as_of=2026-11-22&status=active": [sister],
        "quiet_before=2025-01-01": [friends],
        f"id={friends['id']}": [friends],
    }
    for query, expected in wanted.items():
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/ties?{query}")
        assert [item["id"] for item in answer.json()["items"]] == [item["id"] for item in expected], query
        for item in answer.json()["items"]:
            TieRead.model_validate(item)
    page = (await registry.get("/v1/ties?sort=quietest&limit=2&count=exact")).json()
    rest = (await registry.get(f"/v1/ties?sort=quietest&limit=2&cursor={page['next']}")).json()
    assert (page["total"], [item["id"] for item in rest["items"]]) == (3, [lapsed["id"]])
    with queries(registry_app.state.database, at_most=1):
        assert (await registry.get(f"/v1/ties/{sister['id']}")).json() == sister


async def test_names_of_the_sides_are_in_the_language_of_the_request(registry: httpx.AsyncClient) -> None:
    names = [{"language": "en", "name": "Mexico City"}, {"language": "es", "name": "Ciudad de México"}]
    city, other = await make.actor(registry, "Mexico City", names=names), await make.actor(registry, "Los Angeles")
    made = await make.tie(registry, city["id"], other["id"])
    shown = (await registry.get(f"/v1/ties/{made['id']}", headers={"Accept-Language": "es"})).json()
    assert "Ciudad de México" in {shown["from_actor"]["name"], shown["to_actor"]["name"]}


async def test_the_types_say_themselves_in_three_languages(registry: httpx.AsyncClient) -> None:
    answer = await registry.get("/v1/ties/types")
    listed = TieTypes.model_validate(answer.json()).items
    assert [item.type for item in listed] == list(TieType) == list(TYPES)
    for item in listed:
        for words in (item.label, item.forward, item.backward):
            assert set(words) == {"en", "es", "fr"}
            assert all(words.values())
        assert (item.forward == item.backward) is item.symmetric


async def test_an_idempotent_recording_is_one_record(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second = await pair(registry)
    body = {"type": "sister_city", "from_id": first["id"], "to_id": second["id"]}
    headers = bearer(make.TIER) | {"Idempotency-Key": "once"}
    answers = [await registry.post("/v1/ties", json=body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(await events(registry_app, answers[0].json())) == 1


@pytest.mark.parametrize("stated", ["2020-05-01", "2026-11-22"], ids=["long_ago", "today"])
async def test_stated_activity_is_where_silence_begins(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock, stated: str) -> None:
    first, second = await pair(registry)
    made = await make.tie(registry, first["id"], second["id"])
    clock.fixed = NOON + timedelta(days=30)
    assert (await change(registry, made, last_activity_on=stated)).json()["last_activity_on"] == stated
    assert [item["id"] for item in (await registry.get(f"/v1/ties?quiet_before={stated}")).json()["items"]] == []
    assert (await change(registry, made, last_activity_on=None)).json()["last_activity_on"] is None
    assert [item["id"] for item in (await registry.get("/v1/ties?quiet_before=2026-11-22")).json()["items"]] == [], "silence counts from the recording"
    clock.fixed = NOON
