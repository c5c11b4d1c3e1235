"""Holders of seats: vacating, correcting, taking back, abolishing; and who held a seat on a day."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.seats.schemas import SeatRead
from services.registry.seats.service import NEVER_TOOK_IT
from shared.errors import Invalid, PreconditionRequired
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer

NOBODY = "01890000-0000-7000-8000-000000000000"
Held = tuple[str | None, str, str | None]


async def held(client: httpx.AsyncClient, **handed: str) -> tuple[dict[str, Any], Any]:
    """A seat with these holders, each from a day, and its manager."""
    actor = await make.actor(client)
    seat, who = await make.seat(client, actor["id"]), make.manager(actor["id"])
    for name, since in handed.items():
        answer = await make.hand_over(client, seat["id"], who, name=name, valid_from=since)
        assert answer.status_code == 201, answer.text
    return seat, who


async def act(client: httpx.AsyncClient, seat: dict[str, Any], who: Any, what: str, method: str = "POST", **body: Any) -> httpx.Response:
    return await make.with_match(client, method, f"/v1/seats/{seat['id']}/{what}", who, of=f"/v1/seats/{seat['id']}", **body)


async def holders(client: httpx.AsyncClient, seat: dict[str, Any], who: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/seats/{seat['id']}?include=holders", headers=bearer(who))
    SeatRead.model_validate(answer.json())
    found: list[dict[str, Any]] = answer.json()["holders"]
    return found


def days(found: list[dict[str, Any]]) -> list[Held]:
    return [(item["name"], item["valid_from"], item["valid_through"]) for item in found]


async def last_event(app: FastAPI, seat: dict[str, Any]) -> Any:
    async with app.state.database.session(read_only=True) as session:
        return (await session.execute(text("SELECT * FROM events WHERE aggregateid = :id ORDER BY seq DESC LIMIT 1"), {"id": seat["id"]})).one()


async def test_a_seat_is_vacated_without_a_successor(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    seat, who = await held(registry, Ana="2020-01-01")
    before = await holders(registry, seat, who)
    answer = await act(registry, seat, who, "vacancy", on="2026-11-01", reason="Resigned.")
    assert (answer.status_code, answer.json()["holder"]) == (200, None), answer.text
    SeatRead.model_validate(answer.json())
    assert days(answer.json()["holders"]) == [("Ana", "2020-01-01", "2026-11-01")]
    event = await last_event(registry_app, seat)
    said = [before[0]["person_id"], "2020-01-01"]
    assert (event.type, event.reason, event.before, event.after) == (
        "seat.changed",
        "Resigned.",
        {"holders": [[*said, ""]]},
        {"holders": [[*said, "2026-11-01"]]},
    )
    assert_problem(await act(registry, seat, who, "vacancy", on="2026-11-01"), errors.SeatVacant, on="2026-11-01")
    assert_problem(await act(registry, seat, who, "vacancy"), errors.SeatVacant, on="2026-11-22")
    assert_problem(await act(registry, seat, who, "vacancy", on="2019-12-31"), errors.SeatVacant)
    path = f"/v1/seats/{seat['id']}/vacancy"
    assert_problem(await registry.post(path, json={}, headers=bearer(who)), PreconditionRequired)
    stranger = make.manager(NOBODY)
    assert_problem(await act(registry, seat, stranger, "vacancy", on="2026-10-01"), errors.SeatOfAnother)
    assert (await make.hand_over(registry, seat["id"], who, name="Bo", valid_from="2026-11-02")).status_code == 201


async def test_a_wrong_hand_over_is_corrected(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    seat, who = await held(registry, Ana="2020-01-01", Bo="2025-01-01")
    bo, ana = await holders(registry, seat, who)
    late = await act(registry, seat, who, f"holders/{ana['id']}", "PATCH", valid_through="2025-01-01", reason="A day longer.")
    assert_problem(late, errors.HolderOverlaps)
    moved = await act(registry, seat, who, f"holders/{bo['id']}", "PATCH", valid_from="2025-02-01", valid_through="2027-01-31", reason="The decree says so.")
    assert (moved.status_code, days(moved.json()["holders"])) == (200, [("Bo", "2025-02-01", "2027-01-31"), ("Ana", "2020-01-01", "2024-12-31")])
    event = await last_event(registry_app, seat)
    assert (event.reason, len(event.before["holders"]), event.after["holders"][1]) == ("The decree says so.", 2, [bo["person_id"], "2025-02-01", "2027-01-31"])
    known = await make.person(registry, seat["actor_id"], "Cy")
    other = await act(registry, seat, who, f"holders/{bo['id']}", "PATCH", person_id=known["id"], valid_through=None, reason="It was somebody else.")
    assert days(other.json()["holders"])[0] == ("Cy", "2025-02-01", None)
    new = await act(registry, seat, who, f"holders/{bo['id']}", "PATCH", name="Di", reason="It was another again.")
    assert days(new.json()["holders"])[0] == ("Di", "2025-02-01", None)
    path = f"holders/{bo['id']}"
    bad: list[dict[str, Any]] = [
        {}, {"reason": " "}, {"reason": "x", "valid_from": None}, {"reason": "x", "name": "E", "person_id": known["id"]},
        {"reason": "x", "valid_from": "2025-01-02", "valid_through": "2025-01-01"},
    ]  # fmt: skip
    for body in bad:
        assert_problem(await act(registry, seat, who, path, "PATCH", **body), Invalid)
    assert_problem(await act(registry, seat, who, path, "PATCH", reason="Di was wrong."), errors.ReasonNamesPerson)
    assert_problem(await act(registry, seat, who, path, "PATCH", reason="x", person_id=NOBODY), errors.PersonUnknown)
    assert_problem(await act(registry, seat, who, f"holders/{NOBODY}", "PATCH", reason="x"), errors.HolderNotFound)
    assert_problem(await act(registry, seat, make.manager(NOBODY), path, "PATCH", reason="x"), errors.SeatOfAnother)


async def test_a_hand_over_that_never_was_is_taken_back(registry: httpx.AsyncClient) -> None:
    seat, who = await held(registry, Ana="2020-01-01", Bo="2025-01-01", Cy="2026-01-01")
    cy, bo, ana = await holders(registry, seat, who)
    answer = await act(registry, seat, who, f"holders/{bo['id']}/withdrawal", reason="The council never voted.")
    assert (answer.status_code, days(answer.json()["holders"])) == (200, [("Cy", "2026-01-01", None), ("Ana", "2020-01-01", "2025-12-31")]), answer.text
    answer = await act(registry, seat, who, f"holders/{cy['id']}/withdrawal", reason="Nor then.")
    assert days(answer.json()["holders"]) == [("Ana", "2020-01-01", None)]
    answer = await act(registry, seat, who, f"holders/{ana['id']}/withdrawal", reason="Nor ever.")
    assert (answer.json()["holders"], answer.json()["holder"]) == ([], None)
    assert_problem(await act(registry, seat, who, f"holders/{ana['id']}/withdrawal", reason="Again."), errors.HolderNotFound)


async def test_a_gap_stays_when_a_hand_over_is_taken_back(registry: httpx.AsyncClient) -> None:
    seat, who = await held(registry, Ana="2020-01-01")
    await act(registry, seat, who, "vacancy", on="2024-06-30")
    await make.hand_over(registry, seat["id"], who, name="Bo", valid_from="2025-01-01")
    bo = (await holders(registry, seat, who))[0]
    answer = await act(registry, seat, who, f"holders/{bo['id']}/withdrawal", reason="Never sworn in.")
    assert days(answer.json()["holders"]) == [("Ana", "2020-01-01", "2024-06-30")]


async def test_a_seat_abolished_takes_no_holder(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    seat, who = await held(registry, Ana="2020-01-01", Bo="2027-01-01")
    path = f"/v1/seats/{seat['id']}"
    gone = await make.with_match(registry, "PATCH", path, who, status="abolished", reason="The charter changed.")
    assert (gone.status_code, gone.json()["status"]) == (200, "abolished")
    assert days(await holders(registry, seat, who)) == [("Ana", "2020-01-01", "2026-11-22")], "whose time had not begun never takes it"
    event = await last_event(registry_app, seat)
    assert (set(event.before), event.after["status"], event.payload["status"]) == ({"status", "holders"}, "abolished", "abolished")
    assert_problem(await make.hand_over(registry, seat["id"], who, name="Cy", valid_from="2026-12-01"), errors.SeatAbolished)
    await make.with_match(registry, "PATCH", path, who, status="active")
    assert (await make.hand_over(registry, seat["id"], who, name="Cy", valid_from="2026-12-01")).status_code == 201


async def test_nobody_holds_a_seat_after_it_was_abolished(registry: httpx.AsyncClient, clock: Clock) -> None:
    """Not by a correction either, and not until a later day on which somebody corrects it."""
    seat, who = await held(registry, Ana="2020-01-01")
    await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", who, status="abolished")
    clock.fixed = NOON + timedelta(days=30)
    (ana,) = await holders(registry, seat, who)
    for through in (None, "2026-11-23"):
        answer = await act(registry, seat, who, f"holders/{ana['id']}", "PATCH", valid_through=through, reason="It was open.")
        problem = assert_problem(answer, errors.SeatAbolished)
        assert problem["detail"] == "The seat was abolished on 2026-11-22, and nobody holds it after that day."
        assert [(item["pointer"], item["detail"]) for item in problem["errors"]] == [("/valid_through", "needs a day, 2026-11-22 at the latest")]
    corrected = {"name": "Eva", "valid_from": "2021-01-01", "valid_through": "2026-06-30"}
    answer = await act(registry, seat, who, f"holders/{ana['id']}", "PATCH", reason="It was somebody else.", **corrected)
    assert days(answer.json()["holders"]) == [("Eva", "2021-01-01", "2026-06-30")]
    answer = await act(registry, seat, who, f"holders/{ana['id']}", "PATCH", valid_through="2026-11-22", reason="Until the end.")
    assert days(answer.json()["holders"]) == [("Eva", "2021-01-01", "2026-11-22")]


@pytest.mark.parametrize("reason", [None, "The charter changed."])
async def test_who_would_have_taken_an_abolished_seat_is_forgotten(registry: httpx.AsyncClient, registry_app: FastAPI, reason: str | None) -> None:
    """As with a hand-over that is taken back; who is known otherwise stays."""
    seat, who = await held(registry, **{"Ana Pérez": "2020-01-01", "Bo Li": "2027-05-01"})
    known = await make.person(registry, seat["actor_id"], "Eva Sol")
    assert (await make.hand_over(registry, seat["id"], who, person_id=known["id"], valid_from="2028-05-01")).status_code == 201
    gone = await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", who, status="abolished", **({"reason": reason} if reason else {}))
    assert gone.status_code == 200, gone.text
    people = (await registry.get("/v1/people", headers=bearer(who))).json()["items"]
    assert sorted(person["name"] for person in people) == ["Ana Pérez", "Eva Sol"]
    async with registry_app.state.database.session(read_only=True) as session:
        told = (await session.execute(text("SELECT reason, payload FROM events WHERE type = 'person.erased'"))).all()
    assert [event.reason for event in told] == [reason or NEVER_TOOK_IT]


@pytest.mark.parametrize(
    ("day", "name"),
    [("2019-12-31", None), ("2020-01-01", "Ana"), ("2024-12-31", "Ana"), ("2025-01-01", "Bo"), ("2099-01-01", "Bo")],
    ids=["before", "first_day", "last_day", "next_day", "far_ahead"],
)
async def test_who_held_it_on_a_day(registry: httpx.AsyncClient, registry_app: FastAPI, day: str, name: str | None) -> None:
    seat, who = await held(registry, Ana="2020-01-01", Bo="2025-01-01")
    for path in (f"/v1/seats/{seat['id']}?as_of={day}", f"/v1/seats?actor={seat['actor_id']}&as_of={day}"):
        with queries(registry_app.state.database, at_most=1):
            body = (await registry.get(path, headers=bearer(who))).json()
        shown = body["items"][0] if "items" in body else body
        SeatRead.model_validate(shown)
        assert (shown["holder"] or {"name": None})["name"] == name
        assert (await registry.get(path)).json().get("holder") is None


async def test_a_person_of_others_is_unknown_to_whom_may_not_see_them(registry: httpx.AsyncClient) -> None:
    seat, _ = await held(registry)
    other = await make.actor(registry, "Other")
    person = await make.person(registry, other["id"])
    assert_problem(await make.hand_over(registry, seat["id"], make.WRITER, person_id=person["id"]), errors.PersonUnknown)
    manager = make.manager(seat["actor_id"])
    assert_problem(await make.hand_over(registry, seat["id"], manager, person_id=person["id"]), errors.PersonUnknown)
    await make.membership(registry, person["id"], seat["actor_id"], make.manager(other["id"]), on_behalf_of_id=other["id"])
    assert (await make.hand_over(registry, seat["id"], manager, person_id=person["id"])).status_code == 201


async def test_a_reason_names_nobody(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    seat, who = await held(registry)
    refused = await make.hand_over(registry, seat["id"], who, name="Ana Pérez", reason="ANA PÉREZ won.")
    body = assert_problem(refused, errors.ReasonNamesPerson)
    assert body["errors"][0]["pointer"] == "/reason"
    assert (await last_event(registry_app, seat)).type == "seat.created"
    point = {"channel": "email", "address": "ana@city.example"}
    told = await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", who, contact_points=[point], reason="Now ana@city.example.")
    assert_problem(told, errors.ReasonNamesPerson)


async def test_contact_points_say_when_and_whose(registry: httpx.AsyncClient, registry_app: FastAPI, clock: Clock) -> None:
    seat, who = await held(registry, Ana="2020-01-01")
    ana = (await holders(registry, seat, who))[0]
    hours = [{"days": ["monday", "friday"], "opens": "08:30", "closes": "24:00"}]
    office = {
        "channel": "email", "address": "mayor@city.example", "language": "es-MX", "kind": "office", "person_id": None, "preferred": False,
        "hours": hours, "time_zone": "America/Tijuana", "valid_from": None, "valid_through": "2026-12-31",
    }  # fmt: skip
    own = {**office, "address": "ana@own.example", "kind": "personal", "person_id": ana["person_id"], "preferred": True, "hours": None, "time_zone": None}
    path, query = f"/v1/seats/{seat['id']}", "include=contact_points"
    done = await make.with_match(registry, "PATCH", path, who, contact_points=[office, own])
    assert done.status_code == 200, done.text
    shown = (await registry.get(f"{path}?{query}", headers=bearer(who))).json()
    SeatRead.model_validate(shown)
    assert shown["contact_points"] == [own, office], "the preferred one first"
    assert (await registry.get(f"{path}?{query}&as_of=2027-01-01", headers=bearer(who))).json()["contact_points"] == []
    event = await last_event(registry_app, seat)
    assert (event.before, event.after) == ({"contact_points": 0}, {"contact_points": 2})
    again = await make.with_match(registry, "PATCH", path, who, contact_points=[office, own])
    assert (again.headers["etag"], (await last_event(registry_app, seat)).id) == (done.headers["etag"], event.id), "nothing changed"
    other = await make.with_match(registry, "PATCH", path, who, contact_points=[office, {**own, "address": "ana@new.example"}])
    assert other.headers["etag"].split("-")[0] != done.headers["etag"].split("-")[0]
    assert (await last_event(registry_app, seat)).after == {"contact_points": 2}
    clock.fixed = NOON + timedelta(days=60)
    assert (await registry.get(f"{path}?{query}", headers=bearer(who))).json()["contact_points"] == []
    clock.fixed = NOON


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "personal"},
        {"person_id": NOBODY},
        {"hours": [{"days": ["monday"], "opens": "08:00", "closes": "17:00"}]},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "America/Tijuana", "hours": [{"days": ["monday"], "opens": "17:00", "closes": "08:00"}]},
        {"time_zone": "America/Tijuana", "hours": [{"days": ["monday", "monday"], "opens": "08:00", "closes": "17:00"}]},
        {"time_zone": "America/Tijuana", "hours": [{"days": [], "opens": "08:00", "closes": "17:00"}]},
        {"time_zone": "America/Tijuana", "hours": [{"days": ["monday"], "opens": "8:00", "closes": "25:00"}]},
        {"valid_from": "2026-01-02", "valid_through": "2026-01-01"},
        {"language": "Spanish"},
    ],
    ids=["nobodys", "an_offices", "no_zone", "no_such_zone", "backwards", "twice", "no_days", "no_time", "no_period", "no_language"],
)
async def test_a_bad_contact_point_is_refused(registry: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    seat, who = await held(registry)
    point = {"channel": "email", "address": "mayor@city.example", **wrong}
    assert_problem(await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", who, contact_points=[point]), Invalid)


async def test_a_seat_prefers_one_address_of_a_channel(registry: httpx.AsyncClient) -> None:
    seat, who = await held(registry)
    points = [{"channel": "email", "address": f"{name}@city.example", "preferred": True} for name in ("one", "two")]
    path = f"/v1/seats/{seat['id']}"
    assert_problem(await make.with_match(registry, "PATCH", path, who, contact_points=points), errors.PreferredContactPointTwice)
    hook = {"channel": "webhook", "address": "https://city.example/hook", "preferred": True}
    assert (await make.with_match(registry, "PATCH", path, who, contact_points=[points[0], hook])).status_code == 200
    personal = {"channel": "email", "address": "x@own.example", "kind": "personal", "person_id": NOBODY}
    assert_problem(await make.with_match(registry, "PATCH", path, who, contact_points=[personal]), errors.PersonUnknown)


async def test_who_came_with_a_hand_over_that_never_was_goes_with_it(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    seat, who = await held(registry, **{"Ana Pérez": "2020-01-01", "Bo Li": "2026-01-01"})

    async def people() -> list[str]:
        return [person["name"] for person in (await registry.get("/v1/people", headers=bearer(who))).json()["items"]]

    first, second = [item["id"] for item in reversed(await holders(registry, seat, who))]
    mistaken = await act(registry, seat, who, f"holders/{second}/withdrawal", reason="It was another seat.")
    assert (mistaken.status_code, await people()) == (200, ["Ana Pérez"])
    async with registry_app.state.database.session(read_only=True) as session:
        last = (await session.execute(text("SELECT type, reason FROM events ORDER BY seq DESC LIMIT 2"))).all()
    assert {(event.type, event.reason) for event in last} == {("person.erased", "It was another seat."), ("seat.changed", "It was another seat.")}
    corrected = await act(registry, seat, who, f"holders/{first}", "PATCH", name="Eva Sol", reason="It was somebody else.")
    assert (corrected.status_code, await people()) == (200, ["Eva Sol"])


async def test_who_is_known_otherwise_stays(registry: httpx.AsyncClient) -> None:
    seat, who = await held(registry)
    recorded = await make.person(registry, seat["actor_id"], "Ana Pérez")
    given = await make.hand_over(registry, seat["id"], who, person_id=recorded["id"])
    assert (await act(registry, seat, who, f"holders/{given.json()['holder']['id']}/withdrawal", reason="Not elected.")).status_code == 200
    handed = (await make.hand_over(registry, seat["id"], who, name="Bo Li")).json()["holder"]
    await make.membership(registry, handed["person_id"], seat["actor_id"], who)
    assert (await act(registry, seat, who, f"holders/{handed['id']}/withdrawal", reason="Not elected.")).status_code == 200
    names = [person["name"] for person in (await registry.get("/v1/people", headers=bearer(who))).json()["items"]]
    assert names == ["Ana Pérez", "Bo Li"]
