"""Judgements: merge and split, what is read through them, and that nothing is lost on the way there and back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.registry import errors
from services.registry.actors.lists import OF_ANOTHER, OF_NOBODY
from services.registry.actors.schemas import ActorRead
from services.registry.judgements.errors import WITHDRAW_FIRST
from services.registry.judgements.graph import Edge, canonical_of, components, path_of
from services.registry.judgements.models import Verdict
from services.registry.judgements.schemas import JudgementRead
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from tests.registry.test_actors import patch
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

NOBODY = "01890000-0000-7000-8000-000000000000"
EVERYTHING = "include=names,identifiers,parents,seats,ties,merged"


async def twins(client: httpx.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
    """One city recorded twice, the older record first."""
    older = await make.actor(
        client,
        "Juárez",
        kind="municipality",
        country="MX",
        subdivision="MX-CHH",
        names=[{"language": "en", "name": "Juárez"}],
        identifiers=[{"scheme": "inegi", "value": "08037"}],
    )
    newer = await make.actor(
        client,
        "Ciudad Juárez",
        kind="municipality",
        country="MX",
        subdivision="MX-CHH",
        names=[
            {"language": "en", "name": "Ciudad Juárez"},
            {"language": "es", "name": "Heroica Ciudad Juárez"},
            {"language": "en", "name": "Juárez", "kind": "former"},
        ],
        identifiers=[{"scheme": "unlocode", "value": "MX CJS"}],
    )
    return older, newer


async def events(app: FastAPI, aggregate: str) -> list[Any]:
    async with app.state.database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events WHERE aggregatetype = :kind ORDER BY seq"), {"kind": aggregate})).all())


async def read(client: httpx.AsyncClient, path: str, who: Any = None) -> Any:
    answer = await client.get(path, headers=bearer(who) if who else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_judgement_says_who_is_the_same_and_is_on_record(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    older, newer = await twins(registry)
    made = await make.judgement(registry, newer["id"], older["id"])
    JudgementRead.model_validate(made)
    shown = [{name: actor[name] for name in ("id", "kind", "name", "country", "subdivision")} for actor in (older, newer)]
    assert made == {
        "id": made["id"],
        "left_id": older["id"],
        "right_id": newer["id"],
        "left": shown[0] | {"canonical_id": None},
        "right": shown[1] | {"canonical_id": older["id"]},
        "verdict": "same",
        "canonical_id": None,
        "reason": "Both have the same seat of government.",
        "organization_id": None,
        "tied": False,
        "withdrawn_at": None,
        "created_at": "2026-11-22T12:00:00.000000Z",
        "updated_at": "2026-11-22T12:00:00.000000Z",
    }
    (judged,) = await events(registry_app, "judgement")
    assert (judged.type, judged.visibility, judged.reason, judged.subject) == ("judgement.made", "public", made["reason"], "coordinator")
    assert judged.payload == {
        "judgement_id": made["id"],
        "left_id": older["id"],
        "right_id": newer["id"],
        "verdict": "same",
        "canonical_id": None,
        "withdrawn_at": None,
    }
    merged = (await events(registry_app, "actor"))[-1]
    assert (merged.type, merged.aggregateid, merged.visibility, merged.reason) == ("actor.merged", newer["id"], "public", made["reason"])
    assert merged.payload == {"actor_id": newer["id"], "canonical_id": older["id"], "former_canonical_id": None, "judgement_id": made["id"]}
    with queries(registry_app.state.database, at_most=1):
        listed = await read(registry, f"/v1/judgements?actor={newer['id']}&verdict=same&standing=true")
    assert listed["items"] == [made]
    assert (await read(registry, "/v1/judgements?standing=false"))["items"] == []
    assert await read(registry, f"/v1/judgements/{made['id']}") == made


async def test_a_merged_actor_is_read_as_the_one_it_was_merged_into(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    older, newer = await twins(registry)
    state, child = await make.actor(registry, "Chihuahua", kind="state"), await make.actor(registry, "Barrio", parent_id=newer["id"])
    network, partner = await make.actor(registry, "Mercociudades", kind="network"), await make.actor(registry, "El Paso")
    seat = await make.seat(registry, newer["id"], title="Presidente municipal")
    await make.tie(registry, newer["id"], network["id"], type="network_membership")
    await make.tie(registry, partner["id"], newer["id"])
    await make.judgement(registry, older["id"], newer["id"])

    moved = await registry.get(f"/v1/actors/{newer['id']}?{EVERYTHING}&as_of=2026-11-22")
    assert (moved.status_code, moved.headers["location"]) == (308, f"/v1/actors/{older['id']}?{EVERYTHING}&as_of=2026-11-22")
    assert moved.headers["cache-control"] == "private, no-cache"
    with queries(registry_app.state.database, at_most=1):
        whole = await read(registry, f"/v1/actors/{older['id']}?{EVERYTHING}")
    ActorRead.model_validate(whole)
    assert [(name["language"], name["name"], name["kind"]) for name in whole["names"]] == [
        ("en", "Ciudad Juárez", "alternative"),
        ("en", "Juárez", "preferred"),
        ("es", "Heroica Ciudad Juárez", "alternative"),
    ]
    assert [(item["scheme"], item["value"]) for item in whole["identifiers"]] == [("inegi", "08037"), ("unlocode", "MX CJS")]
    assert [item["title"] for item in whole["seats"]] == ["Presidente municipal"]
    assert sorted((item["type"], older["id"] in (item["from_id"], item["to_id"])) for item in whole["ties"]) == [
        ("network_membership", True),
        ("sister_city", True),
    ]
    assert [(item["id"], item["name"]) for item in whole["merged"]] == [(newer["id"], "Ciudad Juárez")]
    assert (await read(registry, f"/v1/actors/{child['id']}"))["parent_id"] == older["id"]
    shown = await read(registry, f"/v1/seats/{seat['id']}")
    assert (shown["actor_id"], shown["actor_name"]) == (older["id"], "Juárez")
    for actor in (older, newer):
        names = [f"parent={actor['id']}", f"within={actor['id']}"]
        assert [[item["id"] for item in (await read(registry, f"/v1/actors?{name}"))["items"]] for name in names] == [[child["id"]], [child["id"]]]
        assert [item["id"] for item in (await read(registry, f"/v1/seats?actor={actor['id']}"))["items"]] == [seat["id"]]
        assert len((await read(registry, f"/v1/ties?actor={actor['id']}"))["items"]) == 2
        neighbours = (await read(registry, f"/v1/actors/{actor['id']}/neighbours"))["items"]
        assert sorted((item["actor"]["id"], item["direction"]) for item in neighbours) == sorted([(network["id"], "out"), (partner["id"], "mutual")])
    for query in (
        f"network={network['id']}",
        "identifier=unlocode:MX CJS",
        "identifier_scheme=unlocode",
        "has_seat=true",
        "q=heroica ciudad juarez",
        "q=cd juarez",
    ):
        assert [item["id"] for item in (await read(registry, f"/v1/actors?{query}"))["items"]] == [older["id"]], query
    for start, goal in ((older, partner), (newer, partner), (partner, newer)):
        paths = await read(registry, f"/v1/actors/{start['id']}/paths?to={goal['id']}")
        assert (paths["length"], {actor["id"] for actor in paths["actors"]}) == (1, {older["id"], partner["id"]})
        assert {paths["ties"][0]["from_id"], paths["ties"][0]["to_id"]} == {older["id"], partner["id"]}
    for start, goal in ((older, newer), (newer, older)):
        assert_problem(await registry.get(f"/v1/actors/{start['id']}/paths?to={goal['id']}"), Invalid)
    listed = {item["id"] for item in (await read(registry, "/v1/actors"))["items"]}
    assert listed == {older["id"], state["id"], child["id"], network["id"], partner["id"]}
    for query in ("status=merged", "status=merged&q=juarez"):
        (merged,) = (await read(registry, f"/v1/actors?{query}"))["items"]
        ActorRead.model_validate(merged)
        assert (merged["id"], merged["status"], merged["merged_into"]) == (newer["id"], "merged", older["id"])
    assert (await read(registry, "/v1/actors?status=active&count=exact"))["total"] == 5


async def test_engagements_of_a_merged_actor_are_found_under_either_id_and_shown_only_to_whom_they_were(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    partner = await make.actor(registry, "El Paso")
    tie = await make.tie(registry, partner["id"], newer["id"])
    public = await make.engagement(registry, partner["id"], newer["id"])
    restricted = await make.engagement(registry, partner["id"], newer["id"], visibility="restricted")
    await make.judgement(registry, older["id"], newer["id"])
    for actor in (older, newer):
        (found,) = (await read(registry, f"/v1/engagements?actor={actor['id']}"))["items"]
        assert found["id"] == public["id"]
        assert [(part["actor_id"], part["name"]) for part in found["participants"]] == [(partner["id"], "El Paso"), (older["id"], "Juárez")]
    own, other = [caller("engagements:manage", organization=UUID(actor["id"]), subject="manager", roles=("manager",)) for actor in (newer, older)]
    assert (await read(registry, f"/v1/engagements/{restricted['id']}", own))["id"] == restricted["id"]
    assert_problem(await registry.get(f"/v1/engagements/{restricted['id']}", headers=bearer(other)), errors.EngagementNotFound)
    later = await make.post_engagement(registry, partner["id"], older["id"], tie_ids=[tie["id"]])
    assert later.status_code == 201, later.text
    stranger = await make.actor(registry, "Laredo")
    assert_problem(await make.post_engagement(registry, partner["id"], stranger["id"], tie_ids=[tie["id"]]), errors.TieWithoutSides)


async def test_a_pair_is_one_tie_under_whichever_ids(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    older, newer = await twins(registry)
    partner, network = await make.actor(registry, "El Paso"), await make.actor(registry, "Mercociudades", kind="network")
    await make.tie(registry, newer["id"], network["id"], type="network_membership", valid_from="2000-01-01", valid_through="2009-12-31")
    tie = await make.tie(registry, newer["id"], partner["id"])
    judged = await make.judgement(registry, older["id"], newer["id"])
    for sides in ((older, partner), (partner, older), (newer, partner), (partner, newer)):
        assert_problem(await make.post_tie(registry, sides[0]["id"], sides[1]["id"]), errors.TieExists, tie=tie["id"])
    for sides in ((older, newer), (newer, older)):
        assert_problem(await make.post_tie(registry, sides[0]["id"], sides[1]["id"]), errors.TieWithItself, actor_id=older["id"])
    inside = await make.post_tie(registry, older["id"], network["id"], type="network_membership", valid_from="2005-01-01")
    assert_problem(inside, errors.TieExists)
    later = await make.tie(registry, older["id"], network["id"], type="network_membership", valid_from="2010-01-01")
    early = await make.with_match(registry, "PATCH", f"/v1/ties/{later['id']}", make.TIER, valid_from="2009-01-01")
    assert_problem(early, errors.TieExists)
    await make.tie(registry, network["id"], older["id"], type="office_of", valid_from="2005-01-01")
    await make.withdraw(registry, judged["id"])
    assert (await make.tie(registry, older["id"], partner["id"]))["status"] == "active"


async def test_neighbours_show_a_pair_once_and_nobody_to_themselves(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    older, newer = await twins(registry)
    partner, network = await make.actor(registry, "El Paso"), await make.actor(registry, "Mercociudades", kind="network")
    first = await make.tie(registry, newer["id"], partner["id"])
    await make.tie(registry, partner["id"], older["id"])
    members = [await make.tie(registry, one["id"], network["id"], type="network_membership") for one in (older, newer)]
    hoped = await make.tie(registry, older["id"], partner["id"], type="twinning", status="proposed")
    twinned = await make.tie(registry, newer["id"], partner["id"], type="twinning")
    between = await make.tie(registry, older["id"], newer["id"], type="counterpart")
    judged = await make.judgement(registry, older["id"], newer["id"])
    assert judged["tied"] is True
    for actor in (older, newer):
        with queries(registry_app.state.database, at_most=1):
            page = await read(registry, f"/v1/actors/{actor['id']}/neighbours?count=exact")
        assert (page["total"], [item["tie_id"] for item in page["items"]]) == (3, [first["id"], members[0]["id"], twinned["id"]])
    assert [item["tie_id"] for item in (await read(registry, f"/v1/actors/{partner['id']}/neighbours"))["items"]] == [first["id"], twinned["id"]]
    both = await read(registry, f"/v1/actors/{partner['id']}/neighbours?status=proposed&status=active&type=twinning")
    assert [item["tie_id"] for item in both["items"]] == [hoped["id"]]
    drawing = await registry.get(f"/v1/actors/{older['id']}/neighbours?format=dot")
    assert (drawing.status_code, between["id"] in drawing.text) == (200, False)
    await make.withdraw(registry, judged["id"])
    assert len((await read(registry, f"/v1/actors/{older['id']}/neighbours"))["items"]) == 3


async def test_a_judgement_says_whose_it_is(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    offices = [await make.actor(registry, name, kind="agency") for name in ("One", "Two")]
    registrars = [caller("actors:write", organization=UUID(office["id"]), subject=office["name"], country="MX") for office in offices]
    body = {"left_id": older["id"], "right_id": newer["id"], "verdict": "unsure", "reason": "Two registers."}
    made = await registry.post("/v1/judgements", json=body, headers=bearer(registrars[0]))
    path = f"/v1/judgements/{made.json()['id']}"
    assert (made.status_code, made.json()["organization_id"]) == (201, offices[0]["id"])
    same = {"verdict": "same", "reason": "One mayor."}
    assert (await make.with_match(registry, "PATCH", path, registrars[1], **same)).json()["organization_id"] == offices[1]["id"]
    taken = await make.with_match(registry, "POST", f"{path}/withdrawal", registrars[0], of=path, reason="Two mayors.")
    assert (taken.status_code, taken.json()["organization_id"]) == (200, offices[1]["id"]), "whose judgement it was"
    abroad = caller("actors:write", country="US")
    for who, told in ((None, False), (registrars[0], True), (make.manager(older["id"]), True), (abroad, False)):
        changes = (await read(registry, f"{path}/history?sort=oldest", who))["items"]
        assert [(one["type"], one["organization"]) for one in changes] == [
            ("judgement.made", offices[0]["id"]),
            ("judgement.revised", offices[1]["id"]),
            ("judgement.withdrawn", offices[0]["id"]),
        ]
        assert [one["reason"] for one in changes] == (["Two registers.", "One mayor.", "Two mayors."] if told else [None] * 3)
        state = await read(registry, f"{path}/history/{changes[0]['id']}/state", who)
        assert state["state"]["verdict"] == "unsure"


async def test_whose_tie_it_is_that_is_read_through_a_judgement(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    partner = await make.actor(registry, "El Paso")
    tie = await make.tie(registry, newer["id"], partner["id"])
    await make.judgement(registry, older["id"], newer["id"])
    path = f"/v1/ties/{tie['id']}"
    for method, end, body in (("PATCH", "", {"note": "Mine."}), ("POST", "/end", {"reason": "Over."}), ("POST", "/withdrawal", {"reason": "Wrong."})):
        answer = await make.with_match(registry, method, path + end, make.manager(older["id"]), of=path, **body)
        assert newer["id"] in assert_problem(answer, errors.TieOfOthers, recorded_id=newer["id"])["detail"]
    stranger = await make.actor(registry, "Laredo")
    answer = await make.with_match(registry, "PATCH", path, make.manager(stranger["id"]), note="Mine.")
    assert "recorded_id" not in assert_problem(answer, errors.TieOfOthers)
    assert (await make.with_match(registry, "PATCH", path, make.manager(newer["id"]), note="Ours.")).status_code == 200


async def test_whatever_names_a_merged_actor_is_found_under_either_id(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """People, memberships, official domains and what they say of a claim; who may see them does not change."""
    older, newer = await twins(registry)
    commission = await make.actor(registry, "Commission", kind="commission")
    who, reader = make.manager(newer["id"]), caller("contacts:read", "events:audit", subject="reader")
    await make.domain(registry_app.state.database, newer["id"], "city.example")
    person = await make.person(registry, newer["id"])
    member = await make.membership(registry, person["id"], commission["id"], who, on_behalf_of_id=newer["id"])
    await make.seat(registry, newer["id"])
    seat = await make.seat(registry, older["id"])
    mayor = (await make.hand_over(registry, seat["id"], make.manager(older["id"]), name="Ana Gil")).json()["holder"]["person_id"]
    claimed = {"person_id": mayor, "email": "ana@city.example"}
    ana = caller("seats:claim", organization=UUID(older["id"]), subject="ana")
    claim = await registry.post(f"/v1/seats/{seat['id']}/claims", json=claimed, headers=bearer(ana))
    assert (claim.status_code, claim.json()["evidence"]) == (201, [])
    meeting = await make.engagement(registry, newer["id"], who=make.coordinator("MX"))
    await make.with_match(registry, "PATCH", f"/v1/actors/{newer['id']}", make.WRITER, country="US", subdivision=None)
    await make.judgement(registry, older["id"], newer["id"])
    for actor in (older, newer):
        (domain,) = (await read(registry, f"/v1/official-domains?actor={actor['id']}"))["items"]
        assert (domain["domain"], domain["actor_id"], domain["actor_name"]) == ("city.example", older["id"], "Juárez")
        (found,) = (await read(registry, f"/v1/memberships?on_behalf_of={actor['id']}", reader))["items"]
        assert (found["id"], found["on_behalf_of_id"], found["on_behalf_of_name"]) == (member["id"], older["id"], "Juárez")
        people = (await read(registry, f"/v1/people?organization={actor['id']}&include=memberships", reader))["items"]
        assert sorted((one["id"], one["organization_id"]) for one in people) == sorted([(person["id"], older["id"]), (mayor, older["id"])])
        assert [one["on_behalf_of_id"] for each in people for one in each["memberships"]] == [older["id"]]
    assert [one["domain"] for one in (await read(registry, f"/v1/seats/{seat['id']}/claims", reader))["items"][0]["evidence"]] == ["city.example"]
    assert [one["id"] for one in (await read(registry, "/v1/engagements?country=MX"))["items"]] == [meeting["id"]]
    own = (await read(registry, "/v1/people", caller(organization=UUID(newer["id"]))))["items"]
    assert [one["id"] for one in own] == [person["id"]], "a judgement gives nobody a right"


async def test_a_merged_actor_is_not_changed(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    etag = (await registry.get(f"/v1/actors/{newer['id']}")).headers["etag"]
    await make.judgement(registry, older["id"], newer["id"])
    answer = await registry.patch(f"/v1/actors/{newer['id']}", json={"population": 7}, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert assert_problem(answer, errors.ActorMerged)["canonical_id"] == older["id"]
    assert_problem(await registry.patch(f"/v1/actors/{NOBODY}", json={}, headers=bearer(make.WRITER) | {"If-Match": etag}), errors.ActorNotFound)


async def test_what_is_read_of_both_and_given_back_stays_where_it_was_recorded(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    """With the ids of the records, as they are read, and without, as clients wrote before there were any."""
    older, newer = await twins(registry)
    lists = "include=names,identifiers"
    alone = [await read(registry, f"/v1/actors/{actor['id']}?{lists}") for actor in (older, newer)]
    made = await make.judgement(registry, older["id"], newer["id"])
    path = f"/v1/actors/{older['id']}"
    whole = await read(registry, f"{path}?{lists}")
    assert {(item["value"], item["actor_id"]) for item in whole["identifiers"]} == {("08037", older["id"]), ("MX CJS", newer["id"])}
    assert [(item["name"], item["actor_id"]) for item in whole["names"]] == [
        ("Ciudad Juárez", newer["id"]),
        ("Juárez", older["id"]),
        ("Heroica Ciudad Juárez", newer["id"]),
    ]
    nameless = {field: [{name: value for name, value in item.items() if name != "actor_id"} for item in whole[field]] for field in ("names", "identifiers")}
    for body in ({field: whole[field] for field in nameless}, nameless):
        answer = await patch(registry, older["id"], **body)
        assert (answer.status_code, answer.headers["etag"][:2]) == (200, '"2'), answer.text
        assert await read(registry, f"{path}?{lists}") == whole, "nothing has changed"
    assert [row.type for row in await events(registry_app, "actor")] == ["actor.registered", "actor.registered", "actor.merged"]
    more = [*nameless["identifiers"], {"scheme": "geonames", "value": "4013708"}]
    assert (await patch(registry, older["id"], identifiers=more, population=8)).status_code == 200
    assert (await make.withdraw(registry, made["id"])).status_code == 200
    was, now = alone[1], await read(registry, f"/v1/actors/{newer['id']}?{lists}")
    assert (now["names"], now["identifiers"]) == (was["names"], was["identifiers"])
    now = await read(registry, f"{path}?{lists}")
    assert (now["names"], [item["value"] for item in now["identifiers"]]) == (alone[0]["names"], ["4013708", "08037"])


async def test_what_a_merged_record_says_is_corrected_when_it_is_no_longer_merged(registry: httpx.AsyncClient) -> None:
    """Every refusal says so, and where. What both are called may be said of the one that they are."""
    older, newer = await twins(registry)
    await make.judgement(registry, older["id"], newer["id"])
    whole = await read(registry, f"/v1/actors/{older['id']}?include=names,identifiers")
    theirs = {"scheme": "unlocode", "value": "MX CJS", "source": "UNECE"}
    problem = assert_problem(await patch(registry, older["id"], identifiers=[*whole["identifiers"][:1], theirs]), errors.IdentifierTaken)
    assert (problem["detail"], problem["actor_id"], problem["errors"][0]["pointer"]) == (WITHDRAW_FIRST, newer["id"], "/identifiers/1")
    for wrong, what in (
        ({**theirs, "actor_id": newer["id"]}, OF_ANOTHER.format(actor_id=newer["id"])),
        ({**theirs, "actor_id": NOBODY}, OF_NOBODY),
    ):
        problem = assert_problem(await patch(registry, older["id"], identifiers=[whole["identifiers"][0], wrong]), Invalid)
        assert (problem["detail"], problem["errors"]) == (WITHDRAW_FIRST, [{"in": "body", "pointer": "/identifiers/1", "detail": what}])
    refused = await make.with_match(registry, "PATCH", f"/v1/actors/{newer['id']}", make.WRITER, of=f"/v1/actors/{older['id']}", population=7)
    assert assert_problem(refused, errors.ActorMerged)["detail"] == WITHDRAW_FIRST
    called = [{"language": "en", "name": "Ciudad Juárez"}, {"language": "es", "name": "Heroica Ciudad Juárez", "kind": "alternative", "actor_id": older["id"]}]
    answer = await patch(registry, older["id"], names=called)
    assert (answer.status_code, answer.json()["name"]) == (200, "Ciudad Juárez"), answer.text
    names = (await read(registry, f"/v1/actors/{older['id']}?include=names"))["names"]
    assert {item["name"] for item in names if item["actor_id"] == older["id"]} == {"Ciudad Juárez", "Heroica Ciudad Juárez"}


async def test_somebody_may_say_by_which_record_they_are_known(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    third = await make.actor(registry, "Paso del Norte")
    await make.judgement(registry, older["id"], newer["id"], canonical_id=newer["id"])
    await make.judgement(registry, third["id"], older["id"])
    for actor in (older, third):
        assert (await registry.get(f"/v1/actors/{actor['id']}")).headers["location"] == f"/v1/actors/{newer['id']}"
    assert_problem(await make.post_judgement(registry, older["id"], third["id"], canonical_id=newer["id"]), Invalid)
    assert_problem(await make.post_judgement(registry, older["id"], third["id"], "different", canonical_id=older["id"]), Invalid)


async def test_a_split_leaves_what_others_hold_together(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    first, second, third = [await make.actor(registry, name) for name in ("First", "Second", "Third")]
    one = await make.judgement(registry, first["id"], second["id"])
    await make.judgement(registry, second["id"], third["id"])
    assert (await make.withdraw(registry, one["id"])).json()["withdrawn_at"] == "2026-11-22T12:00:00.000000Z"
    assert (await registry.get(f"/v1/actors/{first['id']}")).status_code == 200
    assert (await registry.get(f"/v1/actors/{third['id']}")).headers["location"] == f"/v1/actors/{second['id']}"
    told = [(row.type, row.payload["actor_id"], row.payload["canonical_id"]) for row in (await events(registry_app, "actor"))[3:]]
    assert sorted(told[2:]) == sorted([("actor.split", second["id"], None), ("actor.merged", third["id"], second["id"])])
    assert_problem(await make.withdraw(registry, one["id"]), errors.JudgementWithdrawn)
    assert (await make.judgement(registry, first["id"], third["id"]))["verdict"] == "same"


async def test_what_was_judged_different_never_becomes_the_same(registry: httpx.AsyncClient) -> None:
    first, second, third = [await make.actor(registry, name) for name in ("First", "Second", "Third")]
    apart = await make.judgement(registry, first["id"], third["id"], "different")
    near = await make.judgement(registry, first["id"], second["id"])
    refused = assert_problem(await make.post_judgement(registry, second["id"], third["id"]), errors.JudgementContradicts)
    assert refused["different"]["judgement_id"] == apart["id"]
    assert [step["judgement_id"] == near["id"] for step in refused["path"]] == [True, False]
    await make.judgement(registry, second["id"], third["id"], "unsure")
    assert_problem(await make.post_judgement(registry, third["id"], second["id"], "different"), errors.JudgementExists)
    path = f"/v1/judgements/{apart['id']}"
    etag = (await registry.get(path)).headers["etag"]
    body = {"verdict": "same", "reason": "The council confirmed it."}
    assert_problem(await registry.patch(path, json=body, headers=bearer(make.WRITER)), PreconditionRequired)
    changed = await registry.patch(path, json=body, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert (changed.status_code, changed.json()["verdict"], changed.json()["reason"]) == (200, "same", body["reason"])
    assert_problem(await registry.patch(path, json=body, headers=bearer(make.WRITER) | {"If-Match": etag}), PreconditionFailed)
    assert (await registry.get(f"/v1/actors/{third['id']}")).headers["location"] == f"/v1/actors/{first['id']}"
    path = f"/v1/judgements/{near['id']}"
    etag = (await registry.get(path)).headers["etag"]
    split = await registry.patch(path, json={"verdict": "different", "reason": "Two rivers."}, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert split.json()["verdict"] == "different"
    assert (await registry.get(f"/v1/actors/{second['id']}")).status_code == 200


async def test_a_judgement_against_what_already_holds_is_refused_with_the_path(registry: httpx.AsyncClient) -> None:
    first, second, third = [await make.actor(registry, name) for name in ("First", "Second", "Third")]
    steps = [await make.judgement(registry, first["id"], second["id"]), await make.judgement(registry, second["id"], third["id"])]
    refused = assert_problem(await make.post_judgement(registry, third["id"], first["id"], "different"), errors.JudgementContradicts)
    assert [step["judgement_id"] for step in refused["path"]] == [step["id"] for step in steps]
    assert (await read(registry, "/v1/judgements?verdict=different"))["items"] == []


async def test_nobody_is_merged_into_what_is_inside_it(registry: httpx.AsyncClient) -> None:
    outer = await make.actor(registry, "Outer")
    middle = await make.actor(registry, "Middle", parent_id=outer["id"])
    inner = await make.actor(registry, "Inner", parent_id=middle["id"])
    assert_problem(await make.post_judgement(registry, outer["id"], inner["id"], canonical_id=inner["id"]), errors.MergeClosesRing)
    await make.judgement(registry, outer["id"], middle["id"])
    assert (await read(registry, f"/v1/actors/{inner['id']}"))["parent_id"] == outer["id"]
    etag = (await registry.get(f"/v1/actors/{outer['id']}")).headers["etag"]
    closing = await registry.patch(f"/v1/actors/{outer['id']}", json={"parent_id": inner["id"]}, headers=bearer(make.WRITER) | {"If-Match": etag})
    assert_problem(closing, errors.ParentCycle)


async def test_a_bad_judgement_is_refused(registry: httpx.AsyncClient) -> None:
    older, newer = await twins(registry)
    assert_problem(await make.post_judgement(registry, older["id"], older["id"]), errors.JudgementOfOne)
    assert_problem(await make.post_judgement(registry, older["id"], NOBODY), errors.JudgementActorUnknown)
    for override in ({"verdict": "maybe"}, {"reason": " "}, {"reason": None}, {"note": "x"}):
        assert_problem(await make.post_judgement(registry, older["id"], newer["id"], **override), Invalid)
    body = {"left_id": older["id"], "right_id": newer["id"], "verdict": "same", "reason": "Because."}
    assert_problem(await registry.post("/v1/judgements", json=body), Unauthorized)
    assert_problem(await registry.post("/v1/judgements", json=body, headers=bearer(caller("ties:manage"))), Forbidden, scope="actors:write")
    assert_problem(await registry.get(f"/v1/judgements/{NOBODY}"), errors.JudgementNotFound)


async def test_a_judgement_gives_nobody_a_right(registry: httpx.AsyncClient) -> None:
    """The seats of a merged actor stay with whoever managed them; those of the other record get none of it."""
    older, newer = await twins(registry)
    seat = await make.seat(registry, newer["id"])
    await make.judgement(registry, older["id"], newer["id"])
    own, other = [caller("seats:manage", organization=UUID(actor["id"]), subject="manager", roles=("manager",)) for actor in (newer, older)]
    for who, status in ((other, 403), (own, 201)):
        handed = await registry.post(f"/v1/seats/{seat['id']}/holders", json={"name": "Ana"}, headers=bearer(who))
        assert handed.status_code == status, handed.text
    assert (await read(registry, f"/v1/seats/{seat['id']}", own))["holder"]["name"] == "Ana"
    assert (await read(registry, f"/v1/seats/{seat['id']}", other))["holder"] is None


ids = st.integers(min_value=0, max_value=7).map(lambda number: UUID(int=number))


@given(st.lists(st.tuples(ids, ids, st.sampled_from([Verdict.same, Verdict.different])), max_size=14))
def test_the_graph_knows_who_is_the_same_and_by_which_way(pairs: list[tuple[UUID, UUID, Verdict]]) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    edges = [Edge(UUID(int=100 + nth), left, right, verdict, None, at) for nth, (left, right, verdict) in enumerate(pairs) if left != right]
    everyone = {UUID(int=number) for number in range(8)}
    found = components(everyone, edges)
    assert sorted(actor for members, _ in found for actor in members) == sorted(everyone)
    for members, holding in found:
        assert canonical_of(members, holding) == min(members)
        for start in members:
            for goal in everyone:
                path = path_of(start, goal, edges)
                assert bool(path) == (goal in members and goal != start)
                here = start
                for step in path:
                    assert here in (step.left_id, step.right_id) and step.verdict is Verdict.same
                    here = step.right_id if here == step.left_id else step.left_id
                assert not path or here == goal
