"""The gateway's figures: its own, those of the services in its process, and those of nobody twice."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gateway.app import Gateway, create_app, load
from gateway.routing import Upstream
from gateway.settings import Settings
from shared import errors
from shared.ids import new_id
from tests.gateway.conftest import TABLE
from tests.support import toy
from tests.support.database import Templates, rolled_back
from tests.support.make import gateway as make
from tests.support.problems import assert_problem
from tests.support.scrapes import scrape, series

REQUEST = ("service", "method", "route", "status")


async def built(templates: Templates, **settings: Any) -> Gateway:
    service = toy.app(await templates.template("toy"))
    values: dict[str, Any] = {"database_url": await templates.template("gateway"), "max_upload": 50_000}
    app = create_app(Settings(**(values | settings)), {"toy": service}, table=TABLE)
    service.state.verifier.keys = app.own.state.keys.jwks
    return app


@pytest.fixture
async def fresh(templates: Templates) -> AsyncIterator[Gateway]:
    """A gateway that has counted nothing yet."""
    async for app in running(await built(templates)):
        yield app


async def running(app: Gateway) -> AsyncIterator[Gateway]:
    service: Any = app.routing.services["toy"].app
    async with rolled_back(app.own.state.database), rolled_back(service.state.database):
        await load(app.own)
        yield app
    await app.own.state.database.dispose()
    await service.state.database.dispose()


def client_of(app: Gateway, host: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(host, 1)), base_url="http://test")


async def test_one_page_covers_all_services_of_the_process_and_each_request_once(fresh: Gateway) -> None:
    async with client_of(fresh) as http:
        for _ in range(3):
            assert (await http.get(f"/v1/boxes/{new_id()}")).status_code == 404
        await http.get("/v1/boxes")
        await http.get("/v1/session", headers=make.bearer(fresh))
        await http.get("/v1/nothing")
        await http.get("/nothing")
        assert_problem(await http.get("/v1/boxes", headers={"Authorization": "Bearer nonsense"}), errors.Unauthorized)
        assert_problem(await http.get("/v1/accounts/x", headers={"Authorization": "Bearer nonsense"}), errors.Unauthorized)
        found = await scrape(http)
    assert series(found["comity_requests_total"], *REQUEST) == {
        ("toy", "GET", "/v1/boxes/{box_id}", "4xx"): 3,
        ("toy", "GET", "/v1/boxes", "2xx"): 1,
        ("gateway", "GET", "/v1/session", "2xx"): 1,
        ("gateway", "GET", "unmatched", "4xx"): 3,  # two that nobody answers, and the token refused before a resource of our own
        ("gateway", "GET", "/v1/boxes/*", "4xx"): 1,  # the token refused before a service
    }
    assert series(found["comity_database_up"], "service") == {("gateway",): 1, ("toy",): 1}
    assert series(found["comity_database_connections_limit"], "service").keys() == {("gateway",), ("toy",)}
    assert len(found["process_resident_memory_bytes"]) == 1


async def test_a_thousand_ids_are_one_series(fresh: Gateway) -> None:
    async def elsewhere(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    fresh.routing.by_segment["echo"] = Upstream("echo", elsewhere)
    async with client_of(fresh) as http:
        for number in range(500):
            assert (await http.get(f"/v1/echo/{new_id()}/{number}")).status_code == 200
            await http.get(f"/v1/events/{new_id()}")
            await http.get(f"/v1/accounts-{number}/{number}")
        found = series((await scrape(http))["comity_requests_total"], *REQUEST)
    assert found == {("gateway", "GET", "/v1/echo/*", "2xx"): 500, ("gateway", "GET", "unmatched", "4xx"): 1_000}


async def test_a_service_that_falls_over_is_an_error_of_the_door(fresh: Gateway) -> None:
    async def broken(_scope: Any, _receive: Any, _send: Any) -> None:
        raise RuntimeError("out of order")

    fresh.routing.by_segment["echo"] = Upstream("echo", broken)
    async with client_of(fresh) as http:
        assert (await http.get("/v1/echo/1")).status_code == 500
        found = series((await scrape(http))["comity_requests_total"], *REQUEST)
    assert found == {("gateway", "GET", "/v1/echo/*", "5xx"): 1}


async def test_from_outside_there_is_nothing(fresh: Gateway) -> None:
    async with client_of(fresh, "203.0.113.9") as far:
        assert_problem(await far.get("/metrics"), errors.NotFound)
        assert_problem(await far.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1"}), errors.NotFound)
        assert_problem(await far.get("/metrics", headers=make.bearer(fresh)), errors.NotFound)
        assert "/metrics" not in (await far.get("/openapi.json")).text


async def test_with_a_token_whoever_has_it(templates: Templates) -> None:
    async for app in running(await built(templates, metrics_token="s3cret-of-the-operator")):
        async with client_of(app, "203.0.113.9") as far:
            assert len((await scrape(far, Authorization="Bearer s3cret-of-the-operator"))["comity_database_up"]) == 2
            for headers in ({}, {"Authorization": "Bearer wrong"}, make.bearer(app)):
                assert_problem(await far.get("/metrics", headers=headers), errors.Unauthorized)
        async with client_of(app) as near:
            assert_problem(await near.get("/metrics"), errors.Unauthorized)
