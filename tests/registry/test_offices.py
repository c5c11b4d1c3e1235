"""Whose an office abroad is: the country of those whose office it is reads what it keeps in confidence, and not the one in which it stands."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select, text

from services.registry import errors
from services.registry.actors.callers import country_of
from services.registry.actors.models import Actor
from shared.access import Caller
from shared.keepers import DIRECTORY, country_keeping
from tests.support.make import diligence
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller

MEXICO = {"country": "MX", "subdivision": "MX-CMX"}


async def office(client: httpx.AsyncClient, *owners: str, name: str = "State of Texas Mexico Office", **overrides: Any) -> str:
    """An office in Mexico City, of these."""
    made = (await make.actor(client, name, kind="office", **{**MEXICO, **overrides}))["id"]
    for owner in owners:
        await make.tie(client, made, owner, type="office_of")
    return str(made)


async def state(client: httpx.AsyncClient, name: str = "Texas", subdivision: str = "US-TX") -> str:
    return str((await make.actor(client, name, kind="state", country=subdivision[:2], subdivision=subdivision))["id"])


async def kept_by(app: FastAPI, actor_id: str) -> str | None:
    async with app.state.database.session(read_only=True) as session:
        found: str | None = (await session.execute(select(country_of(Actor.id)).where(Actor.id == UUID(actor_id)))).scalar_one()
    return found


DIRECTORY_OF_ALL = (
    """
    INSERT INTO directory_actors (id, kind, status, name, names, country, parent_id, border_m, position)
    SELECT a.id, a.kind, a.status, a.name, a.names, a.country, (SELECT parent_id FROM actor_parents WHERE actor_id = a.id), a.border_m, 1 FROM actors AS a
    """,
    "INSERT INTO directory_ties (id, type, from_id, to_id, status, position) SELECT id, type, from_id, to_id, status, 1 FROM ties",
)


async def by_directory(app: FastAPI, actors: list[str]) -> list[str | None]:
    """What another service makes of it, which knows actors and ties by the registry's events."""
    found = f"SELECT {country_keeping('a.id', DIRECTORY)} FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS a (id, nth) ORDER BY nth"
    async with app.state.database.session(read_only=False) as session:
        for statement in DIRECTORY_OF_ALL:
            await session.execute(text(statement))
        return list((await session.execute(text(found), {"ids": actors})).scalars())


