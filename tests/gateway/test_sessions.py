"""Signing in, refreshing, signing out."""

import httpx

from gateway.app import Gateway
from tests.support.make import gateway as make


async def test_first_path(http: httpx.AsyncClient, gateway: Gateway) -> None:
    await make.account(gateway, email="Ana@Example.org")
    answer = await http.post("/v1/session", json={"email": "ana@example.ORG", "password": make.PASSWORD})
    assert answer.status_code == 201, answer.text
    token = answer.json()["access_token"]
    who = await http.get("/v1/session", headers={"Authorization": f"Bearer {token}"})
    assert who.status_code == 200, who.text
    boxes = await http.get("/v1/boxes", headers={"Authorization": f"Bearer {token}"})
    assert boxes.status_code == 200, boxes.text
