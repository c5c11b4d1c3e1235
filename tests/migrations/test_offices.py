"""What an office abroad recorded before its own country kept it is that country's afterwards."""

import asyncio

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import migrate
from tests.support.database import MIGRATIONS, Templates

pytestmark = pytest.mark.live
ACTORS = """
    INSERT INTO actors (id, kind, status, preferred_language, name, sort_name, names, country, border_m, created_at, updated_at, version)
    SELECT CAST('00000000-0000-7000-8000-00000000000' || nth AS uuid), kind, 'active', 'en', kind, kind, '{"en": "X"}', country, '{}', now(), now(), 1
    FROM (VALUES (1, 'state', 'US'), (2, 'office', 'MX'), (3, 'municipality', 'MX'), (4, 'office', 'MX')) AS a (nth, kind, country)
"""
TIE = """
    INSERT INTO ties (id, type, from_id, to_id, status, quiet_since, created_at, updated_at, version)
    SELECT gen_random_uuid(), 'office_of', office.id, state.id, 'active', '2026-01-01', now(), now(), 1
    FROM actors AS office, actors AS state WHERE office.id::text LIKE '%2' AND state.kind = 'state'
"""
LISTS = """
    INSERT INTO watchlists (id, organization_id, country, name, publisher, source, number, created_at, updated_at, version)
    SELECT gen_random_uuid(), id, country, 'Brokers', 'X', 'X', 0, now(), now(), 1 FROM actors
"""
KEPT = "SELECT a.kind, w.country FROM watchlists AS w JOIN actors AS a ON a.id = w.organization_id ORDER BY a.id"


async def test_records_of_offices_are_put_right(templates: Templates) -> None:
    await asyncio.to_thread(templates.server.ensure_databases, ["offices"])
    url = templates.server.url("offices")
    settings = migrate.config(MIGRATIONS["registry"], url)
    await asyncio.to_thread(command.upgrade, settings, "registry_turn_of_day")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in (ACTORS, TIE, LISTS):
            await connection.exec_driver_sql(statement)
    for act, revision, expected in (
        (command.upgrade, "registry_offices", ["US", "US", "MX", None]),
        (command.downgrade, "registry_turn_of_day", ["US", "MX", "MX", "MX"]),
    ):
        await asyncio.to_thread(act, settings, revision)
        async with engine.begin() as connection:
            found = (await connection.execute(text(KEPT))).all()
        kinds = ["state", "office", "municipality", "office"]
        assert [tuple(row) for row in found] == list(zip(kinds, expected, strict=True))
    await engine.dispose()
