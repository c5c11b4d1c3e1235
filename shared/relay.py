"""Gives committed events their gap-free position. One writer at a time, whoever holds the advisory lock.

A row that commits late gets a later position, so a reader who has passed a position has missed nothing before it.
"""

from sqlalchemy import text

from shared.database import Database

LOCK = 0x436F6D697479  # "Comity"
EVENTS_SIGNAL = "events"
FEED_SIGNAL = "feed"

_LOCK = text("SELECT pg_try_advisory_xact_lock(:lock)")
_ASSIGN = text(
    """
    WITH waiting AS (
        SELECT id, row_number() OVER (ORDER BY seq) AS nth
        FROM (SELECT id, seq FROM events WHERE position IS NULL ORDER BY seq LIMIT :batch) AS due
    ), head AS (
        UPDATE relay_state SET position = position + (SELECT count(*) FROM waiting)
        WHERE id = 1 RETURNING position - (SELECT count(*) FROM waiting) AS base
    )
    UPDATE events SET position = head.base + waiting.nth FROM waiting, head WHERE events.id = waiting.id
    """
)


async def relay_once(database: Database, *, batch: int = 1_000) -> int:
    """Position up to `batch` committed rows in one transaction; how many it did, 0 when another relay is at work."""
    async with database.engine.begin() as connection:
        if not (await connection.execute(_LOCK, {"lock": LOCK})).scalar_one():
            return 0
        moved: int = (await connection.execute(_ASSIGN, {"batch": batch})).rowcount
    if moved:
        database.signals.send(FEED_SIGNAL)
    return moved


async def relay_forever(database: Database, *, poll: float = 1.0) -> None:
    """Relay whenever a commit says so, and every `poll` seconds besides."""
    while True:
        due = database.signals.watch(EVENTS_SIGNAL)
        if await relay_once(database) == 0:
            await database.signals.wait(due, poll)
