"""COPY within a work's transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal_column, select

from shared.work import Work


async def copy(work: Work, table: str, columns: tuple[str, ...], records: Sequence[tuple[Any, ...]]) -> None:
    """COPY records into a table, past SQLAlchemy."""
    if not records:
        return
    await work.execute(select(literal_column("1")))  # SQLAlchemy begins a transaction with its first statement
    raw = (await (await work.connection()).get_raw_connection()).driver_connection
    assert raw is not None
    await raw.copy_records_to_table(table, records=records, columns=columns)
