"""Which address the driver itself is given."""

from typing import Any

import asyncpg
import pytest

from shared.database import Database


@pytest.mark.parametrize("query", ["", "?ssl=require"])
async def test_the_driver_reads_the_same_address(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    asked: list[str] = []

    async def connect(address: str, **_options: Any) -> None:
        asked.append(address)

    monkeypatch.setattr(asyncpg, "connect", connect)
    await Database(f"postgresql+asyncpg://me:secret@db.example:5433/registry{query}").connect()
    assert asked == ["postgresql://me:secret@db.example:5433/registry" + query.replace("ssl=", "sslmode=")]
