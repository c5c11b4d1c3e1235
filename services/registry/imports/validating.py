"""Reads a stored file chunk by chunk into the staging table. Each chunk is one transaction, so reading resumes at any of them."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from services.registry.imports import objects, presets, rows
from services.registry.imports.copying import copy
from services.registry.imports.faults import Fault
from services.registry.imports.formats import NDJSON
from services.registry.imports.models import Import, ImportChunk, ImportState
from services.registry.imports.progress import PROGRESS_SIGNAL
from services.registry.imports.shapes import SHAPES
from shared.access import Caller
from shared.database import Database
from shared.work import Work, open_work

WORKER = Caller(subject="registry-worker")
MOST_PROBLEMS = 1_000  # kept of one import; all are counted
PROBLEM_COLUMNS = ("import_id", "line", "column", "value", "code", "message", "remedy", "said")


@dataclass
class Reading:
    """A chunk that is next, and what is known of its file."""

    job: Import
    number: int
    first_line: int
    content: bytes


async def read_next(database: Database, import_id: UUID) -> bool:
    """Read one more chunk; False when none is left or the import has ended. Reading runs beside the event loop."""
    reading = await _next(database, import_id)
    if reading is None:
        return False
    titles, found = await asyncio.to_thread(_read, reading)
    return await _keep(database, reading, titles, found)


async def _next(database: Database, import_id: UUID) -> Reading | None:
    async with open_work(database, WORKER, read_only=True) as work:
        job: Import = (await work.execute(select(Import).where(Import.id == import_id))).scalar_one()
        if job.state is not ImportState.validating or job.chunks_read >= job.chunks:
            return None
        chosen = select(ImportChunk).where(ImportChunk.import_id == import_id, ImportChunk.number == job.chunks_read)
        chunk: ImportChunk | None = (await work.execute(chosen)).scalar_one_or_none()
        return None if chunk is None else Reading(job, chunk.number, chunk.first_line, chunk.content)


def _read(reading: Reading) -> tuple[list[str], rows.Found]:
    preset, makes = presets.SHELF.get(reading.job.preset), presets.makes_of(reading.job.preset)
    if reading.job.format == NDJSON:
        return [], objects.read(reading.content, reading.first_line, preset, makes)
    first = reading.number == 0
    titles, faults = rows.header(reading.content, preset, makes) if first else (reading.job.columns or [], [])
    if faults:
        return titles, rows.Found(readable=False, faults=faults)
    return titles, rows.read(reading.content, reading.first_line, titles, skip_header=first, preset=preset, makes=makes)


async def _keep(database: Database, reading: Reading, titles: list[str], found: rows.Found) -> bool:
    job = reading.job
    through = reading.number + 1 if found.readable else job.chunks
    problems = job.problems + len(found.faults)
    ready = through == job.chunks and problems == 0 and not job.validate_only
    progress: dict[str, Any] = {
        "state": ImportState.applying if ready else ImportState.validating,
        "columns": titles,
        "chunks_read": through,
        "readable": found.readable,
        "rows_read": job.rows_read + found.read,
        "rows_valid": job.rows_valid + found.valid,
        "problems": problems,
    }
    if through == job.chunks and found.readable:
        progress["rows_total"] = progress["rows_read"]  # blank lines were counted until now
    async with open_work(database, WORKER) as work:
        mine = (Import.id == job.id, Import.state == ImportState.validating, Import.chunks_read == reading.number)
        if (await work.execute(update(Import).where(*mine).values(**progress, updated_at=work.now))).rowcount == 0:
            return False  # cancelled meanwhile, or another worker was faster
        shape = SHAPES[presets.makes_of(job.preset)]
        await copy(work, shape.table, ("import_id", *shape.fields), [(job.id, *row) for row in found.rows])
        await keep_problems(work, job.id, found.faults, known=job.problems)
    database.signals.send(PROGRESS_SIGNAL)
    return True


async def keep_problems(work: Work, import_id: UUID, faults: list[Fault], *, known: int) -> None:
    """Keep as many of these as there is room for beside the `known` ones."""
    kept = faults[: max(MOST_PROBLEMS - known, 0)]
    await copy(work, "import_problems", PROBLEM_COLUMNS, [(import_id, *fault.record()) for fault in kept])
