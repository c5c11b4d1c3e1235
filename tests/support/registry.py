"""The registry with real commits: its application on a database of its own, signals running."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from services.registry.app import create_app
from services.registry.settings import Settings
from shared.clients import MachineClient
from shared.database import Database
from tests.conftest import client_of
from tests.support import tokens
from tests.support.database import Templates


def _refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there", request=request)


# A worker of the registry does its own work while no gateway can be reached.
UNREACHED = MachineClient(httpx.AsyncClient(transport=httpx.MockTransport(_refused), base_url="http://nowhere"), "registry-follower", "")


@dataclass
class LiveRegistry:
    app: FastAPI
    client: httpx.AsyncClient

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.engine.connect() as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def count(self, table: str) -> int:
        return int((await self.rows(f"SELECT count(*) FROM {table}"))[0][0])


@contextlib.asynccontextmanager
async def live_registry(templates: Templates, **settings: Any) -> AsyncIterator[LiveRegistry]:
    async with templates.clone("registry") as url:
        app = create_app(Settings(database_url=url, **settings), tokens.verifier())
        async with app.router.lifespan_context(app), client_of(app) as client:
            yield LiveRegistry(app, client)
