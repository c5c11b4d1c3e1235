"""Keys that a service makes for itself once and keeps in its own database, so that replicas and restarts agree."""

import secrets

from sqlalchemy import Column, LargeBinary, Table, Text, select
from sqlalchemy.dialects.postgresql import insert

from shared.columns import platform
from shared.database import Database

service_keys = Table("service_keys", platform, Column("name", Text, primary_key=True), Column("value", LargeBinary, nullable=False))


async def service_key(database: Database, name: str) -> bytes:
    """The key of this name, made on first use; every replica gets the same one."""
    async with database.engine.begin() as connection:
        fresh = insert(service_keys).values(name=name, value=secrets.token_bytes(32)).on_conflict_do_nothing()
        await connection.execute(fresh)
        return bytes((await connection.execute(select(service_keys.c.value).where(service_keys.c.name == name))).scalar_one())
