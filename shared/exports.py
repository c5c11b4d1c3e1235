"""Lists as files: every row that the filters mean, row by row, so that the memory used does not grow with the list.

`Accept` chooses the form. A file holds the whole list, as it stood at one moment: it has no pages, so the parameters of pages are
refused. It is read through a connection of its own, beside those of requests, and a few at a time.
"""

import asyncio
import contextlib
import csv
import io
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
import orjson
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel
from sqlalchemy import Text, cast, literal_column, select
from starlette.types import Message, Receive, Scope, Send

from shared.database import Database
from shared.errors import Invalid, Unavailable
from shared.pages import Page
from shared.reading import Scopes, Statement, body, marked_on_request, unwrapped
from shared.refusals import translated_errors
from shared.repository import PageShape, Repository, matching, shape_of
from shared.work import Work

JSON, CSV, NDJSON, GEOJSON = "application/json", "text/csv", "application/x-ndjson", "application/geo+json"
SUFFIXES: Mapping[str, str] = {CSV: "csv", NDJSON: "ndjson", GEOJSON: "geojson"}
TABLES = (CSV, NDJSON)  # what has no place
OF_PAGES = ("limit", "cursor", "count", "facets")
ROWS = 200  # read and sent at a time
SLOWEST = 30.0  # seconds, in which a reader takes what was sent; one who stops reading would keep a connection and its snapshot for ever
LONGEST = 300.0  # seconds for a whole file: who takes it in sips keeps the same connection and snapshot
MOST_RANGES = 20
FORMULA = re.compile("'*[=+@\t\r-]")  # how a text begins that a spreadsheet would run, or one that was kept from it already

