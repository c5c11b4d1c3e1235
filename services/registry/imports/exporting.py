"""The registry as files that an import takes back: the same columns, and read into an empty registry the same files again.

PostgreSQL writes them by COPY, row by row, so that neither side holds more than a piece. The rows stand in the order of their keys.
`exports` has the statement of each.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from services.registry.access import CONTACTS_READ, EVENTS_AUDIT
from services.registry.actors.callers import RECORDS
from services.registry.errors import ExportTooWide
from services.registry.imports.cells import COUNTRY, MOST_COLUMNS
from services.registry.imports.exports.actors import ACTORS
from services.registry.imports.exports.domains import DOMAINS
from services.registry.imports.exports.files import AS_IT_IS, FAMILIES, GUARDED, File, How
from services.registry.imports.exports.identifiers import IDENTIFIERS
from services.registry.imports.exports.names import NAMES
from services.registry.imports.exports.parents import PARENTS
from services.registry.imports.exports.seats import SEATS
from services.registry.imports.exports.ties import TIES
from services.registry.imports.exports.views import ExportView
from services.registry.imports.formats import CSV, NDJSON
from services.registry.imports.shapes import Makes
from shared.access import Caller
from shared.keepers import country_keeping
from shared.reading import Statement
from shared.refusals import translated_errors
from shared.repository import matching, shape_of
from shared.translations import Sentence
from shared.web import conditions
from shared.work import open_work

MEDIA = {CSV: "text/csv; charset=utf-8; header=present", NDJSON: "application/x-ndjson"}
AHEAD = 8  # pieces that wait for a slow reader, before PostgreSQL does
PATIENCE = 60.0  # seconds in which a reader takes nothing, before it is given up: its snapshot keeps the database from tidying
WIDEST = 1_600  # columns that PostgreSQL gives
FILES: dict[Makes, File] = {
    Makes.actors: ACTORS,
    Makes.ties: TIES,
    Makes.domains: DOMAINS,
    Makes.identifiers: IDENTIFIERS,
    Makes.names: NAMES,
    Makes.parents: PARENTS,
    Makes.seats: SEATS,
}


@dataclass
class Exported:
    """Who wants which file of the registry, and what of it."""

    request: Request
    caller: Caller
    makes: Makes
    view: ExportView

    @property
    def file(self) -> File:
        return FILES[self.makes]


async def export(exported: Exported) -> Response:
    """The answer streams; what goes wrong after the first piece cuts it off, what goes wrong before is a problem as any other."""
    form = exported.view.format
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{exported.file.name}.{form}"'}
    pieces = _pieces(exported)
    first = await anext(pieces, b"")
    return StreamingResponse(_after(first, pieces), media_type=MEDIA[form], headers=headers)


async def _after(first: bytes, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The stream from its first piece on; a reader who leaves ends the COPY with its connection, and gives up the place."""
    async with contextlib.aclosing(pieces):
        yield first
        async for piece in pieces:
            yield piece


async def _pieces(exported: Exported) -> AsyncGenerator[bytes, None]:
    """What is copied, as the reader takes it. The copying ends by itself when the reader takes nothing, and its place is free then."""
    waiting: asyncio.Queue[bytes] = asyncio.Queue(AHEAD)
    copying = asyncio.create_task(_copied(exported, waiting))
    copying.add_done_callback(lambda _: None if waiting.full() else waiting.put_nowait(b""))
    try:
        while not (copying.done() and waiting.empty()):
            if piece := await waiting.get():
                yield bytes(piece)
        await copying
    finally:
        copying.cancel()
        await asyncio.gather(copying, return_exceptions=True)


async def _copied(exported: Exported, waiting: asyncio.Queue[bytes]) -> None:
    async def put(piece: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            await waiting.put(piece)

    state = exported.request.app.state
    async with state.exports.slot():
        with translated_errors():
            connection = await state.database.connect()
        try:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            query, values = await _query(connection, exported)
            how = {"header": True} if exported.view.format == CSV else {"delimiter": "\x01", "quote": "\x02", "escape": "\x02"}
            await connection.copy_from_query(query, *values, output=put, format="csv", **how)
        finally:
            connection.terminate()


async def _query(connection: Any, exported: Exported) -> tuple[str, list[Any]]:
    """What is copied, and the values of its parameters."""
    csv, file, now = exported.view.format == CSV, exported.file, exported.request.app.state.clock.now()
    meant, values = await _meant(exported, now)

    def written(query: str) -> str:
        return query.replace("<meant>", meant).replace(":today", f"'{now.date().isoformat()}'")

    keys = {family: await _keys(connection, family, written, values) for family in file.families}
    columns = file.columns(How(GUARDED if csv else AS_IT_IS, keys, _email(exported.caller)))
    if len(columns) > (most := MOST_COLUMNS if csv else WIDEST):
        raise ExportTooWide(Sentence("It would have {columns} columns, and may have {most}.", columns=len(columns), most=most))
    listed = ", ".join(f'{made} AS "{title}"' for title, made in columns.items())
    query = written(file.rows).replace("<columns>", listed)
    return query if csv else f"SELECT row_to_json(entry) FROM ({query}) AS entry", values  # noqa: S608  # our own columns


async def _meant(exported: Exported, now: datetime) -> tuple[str, list[Any]]:
    """The ids of what the caller may see and the filters mean, as in the list: a statement and the values of its parameters."""
    repository, caller = exported.file.repository, exported.caller
    filters = exported.file.filters(**exported.view.model_dump(exclude={"format"}, exclude_none=True))
    origin, where = matching(repository, type(filters), shape_of(filters), caller.scopes)
    statement = Statement(select(repository.model.id).select_from(origin).where(*where))
    asked = conditions(exported.request)
    async with open_work(exported.request.app.state.database, caller, now=now, asked=asked, read_only=True) as work:
        return statement.text, statement.arguments(repository(work).values(filters))


async def _keys(connection: Any, family: str, written: Callable[[str], str], values: list[Any]) -> list[str]:
    """The languages, schemes or countries there are; each is of a form that needs no quoting."""
    fits, query = FAMILIES[family]
    return sorted(row["key"] for row in await connection.fetch(written(query), *values) if fits(row["key"]))


def _email(caller: Caller) -> str | None:
    """The addresses of offices, for whom a list of seats shows them: the own organisation's, and for those who read contacts what their country keeps.

    An auditor of the platform reads every country's. None where there is nothing to show.
    """
    if caller.may(CONTACTS_READ) and caller.may(EVENTS_AUDIT) and caller.belongs_nowhere:
        return "seat.email"
    own = [f"a.id = '{UUID(str(caller.organization))}'"] if caller.organization is not None else []
    if caller.may(CONTACTS_READ) and caller.country is not None and COUNTRY.fullmatch(caller.country):
        own.append(f"{country_keeping('a.id', RECORDS)} = '{caller.country}'")
    return f"CASE WHEN seat.email IS NOT NULL AND ({' OR '.join(own)}) THEN seat.email END" if own else None
