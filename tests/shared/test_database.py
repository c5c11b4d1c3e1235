"""What the database refuses is logged without a value of the request in it: those are words of briefings."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import database as databases
from shared.database import Database
from shared.errors import TookTooLong
from shared.refusals import translated_errors
from tests.support.database import Templates

SECRET = "Flows may reach the sea within a day."


async def test_a_failed_statement_does_not_repeat_what_it_was_given(templates: Templates) -> None:
    database = Database(await templates.template("toy"))
    try:
        async with database.session(read_only=False) as session:
            with pytest.raises(DBAPIError) as failed:
                await session.execute(text("SELECT CAST(:said AS text), 1 / (SELECT 0)"), {"said": SECRET})
        assert SECRET not in str(failed.value) + repr(failed.value)
    finally:
        await database.engine.dispose()


async def test_a_read_without_end_is_ended_and_its_connection_serves_the_next(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LONGEST_READ_MS", 20)
    database = Database(await templates.template("toy"), pool_size=1)
    try:
        readers = await database.readers()
        for _ in range(2):
            with pytest.raises(TookTooLong), translated_errors():
                await readers.fetchval("SELECT count(*) FROM generate_series(1, 1000000000000)")
        assert await readers.fetchval("SELECT 1") == 1
    finally:
        await database.dispose()
