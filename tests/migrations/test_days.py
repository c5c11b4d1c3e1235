"""What was kept as an infinity before days had bounds is a date afterwards."""

import asyncio

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from shared import migrate
from tests.support.database import MIGRATIONS, Templates

pytestmark = pytest.mark.live
ENGAGEMENT = """
    INSERT INTO engagements (id, kind, title, status, visibility, starts_on, ends_on, topics, languages, agreement_ids, created_at, updated_at, version)
    VALUES (gen_random_uuid(), 'meeting', 'Meeting', 'planned', 'public', '-infinity', 'infinity', '{}', '{}', '{}', now(), now(), 1)
"""
DELIVERABLE = """
    INSERT INTO engagement_deliverables (id, engagement_id, title, due_on, status)
    SELECT gen_random_uuid(), id, title, due_on::date, 'open' FROM engagements, (VALUES ('infinity'), (NULL), ('2026-12-01')) AS days (due_on)
"""


async def test_infinities_are_repaired(templates: Templates) -> None:
    await asyncio.to_thread(templates.server.ensure_databases, ["infinite_days"])
    url = templates.server.url("infinite_days")
    settings = migrate.config(MIGRATIONS["registry"], url)
    await asyncio.to_thread(command.upgrade, settings, "registry_agreement_parties")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(ENGAGEMENT))
        await connection.execute(text(DELIVERABLE))
    await asyncio.to_thread(command.upgrade, settings, "registry_days")
    async with engine.begin() as connection:
        assert (await connection.execute(text("SELECT starts_on::text, ends_on::text FROM engagements"))).all() == [("0001-01-02", "9999-12-30")]
        due = await connection.execute(text("SELECT due_on::text FROM engagement_deliverables ORDER BY due_on"))
        assert due.scalars().all() == ["2026-12-01", "9999-12-30", None]
    await engine.dispose()
