"""Signing in, refreshing, signing out: the same answer for everyone who may not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import text

from gateway import errors
from gateway.accounts import passwords
from gateway.app import Gateway
from gateway.tokens.schemas import SessionCreated, SessionRead
from shared.errors import Invalid, Unauthorized
from shared.ids import new_id
from shared.web import Clock
from tests.support.make import gateway as make
from tests.support.problems import assert_problem


async def sign_in(http: httpx.AsyncClient, email: str, password: str = make.PASSWORD) -> httpx.Response:
    return await http.post("/v1/session", json={"email": email, "password": password})


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token})


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def count(gateway: Gateway, table: str) -> int:
    async with gateway.own.state.database.session(read_only=True) as session:
        return int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_a_person_signs_in_whatever_the_case_of_the_address(http: httpx.AsyncClient, gateway: Gateway) -> None:
    organization, seat = new_id(), new_id()
    made = await make.account(
        gateway, email="Ana@Example.org", roles=["member", "signatory"], organization_id=organization, seats=[seat], country="MX", subdivision="MX-SON"
    )
    answer = await sign_in(http, "ana@EXAMPLE.org")
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = SessionCreated.model_validate(answer.json())
    assert (body.account.id, body.account.email, body.account.roles) == (made.id, "Ana@Example.org", ["member", "signatory"])
    assert "agreements:sign" in body.account.scopes
    claims = jwt.decode(body.access_token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == body.expires_in == 900
    assert (claims["aud"], claims["sub"], claims["org"], claims["seats"]) == ("comity", str(made.id), str(organization), [str(seat)])
    assert "scopes" not in claims
    who = await http.get("/v1/session", headers=bearing(body.access_token))
    read = SessionRead.model_validate(who.json())
    assert (read.subject, read.kind, read.country, read.subdivision, read.seats) == (str(made.id), "account", "MX", "MX-SON", [seat])
    assert set(read.scopes) == set(body.account.scopes)


async def test_the_wrong_password_and_an_unknown_address_get_the_same_answer_and_cost_the_same_work(
    http: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make.account(gateway, email="ana@example.org")
    hashed: list[bool] = []
    verify = passwords._verify

    def counted(password_hash: str | None, password: str) -> bool:
        hashed.append(password_hash is None)
        return verify(password_hash, password)

    monkeypatch.setattr(passwords, "_verify", counted)
    known, unknown = await sign_in(http, "ana@example.org", "not the password"), await sign_in(http, "nobody@example.org", "not the password")
    for answer in (known, unknown):
        assert_problem(answer, errors.BadCredentials)
    assert {**known.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    assert hashed == [False, True]
    assert await count(gateway, "login_attempts") == 2
    nobody, somebody = passwords._nobody(), await passwords.hash_password("x" * 12)
    assert nobody.split("$")[:4] == somebody.split("$")[:4], "the same algorithm with the same parameters"


async def test_no_password_fits_nobody(http: httpx.AsyncClient) -> None:
    assert await passwords.verify_password(None, "anything at all") is False
    assert await passwords.verify_password("not a hash", "anything at all") is False


async def test_a_disabled_account_cannot_sign_in(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.account(gateway, email="ana@example.org")
    path, operator = f"/v1/accounts/{made.id}", make.bearer(gateway)
    tag = (await http.get(path, headers=operator)).headers["etag"]
    answer = await http.patch(path, json={"status": "disabled"}, headers=operator | {"If-Match": tag})
    assert answer.status_code == 200, answer.text
    assert_problem(await sign_in(http, "ana@example.org"), errors.BadCredentials)


async def test_failed_attempts_lock_an_address_for_a_while_known_or_not(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    gateway.own.state.clock = clock = Clock(start)
    for email in ("ana@example.org", "nobody@example.org"):
        clock.fixed = start
        for _ in range(5):
            assert_problem(await sign_in(http, email, "wrong"), errors.BadCredentials)
        locked = await sign_in(http, email)
        assert_problem(locked, errors.TooManyAttempts, retry_after=1)
        assert locked.headers["retry-after"] == "1"
    clock.fixed = start + timedelta(seconds=1)
    assert_problem(await sign_in(http, "ana@example.org", "wrong"), errors.BadCredentials)
    assert_problem(await sign_in(http, "ana@example.org"), errors.TooManyAttempts, retry_after=2)
    clock.fixed = start + timedelta(seconds=3)
    assert (await sign_in(http, "ana@example.org")).status_code == 201
    assert_problem(await sign_in(http, "ana@example.org", "wrong"), errors.BadCredentials)
    assert (await sign_in(http, "ana@example.org")).status_code == 201, "the count began anew"


async def test_the_lock_never_exceeds_a_quarter_of_an_hour_and_is_not_prolonged_by_trying(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    gateway.own.state.clock = clock = Clock(now)
    waits: list[int] = []
    for _ in range(18):
        clock.fixed = now
        assert_problem(await sign_in(http, "ana@example.org", "wrong"), errors.BadCredentials)
        refused = [await sign_in(http, "ana@example.org", "wrong") for _ in range(2)] if len(waits) >= 4 else []
        waits.append(refused[-1].json()["retry_after"] if refused else 0)
        assert {answer.status_code for answer in refused} <= {429}
        now += timedelta(seconds=waits[-1])
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]
    clock.fixed = now
    assert (await sign_in(http, "ana@example.org")).status_code == 201


async def test_a_refresh_token_is_used_once_and_its_second_use_ends_the_session(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    first = (await sign_in(http, "ana@example.org")).json()
    answer = await refresh(http, first["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    second = answer.json()
    assert second["token_type"] == "Bearer"
    assert second["refresh_token"] != first["refresh_token"]
    assert (await http.get("/v1/session", headers=bearing(second["access_token"]))).status_code == 200
    reused = await refresh(http, first["refresh_token"])
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert (await refresh(http, second["refresh_token"])).json()["error"] == "invalid_grant"
    await gateway.own.state.revocations.load()
    assert_problem(await http.get("/v1/session", headers=bearing(second["access_token"])), errors.SignedOut)
    async with gateway.own.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT type, payload, visibility FROM events WHERE type = 'session.revoked'"))).one()
    assert (event.payload["cause"], event.visibility) == ("refresh token used twice", "internal")


async def test_tokens_are_kept_as_hashes_only(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    token = (await sign_in(http, "ana@example.org")).json()["refresh_token"]
    async with gateway.own.state.database.session(read_only=True) as session:
        rows = (
            await session.execute(text("SELECT row_to_json(t)::text FROM refresh_tokens t UNION ALL SELECT row_to_json(a)::text FROM accounts a"))
        ).scalars()
        kept = " ".join(rows)
    assert token not in kept
    assert make.PASSWORD not in kept


@pytest.mark.parametrize(("days", "outcome"), [(6, 200), (8, 400)])
async def test_a_refresh_token_waits_a_week(http: httpx.AsyncClient, gateway: Gateway, days: int, outcome: int) -> None:
    await make.account(gateway, email="ana@example.org")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    gateway.own.state.clock = clock = Clock(start)
    token = (await sign_in(http, "ana@example.org")).json()["refresh_token"]
    clock.fixed = start + timedelta(days=days)
    assert (await refresh(http, token)).status_code == outcome


async def test_a_session_ends_after_a_month_however_often_it_is_refreshed(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    gateway.own.state.clock = clock = Clock(start)
    token = (await sign_in(http, "ana@example.org")).json()["refresh_token"]
    statuses = []
    for day in range(5, 40, 5):
        clock.fixed = start + timedelta(days=day)
        answer = await refresh(http, token)
        statuses.append(answer.status_code)
        token = answer.json().get("refresh_token", token)
    assert statuses == [200, 200, 200, 200, 200, 400, 400]


async def test_signing_out_ends_the_session_and_its_tokens(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    session = (await sign_in(http, "ana@example.org")).json()
    other = (await sign_in(http, "ana@example.org")).json()
    answer = await http.delete("/v1/session", headers=bearing(session["access_token"]))
    assert (answer.status_code, answer.content) == (204, b"")
    await gateway.own.state.revocations.load()
    assert_problem(await http.get("/v1/session", headers=bearing(session["access_token"])), errors.SignedOut)
    assert (await refresh(http, session["refresh_token"])).status_code == 400
    assert (await http.get("/v1/session", headers=bearing(other["access_token"]))).status_code == 200


async def test_a_machine_has_no_session_to_end(http: httpx.AsyncClient, gateway: Gateway) -> None:
    token = make.access_token(gateway, client_id="c", roles=["integrator"])
    assert_problem(await http.delete("/v1/session", headers=bearing(token)), errors.NoSession)


async def test_who_am_i_needs_a_token(http: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        assert_problem(await http.request(method, "/v1/session"), Unauthorized)


NEW_PASSWORD = "quite another password"


async def change_password(http: httpx.AsyncClient, token: str, current: str = make.PASSWORD, new: str = NEW_PASSWORD) -> httpx.Response:
    return await http.put("/v1/account/password", json={"current_password": current, "new_password": new}, headers=bearing(token))


async def test_a_person_changes_their_password_and_keeps_this_session_only(http: httpx.AsyncClient, gateway: Gateway) -> None:
    made = await make.account(gateway, email="ana@example.org", roles=["member"])
    mine, other = [(await sign_in(http, "ana@example.org")).json() for _ in range(2)]
    answer = await change_password(http, mine["access_token"])
    assert (answer.status_code, answer.content) == (204, b"")
    await gateway.own.state.revocations.load()
    assert (await http.get("/v1/session", headers=bearing(mine["access_token"]))).status_code == 200
    assert (await refresh(http, mine["refresh_token"])).status_code == 200
    assert_problem(await http.get("/v1/session", headers=bearing(other["access_token"])), errors.SignedOut)
    assert (await refresh(http, other["refresh_token"])).json()["error"] == "invalid_grant"
    assert_problem(await sign_in(http, "ana@example.org"), errors.BadCredentials)
    assert (await sign_in(http, "ana@example.org", NEW_PASSWORD)).status_code == 201
    async with gateway.own.state.database.session(read_only=True) as session:
        event = (await session.execute(text("SELECT subject, reason, payload::text AS payload FROM events WHERE type = 'account.changed'"))).one()
    assert (event.subject, event.reason, NEW_PASSWORD in event.payload) == (str(made.id), "changed their password", False)


async def test_the_current_password_is_needed_and_guesses_at_it_are_counted(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    gateway.own.state.clock = clock = Clock(datetime.now(UTC))
    clock.fixed = clock.now()
    mine, other = [(await sign_in(http, "ana@example.org")).json() for _ in range(2)]
    for _ in range(5):
        assert_problem(await change_password(http, mine["access_token"], current="a guess"), errors.WrongPassword)
    assert_problem(await change_password(http, mine["access_token"]), errors.TooManyAttempts, retry_after=1)
    assert_problem(await sign_in(http, "ana@example.org"), errors.TooManyAttempts, retry_after=1)
    clock.fixed += timedelta(seconds=1)
    assert (await refresh(http, other["refresh_token"])).status_code == 200, "nothing has ended"
    assert (await change_password(http, mine["access_token"])).status_code == 204
    assert await count(gateway, "login_attempts") == 0


async def test_who_has_no_password_or_no_session_changes_none(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="ana@example.org")
    mine = (await sign_in(http, "ana@example.org")).json()
    body = {"current_password": make.PASSWORD, "new_password": NEW_PASSWORD}
    assert_problem(await http.put("/v1/account/password", json=body), Unauthorized)
    machine = make.access_token(gateway, client_id="c", roles=["integrator"])
    assert_problem(await change_password(http, machine), errors.NoAccount)
    assert_problem(await change_password(http, mine["access_token"], new="too short"), Invalid)
    assert_problem(await change_password(http, mine["access_token"], current=""), Invalid)
    assert (await http.delete("/v1/session", headers=bearing(mine["access_token"]))).status_code == 204
    # The token is still in the memory of the gateway, as at one that has not read the revocation yet.
    assert_problem(await change_password(http, mine["access_token"]), Unauthorized)
    assert (await sign_in(http, "ana@example.org")).status_code == 201, "the password is as it was"


async def test_a_password_that_was_changed_in_between_is_not_overwritten(http: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    await make.account(gateway, email="ana@example.org")
    mine = (await sign_in(http, "ana@example.org")).json()
    hashed = await passwords.hash_password("what the operator has set")

    async def meanwhile(password: str) -> str:
        async with gateway.own.state.database.session(read_only=False) as session, session.begin():
            await session.execute(text("UPDATE accounts SET password_hash = :hashed"), {"hashed": hashed})
        return await passwords.hash_password(password)

    monkeypatch.setattr("gateway.tokens.passwords.hash_password", meanwhile)
    assert_problem(await change_password(http, mine["access_token"]), errors.WrongPassword)
    assert (await sign_in(http, "ana@example.org", "what the operator has set")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ana@example.org"},
        {"email": "ana", "password": "x"},
        {"email": "a@b", "password": ""},
        {"email": "a@b", "password": "x" * 201},
        {"email": "a@b", "password": "x", "x": 1},
    ],
)
async def test_bad_sign_ins_are_explained_and_not_counted(http: httpx.AsyncClient, gateway: Gateway, body: dict[str, Any]) -> None:
    assert_problem(await http.post("/v1/session", json=body), Invalid)
    assert await count(gateway, "login_attempts") == 0
