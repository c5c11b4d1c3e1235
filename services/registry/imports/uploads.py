"""Takes a file as it streams in and stores it in chunks. No session is open and no byte is held while the sender is slow.

An upload holds an advisory lock on its import for as long as it runs. The lock goes with its connection, so a broken upload is known at
once, however it broke: the next request with the same Idempotency-Key takes the import over, else a worker closes it.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import Request, Response
from sqlalchemy import delete, null, select, text, update
from starlette.requests import ClientDisconnect

from services.registry.errors import ImportOver
from services.registry.imports import formats
from services.registry.imports.models import Import, ImportChunk, ImportState
from services.registry.imports.repository import Imports
from services.registry.imports.schemas import ImportRead, ImportStart
from services.registry.imports.sources import require_own
from services.registry.imports.splitting import chunks
from shared import traces
from shared.access import Caller
from shared.database import Database
from shared.errors import BadRequest, Invalid, KeyInFlight, KeyReused, Unavailable
from shared.idempotency import KEEP_FOR
from shared.ids import new_id
from shared.refusals import translated_errors
from shared.web import conditions
from shared.work import Work, open_work

IMPORTS_SIGNAL = "imports"
PATIENCE = 10.0  # seconds in line before a file is refused
CHUNK_COLUMNS = ("import_id", "number", "first_line", "content")
WAITING = """
    SELECT i.id FROM imports AS i
    WHERE i.state IN ('uploading', 'validating', 'applying') AND NOT EXISTS (
        SELECT FROM imports AS earlier
        WHERE earlier.source = i.source AND earlier.id < i.id AND earlier.state IN ('validating', 'applying') AND i.state <> 'uploading'
    )
    ORDER BY i.id LIMIT 50
