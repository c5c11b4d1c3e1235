"""The merged feed over scripted feeds: order, cursors, waiting, and services that fail."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson
import pytest

from gateway.app import Gateway
from gateway.errors import FeedUnavailable
from gateway.feed import FeedCursors
from gateway.routing import Upstream
from shared import errors
from shared.ids import new_id
from tests.support.make import gateway as make
from tests.support.problems import assert_problem

READER = str(new_id())


class ScriptedFeed:
    """A service's feed in memory, speaking http-feeds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.events: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.waiting = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.status = 200
        self.authorizations: set[bytes] = set()

    def happen(self, count: int = 1) -> None:
        for _ in range(count):
            self.events.append({"specversion": "1.0", "id": str(new_id()), "type": "x.happened", "source": f"/v1/events/{self.name}", "data": {}})
        self.news.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.authorizations.add(dict(scope["headers"])[b"authorization"])
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        found = self._after(query.get("lastEventId"))
        if found == [] and int(query["timeout"]):
            self.waiting.set()
            try:
                await asyncio.wait_for(self.news.wait(), int(query["timeout"]) / 1000)
            except TimeoutError:
                pass
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
            found = self._after(query.get("lastEventId"))
        status, body = (410, {"title": "gone"}) if found is None else (self.status, found[: int(query["limit"])])
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": orjson.dumps(body)})

    def _after(self, last: str | None) -> list[dict[str, Any]] | None:
        if last is None:
            return list(self.events)
        known = [event["id"] for event in self.events]
        return self.events[known.index(last) + 1 :] if last in known else None


@pytest.fixture
async def feeds(gateway: Gateway) -> AsyncIterator[dict[str, ScriptedFeed]]:
    services = gateway.own.state.services
    made = {name: ScriptedFeed(name) for name in ("registry", "agreements", "briefings")}
    gateway.own.state.services = {name: Upstream(name, feed) for name, feed in made.items()}
    yield made
    gateway.own.state.services = services


async def read(http: httpx.AsyncClient, gateway: Gateway, **query: Any) -> httpx.Response:
    return await http.get("/v1/events", params=query, headers=make.bearer(gateway, roles=["member"], sub=READER))


async def test_everything_once_service_by_service(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    for number, feed in enumerate(feeds.values(), start=2):
        feed.happen(number)
    expected = [event["id"] for feed in feeds.values() for event in feed.events]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 4}
    for _ in range(4):
        answer = await read(http, gateway, **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        assert answer.headers["cache-control"] == "no-store"
        batch = answer.json()
        seen += [event["id"] for event in batch]
        assert len(batch) <= 4
        if batch:
            assert f"lastEventId={batch[-1]['cursor']}" in answer.headers["link"]
            assert answer.headers["link"].endswith('rel="next"')
            query["lastEventId"] = batch[-1]["cursor"]
    assert seen == expected
    assert batch == []
    assert all(len(feed.authorizations) == 1 for feed in feeds.values()), "one internal token for one principal, whatever access token it shows"


async def test_every_event_carries_the_cursor_to_go_on_from(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    feeds["registry"].happen(2)
    feeds["briefings"].happen(2)
    events = (await read(http, gateway)).json()
    for number, event in enumerate(events, start=1):
        rest = (await read(http, gateway, lastEventId=event["cursor"])).json()
        assert [item["id"] for item in rest] == [item["id"] for item in events[number:]]


async def test_news_of_an_earlier_service_are_not_missed(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    feeds["briefings"].happen()
    cursor = (await read(http, gateway)).json()[-1]["cursor"]
    feeds["registry"].happen()
    feeds["briefings"].happen()
    later = (await read(http, gateway, lastEventId=cursor)).json()
    assert [event["source"] for event in later] == ["/v1/events/registry", "/v1/events/briefings"]


@pytest.mark.parametrize("kind", ["nonsense", "unsigned", "signed with another key", "an event id", "another service", "empty", "not ascii"])
async def test_an_unknown_cursor_is_gone_and_never_the_start(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed], kind: str) -> None:
    feeds["registry"].happen()
    identifier = feeds["registry"].events[0]["id"]
    body = orjson.dumps({"registry": identifier})
    cursors = {
        "nonsense": "nonsense",
        "unsigned": base64.urlsafe_b64encode(b"0" * 16 + body).decode().rstrip("="),
        "signed with another key": FeedCursors(b"another").write({"registry": identifier}),
        "an event id": identifier,
        "another service": gateway.own.state.feed_cursors.write({"elsewhere": identifier}),
        "empty": "",
        "not ascii": "é",
    }
    assert_problem(await read(http, gateway, lastEventId=cursors[kind]), errors.FeedPositionUnknown)


async def test_a_position_that_a_service_does_not_know_is_gone(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    cursor = gateway.own.state.feed_cursors.write({"agreements": str(new_id())})
    assert_problem(await read(http, gateway, lastEventId=cursor), errors.FeedPositionUnknown, service="agreements")


async def test_waiting_ends_with_the_first_news_and_the_others_are_let_go(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    async with asyncio.timeout(20):
        task = asyncio.create_task(read(http, gateway, timeout=30_000))
        for feed in feeds.values():
            await feed.waiting.wait()
        feeds["agreements"].happen()
        answer = await task
        assert [event["source"] for event in answer.json()] == ["/v1/events/agreements"]
        for name in ("registry", "briefings"):
            await feeds[name].cancelled.wait()


async def test_the_end_is_an_empty_array_that_keeps_its_place(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    start = await read(http, gateway, timeout=1)
    assert (start.status_code, start.json(), "link" in start.headers) == (200, [], False)
    feeds["registry"].happen()
    cursor = (await read(http, gateway)).json()[-1]["cursor"]
    end = await read(http, gateway, lastEventId=cursor, timeout=1)
    assert (end.json(), cursor in end.headers["link"]) == ([], True)


async def test_a_service_that_fails_is_passed_over_while_others_have_news(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    feeds["registry"].status = 503
    feeds["registry"].happen()
    feeds["briefings"].happen()
    events = (await read(http, gateway)).json()
    assert [event["source"] for event in events] == ["/v1/events/briefings"]
    cursor = events[-1]["cursor"]
    body = assert_problem(await read(http, gateway, lastEventId=cursor), FeedUnavailable)
    assert "registry" in body["detail"]
    feeds["registry"].status = 200
    assert [event["source"] for event in (await read(http, gateway, lastEventId=cursor)).json()] == ["/v1/events/registry"]


async def test_it_takes_the_scope_and_sane_parameters(http: httpx.AsyncClient, gateway: Gateway, feeds: dict[str, ScriptedFeed]) -> None:
    assert_problem(await http.get("/v1/events"), errors.Unauthorized)
    assert_problem(await http.get("/v1/events", headers=make.bearer(gateway, roles=["nobody"])), errors.Forbidden, scope="events:read")
    for query in ({"timeout": 30_001}, {"limit": 0}, {"limit": 1_001}, {"after": 1}, {"lastEventId": "x" * 2_001}):
        assert_problem(await read(http, gateway, **query), errors.Invalid)
