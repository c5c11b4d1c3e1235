"""Every migration goes up, down and up again, and the models are where the migrations end."""

import asyncio
import shutil
import sys
from pathlib import Path

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


async def test_a_revision_of_models_that_have_not_changed_is_empty(templates: Templates, tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    await asyncio.to_thread(shutil.copytree, MIGRATIONS["registry"], folder)
    before = set(await asyncio.to_thread(list, folder.glob("versions/*.py")))
    await migrate.revise(folder, await templates.template("registry"), "nothing new")
    (made,) = set(await asyncio.to_thread(list, folder.glob("versions/*.py"))) - before
    assert made.name.endswith("_nothing_new.py")
    text_ = await asyncio.to_thread(made.read_text)
    assert "op." not in text_.replace("from alembic import op", "")
    compile(text_, str(made), "exec")