"""


def lock_of(import_id: UUID) -> int:
    """The advisory lock of an import: the random half of its id."""
    return int.from_bytes(import_id.bytes[8:], "big", signed=True)


async def try_lock(connection: asyncpg.Connection, import_id: UUID) -> bool:
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_of(import_id)))


@dataclass
class Slots:
    """How many files an application handles at once, in one direction: whoever reads slowly keeps nobody from sending."""

    slots: asyncio.Semaphore

    @contextlib.asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits in line for a while, holding nothing; then Unavailable."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.slots.acquire()
        except TimeoutError as error:
            raise Unavailable("As many files as this process handles at once are on their way. Send yours, or ask for it, again in a moment.") from error
        try:
            yield
        finally:
            self.slots.release()


@dataclass
class Uploads(Slots):
    """What may be sent: so many at once, each of so many bytes."""

    max_import: int


@dataclass
class Arriving:
    """A file on its way in: who sends it, what is to be done with it, and its body."""

    request: Request
    caller: Caller
    start: ImportStart

    @property
    def database(self) -> Database:
        database: Database = self.request.app.state.database
        return database

    def work(self) -> contextlib.AbstractAsyncContextManager[Work]:
        state = self.request.app.state
        return open_work(self.database, self.caller, now=state.clock.now(), asked=conditions(self.request))

    def key(self) -> str | None:
        """The hash under which the Idempotency-Key of this caller is known."""
        raw = self.request.headers.get("idempotency-key")
        if raw is None:
            return None
        if not 1 <= len(raw) <= 200:
            wrong = {"in": "header", "pointer": "/Idempotency-Key", "detail": "is too long or empty"}
            raise Invalid("Idempotency-Key takes 1 to 200 characters.", errors=[wrong])
        return hashlib.sha256(f"{self.caller.subject}\n{self.caller.organization}\n{raw}".encode()).hexdigest()

    def form(self) -> str:
        return formats.form_of(self.request.headers.get("content-type", ""))

    def rows(self, stream: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
        """The lines of the file, whatever it was packed in."""
        plain = formats.unpacked(stream, self.request.headers.get("content-encoding", "").strip().lower(), limit)
        if self.form() == formats.TSV:
            return formats.from_tabs(plain)
        return formats.from_workbook(plain, self.start.sheet) if self.form() == formats.XLSX else plain


async def receive(arriving: Arriving) -> Response:
    """Store the file and say where its import can be watched. The same Idempotency-Key and file again give the same import."""
    arriving.form()
    key = arriving.key()
    uploads: Uploads = arriving.request.app.state.uploads
    arriving.request.scope["state"]["max_body"] = uploads.max_import
    async with uploads.slot():
        with translated_errors():
            connection = await arriving.database.connect()
        try:
            earlier = await _earlier(arriving, key)
            if earlier is not None and earlier.uploaded_at is not None:
                return await _replay(arriving, earlier)
            import_id = await _begin(arriving, connection, key, earlier)
            stored = await _store(connection, import_id, arriving, uploads.max_import)
            answer = await _finish(arriving, import_id, stored)
            await connection.close()
        finally:
            connection.terminate()
    arriving.database.signals.send(IMPORTS_SIGNAL)
    return answer


async def _earlier(arriving: Arriving, key: str | None) -> Import | None:
    """The import that has this key, unless the key is old enough to be used anew."""
    if key is None:
        return None
    async with arriving.work() as work:
        await work.execute(update(Import).where(Import.key == key, Import.created_at < work.now - KEEP_FOR).values(key=None))
        found: Import | None = (await work.execute(select(Import).where(Import.key == key))).scalar_one_or_none()
        return found


async def _replay(arriving: Arriving, earlier: Import) -> Response:
    digest = hashlib.sha256()
    async for received in arriving.request.stream():
        digest.update(received)
    start = arriving.start
    known = (earlier.digest, earlier.preset, earlier.source, earlier.retire, earlier.retire_at_most, earlier.sheet, earlier.validate_only)
    if known != (digest.hexdigest(), start.preset, start.of_source(), start.retire, start.retire_at_most, start.sheet, start.validate_only):
        raise KeyReused("Use a new key for a new request; a key belongs to one file and one way of importing it.")
    return await _answer(arriving, earlier.id, replayed=True)


async def _begin(arriving: Arriving, connection: asyncpg.Connection, key: str | None, earlier: Import | None) -> UUID:
    """Lock the import, then show it: whoever finds it uploading and unlocked knows that its upload broke off."""
    import_id = earlier.id if earlier is not None else new_id()
    if not await try_lock(connection, import_id):
        raise KeyInFlight("Wait for the first upload to end, then send it again: you will get its answer.")
    async with arriving.work() as work:
        await require_own(work, arriving.start)
        if earlier is not None:
            await work.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))
            again: dict[str, Any] = {"state": ImportState.uploading, "failure": None, "failures": null(), "finished_at": None}
            again |= _asked(arriving.start, arriving.form()) | {"updated_at": work.now}
            await work.execute(update(Import).where(Import.id == import_id, Import.uploaded_at.is_(None)).values(**again))
            return import_id
        start, caller = arriving.start, arriving.caller
        work.add(
            Import(
                id=import_id,
                **_asked(start, arriving.form()),
                state=ImportState.uploading,
                key=key,
                subject=caller.subject,
                organization=caller.organization,
                country=caller.country,
                request_id=work.asked.request_id,
                trace=traces.parent(),
            )
        )
    return import_id


def _asked(start: ImportStart, form: str) -> dict[str, Any]:
    return {
        "format": formats.NDJSON if form == formats.NDJSON else formats.CSV,
        "preset": start.preset,
        "source": start.of_source(),
        "retire": start.retire,
        "retire_at_most": start.retire_at_most,
        "sheet": start.sheet,
        "validate_only": start.validate_only,
    }


@dataclass
class Stored:
    """What has been stored."""

    digest: str
    bytes: int
    chunks: int
    records: int


async def _store(connection: asyncpg.Connection, import_id: UUID, arriving: Arriving, limit: int) -> Stored:
    digest = hashlib.sha256()
    stored = Stored("", 0, 0, 0)

    async def seen() -> AsyncIterator[bytes]:
        try:
            async for received in arriving.request.stream():
                digest.update(received)
                stored.bytes += len(received)
                yield received
        except ClientDisconnect as error:
            raise BadRequest("The upload broke off. Send the file again with the same Idempotency-Key.") from error

    async for chunk in chunks(arriving.rows(seen(), limit), quoted=arriving.form() != formats.NDJSON):
        row = (import_id, stored.chunks, chunk.first_line, chunk.content)
        with translated_errors():
            await connection.copy_records_to_table("import_chunks", records=[row], columns=CHUNK_COLUMNS)
        stored.chunks += 1
        stored.records += chunk.records
    stored.digest = digest.hexdigest()
    return stored


async def _finish(arriving: Arriving, import_id: UUID, stored: Stored) -> Response:
    if stored.bytes == 0:
        raise Invalid("The body is empty; send the file as the body.", errors=[{"in": "body", "pointer": "", "detail": "is empty"}])
    async with arriving.work() as work:
        known = {
            "digest": stored.digest,
            "bytes": stored.bytes,
            "chunks": stored.chunks,
            "rows_total": max(stored.records - (arriving.form() != formats.NDJSON), 0),
        }
        uploading = (Import.id == import_id, Import.state == ImportState.uploading)
        now = {"state": ImportState.validating, "uploaded_at": work.now, "updated_at": work.now}
        if (await work.execute(update(Import).where(*uploading).values(**known, **now))).rowcount == 0:
            await work.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))
            await work.settle()
            raise ImportOver("The import was cancelled while its file was on the way.")
    return await _answer(arriving, import_id)


async def _answer(arriving: Arriving, import_id: UUID, *, replayed: bool = False) -> Response:
    async with arriving.work() as work:
        answer = await Imports(work).read(ImportRead, import_id, status=202)
    answer.headers["Location"] = f"/v1/imports/{import_id}"
    if replayed:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


async def waiting(database: Database) -> list[UUID]:
    """Imports that have not ended, the oldest first. One waits for those of the same source that came before it."""
    async with open_work(database, Caller(), read_only=True) as work:
        found = await work.execute(text(WAITING))
        return list(found.scalars())
