"""Seats: who may make them, who sees who holds them, and how they are handed over."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.seats.schemas import SeatRead
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionRequired, Unauthorized
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

ADDRESSES: list[dict[str, object]] = [
    {"channel": "email", "address": "chair@sandiego.example", "language": "en"},
    {"channel": "webhook", "address": "https://sandiego.example/comity", "language": None},
]
PLAIN: dict[str, object] = dict.fromkeys(("person_id", "hours", "time_zone", "valid_from", "valid_through")) | {"kind": "office", "preferred": False}
SHOWN = [{**address, **PLAIN} for address in ADDRESSES]
READER = make.coordinator()
EVERYTHING = "include=holders&include=contact_points"


def manager(actor_id: str) -> Caller:
    return make.manager(actor_id)


def member(actor_id: str) -> Caller:
    return caller(organization=UUID(actor_id), subject="member")


async def hand_over(client: httpx.AsyncClient, seat_id: str, who: Caller = make.WRITER, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/seats/{seat_id}/holders", json=body, headers=bearer(who))


async def rows(app: FastAPI, statement: str, **values: Any) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text(statement), values)).all())


async def test_a_manager_makes_seats_of_the_own_organisation(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await make.actor(registry)
    made = await make.seat(registry, actor["id"], who=manager(actor["id"]), contact_points=ADDRESSES)
    SeatRead.model_validate(made)
    assert made == {
        "id": made["id"],
        "actor_id": actor["id"],
        "actor_name": "San Diego County",
        "role": "chief_executive",
        "title": "Chair of the Board of Supervisors",
        "status": "active",
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
        "holder": None,
    }
    (event,) = await rows(registry_app, "SELECT * FROM events WHERE aggregateid = :id", id=made["id"])
    assert (event.type, event.visibility) == ("seat.created", "public")
    assert event.payload == {name: made[name] for name in ("actor_id", "role", "title", "status")} | {"seat_id": made["id"]}


async def test_nobody_makes_seats_of_others(registry: httpx.AsyncClient) -> None:
    mine, theirs = await make.actor(registry), await make.actor(registry, "Theirs")
    body = {"actor_id": theirs["id"], "role": "deputy", "title": "Deputy"}
    seat = await make.seat(registry, theirs["id"])
    assert_problem(await registry.post("/v1/seats", json=body), Unauthorized)
    assert_problem(await registry.post("/v1/seats", json=body, headers=bearer(member(theirs["id"]))), Forbidden, scope="seats:manage")
    headers = bearer(manager(mine["id"]))
    assert_problem(await registry.post("/v1/seats", json=body, headers=headers), errors.SeatOfAnother, actor_id=theirs["id"])
    assert_problem(await hand_over(registry, seat["id"], manager(mine["id"]), name="Somebody"), errors.SeatOfAnother)
    etag = (await registry.get(f"/v1/seats/{seat['id']}")).headers["etag"]
    assert_problem(await registry.patch(f"/v1/seats/{seat['id']}", json={"title": "X"}, headers=headers | {"If-Match": etag}), errors.SeatOfAnother)
    assert (await registry.post("/v1/seats", json=body, headers=bearer(make.WRITER))).status_code == 201


async def test_an_actor_has_one_active_chief_executive(registry: httpx.AsyncClient) -> None:
    actor = await make.actor(registry)
    first = await make.seat(registry, actor["id"])
    body = {"actor_id": actor["id"], "role": "chief_executive", "title": "Mayor"}
    assert_problem(await registry.post("/v1/seats", json=body, headers=bearer(make.WRITER)), errors.ChiefExecutiveExists)
    etag = (await registry.get(f"/v1/seats/{first['id']}")).headers["etag"]
    abolished = await registry.patch(f"/v1/seats/{first['id']}", json={"status": "abolished"}, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert (abolished.status_code, abolished.json()["status"]) == (200, "abolished")
    await make.seat(registry, actor["id"])
    again = {"status": "active"}
    refused = await registry.patch(f"/v1/seats/{first['id']}", json=again, headers=bearer(make.WRITER) | {"If-Match": abolished.headers["etag"]})
    assert_problem(refused, errors.ChiefExecutiveExists)


@pytest.mark.parametrize(("language", "said"), [("en", "is not an https address"), ("es", "no es una dirección https"), ("fr", "n'est pas une adresse https")])
async def test_what_an_address_is_not_is_said_in_each_language(registry: httpx.AsyncClient, language: str, said: str) -> None:
    actor = await make.actor(registry)
    body = {"actor_id": actor["id"], "role": "deputy", "title": "Deputy", "contact_points": [{"channel": "webhook", "address": "http://x"}]}
    answer = await registry.post("/v1/seats", json=body, headers=bearer(make.WRITER) | {"Accept-Language": language})
    assert assert_problem(answer, Invalid)["errors"] == [{"in": "body", "pointer": "/contact_points/0", "detail": said}]


async def test_a_bad_seat_is_refused(registry: httpx.AsyncClient) -> None:
    actor = await make.actor(registry)
    body = {"actor_id": actor["id"], "role": "deputy", "title": "Deputy"}
    for override in (
        {"role": "king"},
        {"title": " "},
        {"contact_points": [{"channel": "email", "address": "nobody"}]},
        {"contact_points": [{"channel": "email", "address": "a@b@c.example"}]},
        {"contact_points": [{"channel": "webhook", "address": "http://plain.example"}]},
        {"contact_points": [{"channel": "webhook", "address": "https://user@host.example/"}]},
        {"contact_points": ADDRESSES * 11},
        {"holder": "Somebody"},
    ):
        assert_problem(await registry.post("/v1/seats", json={**body, **override}, headers=bearer(make.WRITER)), Invalid)
    twice = {**body, "contact_points": [ADDRESSES[0], ADDRESSES[0]]}
    named = assert_problem(await registry.post("/v1/seats", json=twice, headers=bearer(make.WRITER)), errors.ContactPointTwice)
    assert [item["pointer"] for item in named["errors"]] == ["/contact_points/1"]
    unknown = {**body, "actor_id": "01890000-0000-7000-8000-000000000000"}
    assert_problem(await registry.post("/v1/seats", json=unknown, headers=bearer(make.WRITER)), errors.SeatActorUnknown)
    assert_problem(await registry.get("/v1/seats/01890000-0000-7000-8000-000000000000"), errors.SeatNotFound)


async def test_addresses_and_names_are_for_the_organisation_and_contact_readers(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor, other = await make.actor(registry), await make.actor(registry, "Other")
    seat = await make.seat(registry, actor["id"], contact_points=ADDRESSES)
    assert (await hand_over(registry, seat["id"], name="Ana Pérez")).status_code == 201
    for who, sees in ((None, False), (member(other["id"]), False), (make.WRITER, False), (member(actor["id"]), True), (READER, True)):
        headers = bearer(who) if who else {}
        for path in (f"/v1/seats/{seat['id']}?{EVERYTHING}", f"/v1/seats?actor={actor['id']}&{EVERYTHING}"):
            with queries(registry_app.state.database, at_most=1):
                answer = await registry.get(path, headers=headers)
            body = answer.json()
            shown = body["items"][0] if "items" in body else body
            SeatRead.model_validate(shown)
            assert ("Ana Pérez" in answer.text, "sandiego.example" in answer.text) == (sees, sees)
            assert (len(shown["holders"]), len(shown["contact_points"]), shown["holder"] is not None) == (sees, 2 * sees, sees)
            if sees:
                assert shown["contact_points"] == SHOWN
                assert shown["holder"] == shown["holders"][0]


async def test_no_event_names_a_person_or_an_address(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await make.actor(registry)
    seat = await make.seat(registry, actor["id"], contact_points=ADDRESSES)
    await hand_over(registry, seat["id"], name="Ana Pérez", reason="Elected on the first ballot.")
    found = await rows(registry_app, "SELECT type, events::text AS whole FROM events ORDER BY seq")
    assert [event.type for event in found] == ["actor.registered", "seat.created", "person.recorded", "seat.changed"]
    assert not [event for event in found if "Ana" in event.whole or "sandiego.example" in event.whole]


async def test_a_handover_ends_the_present_holder(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    actor = await make.actor(registry)
    seat = await make.seat(registry, actor["id"])
    first = await hand_over(registry, seat["id"], manager(actor["id"]), name="Ana Pérez", valid_from="2020-01-01")
    assert (first.status_code, first.json()["holder"]["name"]) == (201, "Ana Pérez")
    second = await hand_over(registry, seat["id"], manager(actor["id"]), name="Bo Li")
    assert second.headers["etag"].startswith('"3-')
    assert [(item["name"], item["valid_from"], item["valid_through"]) for item in second.json()["holders"]] == [
        ("Bo Li", "2026-11-22", None),
        ("Ana Pérez", "2020-01-01", "2026-11-21"),
    ]
    back = first.json()["holder"]["person_id"]
    third = await hand_over(registry, seat["id"], manager(actor["id"]), person_id=back, valid_from="2027-01-01", valid_through="2027-12-31")
    assert (third.status_code, third.json()["holder"]["name"]) == (201, "Bo Li")
    clock.fixed = NOON + timedelta(days=60)
    assert (await registry.get(f"/v1/seats/{seat['id']}", headers=bearer(READER))).json()["holder"]["name"] == "Ana Pérez"
    clock.fixed = NOON
    assert len(await rows(registry_app, "SELECT id FROM people")) == 2


async def test_two_holders_never_overlap(registry: httpx.AsyncClient) -> None:
    actor = await make.actor(registry)
    seat = await make.seat(registry, actor["id"])
    assert (await hand_over(registry, seat["id"], name="Ana", valid_from="2026-06-01")).status_code == 201
    for first, last in (("2026-06-01", None), ("2020-01-01", None), ("2020-01-01", "2026-06-01")):
        assert_problem(await hand_over(registry, seat["id"], name="Bo", valid_from=first, valid_through=last), errors.HolderOverlaps)
    assert (await hand_over(registry, seat["id"], name="Bo", valid_from="2020-01-01", valid_through="2026-05-31")).status_code == 201
    unknown = "01890000-0000-7000-8000-000000000000"
    assert_problem(await hand_over(registry, seat["id"], person_id=unknown), errors.PersonUnknown)
    assert_problem(await hand_over(registry, unknown, name="Bo"), errors.SeatNotFound)
    bodies: list[dict[str, Any]] = [{}, {"name": "Bo", "person_id": unknown}, {"name": "Bo", "valid_from": "2027-01-02", "valid_through": "2027-01-01"}]
    for body in bodies:
        assert_problem(await hand_over(registry, seat["id"], **body), Invalid)


async def test_a_seat_changes_with_its_etag(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await make.actor(registry)
    seat = await make.seat(registry, actor["id"], contact_points=ADDRESSES)
    path, headers = f"/v1/seats/{seat['id']}", bearer(manager(actor["id"]))
    assert_problem(await registry.patch(path, json={"title": "Chair"}, headers=headers), PreconditionRequired)
    etag = (await registry.get(path)).headers["etag"]
    change = {"title": "Chair", "contact_points": ADDRESSES[:1], "reason": "shorter"}
    answer = await registry.patch(path, json=change, headers=headers | {"If-Match": etag})
    assert (answer.status_code, answer.json()) == (200, seat | {"title": "Chair"})
    assert answer.headers["etag"].startswith('"2-')
    assert (await registry.get(f"{path}?{EVERYTHING}", headers=headers)).json()["contact_points"] == SHOWN[:1]
    event = (await rows(registry_app, "SELECT * FROM events WHERE aggregateid = :id ORDER BY seq DESC", id=seat["id"]))[0]
    assert (event.type, event.reason, event.payload["title"]) == ("seat.changed", "shorter", "Chair")
    for wrong in ({"title": None}, {"contact_points": None}, {"role": None}, {"role": "king"}, {"actor_id": actor["id"]}):
        assert_problem(await registry.patch(path, json=wrong, headers=headers | {"If-Match": answer.headers["etag"]}), Invalid)


@pytest.mark.parametrize(("query", "count"), [("role=deputy", 1), ("role=deputy&role=head", 2), ("status=abolished", 0), ("", 3)])
async def test_lists_filter(registry: httpx.AsyncClient, query: str, count: int) -> None:
    actor = await make.actor(registry)
    for role in ("chief_executive", "deputy", "head"):
        await make.seat(registry, actor["id"], role=role)
    page = (await registry.get(f"/v1/seats?{query}&count=exact".replace("?&", "?"))).json()
    assert (page["total"], len(page["items"])) == (count, count)
    ids = [item["id"] for item in page["items"]]
    assert [item["id"] for item in (await registry.get("/v1/seats", params={"id": ids or [actor["id"]]})).json()["items"]] == ids


async def test_a_role_recorded_wrongly_is_corrected(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await make.actor(registry)
    await make.seat(registry, actor["id"])
    seat, who = await make.seat(registry, actor["id"], role="deputy"), manager(actor["id"])
    path = f"/v1/seats/{seat['id']}"
    assert_problem(await make.with_match(registry, "PATCH", path, who, role="chief_executive"), errors.ChiefExecutiveExists)
    done = await make.with_match(registry, "PATCH", path, who, role="liaison", reason="It never stood in for anybody.")
    assert (done.status_code, done.json()) == (200, seat | {"role": "liaison"})
    (change, _) = (await registry.get(f"{path}/history", headers=bearer(who))).json()["items"]
    assert (change["type"], change["before"], change["after"]) == ("seat.changed", {"role": "deputy"}, {"role": "liaison"})
    (event,) = await rows(registry_app, "SELECT payload FROM events WHERE aggregateid = :id AND type = 'seat.changed'", id=seat["id"])
    assert event.payload["role"] == "liaison"


async def test_an_actor_that_was_merged_gets_no_seat(registry: httpx.AsyncClient) -> None:
    kept, merged = await make.actor(registry, "Kept"), await make.actor(registry, "Merged")
    await make.judgement(registry, kept["id"], merged["id"], canonical_id=kept["id"])
    body = {"actor_id": merged["id"], "role": "deputy", "title": "Deputy"}
    for who in (make.WRITER, manager(merged["id"])):
        assert_problem(await registry.post("/v1/seats", json=body, headers=bearer(who)), errors.ActorMerged, canonical_id=kept["id"])
    assert_problem(await registry.post("/v1/seats", json=body, headers=bearer(manager(kept["id"]))), errors.SeatOfAnother)


async def test_seats_are_found_by_where_they_are_and_who_holds_them(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there = await make.actor(registry), await make.actor(registry, "Tijuana", country="MX", subdivision="MX-BCN")
    held, empty = await make.seat(registry, here["id"]), await make.seat(registry, here["id"], role="deputy")
    abroad, who = await make.seat(registry, there["id"]), manager(here["id"])
    person = (await hand_over(registry, held["id"], who, name="Ana Pérez", valid_from="2026-01-01")).json()["holder"]["person_id"]
    everywhere = caller("contacts:read", "events:audit", roles=("auditor",))
    wanted: list[tuple[str, Caller | None, list[dict[str, Any]]]] = [
        ("country=US", None, [held, empty]), ("country=MX", None, [abroad]), ("country=MX&subdivision=MX-BCN", None, [abroad]), ("subdivision=US-TX", None, []),
        ("vacant=true", who, [empty]), ("vacant=false", who, [held]), ("vacant=true&as_of=2025-12-31", who, [held, empty]),
        ("vacant=true", READER, [empty]), ("vacant=true", make.coordinator("MX"), [abroad]), ("vacant=true", everywhere, [empty, abroad]),
        # Who may not see the holder learns nothing of one by asking who is missing.
        ("vacant=true", None, []), ("vacant=false", None, []), ("vacant=false", manager(there["id"]), []), ("verified=false", make.WRITER, []),
        ("verified=true", who, []), ("verified=false", who, [held]),
    ]  # fmt: skip
    for query, one, expected in wanted:
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/seats?{query}", headers=bearer(one) if one else {})
        assert [item["id"] for item in answer.json()["items"]] == [seat["id"] for seat in expected], (query, answer.text)
    claimed = await registry.post(f"/v1/seats/{held['id']}/claims", json={"person_id": person}, headers=bearer(make.manager(here["id"], "ana")))
    decided = {"status": "verified", "reason": "Known."}
    await registry.post(f"/v1/seats/{held['id']}/claims/{claimed.json()['id']}/decision", json=decided, headers=bearer(who))
    for query, expected in (("verified=true", [held]), ("verified=false", [])):
        assert [item["id"] for item in (await registry.get(f"/v1/seats?{query}", headers=bearer(who))).json()["items"]] == [seat["id"] for seat in expected]


async def test_what_is_read_and_written_back_loses_no_address_of_another_day(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await make.actor(registry)
    who, point = manager(actor["id"]), {"channel": "email", "preferred": True}
    points = [
        {**point, "address": "past@city.example", "valid_through": "2026-10-31"},
        {**point, "address": "now@city.example", "valid_from": "2026-11-01", "valid_through": "2026-12-31"},
        {**point, "address": "next@city.example", "valid_from": "2027-01-01"},
    ]
    seat = await make.seat(registry, actor["id"], contact_points=points)
    path = f"/v1/seats/{seat['id']}"

    async def shown(on: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await registry.get(f"{path}?include=contact_points&as_of={on}", headers=bearer(who))).json()["contact_points"]
        return found

    days = {"2026-10-31": "past", "2026-11-22": "now", "2027-01-01": "next"}
    assert {day: [one["address"].partition("@")[0] for one in await shown(day)] for day in days} == {day: [name] for day, name in days.items()}
    read = await shown("2026-11-22")
    same = await make.with_match(registry, "PATCH", path, who, contact_points=read)
    assert (same.status_code, same.headers["etag"][:3]) == (200, '"1-'), "nothing changed"
    edited = await make.with_match(registry, "PATCH", path, who, contact_points=[{**read[0], "address": "edited@city.example"}])
    assert edited.status_code == 200, edited.text
    later = await shown("2027-01-01")
    moved = await make.with_match(registry, "PATCH", path, who, as_of="2027-01-01", contact_points=[{**later[0], "language": "es"}])
    assert moved.status_code == 200, moved.text
    assert [[(one["address"].partition("@")[0], one["language"]) for one in await shown(day)] for day in days] == [
        [("past", None)], [("edited", None)], [("next", "es")],
    ]  # fmt: skip
    overlapping = [{**read[0], "valid_through": None}]
    again = await make.with_match(registry, "PATCH", path, who, contact_points=overlapping)
    assert [item["pointer"] for item in assert_problem(again, errors.PreferredContactPointTwice)["errors"]] == ["/contact_points/0"]
    twice = await make.with_match(registry, "PATCH", path, who, contact_points=[{**read[0], "address": "past@city.example", "preferred": False}])
    assert [item["pointer"] for item in assert_problem(twice, errors.ContactPointTwice)["errors"]] == ["/contact_points/0"]
    assert (await make.with_match(registry, "PATCH", path, who, contact_points=[])).status_code == 200
    assert [len(await shown(day)) for day in days] == [1, 0, 1]
