"""Fixtures. Three speeds: no database; a savepoint session on the service's template; clones with real commits (`live`)."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from shared import logs
from shared.hot import HotReads
from shared.web import ServiceApp
from tests.support import toy
from tests.support.database import Templates, embedded, rolled_back

logs.configure("WARNING")


@pytest.fixture(scope="session")
def templates() -> Iterator[Templates]:
    with embedded() as made:
        yield made


@pytest.fixture(scope="session")
async def toy_app(templates: Templates) -> AsyncIterator[ServiceApp]:
    app = toy.app(await templates.template("toy"))
    yield app
    await app.state.database.dispose()


@pytest.fixture(params=["short way", "framework's way"])
async def toys(toy_app: ServiceApp, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the toy service whose every change is rolled back; reads must not differ by the way they take."""
    if request.param == "framework's way":
        monkeypatch.setattr(toy_app, "hot", HotReads([], ""))
    async with rolled_back(toy_app.state.database), client_of(toy_app) as client:
        yield client


@pytest.fixture
async def live_toy(templates: Templates) -> AsyncIterator[FastAPI]:
    """The toy service on a database of its own, with real commits and signals."""
    async with templates.clone("toy") as url:
        app = toy.app(url)
        async with app.router.lifespan_context(app):
            yield app


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://test")
