"""People say who is meant by a side of a row, take it back, or say otherwise: one suggestion, or many of them at once.

One decision is many of one. Whatever their number, the statements are as many as there are imports among them. A row is applied once all
its sides are known, as the import would have; what a decision before has made of it is taken back in the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlalchemy import BigInteger, Table, and_, bindparam, insert, select, text, union, update
from sqlalchemy.orm import aliased

from services.registry.actors.days import status_of
from services.registry.actors.models import Actor, ActorStatus
from services.registry.actors.writers import kept_by_caller
from services.registry.errors import ActorOfAnother, SuggestionNotFound, SuggestionOver, TieActorUnknown
from services.registry.imports.links import placing, undoing
from services.registry.imports.links.events import SuggestionDecided, SuggestionReopened
from services.registry.imports.links.models import ImportLink, ImportSuggestion, SuggestionDecision, SuggestionState
from services.registry.imports.links.resolving import LOCK
from services.registry.imports.links.rows import Row
from services.registry.imports.links.schemas import SuggestionChoices, SuggestionRead, SuggestionResolution
from services.registry.imports.links.suggestions import Suggestions, not_of
from services.registry.imports.models import Import
from services.registry.imports.repository import Imports
from services.registry.periods import TODAY
from services.registry.ties.types import TieType
from shared.errors import PreconditionFailed, Problem
from shared.pages import Page
from shared.problems import problem_body
from shared.repository import answered
from shared.translations import Sentence
from shared.work import Work

_WAIT = text(
    f"""
    SELECT pg_advisory_xact_lock_shared(key)
    FROM (SELECT DISTINCT {LOCK.format(source="source")} AS key FROM unnest(CAST(:sources AS text[])) AS source ORDER BY 1 OFFSET 0) AS sources
    """  # noqa: S608 - a constant
)
# What one decision has made may be said by another as well, so that decisions come one after the other.
IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('suggestions', 0))")


@dataclass(frozen=True)
class Wanted:
    """A decision that somebody asks for. `check` refuses what the suggestion, as it stands, does not allow."""

    suggestion_id: UUID
    state: SuggestionState
    actor_id: UUID | None
    check: Callable[[ImportSuggestion], None]


class _Chosen(Page):
    id: list[UUID]


async def resolve(work: Work, import_id: UUID, suggestion_id: UUID, request: SuggestionResolution) -> Response:
    """Decide one side of a row. Decided already, it is decided anew by who says with If-Match which decision was read."""

    def check(found: ImportSuggestion) -> None:
        if found.import_id != import_id:
            raise not_of(import_id, suggestion_id)
        if work.asked.if_match is not None or request.reopen:
            work.require_match(found.version)
        elif found.state is not SuggestionState.open:
            raise SuggestionOver(state=found.state.value)

    await Imports(work).get(import_id)
    refused = await decide(work, [_wanted(suggestion_id, request, check)], request.reason)
    for problem in refused.values():
        raise problem
    return await Suggestions(work).read(SuggestionRead, suggestion_id)


async def resolve_many(work: Work, request: SuggestionChoices) -> Response:
    """Decide many. Each by itself: what is refused of one keeps no other from being decided."""

    def as_read(version: int) -> Callable[[ImportSuggestion], None]:
        def check(found: ImportSuggestion) -> None:
            if found.version != version:
                raise PreconditionFailed("Read the record again, look at what changed, and repeat your change with the new ETag.", version=found.version)

        return check

    refused = await decide(work, [_wanted(item.suggestion_id, item, as_read(item.version)) for item in request.items], request.reason)
    page = await Suggestions(work).page(SuggestionRead, _Chosen(id=[item.suggestion_id for item in request.items], limit=len(request.items)))
    shown = {UUID(item["id"]): item for item in orjson.loads(page.body)["items"]}
    items = [
        {"suggestion_id": item.suggestion_id, "suggestion": shown.get(item.suggestion_id), "problem": _document(work, refused.get(item.suggestion_id))}
        for item in request.items
    ]
    return answered(work, orjson.dumps({"items": items}))


def _wanted(suggestion_id: UUID, asked: Any, check: Callable[[ImportSuggestion], None]) -> Wanted:
    state = SuggestionState.open if asked.reopen else SuggestionState.dismissed if asked.dismiss else SuggestionState.resolved
    return Wanted(suggestion_id, state, asked.actor_id, check)


def _document(work: Work, problem: Problem | None) -> Any:
    if problem is None:
        return None
    return orjson.loads(problem_body(problem, instance=None, request_id=work.asked.request_id, languages=work.asked.languages))


async def decide(work: Work, wanted: Sequence[Wanted], reason: str) -> dict[UUID, Problem]:
    """Decide what can be decided, in one transaction; what is refused, by suggestion."""
    held = await _hold(work, [one.suggestion_id for one in wanted])
    active = await _active(work, [one.actor_id for one in wanted if one.actor_id is not None]) if held else frozenset()
    own = await kept_by_caller(work, {one for said, row in held.values() for one in row.actors().values() if one is not None} | active)
    refused: dict[UUID, Problem] = {}
    for one in wanted:
        try:
            if one.suggestion_id not in held:
                raise SuggestionNotFound(Sentence("No record {record_id} that you may see.", record_id=one.suggestion_id))
            found, row = held[one.suggestion_id]
            one.check(found)
            if one.actor_id is not None and one.actor_id not in active and one.actor_id != found.actor_id:
                raise TieActorUnknown("Name an active actor of this registry.")
            if not row.is_of(own, found, one.actor_id):
                raise ActorOfAnother("A tie is said by the country of one of its sides, and a domain by that of its actor.")
            row.decide(found, one.state, one.actor_id, by=work.caller.subject, at=work.now, reason=reason)
        except Problem as problem:
            refused[one.suggestion_id] = problem
    rows = {id(row): row for _, row in held.values() if row.before}
    if rows:
        await _write(work, list(rows.values()))
        withdrawn = await undoing.undo(work, list(rows.values()), reason)
        await _tell(work, list(rows.values()), withdrawn, reason)
        await placing.place(work, list(rows.values()), reason)
    return refused


async def _hold(work: Work, ids: Sequence[UUID]) -> dict[UUID, tuple[ImportSuggestion, Row]]:
    """Lock what may change until the commit: both sides of each row, in one order, once no file of their source is being applied."""
    repository = Suggestions(work)
    link = aliased(ImportLink)
    words = and_(link.import_id == ImportSuggestion.import_id, link.line == ImportSuggestion.line, link.part == ImportSuggestion.part)
    columns = (ImportSuggestion.id, ImportSuggestion.source, Import.organization, link.type)
    asked = select(*columns).join(Import, Import.id == ImportSuggestion.import_id).outerjoin(link, words)
    asked = asked.where(ImportSuggestion.id.in_(ids), repository.visible(ImportSuggestion, work.caller.scopes))
    seen = {row.id: row for row in await work.execute(asked, repository.parameters())}
    if sources := sorted({row.source for row in seen.values() if row.source is not None}):
        await work.execute(_WAIT, {"sources": sources})
    await work.execute(IN_TURN)
    named, side = aliased(ImportSuggestion), aliased(ImportSuggestion)
    same_words = and_(side.source == named.source, side.key == named.key)
    same_line = and_(named.source.is_(None), side.import_id == named.import_id, side.line == named.line, side.part == named.part)
    of_rows = union(*(select(side.id).join(named, same).where(named.id.in_(seen)) for same in (same_words, same_line)))
    chosen = select(ImportSuggestion).where(ImportSuggestion.id.in_(of_rows)).order_by(ImportSuggestion.id)
    rows: dict[tuple[Any, ...], Row] = {}
    found = (await work.execute(chosen.with_for_update().execution_options(populate_existing=True))).scalars().all() if seen else []
    for said in found:
        work.session.expunge(said)  # written in one statement, and not each by itself
        row = rows.setdefault(Row.key_of(said), Row(seen[said.id].organization if said.id in seen else None))
        row.sides[said.side] = said
        row.of_office = row.of_office or (said.id in seen and seen[said.id].type == TieType.office_of)
    return {said.id: (said, rows[Row.key_of(said)]) for said in found if said.id in seen}


async def _active(work: Work, actors: Sequence[UUID]) -> frozenset[UUID]:
    chosen = select(Actor.id).where(Actor.id.in_(actors), status_of(Actor, TODAY) == ActorStatus.active)
    return frozenset((await work.execute(chosen, {"now": work.now})).scalars())


async def _write(work: Work, rows: Sequence[Row]) -> None:
    """The sides of these rows as they stand now. They are locked, so that no version has to be compared."""
    table: Table = ImportSuggestion.__table__  # type: ignore[assignment]
    columns = ("state", "actor_id", "resolved_by", "resolved_at", "reason", "tie_id", "domain_id")
    values: dict[str, Any] = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}
    statement = update(table).where(table.c.id == bindparam("which")).values(**values, version=table.c.version + bindparam("more", type_=BigInteger()))
    sides = [(said, said.id in row.before) for row in rows for said in row.sides.values()]
    said_of = [{"which": said.id, "more": int(moved), **{f"new_{name}": getattr(said, name) for name in columns}} for said, moved in sides]
    await work.execute(statement, said_of)


async def _tell(work: Work, rows: Sequence[Row], withdrawn: Mapping[int, UUID], reason: str) -> None:
    """Keep each decision, and record its event."""
    kept: list[dict[str, Any]] = []
    for row in rows:
        for said in row.sides.values():
            if said.id not in row.before:
                continue
            stands = {"state": said.state.value, "actor_id": None if said.actor_id is None else str(said.actor_id)}
            kept.append({
                "suggestion_id": said.id, "state": said.state, "actor_id": said.actor_id, "decided_by": work.caller.subject, "decided_at": work.now,
                "reason": reason, "withdrew_id": withdrawn.get(id(row)),
            })  # fmt: skip
            kind = SuggestionReopened if said.state is SuggestionState.open else SuggestionDecided
            event = kind(
                suggestion_id=said.id, import_id=said.import_id, organization_id=row.organization, source=said.source, line=said.line, side=said.side,
                state=said.state.value, actor_id=said.actor_id,
            )  # fmt: skip
            work.record(event, reason=reason, before=row.before[said.id], after=stands)
    await work.execute(insert(SuggestionDecision), kept)
    await work.flush()
