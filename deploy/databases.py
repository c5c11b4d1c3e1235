"""Making databases, on the embedded server and on one that was there before us."""

from collections.abc import Iterable

import asyncpg
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from deploy.errors import StartRefused

OLDEST = 15  # PostgreSQL's major version; docs/decisions/0004
LIKE = "Give one such as postgresql://account:password@host:5432/postgres"


def server_named(url: str) -> URL:
    """DATABASE_URL, read; StartRefused when it names no PostgreSQL server. The refusal does not repeat it: it may hold a password."""
    try:
        named = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StartRefused(f"DATABASE_URL is not the address of a database server. {LIKE}") from error
    if named.get_backend_name() not in ("postgresql", "postgres"):
        raise StartRefused(f"DATABASE_URL names a server of {named.get_backend_name()}; Comity needs PostgreSQL {OLDEST} or newer. {LIKE}")
    return named


def for_sqlalchemy(url: str) -> URL:
    """The server's address for asyncpg under SQLAlchemy, which takes libpq's `sslmode` by another name."""
    named = server_named(url).set(drivername="postgresql+asyncpg")
    return named.set(query={"ssl" if name == "sslmode" else name: value for name, value in named.query.items()})


async def ensure_databases(server_url: str, names: Iterable[str]) -> list[str]:
    """Makes the databases that are missing, in UTF-8; answers with those it made.

    `server_url` is `postgresql://` or `postgresql+asyncpg://`; its database, or `postgres`, is where the question is asked.
    """
    connection = await _connect(server_url)
    try:
        found = connection.get_server_version()
        if found.major < OLDEST:
            raise StartRefused(f"The database server runs PostgreSQL {found.major}; Comity needs {OLDEST} or newer.")
        rows = await connection.fetch("SELECT datname FROM pg_database")
        present = {row["datname"] for row in rows}
        made = []
        for name in names:
            if name in present:
                continue
            try:
                await connection.execute(f"CREATE DATABASE {_quoted(name)} ENCODING 'UTF8' TEMPLATE template0")
            except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
                continue  # another process was faster
            except asyncpg.PostgresError as error:
                raise StartRefused(f"The database {name} is missing and could not be made: {error}. Make it, or name an account that may.") from error
            made.append(name)
        return made
    finally:
        await connection.close()


async def _connect(server_url: str) -> "asyncpg.Connection[asyncpg.Record]":
    url = server_named(server_url).set(drivername="postgresql")
    where = url.render_as_string()  # without the password
    for database in dict.fromkeys([url.database or "postgres", "postgres"]):
        try:
            return await asyncpg.connect(url.set(database=database).render_as_string(hide_password=False))
        except asyncpg.InvalidCatalogNameError:
            continue
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as error:
            raise StartRefused(f"The database server at {where} does not answer: {error}. Check DATABASE_URL and that the server runs.") from error
    raise StartRefused(f"The server at {where} has no database to connect to. Name one that exists in DATABASE_URL.")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