async def test_an_office_is_kept_by_the_country_of_those_whose_it_is(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    texas, arizona, jalisco = await state(registry), await state(registry, "Arizona", "US-AZ"), await state(registry, "Jalisco", "MX-JAL")
    network = (await make.actor(registry, "C40", kind="network", country=None, subdivision=None))["id"]
    ministry = (await make.actor(registry, "SRE", kind="agency", country="MX", subdivision=None))["id"]
    deep = await office(registry, await office(registry, await office(registry, texas)))
    ring = await office(registry)
    await make.tie(registry, ring, await office(registry, ring), type="office_of")
    ended = await office(registry)
    over = await make.tie(registry, ended, texas, type="office_of", valid_from="2014-01-01", valid_through="2015-12-31")
    assert over["status"] == "ended"
    mistaken = await office(registry, texas)
    (tie,) = (await registry.get(f"/v1/ties?actor={mistaken}")).json()["items"]
    assert (await make.with_match(registry, "POST", f"/v1/ties/{tie['id']}/withdrawal", make.TIER, of=f"/v1/ties/{tie['id']}", reason="X")).status_code == 200
    consulate = (await make.actor(registry, "Consulate", kind="agency", country="US", subdivision=None, parents=[{"parent_id": ministry}]))["id"]
    section = (await make.actor(registry, "Section", kind="agency", country="US", subdivision=None, parents=[{"parent_id": network}]))["id"]
    taken = (await make.actor(registry, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN", parents=[{"parent_id": texas}]))["id"]
    await make.tie(registry, taken, texas, type="office_of")
    claimed = (await make.actor(registry, "Bank", kind="organisation", country="MX", subdivision=None))["id"]
    await make.tie(registry, claimed, texas, type="office_of")
    expected = {
        "of a state": (await office(registry, texas), "US"),
        "of two states of one country": (await office(registry, texas, arizona), "US"),
        "of an office of an office": (deep, "US"),
        "inside a ministry": (await office(registry, country="US", subdivision=None, parents=[{"parent_id": ministry}]), "MX"),
        "of whose it was until it ended": (ended, "US"),
        "of two countries": (await office(registry, texas, jalisco), None),
        "of nobody": (await office(registry), None),
        "of nobody any more, by mistake": (mistaken, None),
        "of a network that has no country": (await office(registry, network), None),
        "of each other": (ring, None),
        "an agency inside one of another country": (consulate, "MX"),
        "an agency inside what has no country": (section, "US"),
        "an agency inside nobody": (ministry, "MX"),
        "a city, whatever is said of it": (taken, "MX"),
        "a body that is no office, whatever is said of it": (claimed, "MX"),
        "a network": (network, None),
    }  # fmt: skip
    assert {name: await kept_by(registry_app, actor) for name, (actor, _) in expected.items()} == {name: country for name, (_, country) in expected.items()}
    assert await by_directory(registry_app, [actor for actor, _ in expected.values()]) == [country for _, country in expected.values()]


async def test_the_nation_in_which_an_office_stands_reads_nothing_of_it(registry: httpx.AsyncClient) -> None:
    ours = await office(registry, await state(registry))
    there = (await make.actor(registry, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN"))["id"]
    capital = (await make.actor(registry, "State Department", kind="agency", subdivision=None))["id"]
    host = (await make.actor(registry, "SRE", kind="agency", country="MX", subdivision=None))["id"]
    manager = diligence.manager(ours)
    report = await diligence.report(registry, who=manager, asked="By an official of the country.")
    check = await diligence.check(registry, there, who=manager)
    flag = await diligence.flag(registry, host, who=manager, audience="country")
    meeting = await make.engagement(registry, ours, who=caller("engagements:manage", organization=UUID(ours), roles=("manager",)), visibility="restricted")
    paths = [f"/v1/approach-reports/{report['id']}", f"/v1/diligence/{check['id']}", f"/v1/diligence/flags/{flag['id']}", f"/v1/engagements/{meeting['id']}"]
    unseen = (errors.ApproachNotFound, errors.DiligenceNotFound, errors.FlagNotFound, errors.EngagementNotFound)

    def by_office(organization: str, country: str, *more: str) -> Caller:
        scopes = ("diligence:read", "approaches:read", "engagements:read", *more)
        return caller(*scopes, organization=UUID(organization), country=country, roles=("national_coordinator",))

    for path, problem in zip(paths, unseen, strict=True):
        for who in (by_office(capital, "US"), by_office(capital, "US", "events:audit")):
            assert (await registry.get(path, headers=bearer(who))).status_code == 200, path
        for who in (by_office(host, "MX"), by_office(host, "MX", "events:audit")):
            if problem is not errors.DiligenceNotFound or who.may("approaches:read"):
                assert_problem(await registry.get(path, headers=bearer(who)), problem)
    assert (await registry.get(paths[2], headers=bearer(diligence.manager(there, country="MX")))).status_code == 404
    assert (await registry.get(paths[2], headers=bearer(diligence.manager(capital, country="US")))).status_code == 200


async def test_the_seats_of_an_office_abroad_are_read_by_its_own_country(registry: httpx.AsyncClient) -> None:
    ours = await office(registry, await state(registry))
    seat = await make.seat(registry, ours, role="head", contact_points=[{"channel": "email", "address": "head@texas.example"}])
    handed = await make.hand_over(registry, seat["id"], make.manager(ours), name="Ana Pérez", valid_from="2026-01-01")
    assert handed.status_code == 201, handed.text
    path = f"/v1/seats/{seat['id']}?include=holders&include=contact_points"
    for country, seen in (("US", 1), ("MX", 0)):
        who = bearer(make.coordinator(country))
        read = (await registry.get(path, headers=who)).json()
        assert (read["holder"] is not None, len(read["holders"]), len(read["contact_points"])) == (bool(seen), seen, seen)
        assert len((await registry.get(f"/v1/seats?actor={ours}&vacant=false", headers=who)).json()["items"]) == seen
        assert len((await registry.get("/v1/people", headers=who)).json()["items"]) == seen


async def test_a_coordinator_of_the_state_around_an_office_abroad_changes_nothing_of_it(registry: httpx.AsyncClient) -> None:
    ours = await office(registry, await state(registry))
    who = caller("engagements:manage", "actors:write", organization=UUID(ours), roles=("manager",))
    meeting = await make.engagement(registry, ours, who=who)
    around = {"engagements:manage": {"roles": ("state_coordinator",), "subdivision": "MX-CMX"}, "actors:write": {"roles": ("national_coordinator",)}}
    for scope, more in around.items():
        host = caller("engagements:manage", "engagements:read", scope, organization=UUID(int=7), country="MX", **more)  # type: ignore[arg-type]
        answer = await make.with_match(registry, "PATCH", f"/v1/engagements/{meeting['id']}", host, title="Ours")
        assert_problem(answer, errors.EngagementOfOthers)


async def test_an_auditor_of_an_organisation_is_none_of_the_platform_for_want_of_a_country(registry: httpx.AsyncClient) -> None:
    """Where an operator forgot to say the country, the account reads what anybody of its organisation reads."""
    here = (await make.actor(registry, "San Diego", kind="municipality"))["id"]
    there = (await make.actor(registry, "Tijuana", kind="municipality", country="MX", subdivision="MX-BCN"))["id"]
    who = diligence.manager(here)
    meeting = await make.engagement(registry, here, who=caller("engagements:manage", organization=UUID(here)), visibility="restricted")
    seat = await make.seat(registry, here)
    await make.hand_over(registry, seat["id"], make.manager(here), name="Ana Pérez", valid_from="2026-01-01")
    paths = [
        f"/v1/approach-reports/{(await diligence.report(registry, who=who))['id']}",
        f"/v1/diligence/{(await diligence.check(registry, there, who=who))['id']}",
        f"/v1/diligence/flags/{(await diligence.flag(registry, there, who=who))['id']}",
        f"/v1/watchlists/{(await diligence.watchlist(registry, who=diligence.nation(here)))['id']}",
        f"/v1/engagements/{meeting['id']}",
        f"/v1/capacity-reports/{(await make.capacity(registry, here))['id']}",
    ]
    scopes = ("approaches:read", "capacity:read", "contacts:read", "diligence:read", "engagements:read", "events:audit")
    ministry = (await make.actor(registry, "SRE", kind="agency", country="MX", subdivision=None))["id"]
    for organization, seen in ((None, True), (ministry, False)):
        auditor = bearer(caller(*scopes, roles=("auditor",), organization=organization and UUID(organization)))
        assert [(await registry.get(path, headers=auditor)).status_code for path in paths] == [200 if seen else 404] * len(paths)
        assert [item["id"] for item in (await registry.get("/v1/seats?vacant=false", headers=auditor)).json()["items"]] == ([seat["id"]] if seen else [])
        assert ((await registry.get(f"/v1/seats/{seat['id']}", headers=auditor)).json()["holder"] is not None) == seen


async def test_a_watch_list_of_an_organisation_that_has_no_country_is_its_own(registry: httpx.AsyncClient) -> None:
    """Only an operator's is for everybody."""
    commission = (await make.actor(registry, "A commission", kind="commission", country=None, subdivision=None))["id"]
    here = (await make.actor(registry, "San Diego", kind="municipality"))["id"]
    keeper = replace(diligence.nation(commission), country=None)
    operators = await diligence.watchlist(registry, who=caller("imports:run", "diligence:read", subject="operator", roles=("operator",)), name="For all")
    own = await diligence.watchlist(registry, who=keeper)
    await diligence.version(registry, own["id"], [diligence.entry("Golden Bridge")], who=keeper)
    for who, seen in ((keeper, [own, operators]), (diligence.AUDITOR, [own, operators]), (diligence.manager(here), [operators])):
        listed = (await registry.get("/v1/watchlists", headers=bearer(who))).json()["items"]
        assert [item["id"] for item in listed] == [item["id"] for item in seen]
        assert (await registry.get(f"/v1/watchlists/{own['id']}/entries", headers=bearer(who))).status_code == (200 if own in seen else 404)
        found = await registry.post("/v1/watchlists/matches", json={"name": "Golden Bridge"}, headers=bearer(who))
        assert len(found.json()["items"]) == (1 if own in seen else 0)


async def test_nobody_takes_an_office_by_saying_that_it_is_theirs(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    texas, tijuana = await state(registry), await state(registry, "Baja California", "MX-BCN")
    kept, nobodys = await office(registry, texas), await office(registry, name="Of nobody")
    mexico = replace(make.coordinator("MX"), scopes=make.coordinator("MX").scopes | {"ties:manage"})
    manager = caller("ties:manage", organization=UUID(tijuana), roles=("manager",), country="MX")
    for one in (kept, nobodys):
        for who in (mexico, manager):
            for status in ("active", "proposed"):
                assert_problem(await make.post_tie(registry, one, tijuana, who=who, type="office_of", status=status), errors.TieOfOthers)
    assert (await kept_by(registry_app, kept), await kept_by(registry_app, nobodys)) == ("US", None)
    itself = caller("ties:manage", organization=UUID(nobodys), roles=("manager",), country="MX")
    proposed = await make.post_tie(registry, nobodys, texas, who=itself, type="office_of", status="proposed")
    assert (proposed.status_code, await kept_by(registry_app, nobodys)) == (201, None), "what is proposed decides nothing"
    nation = replace(make.coordinator("US"), scopes=make.coordinator("US").scopes | {"ties:manage"})
    assert (await make.post_tie(registry, kept, texas, who=nation, type="office_of", valid_from="2030-01-01")).status_code == 409


async def test_a_merged_office_is_still_somebodys(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    texas = await state(registry)
    tied, other = await office(registry, texas), await office(registry, name="The same again")
    inside = await office(registry, name="Inside", parents=[{"parent_id": texas}])
    for one in (tied, inside):
        made = await make.judgement(registry, other, one, canonical_id=other)
        assert await kept_by(registry_app, other) == "US"
        path = f"/v1/judgements/{made['id']}"
        assert (await make.with_match(registry, "POST", f"{path}/withdrawal", make.WRITER, of=path, reason="Two.")).status_code == 200
        assert await kept_by(registry_app, other) is None
