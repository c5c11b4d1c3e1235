"""The registry's application and a client whose every change is rolled back."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.registry.app import create_app
from services.registry.settings import Settings
from shared.web import Clock
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates, rolled_back

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
async def registry_app(templates: Templates) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(database_url=await templates.template("registry")), tokens.verifier(), Clock(NOON))
    yield app
    await app.state.database.engine.dispose()


@pytest.fixture
async def registry(registry_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rolled_back(registry_app.state.database), client_of(registry_app) as client:
        yield client


@pytest.fixture
def clock(registry_app: FastAPI) -> Iterator[Clock]:
    """The registry's clock, held at noon; whatever a test does with it, the next finds it so."""
    held: Clock = registry_app.state.clock
    held.fixed = NOON
    yield held
    held.fixed = NOON
