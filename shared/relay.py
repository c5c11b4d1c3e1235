"""Gives committed events their gap-free position. One writer at a time, whoever holds the advisory lock.

A row that commits late gets a later position, so a reader who has passed a position has missed nothing before it. With the position
goes the list of who may read it: a page of the feed is then a range of that list, however few of the rows a caller sees.
"""

from sqlalchemy import text

from shared.database import Database
from shared.events import EVERYONE

LOCK = 0x436F6D697479  # "Comity"
EVENTS_SIGNAL = "events"
FEED_SIGNAL = "feed"
BATCH = 2_000

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
# Goes on from where the list ends rather than with what was just given out: so it also lists the events of before there was a list.
# An event that names nobody, or the nil UUID, among its organisations is neither shown to everyone for that nor does it hold up the rest.
_LIST = text(
    """
    WITH due AS (
        SELECT listed AS after, least(position, listed + :batch) AS last FROM relay_state WHERE id = 1
    ), made AS (
        INSERT INTO event_readers (reader, position)
        SELECT DISTINCT reader, events.position
        FROM due, events, unnest(
            CASE visibility WHEN 'public' THEN ARRAY[CAST(:everyone AS uuid)] ELSE array_remove(array_remove(organizations, :everyone), NULL) END
        ) AS reader
        WHERE events.position > due.after AND events.position <= due.last
    )
    UPDATE relay_state SET listed = due.last FROM due WHERE relay_state.id = 1 AND due.last > due.after RETURNING due.last - due.after
    """
)


async def relay_once(database: Database, *, batch: int = BATCH) -> int:
    """Position up to `batch` committed rows in one transaction and list their readers; how many rows it did, 0 when another relay is
    at work.
    """
    async with database.engine.begin() as connection:
        if not (await connection.execute(_LOCK, {"lock": LOCK})).scalar_one():
            return 0
        moved: int = (await connection.execute(_ASSIGN, {"batch": batch})).rowcount
        listed: int = (await connection.execute(_LIST, {"batch": batch, "everyone": EVERYONE})).scalar_one_or_none() or 0
    done = max(moved, listed)
    if done:
        database.signals.send(FEED_SIGNAL)
    return done


async def relay_forever(database: Database, *, poll: float = 1.0) -> None:
    """Relay whenever a commit says so, and every `poll` seconds besides."""
    while True:
        due = database.signals.watch(EVENTS_SIGNAL)
        if await relay_once(database) == 0:
            await database.signals.wait(due, poll)
