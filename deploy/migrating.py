"""`comity migrate` and `comity revision`: the databases of the parts."""

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from sqlalchemy import make_url

from deploy import stack
from deploy.databases import ensure_databases
from deploy.embedded import EmbeddedServer
from deploy.options import Options
from deploy.parts import part_named, settings_of
from deploy.platform import DATABASES, MIGRATIONS
from shared import migrate


async def migrate_parts(name: str | None, *, check: bool) -> None:
    """Migrate one part or all of them, where COMITY_<PART>_DATABASE_URL, DATABASE_URL or the data folder says; databases that are
    missing are made.
    """
    if name is not None:
        part_named(name)
    parts = [name] if name else list(MIGRATIONS)
    async with _urls(parts, check=check) as urls:
        await stack.migrated({part: urls[part] for part in parts})
        for part in parts if check else ():
            await migrate.check(MIGRATIONS[part], urls[part])


async def revise_part(name: str, message: str) -> None:
    """Write a migration of one part, compared with a throw-away database that stands at the newest one."""
    part_named(name)
    async with _urls([name], check=True) as urls:
        await migrate.upgrade(MIGRATIONS[name], urls[name])
        await migrate.revise(MIGRATIONS[name], urls[name], message)


def _named(part: str) -> bool:
    variable = f"COMITY_{part.upper()}_DATABASE_URL"
    return bool(os.environ.get(variable) or os.environ.get(f"{variable}_FILE"))


@contextlib.asynccontextmanager
async def _urls(parts: list[str], *, check: bool) -> AsyncIterator[Mapping[str, str]]:
    if all(_named(part) for part in parts):
        named = {part: settings_of(part).database_url for part in parts}
        for url in named.values():
            await ensure_databases(url, [make_url(url).database or ""])
        yield named
    elif check:
        with tempfile.TemporaryDirectory(prefix="comity-check-") as folder:
            Path(folder).chmod(0o711)
            with EmbeddedServer(Path(folder) / "server", durable=False) as server:
                server.ensure_databases(DATABASES.values())
                yield {part: server.url(database) for part, database in DATABASES.items()}
    else:
        async with stack.databases(Options()) as urls:
            yield urls
