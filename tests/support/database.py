"""Databases for tests: the embedded PostgreSQL, a migrated template for each service, clones for tests with real commits."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded import EmbeddedServer
from shared import migrate
from shared.columns import platform
from shared.database import Database
from shared.ids import new_id
from tests.support import toy

ROOT = Path(__file__).parents[2]
MIGRATIONS = {
    "registry": ROOT / "services/registry/migrations",
    "agreements": ROOT / "services/agreements/migrations",
    "briefings": ROOT / "services/briefings/migrations",
    "gateway": ROOT / "gateway/migrations",
}


class Templates:
    """One server for a test process; databases are made when a test first asks for them."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self._made: set[str] = set()

    async def template(self, name: str) -> str:
        """The URL of a service's migrated database; tests on it roll back."""
        return await self._prepared(name, name)

    async def _pristine(self, name: str) -> str:
        """The name of a migrated database that nobody stays connected to, since a template must have no sessions."""
        await self._prepared(name, f"{name}_pristine")
        return f"{name}_pristine"

    async def _prepared(self, service: str, database: str) -> str:
        if database not in self._made:
            await asyncio.to_thread(self.server.ensure_databases, [database])
            if service == "toy":
                await _create_toy(self.server.url(database))
            else:
                await migrate.upgrade(MIGRATIONS[service], self.server.url(database))
            self._made.add(database)
        return self.server.url(database)

    @contextlib.asynccontextmanager
    async def clone(self, name: str) -> AsyncIterator[str]:
        """The URL of a fresh copy for a test with real commits; dropped afterwards."""
        pristine = await self._pristine(name)
        copy = f"{name}_{new_id().hex}"
        admin = await asyncpg.connect(self.server.dsn("postgres"))
        try:
            await admin.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{pristine}"')
            yield self.server.url(copy)
        finally:
            await admin.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await admin.close()


async def _create_toy(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for metadata in (platform, toy.metadata):
            await connection.run_sync(metadata.create_all)
        await connection.exec_driver_sql("INSERT INTO relay_state VALUES (1, 0)")
    await engine.dispose()


@contextlib.contextmanager
def embedded() -> Iterator[Templates]:
    """A throw-away server for one test process."""
    with tempfile.TemporaryDirectory(prefix="comity-tests-") as folder:
        Path(folder).chmod(0o711)  # as root, the account that PostgreSQL runs under passes through
        server = EmbeddedServer(Path(folder) / "server", durable=False)
        server.start()
        try:
            yield Templates(server)
        finally:
            server.stop()


@contextlib.asynccontextmanager
async def rolled_back(database: Database) -> AsyncIterator[None]:
    """Bind every session of the database to one connection whose outer transaction is rolled back."""
    async with database.engine.connect() as connection:
        outer = await connection.begin()
        database.bound = connection
        try:
            yield
        finally:
            database.bound = None
            if outer.is_active:
                await outer.rollback()
