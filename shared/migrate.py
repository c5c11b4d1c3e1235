"""Migrations: one lock a database, short lock waits, programmatic so that one image migrates every service."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import directory, events, follower, idempotency, secrets
from shared.columns import platform

_one_at_a_time = threading.Lock()
LOCK = 0x6D69677261746500
# Every database has every platform table, whichever modules the process at hand happens to use.
PLATFORM_TABLES = (
    events.events,
    events.relay_state,
    events.event_readers,
    idempotency.idempotency_keys,
    follower.followers,
    follower.followed_events,
    secrets.service_keys,
    directory.directory_actors,
    directory.directory_seats,
    directory.directory_ties,
)


def config(folder: Path, url: str) -> Config:
    """The alembic configuration of one service, independent of the current folder."""
    made = Config()
    made.set_main_option("script_location", str(folder))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    made.attributes["url"] = url
    return made


async def upgrade(folder: Path, url: str, revision: str = "head") -> None:
    """Bring a database to a revision; safe to call from several processes at once."""
    await asyncio.to_thread(_alone, command.upgrade, config(folder, url), revision)


async def check(folder: Path, url: str) -> None:
    """Raise when the models and the migrations differ."""
    await asyncio.to_thread(_alone, command.check, config(folder, url))


async def revise(folder: Path, url: str, message: str) -> None:
    """Write the migration from where this database is to what the models say, for a person to read and complete."""
    await asyncio.to_thread(_alone, command.revision, config(folder, url), message, True)


def _alone(act: Callable[..., object], *arguments: object) -> None:
    """Alembic keeps its context in the process, so one thread at a time; other processes wait at the database's lock."""
    with _one_at_a_time:
        act(*arguments)


def run_migrations(metadata: MetaData) -> None:
    """The whole of a service's `env.py`."""
    url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise SystemExit("No database named: use `comity migrate`, or set sqlalchemy.url.")
    asyncio.run(_connect_and_run(url, metadata))


async def _connect_and_run(url: str, metadata: MetaData) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run, metadata)
        await connection.commit()
    await engine.dispose()


def _run(connection: Connection, metadata: MetaData) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))
    context.configure(
        connection=connection, target_metadata=[platform, metadata], compare_type=True, compare_server_default=True, transaction_per_migration=False
    )
    with context.begin_transaction():
        context.run_migrations()