Rows = AsyncGenerator[Sequence[bytes], None]
Form = Callable[[Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Written:
    """How rows become a file: what comes first, each batch of rows, what stands between two batches, what comes last."""

    batch: Form
    first: bytes = b""
    between: bytes = b""
    last: bytes = b""


class FileAnswer(StreamingResponse):
    """A file on its way. Its connection is given back when it has been sent, and when nobody takes it any more or takes too long over it."""

    def __init__(self, beginning: Sequence[bytes] | None, rows: Rows, written: Written, media_type: str, name: str) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-cache"}
        self.rows, self.pieces = rows, _pieces(beginning, rows, written)
        super().__init__(self.pieces, media_type=media_type, headers=headers | {"Vary": "Accept, Accept-Language, Authorization"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def taken(message: Message) -> None:
            async with asyncio.timeout(SLOWEST):
                await send(message)

        async with contextlib.aclosing(self), asyncio.timeout(LONGEST):
            await super().__call__(scope, receive, taken)

    async def aclose(self) -> None:
        # The rows by themselves: closing pieces of which none was taken does not reach into them.
        await self.pieces.aclose()
        await self.rows.aclose()


def chosen(accept: str | None, offered: Sequence[str]) -> str:
    """The media type that an Accept header (RFC 9110) prefers of those offered; the first when it names none of them."""
    ranges: list[tuple[float, str]] = []
    for part in (accept or "").split(",", MOST_RANGES)[:MOST_RANGES]:
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        with contextlib.suppress(ValueError):
            weight = next((float(given[2:]) for given in parameters if given.startswith("q=")), 1.0)
        ranges.append((weight, kind))
    return max(offered, key=lambda media: (_weight(media, ranges), -offered.index(media)))


def _weight(media: str, ranges: Sequence[tuple[float, str]]) -> float:
    """What the most specific range that covers the media type gives it."""
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        found = [weight for weight, kind in ranges if kind == wanted]
        if found:
            return max(found)
    return 0.0


def offered(files: Sequence[str] = TABLES) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a list that is also there as these files."""
    return {200: {"content": {media: {} for media in files}}}


async def listed(repository: Repository[Any], schema: type[BaseModel], filters: Page, name: str, *, files: Sequence[str] = TABLES) -> Response:
    """A page, or the whole list as a file of this name where `Accept` prefers one of these media types."""
    media = chosen(repository.work.asked.accept, (JSON, *files))
    if media == JSON:
        return await repository.page(schema, filters)
    return await whole_list(repository, schema, filters, media, f"{name}.{SUFFIXES[media]}")


async def whole_list(repository: Repository[Any], schema: type[BaseModel], filters: Page, media: str, name: str, written: Written | None = None) -> FileAnswer:
    """The list as a file of this media type: CSV, NDJSON or GEOJSON, or as `written`. 422 for parameters of pages, 503 while too many files are being read."""
    given = [field for field in OF_PAGES if field in filters.model_fields_set]
    if given:
        wrong = [{"in": "query", "pointer": f"/{field}", "detail": "belongs to pages"} for field in given]
        raise Invalid("A file holds the whole list. Leave out limit, cursor, count and facets, or ask for application/json.", errors=wrong)
    reader: Any = type(repository)
    shape = shape_of(filters)
    statement = _everything(reader, schema, type(filters), shape, repository.work.caller.scopes)
    rows = batches(repository.work, statement, repository.values(filters))
    return await file_of(rows, written or written_as(media, columns_of(schema, shape.include)), media, name)


async def file_of(rows: Rows, written: Written, media: str, name: str) -> FileAnswer:
    """The answer, once its first rows are there: what is refused or fails until then is a problem document."""
    with translated_errors():
        beginning = await anext(rows, None)
    return FileAnswer(beginning, rows, written, media, name)


def written_as(media: str, columns: Sequence[str]) -> Written:
    if media == CSV:
        return Written(lambda rows: _csv(_cells(row, columns) for row in rows), first=_csv([columns]))
    if media == NDJSON:
        return Written(lambda rows: b"".join(row + b"\n" for row in rows))
    return Written(lambda rows: b",\n".join(map(_feature, rows)), b'{"type":"FeatureCollection","features":[\n', b",\n", b"\n]}\n")


def columns_of(schema: type[BaseModel], include: frozenset[str]) -> tuple[str, ...]:
    """The fields of an answer, in its order; those of an object inside it stand for it, as `object.field`."""
    found: list[str] = []
    for name, field in schema.model_fields.items():
        if name in include or not marked_on_request(field):
            bare, _ = unwrapped(field.annotation)
            inside = bare.model_fields if isinstance(bare, type) and issubclass(bare, BaseModel) else None
            found += [name] if inside is None else [f"{name}.{part}" for part in inside]
    return tuple(found)


async def batches(work: Work, statement: Statement, values: Mapping[str, Any]) -> Rows:
    """The first column of every row, through a cursor over one moment's state of the database."""
    async with _connection(work.database) as connection:
        cursor = await connection.cursor(statement.text, *statement.arguments(values))
        while rows := await cursor.fetch(ROWS):
            yield [row[0].encode() for row in rows]


async def _pieces(beginning: Sequence[bytes] | None, rows: Rows, written: Written) -> AsyncGenerator[bytes, None]:
    yield written.first + (written.batch(beginning) if beginning else b"")
    async for batch in rows:
        yield written.between + written.batch(batch)
    yield written.last


@contextlib.asynccontextmanager
async def _connection(database: Database) -> AsyncIterator[Any]:
    """A connection in a read-only transaction that sees one state of the database."""
    if database.bound is not None:  # a test's, whose rows nobody else can see
        await database.bound.execute(select(literal_column("1")))  # SQLAlchemy begins a transaction with its first statement
        yield (await database.bound.get_raw_connection()).driver_connection
        return
    if database.exports.locked():
        raise Unavailable("As many lists as this process reads at once are being read as files. Ask again in a moment.")
    async with database.exports:
        connection: asyncpg.Connection = await database.connect()
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection
        finally:
            connection.terminate()


@lru_cache(maxsize=512)
def _everything(repository: Any, schema: type[BaseModel], filters: type[Page], shape: PageShape, scopes: Scopes) -> Statement:
    row = repository.model
    origin, where = matching(repository, filters, shape, scopes)
    entry = cast(body(schema, repository, row, scopes, shape.include), Text)
    return Statement(select(entry.label("body")).select_from(origin).where(*where).order_by(*repository.sorts[shape.sort].ordering(row)))


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode()


def _cells(row: bytes, columns: Sequence[str]) -> list[Any]:
    """The fields of an answer as cells: null is empty, and what is not a single value is JSON text.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, as in the export that an import takes back.
    """
    fields = orjson.loads(row)
    return [_cell(_found(fields, *name.partition("."))) for name in columns]


def _found(fields: Mapping[str, Any], name: str, dot: str, part: str) -> Any:
    value = fields[name]
    return value[part] if dot and value is not None else value


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if FORMULA.match(value) else value
    return orjson.dumps(value).decode() if isinstance(value, dict | list | bool) else value


def _feature(row: bytes) -> bytes:
    """A GeoJSON feature (RFC 7946): the answer is its properties, its place the geometry."""
    fields = orjson.loads(row)
    lat, lon = fields.get("lat"), fields.get("lon")
    geometry = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
    return orjson.dumps({"type": "Feature", "id": fields["id"], "geometry": geometry, "properties": fields})
