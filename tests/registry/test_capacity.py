"""Capacity reports: who may say, see and verify what, and what becomes of a report that was wrong."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry.capacity import errors
from services.registry.capacity.schemas import CapacityMissingRead, CapacityReportDetail, CapacityReportRead
from shared.access import Caller
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
FULL: dict[str, Any] = {
    "as_of": "2026-06-30",
    "has_senior_manager": True,
    "has_international_office": True,
    "office_name": "Office of International Affairs",
    "fte_dedicated": "2.50",
    "fte_shared": "0.25",
    "annual_budget": "125000.00",
    "budget_currency": "USD",
    "has_strategy": True,
    "strategy_year": 2024,
    "staff_total_intl": 4,
    "staff_trained": 3,
    "training_mode": "informal",
    "networks": ["C40", "ICLEI"],
    "tracks_sdg": False,
    "has_council_rule_for_ties": None,
    "federal_contact_point": True,
    "respondent_role": "international_office",
    "respondent_seat_id": None,
}


def member(actor_id: str) -> Caller:
    return caller(organization=UUID(actor_id))


def coordinator(actor_id: str, country: str = "US") -> Caller:
    return caller("capacity:read", "capacity:verify", organization=UUID(actor_id), roles=("national_coordinator",), country=country)


def auditor(country: str | None = None) -> Caller:
    return caller("capacity:read", "events:audit", subject="auditor", roles=("auditor",), country=country)


async def nation(client: httpx.AsyncClient, country: str = "US") -> Caller:
    ministry = await make.actor(client, f"Ministry of {country}", kind="agency", country=country, subdivision=None)
    return coordinator(ministry["id"], country)


async def correct(client: httpx.AsyncClient, report: dict[str, Any], **overrides: Any) -> httpx.Response:
    headers = bearer(make.reporter(report["actor_id"]))
    etag = (await client.get(f"/v1/capacity-reports/{report['id']}", headers=headers)).headers["etag"]
    body = {"as_of": report["as_of"], "respondent_role": "finance", **overrides}
    return await client.post(f"/v1/capacity-reports/{report['id']}/corrections", json=body, headers=headers | {"If-Match": etag})


async def verify(client: httpx.AsyncClient, report: dict[str, Any], who: Caller, **body: Any) -> httpx.Response:
    path = f"/v1/capacity-reports/{report['id']}"
    etag = (await client.get(path, headers=bearer(make.reporter(report["actor_id"])))).headers["etag"]
    return await client.post(f"{path}/verification", json=body, headers=bearer(who) | {"If-Match": etag})


async def events(app: FastAPI) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = 'capacity_report' ORDER BY seq"))).all())


async def test_a_report_says_what_was_answered_and_the_registry_adds_what_it_knows(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, there, network = [(await make.actor(registry, name, kind=kind))["id"] for name, kind in (("A", "county"), ("B", "municipality"), ("C40", "network"))]
    await make.tie(registry, here, there)
    await make.tie(registry, here, network, type="network_membership", valid_from="2026-07-01")
    await make.engagement(registry, there, here, kind="outgoing_delegation", starts_on="2026-05-05")
    await make.engagement(registry, there, here, kind="mission", starts_on="2025-06-30")
    await make.engagement(registry, here, there, kind="incoming_delegation", starts_on="2026-05-05", visibility="restricted")
    seat = await make.seat(registry, here)
    report = await make.capacity(registry, here, **FULL | {"respondent_seat_id": seat["id"]})
    CapacityReportDetail.model_validate(report)
    assert report == {
        "id": report["id"],
        "actor_id": here,
        "actor": {"id": here, "kind": "county", "name": "A", "country": "US", "subdivision": "US-CA", "population": None},
        **FULL,
        "respondent_seat_id": seat["id"],
        "trained_share": 0.75,
        "supersedes_id": None,
        "superseded_at": None,
        "verified": False,
        "verified_at": None,
        "verified_by_id": None,
        "verification_note": None,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
        "ties_recorded": 1,
        "networks_recorded": 0,
        "delegations_out": 1,
        "delegations_in": 0,
        "agreements_in_force": None,
    }
    (event,) = await events(registry_app)
    assert (event.type, event.visibility, event.organizations) == ("capacity.reported", "organizations", [UUID(here)])
    assert event.payload == {"capacity_report_id": report["id"], "actor_id": here, "as_of": "2026-06-30"}


async def test_what_is_not_answered_is_null_and_not_no(registry: httpx.AsyncClient) -> None:
    here = (await make.actor(registry))["id"]
    report = await make.capacity(registry, here)
    answers = [name for name in FULL if name not in ("as_of", "respondent_role")]
    assert {name: report[name] for name in answers} == dict.fromkeys(answers)
    assert report["trained_share"] is None
    none = await make.capacity(registry, here, as_of="2026-06-29", networks=[], staff_total_intl=0, staff_trained=0)
    assert (none["networks"], none["trained_share"]) == ([], None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of": "2026-11-24"},
        {"as_of": "1989-12-31"},
        {"as_of": None},
        {"respondent_role": "Jane Doe"},
        {"respondent_name": "Jane Doe"},
        {"annual_budget": "5"},
        {"budget_currency": "USD"},
        {"annual_budget": "5", "budget_currency": "dollars"},
        {"annual_budget": "-1", "budget_currency": "USD"},
        {"fte_dedicated": "1.005"},
        {"fte_dedicated": "NaN"},
        {"fte_shared": "12345678.00"},
        {"staff_trained": 1},
        {"staff_trained": 3, "staff_total_intl": 2},
        {"staff_total_intl": -1},
        {"staff_total_intl": 2, "staff_trained": 1, "training_mode": "none"},
        {"office_name": "Office"},
        {"has_strategy": False, "strategy_year": 2020},
        {"training_mode": "some"},
        {"networks": [""]},
        {"networks": ["x"] * 51},
        {"trained_share": 0.5},
    ],
    ids=str,
)
async def test_a_report_that_cannot_be_is_refused(registry: httpx.AsyncClient, wrong: dict[str, Any]) -> None:
    here = (await make.actor(registry))["id"]
    assert_problem(await make.post_capacity(registry, here, **wrong), Invalid)


async def test_a_government_reports_for_itself_once_a_day(registry: httpx.AsyncClient) -> None:
    here, there = [(await make.actor(registry, name))["id"] for name in ("A", "B")]
    foreign = await make.seat(registry, there)
    body = {"as_of": "2026-06-30", "respondent_role": "other"}
    assert_problem(await registry.post("/v1/capacity-reports", json=body), Unauthorized)
    assert_problem(await make.post_capacity(registry, here, who=await nation(registry)), Forbidden, scope="capacity:report")
    assert_problem(await make.post_capacity(registry, here, who=caller("capacity:report")), errors.CapacityReporterUnknown)
    assert_problem(await make.post_capacity(registry, NOBODY), errors.CapacityReporterUnknown)
    for seat in (NOBODY, foreign["id"]):
        assert_problem(await make.post_capacity(registry, here, respondent_seat_id=seat), errors.CapacityRespondentUnknown, seat=seat)
    await make.capacity(registry, here)
    assert_problem(await make.post_capacity(registry, here), errors.CapacityReportExists)
    await make.capacity(registry, here, as_of="2026-06-29")
    await make.capacity(registry, there)


@pytest.mark.parametrize("kind", ["network", "office", "university", "nation", "commission"])
async def test_whoever_is_no_government_is_told_that_nobody_would_count_its_report(registry: httpx.AsyncClient, registry_app: FastAPI, kind: str) -> None:
    one = await make.actor(registry, kind=kind, subdivision=None)
    body = assert_problem(await make.post_capacity(registry, one["id"]), errors.CapacityOfNoGovernment)
    assert (body["kind"], body["detail"]) == (kind, errors.CapacityOfNoGovernment.mend)
    async with registry_app.state.database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT count(*) FROM capacity_reports"))).scalar_one() == 0


async def test_who_sees_a_report(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, stranger = [(await make.actor(registry, name))["id"] for name in ("A", "B")]
    home, abroad = await nation(registry), await nation(registry, "MX")
    report = await make.capacity(registry, here, **FULL)
    other = caller("actors:write", "engagements:read", organization=UUID(stranger), roles=("operator",), country="US")
    blind = [None, member(stranger), abroad, auditor("MX"), other, caller("capacity:read", roles=("national_coordinator",))]
    for who in (*blind, member(here), make.reporter(here), home, auditor("US"), auditor()):
        headers = bearer(who) if who else {}
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/capacity-reports/{report['id']}", headers=headers)
        with queries(registry_app.state.database, at_most=1):
            listed = await registry.get("/v1/capacity-reports?count=exact&country=US", headers=headers)
        if who in blind:
            assert_problem(answer, errors.CapacityReportNotFound)
            assert (listed.status_code, listed.json()["items"], listed.json()["total"]) == (200, [], 0)
        else:
            assert answer.json() == report
            CapacityReportRead.model_validate(listed.json()["items"][0])
            assert listed.json()["items"] == [{name: value for name, value in report.items() if name in CapacityReportRead.model_fields}]


async def test_a_judgement_opens_nobodys_report(registry: httpx.AsyncClient) -> None:
    one, two = [(await make.actor(registry, name))["id"] for name in ("San Diego", "Los Angeles")]
    made = await make.capacity(registry, one)
    await make.judgement(registry, one, two)
    for who, seen in ((one, True), (two, False)):
        assert (await registry.get(f"/v1/capacity-reports/{made['id']}", headers=bearer(member(who)))).status_code == (200 if seen else 404)
        assert len((await registry.get("/v1/capacity-reports", headers=bearer(member(who)))).json()["items"]) == int(seen)


async def test_a_correction_takes_the_place_and_keeps_what_was_said(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, home = (await make.actor(registry))["id"], await nation(registry)
    first = await make.capacity(registry, here, **FULL)
    assert (await verify(registry, first, home)).status_code == 200
    second = (await correct(registry, first, staff_total_intl=5, staff_trained=1, reason="One was counted twice.")).json()
    assert (second["supersedes_id"], second["staff_trained"], second["has_strategy"], second["verified"]) == (first["id"], 1, None, False)
    headers = bearer(home)
    kept = (await registry.get(f"/v1/capacity-reports/{first['id']}", headers=headers)).json()
    changed = {"superseded_at", "verified", "verified_at", "verified_by_id"}
    assert {name: value for name, value in kept.items() if name not in changed} == {name: value for name, value in first.items() if name not in changed}
    assert (kept["superseded_at"], kept["verified"]) == ("2026-11-22T12:00:00.000000Z", True)
    for query, found in (("", [second]), ("?superseded=true", [kept]), ("?verified=true", []), ("?verified=true&superseded=true", [kept])):
        listed = (await registry.get(f"/v1/capacity-reports{query}", headers=headers)).json()["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in found]
    assert_problem(await correct(registry, first), errors.CapacityReportSuperseded, report=first["id"])
    assert_problem(await verify(registry, first, home), errors.CapacityReportSuperseded)
    moved = (await correct(registry, second, as_of="2026-05-31")).json()
    await make.capacity(registry, here)
    assert_problem(await correct(registry, moved, as_of="2026-06-30"), errors.CapacityReportExists)
    assert_problem(await correct(registry, moved, as_of="2027-01-01"), Invalid)
    told = [event.type for event in await events(registry_app)]
    assert told == ["capacity.reported", "capacity.verified", "capacity.corrected", "capacity.corrected", "capacity.reported"]
    figures = {"staff_trained", "annual_budget", "fte_dedicated", "office_name"}
    assert not [event for event in await events(registry_app) if figures & set(event.payload)]


async def test_only_the_government_corrects(registry: httpx.AsyncClient) -> None:
    here, there = [(await make.actor(registry, name))["id"] for name in ("A", "B")]
    report = await make.capacity(registry, here)
    path, body = f"/v1/capacity-reports/{report['id']}/corrections", {"as_of": "2026-06-30", "respondent_role": "other"}
    assert_problem(await registry.post(path, json=body, headers=bearer(make.reporter(there))), errors.CapacityReportNotFound)
    both = caller("capacity:report", "capacity:read", organization=UUID(there), roles=("manager",), country="US")
    etag = (await registry.get(f"/v1/capacity-reports/{report['id']}", headers=bearer(both))).headers["etag"]
    assert_problem(await registry.post(path, json=body, headers=bearer(both) | {"If-Match": etag}), errors.CapacityReporterUnknown)
    own = bearer(make.reporter(here))
    assert_problem(await registry.post(path, json=body, headers=own), PreconditionRequired)
    assert (await correct(registry, report)).status_code == 201
    assert_problem(await registry.post(path, json=body, headers=own | {"If-Match": etag}), PreconditionFailed)


async def test_another_organisation_verifies_once(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    here, home, abroad = (await make.actor(registry))["id"], await nation(registry), await nation(registry, "MX")
    report = await make.capacity(registry, here)
    path = f"/v1/capacity-reports/{report['id']}/verification"
    assert_problem(await registry.post(path, json={}, headers=bearer(member(here))), Forbidden, scope="capacity:verify")
    assert_problem(await registry.post(path, json={}, headers=bearer(home)), PreconditionRequired)
    assert_problem(await verify(registry, report, abroad), errors.CapacityReportNotFound)
    assert_problem(await verify(registry, report, coordinator(here)), errors.CapacityVerifiedByItself)
    nobody = caller("capacity:verify", "capacity:read", roles=("national_coordinator",), country="US")
    assert_problem(await verify(registry, report, nobody), errors.CapacityReporterUnknown)
    answer = await verify(registry, report, home, note="The council's budget was read.", reason="Yearly round.")
    shown = answer.json()
    CapacityReportDetail.model_validate(shown)
    assert (shown["verified"], shown["verified_by_id"], shown["verification_note"]) == (True, str(home.organization), "The council's budget was read.")
    assert shown["verified_at"] == "2026-11-22T12:00:00.000000Z"
    assert_problem(await verify(registry, report, home), errors.CapacityReportVerified)
    event = (await events(registry_app))[-1]
    assert (event.type, set(event.organizations), event.reason) == ("capacity.verified", {UUID(here), home.organization}, "Yearly round.")


async def test_who_never_reported_is_listed(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    home = await nation(registry)
    ids = {}
    for name, more in (("Big", {"population": 900}), ("Small", {"population": 9}), ("Unknown", {}), ("Texan", {"subdivision": "US-TX", "population": 5})):
        ids[name] = (await make.actor(registry, name, **more))["id"]
    await make.actor(registry, "Network", kind="network")
    await make.actor(registry, "Abroad", country="MX", subdivision="MX-BCN")
    await make.dissolved(registry, (await make.actor(registry, "Gone"))["id"])
    await make.dissolved(registry, (await make.actor(registry, "Ended", population=8))["id"], "2026-11-21")
    await make.dissolved(registry, (await make.actor(registry, "Ending", population=7))["id"], "2026-11-22")
    await make.capacity(registry, ids["Small"], as_of="2025-06-30")

    async def missing(query: str = "", who: Caller = home) -> list[tuple[str, str | None]]:
        with queries(registry_app.state.database, at_most=1):
            answer = await registry.get(f"/v1/capacity-reports/missing?{query}", headers=bearer(who))
        for item in answer.json()["items"]:
            CapacityMissingRead.model_validate(item)
        return [(item["name"], item["last_as_of"]) for item in answer.json()["items"]]

    assert await missing() == [("Big", None), ("Ending", None), ("Texan", None), ("Unknown", None)]
    assert await missing("from=2025-06-30") == [("Big", None), ("Ending", None), ("Texan", None), ("Unknown", None)]
    assert await missing("from=2025-07-01") == [("Big", None), ("Small", "2025-06-30"), ("Ending", None), ("Texan", None), ("Unknown", None)]
    assert await missing("subdivision=US-TX") == [("Texan", None)]
    assert await missing("kind=network") == [("Network", None)]
    assert await missing("population_band=under_1000&limit=1") == [("Big", None)]
    assert await missing(who=await nation(registry, "MX")) == [("Abroad", None)]
    assert ("Abroad", None) in await missing("limit=200", auditor())
    assert_problem(await registry.get("/v1/capacity-reports/missing"), Unauthorized)
    assert_problem(await registry.get("/v1/capacity-reports/missing", headers=bearer(member(ids["Big"]))), Forbidden, scope="capacity:read")


async def test_what_is_recorded_is_that_of_the_government_itself(registry: httpx.AsyncClient) -> None:
    """Whoever else has reported, and whatever is recorded of them."""
    first, second, partner = [(await make.actor(registry, name))["id"] for name in ("First", "Second", "Partner")]
    await make.tie(registry, second, partner)
    await make.engagement(registry, second, starts_on="2026-05-01", kind="mission")
    made = {actor: (await make.capacity(registry, actor))["id"] for actor in (first, second)}
    for actor, ties, delegations in ((first, 0, 0), (second, 1, 1)):
        report = (await registry.get(f"/v1/capacity-reports/{made[actor]}", headers=bearer(make.reporter(actor)))).json()
        assert (report["ties_recorded"], report["delegations_out"]) == (ties, delegations)
