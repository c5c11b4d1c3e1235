"""Proposing, reading, changing and leaving agreements."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.agreements import errors as states
from services.agreements.agreements.lifecycle import ActionKind, status_after
from services.agreements.agreements.schemas import AgreementRead
from shared import errors
from shared.database import Database
from shared.ids import new_id
from shared.pages import PageOf
from shared.web import Clock
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller


async def rows(database: Database, statement: str) -> list[Any]:
    async with database.session(read_only=True) as session:
        return list((await session.execute(text(statement))).all())


async def test_a_proposal_answers_whole(client: httpx.AsyncClient, database: Database) -> None:
    answer = await make.agreement(client, topics=["water_pollution", "health", "health"], reason="The board asked for it.")
    assert answer.status_code == 201, answer.text
    body = answer.json()
    AgreementRead.model_validate(body)
    assert body["titles"] == {"en": "Cross-border water pollution", "es": "Contaminación transfronteriza del agua"}
    assert (body["kind"], body["topics"], body["proposed_term_months"]) == ("mou", ["health", "water_pollution"], 60)
    assert [(party["name"], party["country"], party["kind"], party["adopted_at"]) for party in body["parties"]] == [
        ("San Diego County", "US", "county", None),
        ("Tijuana", "MX", "municipality", None),
    ]
    assert [(action["kind"], action["organization_id"], action["reason"]) for action in body["actions"]] == [
        ("propose", str(make.SAN_DIEGO), "The board asked for it.")
    ]
    assert (body["texts"], body["signatures"], body["withheld"]) == ([], [], None)
    (first, _) = await rows(database, "SELECT * FROM events ORDER BY seq")
    assert (first.type, first.aggregateid, first.reason) == ("agreement.proposed", body["id"], "The board asked for it.")
    assert answer.headers["comity-event"]


async def test_a_read_is_one_statement_and_an_unchanged_one_is_304(client: httpx.AsyncClient, database: Database) -> None:
    made = await make.adopted_agreement(client)
    with queries(database, at_most=1):
        answer = await make.read(client, made["id"])
    assert answer.status_code == 200
    AgreementRead.model_validate(answer.json())
    again = await client.get(f"/v1/agreements/{made['id']}", headers=bearer(make.san_diego) | {"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_titles_and_names_come_in_the_wanted_language(client: httpx.AsyncClient) -> None:
    made = (await make.agreement(client)).json()
    answer = await client.get(f"/v1/agreements/{made['id']}", headers=bearer(make.tijuana) | {"Accept-Language": "es-MX, en;q=0.5"})
    assert answer.json()["title"] == "Contaminación transfronteriza del agua"
    assert answer.json()["parties"][0]["name"] == "Condado de San Diego"
    assert answer.json()["gates"][0]["title"].startswith("Dictamen de la Secretaría")
    only = (await make.agreement(client, titles={"fr": "Accord"})).json()
    assert only["title"] == "Accord"


@pytest.mark.parametrize(
    ("overrides", "error", "pointer"),
    [
        ({"parties": [{"actor_id": str(make.SAN_DIEGO)}, {"actor_id": "0192f000-0000-7000-8000-0000000000ff"}]}, states.UnknownActor, "/parties/1/actor_id"),
        ({"parties": [{"actor_id": str(make.GONE)}, {"actor_id": str(make.SAN_DIEGO)}]}, states.UnknownActor, "/parties/0/actor_id"),
        ({"parties": [{"actor_id": str(make.TIJUANA)}, {"actor_id": str(make.TORONTO)}]}, states.NotAParty, "/parties"),
        ({"parties": [{"actor_id": str(make.SAN_DIEGO)}]}, errors.Invalid, "/parties"),
        ({"parties": [{"actor_id": str(make.SAN_DIEGO)}] * 2}, errors.Invalid, ""),
        ({"titles": {}}, errors.Invalid, "/titles"),
        ({"titles": {"english": " "}}, errors.Invalid, "/titles/english/[key]"),
        ({"titles": {"en": "x" * 301}}, errors.Invalid, "/titles/en"),
        ({"titles": {"en": "a\x00b"}}, errors.Invalid, "/titles/en"),
        ({"kind": "treaty"}, errors.Invalid, "/kind"),
        ({"topics": ["Water Pollution"]}, errors.Invalid, "/topics/0"),
        ({"proposed_term_months": 0}, errors.Invalid, "/proposed_term_months"),
        ({"status": "in_force"}, errors.Invalid, "/status"),
    ],
)
async def test_bad_proposals_say_where_they_are_wrong(client: httpx.AsyncClient, overrides: Any, error: type[errors.Problem], pointer: str) -> None:
    body = assert_problem(await make.agreement(client, **overrides), error)
    assert pointer in [item["pointer"] for item in body["errors"]]
    if error is states.UnknownActor:
        assert "Comity-After" in body["detail"]


async def test_an_account_without_an_organisation_or_scope_proposes_nothing(client: httpx.AsyncClient) -> None:
    assert_problem(await make.agreement(client, caller(*make.SIGNATORY)), states.NotAParty)
    assert_problem(await make.agreement(client, caller(*make.MEMBER, organization=make.SAN_DIEGO)), errors.Forbidden)
    assert_problem(await client.post("/v1/agreements", json={}), errors.Unauthorized)


async def test_a_draft_is_its_proposers_alone_until_it_is_proposed(client: httpx.AsyncClient, database: Database) -> None:
    draft = (await make.agreement(client, draft=True)).json()
    assert (draft["status"], draft["gates"]) == ("draft", [])
    assert (await make.text(client, draft["id"])).status_code == 201
    for who in (make.tijuana, make.baja_california, make.sre, make.state_department, make.toronto):
        assert_problem(await make.read(client, draft["id"], who), states.AgreementNotFound)
    assert (await make.read(client, draft["id"], make.auditor)).status_code == 200
    assert_problem(await make.adoption(client, draft["id"], make.san_diego), states.NotProposed)
    assert {row.visibility for row in await rows(database, "SELECT * FROM events")} == {"organizations"}
    assert {tuple(row.organizations) for row in await rows(database, "SELECT * FROM events")} == {(make.SAN_DIEGO,)}

    proposed = await client.post(f"/v1/agreements/{draft['id']}/proposals", json={}, headers=bearer(make.san_diego))
    assert (proposed.status_code, proposed.json()["status"], len(proposed.json()["gates"])) == (201, "text_open", 1)
    assert (await make.read(client, draft["id"], make.tijuana)).status_code == 200
    again = await client.post(f"/v1/agreements/{draft['id']}/proposals", json={}, headers=bearer(make.san_diego))
    assert_problem(again, states.AlreadyProposed)


async def test_terms_change_until_a_party_has_adopted(client: httpx.AsyncClient) -> None:
    made = await make.open_agreement(client)
    path, headers = f"/v1/agreements/{made['id']}", bearer(make.tijuana)
    assert_problem(await client.patch(path, json={"topics": []}, headers=headers), errors.PreconditionRequired)
    etag = (await make.read(client, made["id"])).headers["etag"]
    changed = await client.patch(path, json={"titles": {"en": "Água"}, "proposed_term_months": None}, headers=headers | {"If-Match": etag})
    assert changed.status_code == 200, changed.text
    body = changed.json()
    assert (body["titles"], body["topics"], body["proposed_term_months"], body["status"]) == ({"en": "Água"}, ["water_pollution"], None, "text_open")
    assert_problem(await client.patch(path, json={"topics": []}, headers=headers | {"If-Match": etag}), errors.PreconditionFailed)
    for bad in ({}, {"titles": None}, {"kind": "mou"}):
        assert_problem(await client.patch(path, json=bad, headers=headers | {"If-Match": changed.headers["etag"]}), errors.Invalid)
    adopted = await make.adoption(client, made["id"], make.tijuana)
    refused = await client.patch(path, json={"topics": []}, headers=headers | {"If-Match": adopted.headers["etag"]})
    assert_problem(refused, states.AgreementFixed)


async def test_a_party_says_how_it_sees_the_text_and_nobody_else_does(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    ours, theirs = (f"/v1/agreements/{made['id']}/parties/{party['id']}" for party in made["parties"])
    change = {"legal_characterisation": "non_binding", "authority": make.US_AUTHORITY}
    headers = bearer(make.san_diego) | {"If-Match": (await make.read(client, made["id"])).headers["etag"]}
    assert_problem(await client.patch(theirs, json=change, headers=headers), states.NotAParty)
    assert_problem(await client.patch(ours[:-4] + "ffff", json=change, headers=headers), states.PartyNotFound)
    answer = await client.patch(ours, json=change, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["parties"][0]["authority"] == make.US_AUTHORITY
    assert answer.json()["parties"][1]["legal_characterisation"] is None
    await make.signature(client, made["id"], make.san_diego)
    headers["If-Match"] = (await make.read(client, made["id"])).headers["etag"]
    assert_problem(await client.patch(ours, json=change, headers=headers), states.AlreadySigned)


async def test_the_proposer_withdraws_and_another_declines(client: httpx.AsyncClient, database: Database) -> None:
    for who, status, event in ((make.san_diego, "withdrawn", "agreement.withdrawn"), (make.tijuana, "declined", "agreement.declined")):
        made = await make.cleared_agreement(client)
        gone = await make.withdrawal(client, made["id"], who)
        assert (gone.status_code, gone.json()["status"]) == (201, status)
        assert (await rows(database, "SELECT type, reason FROM events ORDER BY seq DESC LIMIT 1"))[0] == (event, "Plans have changed.")
        for answer in (
            await make.signature(client, made["id"], make.san_diego),
            await make.text(client, made["id"], body="Another"),
            await make.adoption(client, made["id"], make.tijuana),
            await make.withdrawal(client, made["id"], make.tijuana),
        ):
            assert_problem(answer, states.AgreementClosed)
    body = assert_problem(await client.post(f"/v1/agreements/{made['id']}/withdrawals", json={}, headers=bearer(make.san_diego)), errors.Invalid)
    assert body["errors"][0]["pointer"] == "/reason"


async def test_what_is_in_force_ends_and_stays_in_the_register(client: httpx.AsyncClient, clock: Clock) -> None:
    made = await make.agreement_in_force(client)
    ended = await make.withdrawal(client, made["id"], make.tijuana)
    assert (ended.json()["status"], ended.json()["ended_on"]) == ("terminated", "2026-11-22")
    entry = (await client.get(f"/v1/register/{made['id']}")).json()
    assert (entry["status"], entry["ended_on"]) == ("terminated", "2026-11-22")
    assert_problem(await make.withdrawal(client, made["id"], make.san_diego), states.AgreementClosed)


async def test_the_stored_status_is_the_replay_of_the_stored_actions(client: httpx.AsyncClient, database: Database) -> None:
    await make.agreement(client, draft=True)
    await make.agreement(client)
    await make.adopted_agreement(client)
    partly = await make.cleared_agreement(client)
    await make.signature(client, partly["id"], make.tijuana)
    for made in (await make.agreement_in_force(client), await make.open_agreement(client)):
        await make.withdrawal(client, made["id"])
    await make.agreement_in_force(client)
    seen = set()
    for stored in await rows(database, "SELECT id, status FROM agreements"):
        actions = await rows(database, f"SELECT kind, party_id FROM actions WHERE agreement_id = '{stored.id}' ORDER BY nth")
        parties = await rows(database, f"SELECT id FROM parties WHERE agreement_id = '{stored.id}'")
        assert status_after([(ActionKind(row.kind), row.party_id) for row in actions], [row.id for row in parties]).value == stored.status
        seen.add(stored.status)
    assert seen == {"draft", "proposed", "text_adopted", "partly_signed", "in_force", "withdrawn", "terminated"}


@pytest.mark.parametrize("table", ["actions", "texts", "signatures", "gate_decisions"])
async def test_records_are_never_changed(client: httpx.AsyncClient, agreements_app: FastAPI, table: str) -> None:
    await make.agreement_in_force(client)
    for statement in (f"UPDATE {table} SET agreement_id = agreement_id", f"DELETE FROM {table}"):
        async with agreements_app.state.database.session(read_only=False) as session:
            with pytest.raises(Exception, match="is a record"):
                await session.execute(text(statement))


class TestLists:
    async def test_filters_each_narrow_the_list(self, client: httpx.AsyncClient, database: Database) -> None:
        water = (await make.agreement(client)).json()
        canada = (
            await make.agreement(
                client,
                titles={"fr": "Échanges culturels"},
                kind="friendship_city",
                topics=["culture"],
                parties=[{"actor_id": str(make.SAN_DIEGO)}, {"actor_id": str(make.TORONTO)}],
            )
        ).json()
        await make.withdrawal(client, canada["id"])
        for query, wanted in {
            "": [canada, water],
            "status=proposed": [water],
            "status=proposed&status=withdrawn": [canada, water],
            "kind=friendship_city": [canada],
            "topic=water_pollution": [water],
            f"party={make.TORONTO}": [canada],
            f"party={new_id()}": [],
            "country=MX": [water],
            "q=ECHANGES": [canada],
            "q=contaminacion trans": [water],
            "q=100%25": [],
            "sort=title": [water, canada],
        }.items():
            with queries(database, at_most=1):
                answer = await client.get(f"/v1/agreements?{query}", headers=bearer(make.san_diego))
            assert answer.status_code == 200, answer.text
            PageOf[AgreementRead].model_validate(answer.json())
            assert [item["id"] for item in answer.json()["items"]] == [item["id"] for item in wanted], query

    async def test_pages_follow_each_other(self, client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
        made = [(await make.agreement(client, titles={"en": f"Title {number}"})).json()["id"] for number in range(5)]
        for sort, wanted in (("title", made), ("newest", made[::-1])):
            seen, query = [], f"limit=2&sort={sort}&include=gates&count=exact"
            while query:
                with queries(database, at_most=1):
                    page = (await client.get(f"/v1/agreements?{query}", headers=bearer(make.san_diego))).json()
                seen += [item["id"] for item in page["items"]]
                assert page["total"] == 5
                assert all(len(item["gates"]) == 1 and "actions" not in item for item in page["items"])
                query = f"limit=2&sort={sort}&include=gates&count=exact&cursor={page['next']}" if page["next"] else ""
            assert seen == wanted

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("status=signed", "/status/0"),
            ("country=mex", "/country"),
            ("q=", "/q"),
            ("party=x", "/party"),
            ("include=bodies", "/include/0"),
            ("titel=x", "/titel"),
        ],
    )
    async def test_bad_filters_are_named(self, client: httpx.AsyncClient, query: str, pointer: str) -> None:
        body = assert_problem(await client.get(f"/v1/agreements?{query}", headers=bearer(make.san_diego)), errors.Invalid)
        assert body["errors"][0]["pointer"] == pointer
