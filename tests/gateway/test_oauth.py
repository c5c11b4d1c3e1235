"""`/oauth/token` as RFC 6749 has it."""

import base64
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from gateway.app import Gateway
from gateway.errors import SignedOut
from shared import errors
from tests.support.make import gateway as make
from tests.support.problems import assert_problem


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()}


async def test_a_machine_gets_a_token_either_way(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.client(gateway, client_id="our-system")
    assert made.secret is not None
    grant = {"grant_type": "client_credentials"}
    posted = await http.post("/oauth/token", data=grant | {"client_id": "our-system", "client_secret": made.secret})
    headed = await http.post("/oauth/token", data=grant, headers=basic("our-system", made.secret))
    for answer in (posted, headed):
        assert answer.status_code == 200, answer.text
        assert (answer.headers["cache-control"], answer.headers["pragma"], answer.headers["content-type"]) == ("no-store", "no-cache", "application/json")
        body = answer.json()
        assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 900, "agreements:read events:read")
        who = (await http.get("/v1/session", headers={"Authorization": f"Bearer {body['access_token']}"})).json()
        assert (who["subject"], who["kind"], who["session_id"]) == (str(made.id), "client", None)


async def test_less_may_be_asked_for_and_never_more(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.client(gateway, client_id="our-system")
    grant = {"grant_type": "client_credentials", "client_id": "our-system", "client_secret": str(made.secret)}
    less = (await http.post("/oauth/token", data=grant | {"scope": "events:read"})).json()
    assert less["scope"] == "events:read"
    who = (await http.get("/v1/session", headers={"Authorization": f"Bearer {less['access_token']}"})).json()
    assert who["scopes"] == ["events:read"]
    for scope in ("accounts:manage", "events:read accounts:manage", " "):
        more = await http.post("/oauth/token", data=grant | {"scope": scope})
        assert (more.status_code, more.json()["error"]) == (400, "invalid_scope"), scope


async def test_a_refused_scope_does_not_use_the_refresh_token_up(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    session = (await http.post("/v1/session", json={"email": "ana@example.org", "password": make.PASSWORD})).json()
    form = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
    assert (await http.post("/oauth/token", data=form | {"scope": "everything"})).json()["error"] == "invalid_scope"
    assert (await http.post("/oauth/token", data=form)).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "our-system"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "our-system", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, 400, "invalid_grant"),
    ],
)
async def test_refusals_have_the_format_of_oauth(http: httpx.AsyncClient, gateway: Gateway, form: dict[str, str], status: int, error: str) -> None:
    await make.client(gateway, client_id="our-system")
    answer = await http.post(
        "/oauth/token", content="&".join(f"{k}={v}" for k, v in form.items()), headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("content", "headers", "error"),
    [
        ("grant_type=client_credentials&grant_type=refresh_token", {}, "invalid_request"),
        ("grant_type=%ff", {}, "invalid_request"),
        ("&".join(f"a{n}=1" for n in range(30)), {}, "invalid_request"),
        ("grant_type=client_credentials&x=" + "a" * 20_000, {}, "invalid_request"),
        ('{"grant_type": "client_credentials"}', {"Content-Type": "application/json"}, "invalid_request"),
        ("grant_type=client_credentials&client_secret=x", basic("our-system", "x"), "invalid_request"),
        ("grant_type=client_credentials&client_id=another", basic("our-system", "x"), "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic !!!"}, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}, "invalid_client"),
        ("grant_type=client_credentials", {"Authorization": "Bearer x"}, "invalid_client"),
    ],
)
async def test_malformed_requests(http: httpx.AsyncClient, content: str, headers: dict[str, str], error: str) -> None:
    answer = await http.post("/oauth/token", content=content, headers={"Content-Type": "application/x-www-form-urlencoded"} | headers)
    assert answer.json().get("error") == error, answer.text
    assert answer.status_code == (401 if error == "invalid_client" else 400)


async def test_tokens_in_the_query_are_refused(http: httpx.AsyncClient) -> None:
    assert_problem(await http.post("/oauth/token?grant_type=client_credentials"), errors.Invalid)


async def test_an_idempotency_key_stores_no_tokens(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.client(gateway, client_id="our-system")
    form: Any = {"grant_type": "client_credentials", "client_id": "our-system", "client_secret": made.secret}
    answers = [await http.post("/oauth/token", data=form, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["access_token"] != answers[1].json()["access_token"]


async def test_a_disabled_client_gets_nothing_more(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.client(gateway, client_id="our-system")
    form: Any = {"grant_type": "client_credentials", "client_id": "our-system", "client_secret": made.secret}
    token = (await http.post("/oauth/token", data=form)).json()["access_token"]
    path, operator = f"/v1/clients/{made.id}", make.bearer(gateway)
    tag = (await http.get(path, headers=operator)).headers["etag"]
    assert (await http.patch(path, json={"status": "disabled"}, headers=operator | {"If-Match": tag})).status_code == 200
    assert (await http.post("/oauth/token", data=form)).json()["error"] == "invalid_client"
    await gateway.own.state.revocations.load()
    assert_problem(await http.get("/v1/session", headers={"Authorization": f"Bearer {token}"}), SignedOut)
