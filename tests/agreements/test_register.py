"""The public register: what anyone reads, and what nobody does."""

import hashlib
from datetime import UTC, datetime

import httpx
import pytest

from services.agreements import errors as states
from services.agreements.register.schemas import RegisterEntry, RegisterText
from shared import errors
from shared.database import Database
from shared.ids import new_id
from shared.pages import PageOf
from shared.web import Clock
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


async def test_an_entry_is_one_statement_for_anyone_and_304_when_unchanged(client: httpx.AsyncClient, database: Database) -> None:
    made = await make.agreement_in_force(client)
    with queries(database, at_most=1):
        answer = await client.get(f"/v1/register/{made['id']}")
    entry = RegisterEntry.model_validate(answer.json())
    assert [(party.signed_on, party.authority.citation if party.authority else None) for party in entry.parties] == [
        (entry.signed_on, "§ 23004"),
        (entry.signed_on, "art. 115"),
    ]
    assert [(item.gate, item.outcome, item.title, item.rulebook_id) for item in entry.decisions] == [("opinion", "procedente", "May be signed", "mx-lct")]
    assert "reasons" not in answer.json()["decisions"][0]
    assert [(item.language, item.authentic) for item in entry.texts] == [("en", True), ("es", True)]
    fresh = await client.get(f"/v1/register/{made['id']}", headers={"If-None-Match": answer.headers["etag"]})
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert (await client.get(f"/v1/register/{made['id']}", headers=bearer(make.toronto))).json() == answer.json()


async def test_nothing_appears_that_was_never_in_force(client: httpx.AsyncClient) -> None:
    unseen = [(await make.agreement(client, draft=True)).json(), (await make.agreement(client)).json(), await make.cleared_agreement(client)]
    partly = await make.cleared_agreement(client)
    await make.signature(client, partly["id"], make.tijuana)
    gone = await make.open_agreement(client)
    await make.withdrawal(client, gone["id"])
    for made in (*unseen, partly, gone):
        assert_problem(await client.get(f"/v1/register/{made['id']}", headers=bearer(make.san_diego)), states.RegisterEntryNotFound)
        assert_problem(await client.get(f"/v1/register/{made['id']}/texts/en"), states.TextNotFound)
    assert (await client.get("/v1/register?count=exact")).json() == {"items": [], "next": None, "total": 0}
    assert_problem(await client.get(f"/v1/register/{new_id()}"), states.RegisterEntryNotFound)


async def test_a_text_can_be_checked_against_its_hash(client: httpx.AsyncClient, database: Database) -> None:
    made = await make.agreement_in_force(client)
    with queries(database, at_most=2):
        answer = await client.get(f"/v1/register/{made['id']}/texts/es")
    found = RegisterText.model_validate(answer.json())
    assert hashlib.sha256(found.body.encode()).hexdigest() == found.sha256
    assert (found.body, found.href) == (make.SPANISH, f"/v1/register/{made['id']}/texts/es")
    assert_problem(await client.get(f"/v1/register/{made['id']}/texts/fr"), states.TextNotFound)
    assert_problem(await client.get(f"/v1/register/{made['id']}/texts/x"), errors.Invalid)


async def test_withheld_texts_leave_their_hashes_and_a_day_of_review(client: httpx.AsyncClient) -> None:
    made = await make.agreement_in_force(client)
    withheld = {"reason_code": "security", "review_on": "2028-01-01", "reason": "Names the sites of valves."}
    path, headers = f"/v1/agreements/{made['id']}/withholdings", bearer(make.tijuana)
    answer = await client.post(path, json=withheld, headers=headers)
    assert (answer.status_code, answer.json()["withheld"]) == (201, {"reason_code": "security", "review_on": "2028-01-01"})
    assert_problem(await client.post(path, json=withheld, headers=headers), states.AlreadyWithheld)
    entry = (await client.get(f"/v1/register/{made['id']}")).json()
    RegisterEntry.model_validate(entry)
    assert (entry["withheld"]["review_on"], [item["href"] for item in entry["texts"]]) == ("2028-01-01", [None, None])
    assert sorted(item["sha256"] for item in entry["texts"]) == sorted(await make.hashes(client, made["id"]))
    refused = assert_problem(await client.get(f"/v1/register/{made['id']}/texts/en"), states.TextWithheld)
    assert refused["withheld"] == {"reason_code": "security", "review_on": "2028-01-01"}
    published = await client.post(f"/v1/agreements/{made['id']}/publications", json={}, headers=headers)
    assert (published.status_code, published.json()["withheld"]) == (201, None)
    assert (await client.get(f"/v1/register/{made['id']}/texts/en")).status_code == 200
    assert_problem(await client.post(f"/v1/agreements/{made['id']}/publications", json={}, headers=headers), states.NotWithheld)


async def test_filters_each_narrow_the_register(client: httpx.AsyncClient, database: Database, clock: Clock) -> None:
    water = (await make.agreement_in_force(client))["id"]
    clock.fixed = datetime(2026, 12, 24, 12, tzinfo=UTC)
    sisters = (await make.agreement_in_force(client, titles={"es": "Hermanamiento"}, kind="sister_city", topics=["culture"]))["id"]
    await make.withdrawal(client, sisters)
    for query, wanted in {
        "": [sisters, water],
        "sort=title": [water, sisters],
        "q=WATER": [water],
        "q=hermanamiento": [sisters],
        "kind=sister_city&kind=mou": [sisters, water],
        "topic=culture": [sisters],
        "status=in_force": [water],
        "status=terminated": [sisters],
        f"party={make.TIJUANA}": [sisters, water],
        f"party={make.TORONTO}": [],
        "country=US": [sisters, water],
        "country=CA": [],
        "signed_from=2026-12-01": [sisters],
        "signed_to=2026-12-01": [water],
        "signed_from=2026-11-22&signed_to=2026-11-22": [water],
    }.items():
        with queries(database, at_most=1):
            answer = await client.get(f"/v1/register?{query}")
        assert answer.status_code == 200, answer.text
        PageOf[RegisterEntry].model_validate(answer.json())
        assert [item["id"] for item in answer.json()["items"]] == wanted, query
    first = (await client.get("/v1/register?limit=1")).json()
    second = (await client.get(f"/v1/register?limit=1&cursor={first['next']}")).json()
    assert ([first["items"][0]["id"], second["items"][0]["id"]], second["next"]) == ([sisters, water], None)


@pytest.mark.parametrize("query", ["status=proposed", "signed_from=yesterday", "kind=treaty", "q=" + "x" * 201])
async def test_bad_filters_are_named(client: httpx.AsyncClient, query: str) -> None:
    assert_problem(await client.get(f"/v1/register?{query}"), errors.Invalid)
