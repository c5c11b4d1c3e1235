"""The briefings service on its own database, each test rolled back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.briefings.app import create_app
from services.briefings.settings import Settings
from shared.web import Clock
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates, rolled_back

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
async def briefings_app(templates: Templates) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(database_url=await templates.template("briefings")), tokens.verifier(), Clock(NOW))
    yield app
    await app.state.database.engine.dispose()


@pytest.fixture
async def briefings(briefings_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the briefings service whose every change is rolled back, on the second of March 2026."""
    briefings_app.state.clock.fixed = NOW
    async with rolled_back(briefings_app.state.database), client_of(briefings_app) as client:
        yield client
