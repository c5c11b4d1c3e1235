"""Ties on a day: what they were then, in reads, lists, neighbours and paths alike; and without a day what they are today."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry.ties.models import EXPIRED
from services.registry.ties.schemas import TieRead
from shared.web import Clock
from tests.registry.conftest import NOON
from tests.support.make import registry as make

OVER = "The council voted."


async def pair(client: httpx.AsyncClient) -> list[str]:
    return [(await make.actor(client, name))["id"] for name in ("San Diego", "Los Angeles")]


async def end(client: httpx.AsyncClient, tie: dict[str, Any], **body: Any) -> httpx.Response:
    return await make.with_match(client, "POST", f"/v1/ties/{tie['id']}/end", make.TIER, of=f"/v1/ties/{tie['id']}", reason=OVER, **body)


async def seen(client: httpx.AsyncClient, tie: dict[str, Any], query: str = "") -> dict[str, list[str]]:
    """Where the tie is found with this question, and as what."""
    one, two = tie["from_id"], tie["to_id"]
    paths = {
        "list": f"/v1/ties?actor={one}&{query}",
        "neighbours": f"/v1/actors/{one}/neighbours?{query}",
        "paths": f"/v1/actors/{one}/paths?to={two}&{query}",
        "actor": f"/v1/actors/{one}?include=ties&{query}",
    }
    answers = {name: (await client.get(path)).json() for name, path in paths.items() if "status=" not in query or name != "actor"}
    items = {name: answer["ties" if name in ("paths", "actor") else "items"] for name, answer in answers.items()}
    return {name: [item["status"] for item in found] for name, found in items.items()}


async def test_what_ended_was_active_before(registry: httpx.AsyncClient) -> None:
    one, two = await pair(registry)
    tie = await make.tie(registry, one, two, type="friendship_city", valid_from="2001-01-01")
    assert (await end(registry, tie, on="2020-12-31")).status_code == 200
    path = f"/v1/ties/{tie['id']}"
    for day, status, reason in (("2010-01-01", "active", None), ("2020-12-31", "active", None), ("2021-01-01", "ended", OVER)):
        body = (await registry.get(f"{path}?as_of={day}")).json()
        TieRead.model_validate(body)
        assert (body["status"], body["end_reason"], body["valid_through"]) == (status, reason, "2020-12-31"), day
    today = (await registry.get(path)).json()
    assert (today["status"], today["end_reason"]) == ("ended", OVER)
    listed: dict[str, list[str]] = {"list": [], "neighbours": [], "paths": []}
    everywhere = {name: ["active"] for name in listed}
    for day in ("2010-01-01", "2020-12-31"):
        assert await seen(registry, tie, f"as_of={day}") == {**everywhere, "actor": ["active"]}
        assert await seen(registry, tie, f"as_of={day}&status=active") == everywhere
        assert await seen(registry, tie, f"as_of={day}&status=ended") == listed
    assert await seen(registry, tie, "as_of=2021-01-01") == {**listed, "actor": []}
    assert await seen(registry, tie, "status=ended") == {**listed, "list": ["ended"]}


async def test_an_end_of_today_counts_at_once(registry: httpx.AsyncClient, clock: Clock) -> None:
    """With the day and without it; tomorrow that was a day on which it was active."""
    tie = await make.tie(registry, *await pair(registry))
    answer = await end(registry, tie)
    assert (answer.json()["status"], answer.json()["end_reason"]) == ("ended", OVER)
    today = str(NOON.date())
    path = f"/v1/ties/{tie['id']}"
    assert [(await registry.get(f"{path}{query}")).json()["status"] for query in ("", f"?as_of={today}")] == ["ended", "ended"]
    clock.fixed = NOON + timedelta(days=1)
    assert [(await registry.get(f"{path}{query}")).json()["status"] for query in ("", f"?as_of={today}")] == ["ended", "active"]


async def test_an_end_to_come_is_none_until_then(registry: httpx.AsyncClient, clock: Clock) -> None:
    """And on its day it is one, before any sweeper has come by."""
    one, two = await pair(registry)
    tie = await make.tie(registry, one, two, valid_through="2026-12-31")
    path = f"/v1/ties/{tie['id']}"
    for query, status, reason in (("", "active", None), ("?as_of=2026-12-31", "active", None), ("?as_of=2027-01-01", "ended", EXPIRED)):
        body = (await registry.get(f"{path}{query}")).json()
        assert (body["status"], body["end_reason"]) == (status, reason)
    clock.fixed = NOON + timedelta(days=60)
    body = (await registry.get(path)).json()
    assert (body["status"], body["end_reason"]) == ("ended", EXPIRED)
    found = [(await registry.get(f"/v1/ties?actor={one}&status={status}")).json()["items"] for status in ("active", "ended")]
    assert [len(items) for items in found] == [0, 1]


@pytest.mark.parametrize(("day", "status"), [("2015-06-30", "active"), ("2015-07-01", "dormant"), (None, "dormant")])
async def test_what_sleeps_was_awake_while_something_was_heard(registry: httpx.AsyncClient, registry_app: FastAPI, day: str | None, status: str) -> None:
    tie = await make.tie(registry, *await pair(registry), last_activity_on="2015-06-30")
    async with registry_app.state.database.session(read_only=False) as session:
        await session.execute(text("UPDATE ties SET status = 'dormant'"))
        await session.commit()
    query = f"as_of={day}" if day else ""
    assert (await registry.get(f"/v1/ties/{tie['id']}?{query}")).json()["status"] == status
    assert set(map(tuple, (await seen(registry, tie, query)).values())) == {(status,)}


async def test_what_was_withdrawn_was_never_there(registry: httpx.AsyncClient) -> None:
    tie = await make.tie(registry, *await pair(registry), valid_from="2001-01-01")
    address = f"/v1/ties/{tie['id']}"
    gone = await make.with_match(registry, "POST", f"{address}/withdrawal", make.TIER, of=address, reason="Of another city.")
    assert gone.status_code == 200, gone.text
    assert (await registry.get(f"{address}?as_of=2010-01-01")).json()["status"] == "withdrawn"
    assert await seen(registry, tie, "as_of=2010-01-01&status=active") == {"list": [], "neighbours": [], "paths": []}
