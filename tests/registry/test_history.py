"""Histories: what was before and after, who did it, when and why; each as the caller may see it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import errors
from services.registry.history.schemas import ChangeRead, StateRead
from services.registry.history.service import KINDS
from shared.errors import Invalid
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

AUDITOR = caller("events:audit", "contacts:read", "engagements:read", subject="auditor", roles=("auditor",))
NOBODY = "01890000-0000-7000-8000-000000000000"


async def history(client: httpx.AsyncClient, path: str, who: Any = None, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/{path}/history?sort=oldest{query}", headers=bearer(who) if who else {})
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ChangeRead.model_validate(item)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def renamed(client: httpx.AsyncClient) -> dict[str, Any]:
    actor = await make.actor(client, "Springfield", population=7, website="https://old.example/")
    for body in ({"population": 8, "website": "https://new.example/", "reason": "The census."}, {"website": None}):
        answer = await make.with_match(client, "PATCH", f"/v1/actors/{actor['id']}", make.WRITER, **body)
        assert answer.status_code == 200, answer.text
    return actor


async def test_everybody_sees_what_everybody_may_know(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await renamed(registry)
    for who in (None, make.manager(NOBODY)):
        with queries(registry_app.state.database, at_most=2):
            made, census, silent = await history(registry, f"actors/{actor['id']}", who)
        assert [one["type"] for one in (made, census, silent)] == ["actor.registered", "actor.changed", "actor.changed"]
        assert [(one["subject"], one["reason"]) for one in (made, census, silent)] == [(None, None)] * 3
        assert (made["before"], made["after"]["name"], made["after"]["population"]) == (None, "Springfield", 7)
        assert made["after"]["all_names"] == [{"language": "en", "kind": "preferred", "name": "Springfield"}]
        assert census["before"] == {"population": 7, "website": "https://old.example/"}
        assert census["after"] == {"population": 8, "website": "https://new.example/"}
        assert (silent["before"], silent["after"]) == ({"website": "https://new.example/"}, {"website": None})


async def test_who_keeps_the_records_of_actors_reads_why_they_changed(registry: httpx.AsyncClient) -> None:
    """Those of the caller's own country; an operator, who has none, all."""
    actor = await renamed(registry)
    coordinators = [caller("actors:write", country=country, roles=("national_coordinator",)) for country in ("US", "MX")]
    operator = caller("actors:write", "imports:run", roles=("operator",))
    for who, keeps in ((coordinators[0], True), (coordinators[1], False), (operator, True)):
        _, census, _ = await history(registry, f"actors/{actor['id']}", who)
        assert (census["subject"], census["reason"]) == ((make.WRITER.subject, "The census.") if keeps else (None, None))
        state = (await registry.get(f"/v1/actors/{actor['id']}/history/{census['id']}/state", headers=bearer(who))).json()
        assert (state["complete"], state["state"]["website"]) == (keeps, "https://new.example/")
    seat = await make.seat(registry, actor["id"])
    await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", make.WRITER, title="Mayor", reason="A charter.")
    assert [one["reason"] for one in await history(registry, f"seats/{seat['id']}", operator)] == [None, None], "of actors only"


async def test_what_a_merge_and_a_split_changed(registry: httpx.AsyncClient) -> None:
    canonical, merged = await make.actor(registry, "Springfield"), await renamed(registry)
    judged = await make.judgement(registry, canonical["id"], merged["id"])
    for rest in ("history?sort=oldest", "history/state?at=2026-11-22T12:00:00Z", f"history/{NOBODY}/state"):
        answer = await registry.get(f"/v1/actors/{merged['id']}/{rest}", headers=bearer(AUDITOR))
        assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/actors/{canonical['id']}/{rest}")
    became = {"canonical_id": canonical["id"], "judgement_id": judged["id"]}
    for who in (None, AUDITOR, make.manager(merged["id"]), make.manager(canonical["id"])):
        made, change = await history(registry, f"actors/{canonical['id']}", who)
        assert (made["record_id"], change["record_id"]) == (canonical["id"], merged["id"])
        assert (change["type"], change["before"], change["after"]) == ("actor.merged", {"canonical_id": None}, became)
        assert (change["subject"], change["reason"]) == (("coordinator", judged["reason"]) if who else (None, None))
        state = (await registry.get(f"/v1/actors/{canonical['id']}/history/{change['id']}/state", headers=bearer(who) if who else {})).json()
        assert (state["type"], state["state"]["population"], "canonical_id" in state["state"]) == ("actor.merged", None, False)
    await make.withdraw(registry, judged["id"])
    assert [change["type"] for change in await history(registry, f"actors/{canonical['id']}")] == ["actor.registered"]
    await make.with_match(registry, "PATCH", f"/v1/actors/{merged['id']}", make.WRITER, population=9)
    path = f"/v1/actors/{merged['id']}/history"
    for who in (None, AUDITOR, make.manager(merged["id"])):
        *_, merge, split, census = await history(registry, f"actors/{merged['id']}", who)
        assert (merge["after"], split["before"]) == (became, {"canonical_id": canonical["id"]})
        assert split["after"] == {"canonical_id": None, "judgement_id": judged["id"]}
        assert (census["before"], census["after"]) == ({"population": 8}, {"population": 9})
        assert [one["reason"] for one in (merge, split)] == ([judged["reason"], "They have different mayors."] if who else [None, None])
        for change, known_as, people in ((merge, canonical["id"], 8), (split, None, 8), (census, None, 9)):
            then = (await registry.get(f"{path}/{change['id']}/state", headers=bearer(who) if who else {})).json()["state"]
            assert (then["canonical_id"], then["population"], then["names"][0]["name"]) == (known_as, people, "Springfield")
        now = await registry.get(f"{path}/state?at=2026-11-22T12:00:00Z", headers=bearer(who) if who else {})
        assert (now.status_code, now.json()["state"]["canonical_id"]) == (200, None)


