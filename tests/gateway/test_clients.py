"""Machine clients: their secret is shown once."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway import errors
from gateway.app import Gateway
from gateway.bootstrap import ensure_client
from gateway.clients.schemas import ClientCreated, ClientRead
from gateway.clients.secrets import fits, hash_secret, new_secret
from shared.errors import Invalid, PreconditionRequired
from tests.support.make import gateway as make
from tests.support.problems import assert_problem

NEW: dict[str, Any] = {"client_id": "our-system", "name": "Our system", "roles": ["integrator"]}


async def token(http: httpx.AsyncClient, secret: str | None, client_id: str = "our-system") -> httpx.Response:
    return await http.post("/oauth/token", data={"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret or ""})


async def test_the_secret_is_shown_once(http: httpx.AsyncClient, gateway: Gateway) -> None:
    operator = make.bearer(gateway)
    answer = await http.post("/v1/clients", json=NEW, headers=operator)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = ClientCreated.model_validate(answer.json())
    assert (await token(http, made.client_secret)).status_code == 200
    read = await http.get(f"/v1/clients/{made.id}", headers=operator)
    ClientRead.model_validate(read.json())
    listed = await http.get("/v1/clients?client_id=our-system", headers=operator)
    assert [item["id"] for item in listed.json()["items"]] == [str(made.id)]
    async with gateway.own.state.database.session(read_only=True) as session:
        kept = (await session.execute(text("SELECT string_agg(row_to_json(c)::text, '') FROM clients c"))).scalar_one()
        events = (await session.execute(text("SELECT string_agg(row_to_json(e)::text, '') FROM events e"))).scalar_one()
    for where in (read.text, listed.text, kept, events):
        assert made.client_secret not in where


async def test_a_repetition_does_not_show_it_again(http: httpx.AsyncClient, gateway: Gateway) -> None:
    headers = make.bearer(gateway) | {"Idempotency-Key": "once"}
    assert (await http.post("/v1/clients", json=NEW, headers=headers)).status_code == 201
    assert_problem(await http.post("/v1/clients", json=NEW, headers=headers), errors.ClientIdTaken)


async def test_a_new_secret_replaces_the_old_one_and_its_tokens(http: httpx.AsyncClient, gateway: Gateway) -> None:
    operator = make.bearer(gateway)
    made = (await http.post("/v1/clients", json=NEW, headers=operator)).json()
    access = (await token(http, made["client_secret"])).json()["access_token"]
    path = f"/v1/clients/{made['id']}/secrets"
    assert_problem(await http.post(path, headers=operator), PreconditionRequired)
    tag = (await http.get(f"/v1/clients/{made['id']}", headers=operator)).headers["etag"]
    renewed = await http.post(path, headers=operator | {"If-Match": tag})
    assert renewed.status_code == 200, renewed.text
    assert (await token(http, made["client_secret"])).status_code == 401
    assert (await token(http, renewed.json()["client_secret"])).status_code == 200
    await gateway.own.state.revocations.load()
    assert_problem(await http.get("/v1/session", headers={"Authorization": f"Bearer {access}"}), errors.SignedOut)


@pytest.mark.parametrize(
    ("change", "error"),
    [({"client_id": "Our System"}, Invalid), ({"client_id": "a"}, Invalid), ({"roles": ["public"]}, errors.RoleNotAssignable), ({"secret": "x"}, Invalid)],
)
async def test_bad_clients_are_explained(http: httpx.AsyncClient, gateway: Gateway, change: dict[str, Any], error: Any) -> None:
    assert_problem(await http.post("/v1/clients", json=NEW | change, headers=make.bearer(gateway)), error)


async def test_ensuring_a_client_twice_makes_one_and_takes_the_given_secret(gateway: Gateway, http: httpx.AsyncClient) -> None:
    database, secret = gateway.own.state.database, new_secret()
    made = await ensure_client(database, client_id="registry-follower", roles=["follower"])
    assert (made.created, (await token(http, made.secret, "registry-follower")).status_code) == (True, 200)
    same = await ensure_client(database, client_id="registry-follower", roles=["follower"])
    assert (same.created, same.id, same.secret) == (False, made.id, None)
    given = await ensure_client(database, client_id="registry-follower", roles=["follower"], secret=secret)
    assert (given.id, given.secret) == (made.id, secret)
    assert (await ensure_client(database, client_id="registry-follower", roles=["follower"], secret=secret)).secret is None
    assert (await token(http, made.secret, "registry-follower")).status_code == 401
    assert (await token(http, secret, "registry-follower")).json()["scope"] == "events:follow events:read"
    with pytest.raises(ValueError, match="random"):
        await ensure_client(database, client_id="another", roles=["follower"], secret="guessable")


def test_secrets_are_random_and_compared_by_their_hash() -> None:
    secret = new_secret()
    assert secret != new_secret()
    assert fits(hash_secret(secret), secret)
    assert not fits(hash_secret(secret), secret + "x")
    assert not fits(None, secret)
