"""What the database refuses is logged without a value of the request in it: those are words of briefings."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database
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
