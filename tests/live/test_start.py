"""A process that starts before its database, as after a cut of the power: it waits, and then both are there."""

import asyncio
import tempfile
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from deploy.embedded import EmbeddedServer
from shared import database as module
from shared.database import Database
from tests.support.database import Templates

pytestmark = pytest.mark.live


async def test_a_database_that_is_coming_up_is_waited_for() -> None:
    with tempfile.TemporaryDirectory(prefix="comity-late-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o711)
        server = EmbeddedServer(Path(folder) / "server", durable=False)
        await asyncio.to_thread(server.start)
        database = Database(server.url("postgres"))
        await asyncio.to_thread(server.stop)
        running = database.running()
        entering = asyncio.create_task(running.__aenter__())
        await asyncio.sleep(0)
        await asyncio.to_thread(server.start)
        try:
            await entering
            async with database.reader.connect() as connection:
                assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
            await running.__aexit__(None, None, None)
        finally:
            await asyncio.to_thread(server.stop)


async def test_one_that_does_not_come_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STARTS_WITHIN", 0.0)
    with pytest.raises(OSError):
        async with Database(f"postgresql+asyncpg://postgres@/nothing?host={tmp_path}").running():
            raise AssertionError("it runs without a database")


async def test_what_refuses_for_good_is_not_waited_for(templates: Templates) -> None:
    url = await templates.template("toy")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        async with Database(url.replace("/toy?", "/nothing?")).running():
            raise AssertionError("it runs without a database")
