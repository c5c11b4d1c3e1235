"""Accounts: who may keep them, what a change does to tokens that say otherwise."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway import errors
from gateway.accounts.schemas import AccountRead
from gateway.app import Gateway
from gateway.bootstrap import ensure_account
from shared.errors import Forbidden, Invalid, PreconditionFailed, PreconditionRequired, Unauthorized
from shared.ids import new_id
from shared.pages import PageOf
from tests.support.make import gateway as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

NEW: dict[str, Any] = {"email": "Ana@example.org", "display_name": "Ana Pérez", "password": make.PASSWORD, "roles": ["member"]}


async def test_an_operator_makes_an_account(http: httpx.AsyncClient, gateway: Gateway) -> None:
    operator, organization = make.bearer(gateway), str(new_id())
    answer = await http.post("/v1/accounts", json=NEW | {"organization_id": organization, "country": "MX", "clearance": "amber"}, headers=operator)
    assert answer.status_code == 201, answer.text
    read = AccountRead.model_validate(answer.json())
    assert (read.email, str(read.organization_id), read.status, read.clearance) == ("Ana@example.org", organization, "active", "amber")
    assert "password" not in answer.text
    async with gateway.own.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT * FROM events WHERE type = 'account.created'"))).one()
    assert (event.aggregateid, event.visibility, "ana" in str(event.payload).lower()) == (str(read.id), "internal", False)
    with queries(gateway.own.state.database, at_most=1):
        again = await http.get(f"/v1/accounts/{read.id}", headers=operator)
    assert again.json() == answer.json()


async def test_an_address_is_taken_once_whatever_its_case(http: httpx.AsyncClient, gateway: Gateway) -> None:
    operator = make.bearer(gateway)
    assert (await http.post("/v1/accounts", json=NEW, headers=operator)).status_code == 201
    assert_problem(await http.post("/v1/accounts", json=NEW | {"email": " aNA@EXAMPLE.org"}, headers=operator), errors.EmailTaken)
    other = (await http.post("/v1/accounts", json=NEW | {"email": "b@example.org"}, headers=operator)).json()
    tag = (await http.get(f"/v1/accounts/{other['id']}", headers=operator)).headers["etag"]
    answer = await http.patch(f"/v1/accounts/{other['id']}", json={"email": "ANA@example.org"}, headers=operator | {"If-Match": tag})
    assert_problem(answer, errors.EmailTaken)


@pytest.mark.parametrize(
    ("change", "error", "pointer"),
    [
        ({"roles": ["king"]}, errors.RoleNotAssignable, "/roles"),
        ({"roles": ["follower"]}, errors.RoleNotAssignable, "/roles"),
        ({"roles": ["public"]}, errors.RoleNotAssignable, "/roles"),
        ({"roles": []}, Invalid, "/roles"),
        ({"password": "too short"}, Invalid, "/password"),
        ({"password": "x" * 201}, Invalid, "/password"),
        ({"email": "nobody"}, Invalid, "/email"),
        ({"email": "two@x @y"}, Invalid, "/email"),
        ({"country": "Mexico"}, Invalid, "/country"),
        ({"seats": [str(new_id()) for _ in range(51)]}, Invalid, "/seats"),
        ({"clearance": "secret"}, Invalid, "/clearance"),
        ({"status": "active"}, Invalid, "/status"),
        ({"display_name": " "}, Invalid, "/display_name"),
    ],
)
async def test_bad_accounts_are_explained(http: httpx.AsyncClient, gateway: Gateway, change: dict[str, Any], error: Any, pointer: str) -> None:
    body = assert_problem(await http.post("/v1/accounts", json=NEW | change, headers=make.bearer(gateway)), error)
    assert pointer in {item["pointer"] for item in body["errors"]}


async def test_only_those_with_the_scope(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.account(gateway)
    for path in ("/v1/accounts", f"/v1/accounts/{made.id}", "/v1/clients"):
        assert_problem(await http.get(path), Unauthorized)
        assert_problem(await http.get(path, headers=make.bearer(gateway, roles=["manager", "national_coordinator"])), Forbidden)
    assert_problem(await http.get(f"/v1/accounts/{new_id()}", headers=make.bearer(gateway)), errors.AccountNotFound)


async def test_pages_and_filters(http: httpx.AsyncClient, gateway: Gateway) -> None:
    operator, organization = make.bearer(gateway), new_id()
    for number in range(5):
        await make.account(gateway, email=f"p{number}@example.org", roles=["member"], organization_id=organization if number % 2 else None)
    with queries(gateway.own.state.database, at_most=1):
        first = await http.get("/v1/accounts?limit=2&count=exact&role=member", headers=operator)
    page = PageOf[AccountRead].model_validate(first.json())
    assert ([item.email for item in page.items], page.total) == (["p0@example.org", "p1@example.org"], 5)
    assert first.headers["link"].startswith("</v1/accounts?")
    second = (await http.get("/v1/accounts", params={"limit": 2, "role": "member", "cursor": page.next}, headers=operator)).json()
    assert [item["email"] for item in second["items"]] == ["p2@example.org", "p3@example.org"]
    assert len((await http.get(f"/v1/accounts?organization={organization}", headers=operator)).json()["items"]) == 2
    assert len((await http.get("/v1/accounts?email=P3@EXAMPLE.ORG", headers=operator)).json()["items"]) == 1
    assert (await http.get("/v1/accounts?status=disabled", headers=operator)).json()["items"] == []


async def test_a_change_needs_the_etag_and_says_what_it_was(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made, operator = await make.account(gateway, roles=["member"]), make.bearer(gateway)
    path = f"/v1/accounts/{made.id}"
    assert_problem(await http.patch(path, json={"roles": ["manager"]}, headers=operator), PreconditionRequired)
    tag = (await http.get(path, headers=operator)).headers["etag"]
    change = {"roles": ["manager"], "reason": "elected"}
    answer = await http.patch(path, json=change, headers=operator | {"If-Match": tag})
    assert (answer.status_code, answer.json()["roles"]) == (200, ["manager"])
    assert_problem(await http.patch(path, json=change, headers=operator | {"If-Match": tag}), PreconditionFailed)
    async with gateway.own.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT * FROM events WHERE type = 'account.changed'"))).one()
    assert (event.reason, event.before["roles"], event.after["roles"]) == ("elected", ["member"], ["manager"])


@pytest.mark.parametrize(
    ("change", "dies"),
    [
        ({"status": "disabled"}, True),
        ({"roles": ["operator", "auditor"]}, True),
        ({"organization_id": None}, True),
        ({"password": "another long password"}, True),
        ({"display_name": "Ana"}, False),
    ],
)
async def test_tokens_that_say_otherwise_die(http: httpx.AsyncClient, gateway: Gateway, change: dict[str, Any], dies: bool) -> None:
    made, operator = await make.account(gateway, email="ana@example.org"), make.bearer(gateway)
    session = (await http.post("/v1/session", json={"email": "ana@example.org", "password": make.PASSWORD})).json()
    mine = {"Authorization": f"Bearer {session['access_token']}"}
    assert (await http.get("/v1/session", headers=mine)).status_code == 200
    path = f"/v1/accounts/{made.id}"
    tag = (await http.get(path, headers=operator)).headers["etag"]
    assert (await http.patch(path, json=change, headers=operator | {"If-Match": tag})).status_code == 200
    await gateway.own.state.revocations.load()
    assert (await http.get("/v1/session", headers=mine)).status_code == (401 if dies else 200)
    refreshed = await http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": session["refresh_token"]})
    ended = "status" in change or "password" in change
    assert refreshed.status_code == (400 if ended else 200), "roles and organisation only need a new access token"


async def test_a_repetition_neither_stores_the_password_nor_makes_a_second_account(http: httpx.AsyncClient, gateway: Gateway) -> None:
    headers = make.bearer(gateway) | {"Idempotency-Key": "once"}
    assert (await http.post("/v1/accounts", json=NEW, headers=headers)).status_code == 201
    assert_problem(await http.post("/v1/accounts", json=NEW, headers=headers), errors.EmailTaken)
    async with gateway.own.state.database.session(read_only=True) as session:
        assert (await session.execute(text("SELECT count(*) FROM idempotency_keys"))).scalar_one() == 0


async def test_ensuring_an_account_twice_makes_one(gateway: Gateway, http: httpx.AsyncClient) -> None:
    database = gateway.own.state.database
    first = await ensure_account(database, email="op@example.org", password=make.PASSWORD, roles=["operator"])
    again = await ensure_account(database, email="OP@example.org", password="another long password", roles=["member"])
    assert (first.created, again.created, again.id) == (True, False, first.id)
    answer = await http.post("/v1/session", json={"email": "op@example.org", "password": make.PASSWORD})
    assert answer.json()["account"]["roles"] == ["operator"]
