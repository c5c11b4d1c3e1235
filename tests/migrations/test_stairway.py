"""Every migration goes up, down and up again, and the models are where the migrations end."""

import asyncio
import sys

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import migrate
from tests.support.database import MIGRATIONS, Templates

pytestmark = pytest.mark.live


@pytest.mark.parametrize("part", sorted(MIGRATIONS))
async def test_every_step_can_be_climbed_and_descended(templates: Templates, part: str) -> None:
    database = f"stairway_{part}"
    await asyncio.to_thread(templates.server.ensure_databases, [database])
    settings = migrate.config(MIGRATIONS[part], templates.server.url(database))
    revisions = list(reversed(list(ScriptDirectory.from_config(settings).walk_revisions())))
    assert revisions
    for revision in revisions:
        await asyncio.to_thread(command.upgrade, settings, revision.revision)
        before = revision.down_revision or "base"
        assert isinstance(before, str), "one line of migrations, without branches"
        await asyncio.to_thread(command.downgrade, settings, before)
        await asyncio.to_thread(command.upgrade, settings, revision.revision)
    await migrate.check(MIGRATIONS[part], templates.server.url(database))


@pytest.mark.parametrize("part", sorted(MIGRATIONS))
async def test_several_processes_may_migrate_at_once(templates: Templates, part: str) -> None:
    database = f"together_{part}"
    await asyncio.to_thread(templates.server.ensure_databases, [database])
    url = templates.server.url(database)
    program = "import asyncio, pathlib, sys; from shared import migrate; asyncio.run(migrate.upgrade(pathlib.Path(sys.argv[1]), sys.argv[2]))"
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(MIGRATIONS[part]), url) for _ in range(3)]
    assert [await process.wait() for process in started] == [0, 0, 0]
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT position FROM relay_state"))).scalars().all() == [0]
    await engine.dispose()
