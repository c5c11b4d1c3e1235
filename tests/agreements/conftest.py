"""The agreements' application and a client whose every change is rolled back; the directory knows the usual actors."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.agreements.app import create_app
from services.agreements.settings import Settings
from shared.database import Database
from shared.web import Clock
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates, rolled_back
from tests.support.make import agreements as make

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
async def agreements_app(templates: Templates) -> AsyncIterator[FastAPI]:
    app = create_app(Settings(database_url=await templates.template("agreements")), tokens.verifier(), Clock(NOON))
    yield app
    await app.state.database.engine.dispose()


@pytest.fixture
async def client(agreements_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with rolled_back(agreements_app.state.database), client_of(agreements_app) as client:
        await make.actors(agreements_app.state.database)
        yield client


@pytest.fixture
def database(agreements_app: FastAPI) -> Database:
    found: Database = agreements_app.state.database
    return found


@pytest.fixture
def clock(agreements_app: FastAPI) -> Iterator[Clock]:
    """The service's clock, held at noon; a test may move it."""
    held: Clock = agreements_app.state.clock
    yield held
    held.fixed = NOON