async def test_states_of_events_that_said_less(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """Events of before they said everything: what they did not say is taken from what was recorded, and is no change when they do."""
    names = [{"language": "en", "name": "Springfield"}, {"language": "es", "name": "Primavera", "kind": "former", "valid_through": "1999-12-31"}]
    actor = await make.actor(registry, names=names, identifiers=[{"scheme": "fips", "value": "1", "source": "a list"}], website="https://old.example/")
    more = ("all_names", "all_identifiers", "parents", "website", "source_kind", "dissolved_on", "preferred_language", "source", "licence", "read_on")
    async with registry_app.state.database.session(read_only=False) as session:
        less = "UPDATE events SET payload = payload - CAST(:more AS text[]), payload_open = payload_open - CAST(:more AS text[]) WHERE aggregateid = :id"
        await session.execute(text(less), {"more": list(more), "id": actor["id"]})
        await session.commit()
    await make.with_match(registry, "PATCH", f"/v1/actors/{actor['id']}", make.WRITER, population=8)
    made, census = await history(registry, f"actors/{actor['id']}")
    assert ("website" in made["after"], census["before"], census["after"]) == (False, {"population": None}, {"population": 8})
    for who, known in ((AUDITOR, True), (None, False)):
        answer = await registry.get(f"/v1/actors/{actor['id']}/history/{made['id']}/state", headers=bearer(who) if who else {})
        state = answer.json()["state"]
        assert state.get("website") == ("https://old.example/" if known else None)
        assert (
            (state["names"][1]["valid_through"] == "1999-12-31" and state["identifiers"][0]["source"] == "a list") if known else "Primavera" not in str(state)
        )


@pytest.mark.parametrize("who", ["auditor", "own"])
async def test_whom_it_concerns_sees_all(registry: httpx.AsyncClient, who: str) -> None:
    actor = await renamed(registry)
    made, census, silent = await history(registry, f"actors/{actor['id']}", AUDITOR if who == "auditor" else make.manager(actor["id"]))
    assert (made["before"], made["after"]["website"], made["subject"]) == (None, "https://old.example/", make.WRITER.subject)
    assert census["before"] == {"population": 7, "website": "https://old.example/"}
    assert census["after"] == {"population": 8, "website": "https://new.example/"}
    assert (census["subject"], census["reason"], census["organization"]) == (make.WRITER.subject, "The census.", None)
    assert (silent["before"], silent["after"]) == ({"website": "https://new.example/"}, {"website": None})


async def test_lists_filter_sort_and_page(registry: httpx.AsyncClient, clock: Clock) -> None:
    actor = await make.actor(registry, "Springfield", population=0)
    for hour in (1, 2, 3):
        clock.fixed = NOON + timedelta(hours=hour)
        await make.with_match(registry, "PATCH", f"/v1/actors/{actor['id']}", make.WRITER, population=hour)
    clock.fixed = NOON
    path = f"/v1/actors/{actor['id']}/history"

    async def shown(query: str) -> list[int]:
        answer = await registry.get(f"{path}?{query}")
        assert answer.status_code == 200, answer.text
        return [item["after"]["population"] for item in answer.json()["items"]]

    assert await shown("") == [3, 2, 1, 0]
    assert await shown("sort=oldest") == [0, 1, 2, 3]
    assert await shown("type=actor.registered") == [0]
    assert await shown("from=2026-11-22T13:00:00Z&to=2026-11-22T15:00:00Z") == [2, 1]
    first = (await registry.get(f"{path}?limit=3&count=exact")).json()
    assert (first["total"], len(first["items"])) == (4, 3)
    assert await shown(f"limit=3&cursor={first['next']}") == [0]
    for bad in ("from=2026-11-22T13:00:00Z&to=2026-11-22T13:00:00Z", "from=yesterday", "sort=best", "actor=1"):
        assert_problem(await registry.get(f"{path}?{bad}"), Invalid)
    at = await registry.get(f"{path}/state", params={"at": "2026-11-22T13:30:00Z"})
    assert StateRead.model_validate(at.json()).state["population"] == 1
    assert_problem(await registry.get(f"{path}/state", params={"at": "2026-11-22T11:59:59Z"}), errors.StateNotFound)
    assert_problem(await registry.get(f"{path}/{NOBODY}/state"), errors.StateNotFound)
    other = await make.actor(registry, "Other")
    foreign = (await history(registry, f"actors/{other['id']}"))[0]["id"]
    assert_problem(await registry.get(f"{path}/{foreign}/state"), errors.StateNotFound)


async def test_every_kind_of_record_has_a_history(registry: httpx.AsyncClient) -> None:
    for kind in KINDS.values():
        for path in ("", "/state?at=2026-11-22T12:00:00Z", f"/{NOBODY}/state"):
            assert_problem(await registry.get(f"/v1/{kind.segment}/{NOBODY}/history{path}"), kind.records.not_found)


async def test_who_holds_a_seat_is_for_its_organisation(registry: httpx.AsyncClient) -> None:
    city = await make.actor(registry, "City")
    who, seat = make.manager(city["id"]), await make.seat(registry, city["id"])
    handed = (await make.hand_over(registry, seat["id"], who, name="Ana Pérez", reason="Elected.")).json()
    await make.with_match(registry, "PATCH", f"/v1/seats/{seat['id']}", who, title="Mayor")
    holder = [handed["holder"]["person_id"], "2026-11-22", ""]
    made, given, titled = await history(registry, f"seats/{seat['id']}", who)
    assert (given["before"], given["after"]) == ({"holders": []}, {"holders": [holder]})
    assert (given["subject"], given["reason"], given["organization"]) == ("manager", "Elected.", city["id"])
    assert (titled["before"], titled["after"]) == ({"title": seat["title"]}, {"title": "Mayor"})
    state = (await registry.get(f"/v1/seats/{seat['id']}/history/{titled['id']}/state", headers=bearer(who))).json()
    assert (state["complete"], state["state"]["holders"], state["state"]["title"]) == (True, [holder], "Mayor")
    for stranger in (None, make.manager(NOBODY)):
        answers = await history(registry, f"seats/{seat['id']}", stranger)
        assert [(one["after"] or {}).get("title") for one in answers] == [seat["title"], None, "Mayor"]
        assert [one["reason"] for one in answers] == [None] * 3
        shown = await registry.get(f"/v1/seats/{seat['id']}/history/{titled['id']}/state", headers=bearer(stranger) if stranger else {})
        assert (shown.json()["complete"], "holders" in shown.json()["state"]) == (False, False)
        assert holder[0] not in str(answers) + shown.text
    assert made["after"]["contact_points"] == 0


async def test_people_and_memberships_have_histories_without_names(registry: httpx.AsyncClient) -> None:
    city, commission = await make.actor(registry, "City"), await make.actor(registry, "Commission", kind="commission")
    who = make.manager(city["id"])
    person = await make.person(registry, city["id"])
    await make.with_match(registry, "PATCH", f"/v1/people/{person['id']}", who, name="Ana Pérez Gil", reason="Both names.")
    member = await make.membership(registry, person["id"], commission["id"], who, on_behalf_of_id=city["id"])
    await make.with_match(registry, "PATCH", f"/v1/memberships/{member['id']}", who, role="chair", note="About Ana Pérez Gil.")
    changes = await history(registry, f"people/{person['id']}", who)
    assert [(one["type"], one["reason"]) for one in changes] == [("person.recorded", None), ("person.changed", "Both names.")]
    recorded, changed = await history(registry, f"memberships/{member['id']}", make.manager(commission["id"]))
    assert (recorded["after"]["role"], changed["before"], changed["after"]) == ("delegate", {"role": "delegate"}, {"role": "chair"})
    assert "Ana" not in str([changes, recorded, changed])
    for path in (f"people/{person['id']}", f"memberships/{member['id']}"):
        assert (await registry.get(f"/v1/{path}/history")).status_code == 404
