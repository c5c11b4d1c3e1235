"""Takes the rows of one agreement and writes them again under new ids, one statement a row, in one bare transaction."""

import json
import re
from uuid import UUID, uuid4

import asyncpg

from services.agreements.models import metadata

TABLES = """
    SELECT c.table_name, c.column_name FROM information_schema.columns AS c
    WHERE c.table_schema = 'public' AND c.column_name IN ('agreement_id', 'aggregateid')
"""
Row = tuple[str, str]  # table, JSON


async def capture(connection: asyncpg.Connection, agreement_id: str) -> list[Row]:
    """Every row that belongs to the agreement, with new ids in place of its own, ready to be inserted."""
    rows: list[Row] = [("agreements", await connection.fetchval("SELECT row_to_json(a)::text FROM agreements AS a WHERE id = $1", UUID(agreement_id)))]
    columns = {found["table_name"]: found["column_name"] for found in await connection.fetch(TABLES)}
    for table in [*(item.name for item in metadata.sorted_tables if item.name in columns), "events"]:
        column = columns[table]
        texts = await connection.fetch(f"SELECT row_to_json(t)::text AS row FROM {table} AS t WHERE {column}::text = $1", agreement_id)
        rows += [(table, item["row"]) for item in texts]
    return _renewed(rows)


def _renewed(rows: list[Row]) -> list[Row]:
    own = {json.loads(text)["id"] for _, text in rows if "id" in json.loads(text)}
    fresh = {old: str(uuid4()) for old in own if re.fullmatch(r"[0-9a-f-]{36}", str(old))}
    fresh |= {json.loads(rows[0][1])["reference"]: uuid4().hex[:16]}
    renewed = []
    for table, text in rows:
        for old, new in fresh.items():
            text = text.replace(old, new)
        value = json.loads(text)
        renewed.append((table, json.dumps({**value, "position": None} if table == "events" else value)))
    return renewed


async def insert(connection: asyncpg.Connection, rows: list[Row]) -> None:
    """One transaction; identity columns take the next value by themselves where the row has none."""
    async with connection.transaction():
        for table, text in rows:
            value = json.loads(text)
            value.pop("seq", None)
            columns = ", ".join(f'"{name}"' for name in value)
            await connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table}, $1::json)",
                json.dumps(value),
            )
