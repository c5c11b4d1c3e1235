"""Applies a file that was read: checks its rows against each other and the registry, then everything in one transaction or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import TextClause, func, select, text, update

from services.registry.actors.hierarchy import PARENTS_LOCK
from services.registry.actors.turning import DAY_LOCK
from services.registry.imports import checks, comparing, recording, sources, statements
from services.registry.imports.copying import copy
from services.registry.imports.faults import Fault, failed
from services.registry.imports.links import applying as links
from services.registry.imports.links import resolving
from services.registry.imports.links import sources as link_sources
from services.registry.imports.links.details import DETAILS, Detail
from services.registry.imports.links.identifiers import TOLD
from services.registry.imports.models import ENDED, Import, ImportState
from services.registry.imports.presets import NATIVE, keeps_first, makes_of, shared_schemes
from services.registry.imports.progress import PROGRESS_SIGNAL
from services.registry.imports.shapes import Makes
from services.registry.imports.validating import MOST_PROBLEMS, WORKER, keep_problems
from shared import logs
from shared.access import Caller
from shared.database import Database
from shared.errors import Problem, Unavailable
from shared.languages import SPOKEN, Language
from shared.relay import EVENTS_SIGNAL
from shared.translations import Sentence, in_each_language, said, title
from shared.work import Work, open_work

log = logs.get(__name__)
LARGE = 1_000  # new actors, from which on the planner is told
ORPHAN_COLUMNS = ("import_id", "actor_id", "tie_id", "domain", "kept_by", "retired")
QUESTION_COLUMNS = ("import_id", "line", "column", "side", "text", "candidates", "other_id")
ATTEMPTS = 5  # when changes over the API cross the file's
CROSSED = "Changes made at the same time kept crossing the file's: {title} Import it again."
NOBODYS = "It does not say for which country it was sent. Send the file again."
ONE_PROBLEM = "1 problem was found; nothing was applied. Mend the file and send it again."
PROBLEMS = "{count} problems were found; nothing was applied. Mend the file and send it again."


@dataclass
class _Undone(Exception):
    """Carries what was found out of the transaction, which is rolled back."""

    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    applied: dict[str, int] | None = None
    left: dict[str, int] = field(default_factory=dict)
    orphans: list[tuple[Any, ...]] = field(default_factory=list)
    questions: list[tuple[Any, ...]] = field(default_factory=list)
    why: Sentence | str | None = None


async def apply(database: Database, import_id: UUID) -> None:
    """Bring an import whose file was read to its end: done or failed."""
    async with open_work(database, WORKER, read_only=True) as work:
        job: Import = (await work.execute(select(Import).where(Import.id == import_id))).scalar_one()
    if job.state in ENDED:
        return
    if not job.readable:
        await _end(database, job, _Undone())
        return
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await _attempt(database, job)
            database.signals.send(PROGRESS_SIGNAL)
        except _Undone as undone:
            await _end(database, job, undone)
        except Unavailable:
            raise
        except Problem as crossed:  # a constraint spoke, or two transactions waited for each other
            log.warning("import.crossed", import_id=str(job.id), attempt=attempt, code=crossed.code)
            if attempt == ATTEMPTS:
                await fail(database, job.id, {language: said(CROSSED, language).format(title=title(type(crossed), language)) for language in SPOKEN.values()})
            continue
        return


async def fail(database: Database, import_id: UUID, why: Mapping[Language, str]) -> None:
    """End an import that did not come to its end by itself, unless it has."""
    async with open_work(database, WORKER) as work:
        ended = {**failed(why), "finished_at": work.now, "updated_at": work.now}
        await work.execute(update(Import).where(Import.id == import_id, Import.state.not_in(ENDED)).values(**ended))
        await _clean(work, import_id)


async def _attempt(database: Database, job: Import) -> None:
    """One transaction. Raises _Undone for a file with faults and for a dry run."""
    async with open_work(database, Caller(subject=job.subject, organization=job.organization)) as work:
        await _lock(work, DAY_LOCK)
        work.now = (await work.execute(select(func.clock_timestamp()))).scalar_one()  # what is applied is as of the day on which its turn came
        state = (await work.execute(select(Import.state).where(Import.id == job.id).with_for_update())).scalar_one()
        if state in ENDED:
            return
        await _run(work, statements.ROOM, {})
        counts, left = await _apply(work, job, _values(work, job))
        if job.retire and (why := sources.too_many(left["retired"], job.rows_read, job.retire_at_most)) is not None:
            raise _Undone(left=left, orphans=await _orphans(work, job), why=why)
        if job.validate_only:
            questions = await links.questions(work) if _links(job) else []
            raise _Undone(applied=counts, left=left, orphans=await _orphans(work, job), questions=questions)
        await work.execute(_keeping(job), {"id": job.id})
        await _analyse(work, job, counts["created"])
        done = {"state": ImportState.done, "rows_applied": counts, **left, "finished_at": work.now, "updated_at": work.now}
        await work.execute(update(Import).where(Import.id == job.id).values(**done))
        await _clean(work, job.id)
    database.signals.send(EVENTS_SIGNAL)


async def _apply(work: Work, job: Import, values: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """What was created, changed, unchanged; and what is left of it: orphans, suggestions."""
    if job.country is None and job.organization is not None:  # taken in by a release that did not ask
        raise _Undone(why=NOBODYS)
    makes = makes_of(job.preset)
    if makes is Makes.actors:
        return await _apply_actors(work, job, values)
    if job.problems:
        raise _Undone
    if makes in (Makes.ties, Makes.domains):
        await _run(work, (checks.FAULTS,), values)
        found = await (links.apply_ties if makes is Makes.ties else links.apply_domains)(work, values)
        await _require_faultless(work, job)
        return found
    return await _apply_actors(work, job, values | {"source": None}, DETAILS[makes])  # it brings nobody


async def _apply_actors(work: Work, job: Import, values: dict[str, Any], detail: Detail | None = None) -> tuple[dict[str, int], dict[str, int]]:
    """The rows of actors; or what else a file says of actors, each of whom then gets a row that says nothing."""
    await _run(work, TOLD, values)
    if detail is not None:
        await _run(work, (*resolving.RESOLVE, *detail.stage), values)
    if keeps_first(job.preset):
        await work.execute(checks.KEEP_FIRST, values)
    await _run(work, checks.PREPARE, values)
    if job.preset not in NATIVE:
        await work.execute(checks.KEEP_FIRST_OF_ACTOR)
    await _lock(work, PARENTS_LOCK)  # after the actors, as those take it who change one
    compare, write = (detail.compare, detail.apply) if detail is not None else ((), ())
    await _run(work, (*compare, *checks.CHECKS, *comparing.MOVES), values)
    await _require_faultless(work, job)
    await _run(work, (*sources.PREPARE, *comparing.TOUCHED, checks.STRANGERS, *statements.ACTORS, *statements.PARENTS, *write, checks.RINGS), values)
    await _require_faultless(work, job)
    theirs = checks.THEIRS if detail is None else checks.THEIRS_TOLD
    await _run(work, (statements.CHANGED_ACTORS, *sources.RETIRE, *statements.SEATS, *theirs, checks.MOVED), values)
    await _require_faultless(work, job)
    await _run(work, (*recording.EVENTS, sources.REMEMBER), values)
    counts = dict((await work.execute(statements.COUNTS)).one()._mapping)
    left = dict((await work.execute(sources.COUNT_ORPHANS)).one()._mapping) if values["source"] is not None else {}
    return counts, left


def _links(job: Import) -> bool:
    return makes_of(job.preset) in (Makes.ties, Makes.domains)


async def _orphans(work: Work, job: Import) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await work.execute(link_sources.READ_ORPHANS if _links(job) else sources.READ_ORPHANS)]


def _keeping(job: Import) -> TextClause:
    return link_sources.KEEP_ORPHANS if _links(job) else sources.KEEP_ORPHANS


async def _analyse(work: Work, job: Import, created: int) -> None:
    if created >= LARGE:
        settle = (statements.SETTLE,) if makes_of(job.preset) is Makes.actors else ()
        await _run(work, (*settle, *statements.ANALYSE[makes_of(job.preset)]), {})


async def _lock(work: Work, lock: int) -> None:
    await work.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


def _values(work: Work, job: Import) -> dict[str, Any]:
    return {
        "id": job.id,
        "source": job.source,
        "retire": job.retire,
        "shared": shared_schemes(job.preset),
        "own": job.preset in NATIVE,
        "now_called": makes_of(job.preset) is Makes.actors,
        "now": work.now,
        "today": work.now.date(),
        "ms": int(work.now.timestamp() * 1000),
        "subject": job.subject,
        "organization": job.organization,
        "country": job.country,
        "reason": f"import {job.id}",
        "request_id": job.request_id,
        "trace": job.trace,
    }


async def _run(work: Work, chosen: tuple[Any, ...], values: dict[str, Any]) -> None:
    for statement in chosen:
        await work.execute(statement, values)


async def _require_faultless(work: Work, job: Import) -> None:
    count = (await work.execute(checks.COUNT_FAULTS)).scalar_one()
    if count or job.problems:
        found = await work.execute(checks.READ_FAULTS, {"most": MOST_PROBLEMS})
        raise _Undone(faults=[Fault(line, title, value, code, orjson.loads(given)) for line, title, value, code, given in found], count=count)


async def _end(database: Database, job: Import, undone: _Undone) -> None:
    """Record how an import ended that changed nothing: a dry run, or a file with problems."""
    problems = job.problems + undone.count
    async with open_work(database, WORKER) as work:
        ended: dict[str, Any] = {"state": ImportState.done, "rows_applied": undone.applied, "problems": problems, **undone.left}
        if problems:
            ended |= failed(in_each_language(ONE_PROBLEM if problems == 1 else Sentence(PROBLEMS, count=problems)))
        elif undone.why is not None:
            ended |= failed(in_each_language(undone.why))
        mine = update(Import).where(Import.id == job.id, Import.state.not_in(ENDED))
        if (await work.execute(mine.values(**ended, finished_at=work.now, updated_at=work.now))).rowcount:
            await keep_problems(work, job.id, undone.faults, known=job.problems)
            await copy(work, "import_orphans", ORPHAN_COLUMNS, [(job.id, *orphan) for orphan in undone.orphans])
            await copy(work, "import_questions", QUESTION_COLUMNS, [(job.id, *question) for question in undone.questions])
            await _clean(work, job.id)
    database.signals.send(PROGRESS_SIGNAL)


async def _clean(work: Work, import_id: UUID) -> None:
    for statement in statements.CLEAN:
        await work.execute(statement, {"id": import_id})
