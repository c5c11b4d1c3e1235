"""A file on its way to somebody who takes it slowly."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from shared import exports
from shared.exports import NDJSON, FileAnswer, Rows, written_as


async def endless(closed: asyncio.Event) -> Rows:
    try:
        while True:
            row: Sequence[bytes] = [b"{}"]
            yield row
    finally:
        closed.set()


async def test_who_takes_a_file_in_sips_does_not_keep_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LONGEST", 0.02)
    closed = asyncio.Event()
    file = FileAnswer([b"{}"], endless(closed), written_as(NDJSON, ()), NDJSON, "endless.ndjson")

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def sip(message: Any) -> None:
        await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await file({"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}}, receive, sip)
    assert closed.is_set()
