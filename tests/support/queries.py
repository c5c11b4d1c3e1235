"""Counts the statements a block sends: read tests state how many they need."""

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

from shared.database import Database

NOT_COUNTED = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SET CONSTRAINTS")


@contextlib.contextmanager
def queries(database: Database, *, at_most: int) -> Iterator[list[str]]:
    """Fail when the block sends more than `at_most` statements; gives the statements."""
    sent: list[str] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_COUNTED):
            sent.append(statement)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", on_statement)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", on_statement)
    assert len(sent) <= at_most, "\n\n".join([f"{len(sent)} statements, at most {at_most} allowed:", *sent])
