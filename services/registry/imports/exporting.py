"""The registry as a file that an import takes back: the same columns, and read into an empty registry the same file again.

PostgreSQL writes it by COPY, row by row, so that neither side holds more than a piece. The rows stand in the order of their keys.
What an import cannot say is not in it: former names and days of validity, a second identifier of one scheme, a second seat.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from services.registry.access import CONTACTS_READ
from services.registry.imports.cells import COUNTRY, FAMILIES, LANGUAGE, OWN_SCHEME, SCHEME
from services.registry.imports.formats import CSV, NDJSON
from services.registry.imports.sql import statement
from services.registry.imports.uploads import Uploads
from shared.access import Caller
from shared.database import Database
from shared.refusals import translated_errors

MEDIA = {CSV: "text/csv; charset=utf-8; header=present", NDJSON: "application/x-ndjson"}
AHEAD = 8  # pieces that wait for a slow reader, before PostgreSQL does
# What a spreadsheet would run as a formula gets an apostrophe before it, and what has apostrophes before that one more: see `cells.plain`.
GUARDED = r"CASE WHEN ({0}) ~ '^''*[=+@\t\r-]' THEN '''' || ({0}) ELSE {0} END"
TEXTS = ("source_kind", "website", "source", "licence")
PLAIN = ("kind", "status", "dissolved_on", "preferred_language", "country", "subdivision", "population", "read_on")
SHORT = "CAST(CAST(a.{0} AS text) AS numeric)"  # all digits, and no exponent
KEYS: dict[str, tuple[Callable[[str], object], str]] = {
    "name": (LANGUAGE.fullmatch, "SELECT DISTINCT key FROM actors, jsonb_object_keys(names) AS key"),
    "id": (SCHEME.fullmatch, "SELECT DISTINCT scheme AS key FROM actor_identifiers WHERE scheme <> 'comity'"),
    "border_m": (COUNTRY.fullmatch, "SELECT DISTINCT key FROM actors, jsonb_object_keys(border_m) AS key"),
}
HELD = {"name": "a.names ->> '{0}'", "id": "held.ids ->> '{0}'", "border_m": "a.border_m ->> '{0}'"}
ROWS = """
    WITH held AS MATERIALIZED (
        SELECT i.actor_id, coalesce(
                   min(ARRAY[i.scheme COLLATE "C", i.value COLLATE "C"]) FILTER (WHERE i.scheme <> '{own}'), min(ARRAY[i.scheme, i.value COLLATE "C"])
               ) AS key,
               jsonb_object_agg(i.scheme, i.value ORDER BY i.value COLLATE "C" DESC) AS ids
        FROM actor_identifiers AS i WHERE @current(i) GROUP BY i.actor_id
    )
    SELECT {columns}
    FROM actors AS a
    LEFT JOIN held ON held.actor_id = a.id
    LEFT JOIN actor_parents AS tie ON tie.actor_id = a.id AND @current(tie)
    LEFT JOIN held AS above ON above.actor_id = tie.parent_id
    LEFT JOIN LATERAL (
        SELECT s.role, s.title, (
            SELECT p.address FROM contact_points AS p WHERE p.seat_id = s.id AND p.channel = 'email' AND p.kind = 'office' ORDER BY p.id LIMIT 1
        ) AS email
        FROM seats AS s WHERE s.actor_id = a.id AND s.status = 'active' ORDER BY s.role COLLATE "C", s.id LIMIT 1
    ) AS seat ON true
    WHERE a.status <> 'merged'
    ORDER BY coalesce(held.key, ARRAY['{own}', CAST(a.id AS text)] COLLATE "C")
"""


@dataclass
class Exported:
    """Who wants the registry as a file, and in which form."""

    request: Request
    caller: Caller
    form: str


async def export(exported: Exported) -> Response:
    """The answer streams; what goes wrong after the first piece cuts it off, what goes wrong before is a problem as any other."""
    state = exported.request.app.state
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="actors.{exported.form}"'}
    pieces = _pieces(state.database, state.uploads, exported, state.clock.now().date().isoformat())
    first = await anext(pieces, b"")
    return StreamingResponse(_after(first, pieces), media_type=MEDIA[exported.form], headers=headers)


async def _after(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The stream from its first piece on; a reader who leaves ends the COPY with its connection, and gives up the place."""
    async with contextlib.aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


async def _pieces(database: Database, uploads: Uploads, exported: Exported, today: str) -> AsyncGenerator[bytes, None]:
    async with uploads.slot():
        with translated_errors():
            connection = await database.connect()
        try:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            query = await _query(connection, exported, today)
            waiting: asyncio.Queue[bytes] = asyncio.Queue(AHEAD)
            how = {"header": True} if exported.form == CSV else {"delimiter": "\x01", "quote": "\x02", "escape": "\x02"}
            copying = asyncio.create_task(connection.copy_from_query(query, output=waiting.put, format="csv", **how))
            copying.add_done_callback(lambda _: None if waiting.full() else waiting.put_nowait(b""))
            try:
                while not (copying.done() and waiting.empty()):
                    if piece := await waiting.get():
                        yield bytes(piece)
                await copying
            finally:
                copying.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await copying
        finally:
            connection.terminate()


async def _query(connection: Any, exported: Exported, today: str) -> str:
    keys = {family: await _keys(connection, family) for family in FAMILIES}
    columns = _columns(contacts=exported.caller.may(CONTACTS_READ), keys=keys, csv=exported.form == CSV)
    listed = ", ".join(f'{made} AS "{title}"' for title, made in columns.items())
    query = str(statement(ROWS.format(columns=listed, own=OWN_SCHEME))).replace(":today", f"'{today}'")
    return query if exported.form == CSV else f"SELECT row_to_json(entry) FROM ({query}) AS entry"  # noqa: S608  # our own columns


async def _keys(connection: Any, family: str) -> list[str]:
    """The languages, schemes or countries there are; each is of a form that needs no quoting."""
    fits, query = KEYS[family]
    return sorted(row["key"] for row in await connection.fetch(query) if fits(row["key"]))


def _columns(*, contacts: bool, keys: dict[str, list[str]], csv: bool) -> dict[str, str]:
    """The titles of an import, each with the expression that fills it."""
    shown = GUARDED if csv else "{0}"
    key = "coalesce({0}.key[1], '" + OWN_SCHEME + "')"
    value = "coalesce({0}.key[2], CAST({1} AS text))"
    found = {"key_scheme": key.format("held"), "key_value": shown.format(value.format("held", "a.id"))}
    found |= {name: f"a.{name}" for name in PLAIN} | {name: shown.format(f"a.{name}") for name in TEXTS}
    found["parent_scheme"] = f"CASE WHEN tie.parent_id IS NOT NULL THEN {key.format('above')} END"
    found["parent_value"] = f"CASE WHEN tie.parent_id IS NOT NULL THEN {shown.format(value.format('above', 'tie.parent_id'))} END"
    found |= {name: SHORT.format(name) for name in ("lat", "lon")}
    for family, titles in keys.items():
        made = HELD[family] if family == "border_m" else shown.format(HELD[family])
        found |= {f"{family}:{title}": made.format(title) for title in titles}
    found |= {"seat_role": "seat.role", "seat_title": shown.format("seat.title")}
    return found | ({"seat_email": "seat.email"} if contacts else {})
