"""The gateway before the toy service, each on a database of its own whose changes are rolled back."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import Gateway, create_app, load
from gateway.proxy import HttpUpstream
from gateway.settings import Settings
from shared.web import Clock
from tests.support import toy
from tests.support.database import Templates, rolled_back
from tests.support.wires import Wire, wire

TABLE = {"boxes": "toy"}


@pytest.fixture(scope="session")
async def platform_app(templates: Templates) -> AsyncIterator[Gateway]:
    service = toy.app(await templates.template("toy"))
    settings = Settings(database_url=await templates.template("gateway"), max_upload=50_000)
    app = create_app(settings, {"toy": service}, table=TABLE)
    service.state.verifier.keys = app.own.state.keys.jwks
    yield app
    await app.own.state.database.dispose()
    await service.state.database.dispose()


@pytest.fixture
async def gateway(platform_app: Gateway) -> AsyncIterator[Gateway]:
    service = platform_app.routing.services["toy"].app
    table = dict(platform_app.routing.by_segment)
    platform_app.own.state.clock = Clock()
    async with rolled_back(platform_app.own.state.database), rolled_back(service.state.database):  # type: ignore[attr-defined]  # a service's application
        await load(platform_app.own)
        service.state.verifier.forget()  # type: ignore[attr-defined]  # a service's application
        platform_app.own.state.verifier.forget()
        platform_app.passports.forget()
        yield platform_app
    platform_app.routing.by_segment = table


@pytest.fixture
async def http(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url="http://test") as client:
        yield client


@pytest.fixture
async def service() -> AsyncIterator[Wire]:
    async with wire() as made:
        yield made


@pytest.fixture
async def upstream(service: Wire) -> AsyncIterator[HttpUpstream]:
    made = HttpUpstream(service.address)
    yield made
    await made.pool.close()
