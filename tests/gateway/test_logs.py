"""What passes the door leaves no secret in the log, however loud the log is."""

import base64
from typing import Any

import httpx
import pytest

from gateway.app import Gateway
from shared.ids import new_id
from tests.support.make import gateway as make
from tests.support.written import written


async def test_no_secret_that_was_sent_or_given_out_is_in_the_log(http: httpx.AsyncClient, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = {name: f"planted-{name}-{new_id().hex}" for name in ("password", "wrong", "key", "basic", "posted", "bearer", "query", "cookie")}
    monkeypatch.setattr(gateway, "access_log_sample", 1.0)
    with written("DEBUG") as log:
        await make.account(gateway, email="ana@example.org", password=secrets["password"])
        machine = await make.client(gateway, client_id="our-system")
        headers = {"Idempotency-Key": secrets["key"], "Cookie": secrets["cookie"]}
        session = await http.post("/v1/session", json={"email": "ana@example.org", "password": secrets["password"]}, headers=headers)
        assert session.status_code == 201, session.text
        body = session.json()
        asked: list[httpx.Response] = [
            await http.post("/v1/session", json={"email": "ana@example.org", "password": secrets["wrong"]}),
            await http.post("/v1/session", json={"email": "ana@example.org", "password": {"nested": secrets["wrong"]}}),
            await http.post("/v1/session", content=f'{{"password": "{secrets["wrong"]}"'.encode(), headers={"Content-Type": "application/json"}),
            await http.get("/v1/session", headers={"Authorization": f"Bearer {body['access_token']}"}),
            await http.get("/v1/session", headers={"Authorization": f"Bearer {secrets['bearer']}"}),
            await http.get("/v1/session", headers={"Authorization": secrets["bearer"]}),
            await http.get(f"/v1/boxes?access_token={secrets['query']}"),
            await http.post("/oauth/token", data=grant("our-system", str(machine.secret))),
            await http.post("/oauth/token", data=grant("our-system", secrets["posted"])),
            await http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic("our-system", secrets["basic"])),
            await http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}),
        ]
        monkeypatch.setitem(gateway.own.state._state, "open_work", None)  # a mistake of ours, with its traceback
        headers = {"Authorization": f"Bearer {body['access_token']}", "Idempotency-Key": secrets["key"]}
        asked.append(await http.post("/v1/accounts", json={"email": "x@example.org", "password": secrets["wrong"]}, headers=headers))
    assert {answer.status_code for answer in asked} == {200, 400, 401, 422, 500}
    assert len(log.lines("request")) == 1 + len(asked)
    assert len(log.lines("request.failed")) >= 1
    given_out = {
        "access": body["access_token"],
        "refresh": body["refresh_token"],
        "client secret": str(machine.secret),
        "issued": asked[7].json()["access_token"],
    }
    signatures = {f"{name}'s signature": token.split(".")[2] for name, token in given_out.items() if token.count(".") == 2}
    sent = secrets | given_out | signatures | {"basic, encoded": basic("our-system", secrets["basic"])["Authorization"][6:]}
    text = log.getvalue()
    assert [name for name, secret in sent.items() if secret in text] == []


def grant(client_id: str, secret: str) -> dict[str, Any]:
    return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}
