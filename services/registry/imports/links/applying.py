"""Applies rows that name known actors. A tie or a domain that does not fit exactly one actor is left, as a suggestion."""

from collections.abc import Mapping
from typing import Any

from services.registry.imports.links import domains, resolving, sources, suggesting
from services.registry.imports.sql import statement
from services.registry.ties.applying import PENDING, apply_pending
from services.registry.ties.models import GONE
from shared.work import Work

Values = Mapping[str, Any]

PEND = statement(
    """
    INSERT INTO pending_ties
        (line, type, from_id, to_id, role, status, end_reason, valid_from, valid_through, last_activity_on, note, source, licence, read_on)
    SELECT nth, type, from_id, to_id, role, status, end_reason, valid_from, valid_through, last_activity_on, note, source, licence, read_on
    FROM linked WHERE from_id IS NOT NULL AND to_id IS NOT NULL AND NOT dismissed ORDER BY nth
    """
)


async def apply_ties(work: Work, values: Values) -> tuple[dict[str, int], dict[str, int]]:
    """How many ties were created, changed, unchanged; how many sides are left to people, how many ties the file no longer lists, and ended."""
    await _run(work, (*resolving.RESOLVE, resolving.THEIRS, PENDING, PEND), values)
    counts = await apply_pending(work, values)
    await _run(work, (*sources.REOPEN, *sources.ORPHANS, *sources.TELL, sources.REMEMBER), {**values, "gone": GONE})
    reopened = (await work.execute(sources.COUNT_REOPENED)).scalar_one()
    counts = {**counts, "changed": counts["changed"] + reopened, "unchanged": counts["unchanged"] - reopened}
    return counts, await _left(work, values, suggesting.TIES_MADE)


async def apply_domains(work: Work, values: Values) -> tuple[dict[str, int], dict[str, int]]:
    """As `apply_ties`, for official domains."""
    await _run(work, (*resolving.RESOLVE, resolving.THEIRS, *domains.KNOWN), values)
    counts = dict((await work.execute(domains.COUNT)).one()._mapping)
    await _run(work, domains.APPLY, values)
    return counts, await _left(work, values, suggesting.DOMAINS_MADE)


async def questions(work: Work) -> list[tuple[Any, ...]]:
    """What a dry run would leave to people, before it is undone."""
    return [tuple(row) for row in await work.execute(resolving.READ_QUESTIONS)]


async def _left(work: Work, values: Values, made: tuple[Any, ...]) -> dict[str, int]:
    await _run(work, (*suggesting.SUGGEST, *made), values)
    left = dict((await work.execute(resolving.COUNT_SUGGESTIONS)).one()._mapping)
    return left | (dict((await work.execute(sources.COUNT_ORPHANS)).one()._mapping) if values["source"] is not None else {})


async def _run(work: Work, chosen: tuple[Any, ...], values: Values) -> None:
    for each in chosen:
        await work.execute(each, values)
