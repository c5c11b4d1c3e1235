"""Figures of a service: bounded in number, true to what was answered, and for nobody but the operator."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.registry import app as registry
from shared import errors, metrics, worker
from shared.database import Database
from shared.events import event_row, events
from shared.follower import followers
from shared.hot import HotReads
from shared.ids import new_id
from shared.metrics import Metrics
from shared.relay import relay_once
from shared.web import ServiceApp
from tests.conftest import client_of
from tests.support import toy
from tests.support.database import Templates, rolled_back
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.scrapes import scrape, series
from tests.support.tokens import bearer, caller

WRITER = caller("toy:write", organization=new_id())
REQUEST = ("service", "method", "route", "status")


@pytest.fixture(params=["short way", "framework's way"])
async def counted(templates: Templates, request: pytest.FixtureRequest) -> AsyncIterator[tuple[ServiceApp, httpx.AsyncClient]]:
    """A toy service that has counted nothing yet."""
    app = toy.app(await templates.template("toy"))
    if request.param == "framework's way":
        app.hot = HotReads([], "")
    async with rolled_back(app.state.database), client_of(app) as client:
        yield app, client
    await app.state.database.dispose()


async def test_a_thousand_ids_are_one_series(counted: tuple[ServiceApp, httpx.AsyncClient]) -> None:
    app, client = counted
    before = len([*app.metrics.registry.collect()])
    for _ in range(1_000):
        assert (await client.get(f"/v1/boxes/{new_id()}")).status_code == 404
    found = await scrape(client)
    assert series(found["comity_requests_total"], *REQUEST) == {("toy", "GET", "/v1/boxes/{box_id}", "4xx"): 1_000}
    assert series(found["comity_request_seconds_count"], *REQUEST[:3]) == {("toy", "GET", "/v1/boxes/{box_id}"): 1_000}
    assert len([*app.metrics.registry.collect()]) == before


async def test_neither_strange_paths_nor_strange_methods_make_series(counted: tuple[ServiceApp, httpx.AsyncClient]) -> None:
    app, client = counted
    for number in range(50):
        await client.get(f"/v1/nothing-{number}")
        await client.get(f"/v1/boxes/{new_id()}/{number}")
        await client.request(f"METHOD{number}", f"/strange-{number}")
        await client.request(f"METHOD{number}", "/v1/boxes")
    found = series((await scrape(client))["comity_requests_total"], *REQUEST)
    assert found == {
        ("toy", "GET", "unmatched", "4xx"): 100,
        ("toy", "other", "unmatched", "4xx"): 50,
        ("toy", "other", "/v1/boxes", "4xx"): 50,
    }
    assert len(app.metrics._children) == 4, "the scrape itself is the fourth"


async def test_each_answer_is_counted_under_its_status(counted: tuple[ServiceApp, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch) -> None:
    app, client = counted
    made = (await client.post("/v1/boxes", json={"name": "box"}, headers=bearer(WRITER))).json()
    await client.post("/v1/boxes", json={"name": "box"}, headers=bearer(WRITER))
    await client.get(f"/v1/boxes/{made['id']}", headers=bearer(WRITER))
    await client.get("/v1/boxes?limit=x")
    await client.get("/healthz")
    monkeypatch.setattr(app.state, "open_work", None)  # a mistake of ours
    await client.get("/v1/boxes")
    found = await scrape(client)
    assert series(found["comity_requests_total"], *REQUEST) == {
        ("toy", "POST", "/v1/boxes", "2xx"): 1,
        ("toy", "POST", "/v1/boxes", "4xx"): 1,
        ("toy", "GET", "/v1/boxes/{box_id}", "2xx"): 1,
        ("toy", "GET", "/v1/boxes", "4xx"): 1,
        ("toy", "GET", "/v1/boxes", "5xx"): 1,
        ("toy", "GET", "/healthz", "2xx"): 1,
    }
    buckets = [(labels["le"], value) for labels, value in found["comity_request_seconds_bucket"] if labels["route"] == "/healthz"]
    assert buckets[-1] == ("+Inf", 1)
    assert series(found["comity_request_seconds_sum"], "route")[("/healthz",)] > 0


async def test_what_ends_without_an_answer_has_no_status(counted: tuple[ServiceApp, httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch) -> None:
    app, client = counted
    waits = asyncio.Event()

    async def wait_for_ever(watched: asyncio.Event, _seconds: float) -> bool:
        waits.set()
        return await watched.wait()

    monkeypatch.setattr(app.state.database.signals, "wait", wait_for_ever)
    waiting = asyncio.create_task(client.get("/v1/events/toy?timeout=30000", headers=bearer(caller("events:read"))))
    await waits.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert series((await scrape(client))["comity_requests_total"], *REQUEST) == {("toy", "GET", "/v1/events/toy", "none"): 1}


async def test_one_statement_a_scrape_and_none_a_request(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    with queries(toy_app.state.database, at_most=1) as sent:
        found = await scrape(toys)
    assert len(sent) == 1
    assert series(found["comity_database_up"], "service") == {("toy",): 1}
    with queries(toy_app.state.database, at_most=0):
        await toys.get("/healthz")


async def test_the_relay_and_the_followers_say_how_far_they_are(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    now = datetime.now(UTC)
    rows = [event_row(toy.BoxMade(box_id=new_id(), name="x", owner=None), caller=WRITER, at=now - timedelta(seconds=age), request_id="r") for age in (600, 30)]
    async with toy_app.state.database.session(read_only=False) as session:
        await session.execute(events.insert(), [{**row} for row in rows])
        await session.execute(text("UPDATE relay_state SET position = 41"))
        moved = {"source": "registry", "position": 7, "updated_at": now - timedelta(seconds=90)}
        await session.execute(followers.insert(), moved)
        await session.commit()
    found = await scrape(toys)
    assert series(found["comity_relay_waiting"], "service") == {("toy",): 2}
    assert 600 <= series(found["comity_relay_oldest_seconds"], "service")[("toy",)] < 660
    assert series(found["comity_feed_position"], "service") == {("toy",): 41}
    assert series(found["comity_follower_position"], "service", "source") == {("toy", "registry"): 7}
    assert 90 <= series(found["comity_follower_idle_seconds"], "service", "source")[("toy", "registry")] < 150


@pytest.mark.live
async def test_a_database_that_does_not_answer_in_time_costs_its_own_figures_only(live_toy: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    database: Database = live_toy.state.database
    monkeypatch.setattr(metrics, "PATIENCE", 0.3)
    async with client_of(live_toy) as client:
        await client.get("/v1/boxes")
        async with database.engine.connect() as blocking:
            await blocking.execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
            silent = await scrape(client)
        monkeypatch.setattr(metrics, "PATIENCE", 30)
        found = await scrape(client)
    assert series(silent["comity_database_up"], "service") == {("toy",): 0}
    assert "comity_relay_waiting" not in silent
    assert series(silent["comity_requests_total"], "route") == {("/v1/boxes",): 1}
    assert series(found["comity_database_up"], "service") == {("toy",): 1}
    assert series(found["comity_relay_waiting"], "service") == {("toy",): 0}


@pytest.mark.live
async def test_pools_are_counted_as_they_are_used(live_toy: FastAPI) -> None:
    database: Database = live_toy.state.database
    async with client_of(live_toy) as client, database.engine.connect() as one, database.engine.connect() as two:
        await one.execute(text("SELECT 1"))
        await two.execute(text("SELECT 1"))
        await client.get("/v1/boxes")
        found = await scrape(client)
        assert await relay_once(database) == 0
    used = series(found["comity_database_connections"], "service", "pool", "state")
    assert used[("toy", "changes", "used")] == 2
    assert (used[("toy", "reads", "used")], used[("toy", "reads", "idle")]) == (0, 1)
    assert series(found["comity_database_connections_limit"], "pool") == {("changes",): 8, ("reads",): 8}


async def test_a_loop_that_fails_is_counted() -> None:
    failed = asyncio.Event()

    async def failing() -> None:
        failed.set()
        raise RuntimeError("the work's own mistake")

    def failures() -> float:
        samples = [(sample.labels, sample.value) for family in metrics.process.collect() for sample in family.samples if sample.name.endswith("failures_total")]
        return series(samples, "service", "loop").get(("toy", "tidy"), 0)

    before = failures()
    running = asyncio.create_task(worker.run({"toy: tidy": failing}))
    await failed.wait()
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert failures() == before + 1


@pytest.mark.parametrize("host", ["10.0.0.9", "203.0.113.1", "2001:db8::1", "::ffff:10.0.0.9", "localhost.example", ""])
async def test_without_a_token_only_the_same_machine_finds_it(toy_app: FastAPI, host: str) -> None:
    transport = httpx.ASGITransport(toy_app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as far:
        assert_problem(await far.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}), errors.NotFound)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
async def test_the_same_machine_finds_it(toy_app: FastAPI, host: str) -> None:
    transport = httpx.ASGITransport(toy_app, client=(host, 1))
    async with rolled_back(toy_app.state.database), httpx.AsyncClient(transport=transport, base_url="http://test") as near:
        assert "comity_database_up" in await scrape(near)


async def test_with_a_token_whoever_has_it(templates: Templates) -> None:
    app = toy.app(await templates.template("toy"), metrics_token="s3cret-of-the-operator")
    async with rolled_back(app.state.database), httpx.AsyncClient(transport=httpx.ASGITransport(app, client=("10.0.0.9", 1)), base_url="http://test") as far:
        assert "comity_database_up" in await scrape(far, Authorization="Bearer s3cret-of-the-operator")
        for given in ("", "Bearer", "Bearer s3cret", "s3cret-of-the-operator", "Basic s3cret-of-the-operator", "Bearer caf\u00e9"):
            assert_problem(await far.get("/metrics", headers=[(b"Authorization", given.encode("latin-1"))]), errors.Unauthorized)
        assert_problem(await far.get("/metrics"), errors.Unauthorized)
        assert_problem(await far.get("/metrics", headers=bearer(WRITER)), errors.Unauthorized)
    async with client_of(app) as near:
        assert_problem(await near.get("/metrics"), errors.Unauthorized)
    await app.state.database.dispose()


async def test_it_is_no_part_of_the_api(toys: httpx.AsyncClient, toy_app: FastAPI) -> None:
    assert_problem(await toys.get("/v1/metrics"), errors.NotFound)
    assert not [path for path in toy_app.openapi()["paths"] if "metrics" in path]


async def test_imports_by_state(templates: Templates) -> None:
    database = Database(await templates.template("registry"))
    known = Metrics("registry", database, registry.GAUGES)
    row = """
        INSERT INTO imports (id, preset, state, validate_only, subject, request_id, bytes, chunks, chunks_read, readable, rows_read, rows_valid, problems,
                             created_at, updated_at)
        VALUES (gen_random_uuid(), 'actors', :state, false, 's', 'r', 0, 0, 0, true, 0, 0, 0, now(), now())
    """
    async with rolled_back(database), database.session(read_only=False) as session:
        await session.execute(text(row), [{"state": state} for state in ("done", "done", "failed")])
        await session.commit()
        families = {family.name: family for family in await known.read()}
    assert {(sample.labels["state"], sample.value) for sample in families["comity_imports"].samples} == {("done", 2), ("failed", 1)}
    await database.dispose()
