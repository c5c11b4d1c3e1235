"""What people say of the rows that an import could not place. A row is applied once its last open side is known, as the import would have."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import Response
from sqlalchemy import ColumnElement, any_, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor, ActorStatus
from services.registry.errors import SuggestionNotFound, TieActorUnknown, TieWithItself
from services.registry.imports.links import domains, sources
from services.registry.imports.links.models import FITS_NOW, ImportLink, ImportSuggestion, SuggestionState
from services.registry.imports.links.schemas import SuggestionFilters, SuggestionRead, SuggestionResolution, SuggestionsOfImport
from services.registry.imports.repository import Imports, of_visible
from services.registry.imports.sql import statement
from services.registry.spoken import spoken
from services.registry.ties.applying import PENDING, apply_pending
from shared import traces
from shared.reading import Entity, Scopes, in_language
from shared.repository import Repository, Sort
from shared.translations import Sentence
from shared.work import Work

NOBODY: ColumnElement[Any] = literal_column("'[]'::jsonb")
PEND_ONE = statement(
    """
    INSERT INTO pending_ties
        (line, type, from_id, to_id, role, status, end_reason, valid_from, valid_through, last_activity_on, note, source, licence, read_on)
    SELECT 0, type, CAST(:from_id AS uuid), CAST(:to_id AS uuid), role, status, end_reason, valid_from, valid_through, last_activity_on, note, source, licence,
           read_on
    FROM import_links WHERE import_id = :id AND line = :line AND part = :part
    """
)


def _candidates(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    name = in_language(actor.names, actor.name)
    said = func.jsonb_build_object("id", actor.id, "name", name, "kind", actor.kind, "country", actor.country, "subdivision", actor.subdivision)
    listed = func.jsonb_agg(aggregate_order_by(said, func.array_position(row.candidates, actor.id)), type_=JSONB)
    return select(func.coalesce(listed, NOBODY, type_=JSONB)).where(actor.id == any_(row.candidates)).correlate(row).scalar_subquery()


class Suggestions(Repository[ImportSuggestion]):
    model = ImportSuggestion
    not_found = SuggestionNotFound
    fields: ClassVar = {"candidates": _candidates, "reason": lambda row: spoken(row.reason, FITS_NOW)}
    sorts: ClassVar = {None: Sort(lambda row: [row.line])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_visible(row, scopes)


async def list_suggestions(work: Work, import_id: UUID, filters: SuggestionFilters) -> Response:
    await Imports(work).get(import_id)
    return await Suggestions(work).page(SuggestionRead, SuggestionsOfImport(**filters.model_dump(), import_id=import_id))


async def resolve(work: Work, import_id: UUID, suggestion_id: UUID, request: SuggestionResolution) -> Response:
    """Decide one side of a row. Two people who decide both sides at once come one after the other: the row is locked first."""
    await Imports(work).get(import_id)
    found = await Suggestions(work).get(suggestion_id)
    if found.import_id != import_id:
        raise SuggestionNotFound(Sentence("The import {import_id} has no suggestion {suggestion_id}.", import_id=import_id, suggestion_id=suggestion_id))
    link = await _locked(work, found)
    await work.session.refresh(found)
    state = SuggestionState.dismissed if request.dismiss else SuggestionState.resolved
    if request.actor_id is not None and request.actor_id == found.other_id:
        raise TieWithItself("The other side of the row is this actor. Name another, or dismiss the suggestion.")
    found.settle(state, request.actor_id, by=work.caller.subject, at=work.now, reason=request.reason)
    if request.dismiss:
        await _dismiss_the_rest(work, found)
    else:
        await _require_active(work, request.actor_id)
    await work.flush()
    if link is not None and not request.dismiss:
        await _apply(work, link, found)
    return await Suggestions(work).read(SuggestionRead, suggestion_id)


def _of_row(found: ImportSuggestion) -> tuple[ColumnElement[bool], ...]:
    return (ImportSuggestion.import_id == found.import_id, ImportSuggestion.line == found.line, ImportSuggestion.part == found.part)


async def _locked(work: Work, found: ImportSuggestion) -> ImportLink | None:
    of = (ImportLink.import_id == found.import_id, ImportLink.line == found.line, ImportLink.part == found.part)
    link: ImportLink | None = (await work.execute(select(ImportLink).where(*of).with_for_update())).scalar_one_or_none()
    return link


async def _dismiss_the_rest(work: Work, found: ImportSuggestion) -> None:
    """Nothing is made of a row of which a side is nobody."""
    decided = {"state": SuggestionState.dismissed, "resolved_by": found.resolved_by, "resolved_at": found.resolved_at, "reason": found.reason}
    others = update(ImportSuggestion).where(*_of_row(found), ImportSuggestion.id != found.id, ImportSuggestion.state == SuggestionState.open)
    await work.execute(others.values(**decided))


async def _require_active(work: Work, actor_id: UUID | None) -> None:
    chosen = select(Actor.id).where(Actor.id == actor_id, Actor.status == ActorStatus.active)
    if (await work.execute(chosen)).first() is None:
        raise TieActorUnknown("Name an active actor of this registry.")


async def _apply(work: Work, link: ImportLink, found: ImportSuggestion) -> None:
    sides: dict[str, UUID | None] = {"from": None, "to": None}
    sides["to" if found.side == "from" else "from"] = found.other_id
    for said in (await work.execute(select(ImportSuggestion).where(*_of_row(found)))).scalars():
        sides[said.side] = said.actor_id
    values: dict[str, Any] = {
        "id": link.import_id, "line": link.line, "part": link.part, "source": found.source, "from_id": sides["from"], "to_id": sides["to"],
        "now": work.now, "today": work.now.date(), "ms": int(work.now.timestamp() * 1000), "subject": work.caller.subject,
        "organization": work.caller.organization, "reason": f"import {link.import_id}: {found.reason}",
        "request_id": work.asked.request_id, "trace": traces.parent(),
    }  # fmt: skip
    if link.domain is not None:
        await work.execute(domains.APPLY_ONE, values)
    elif sides["from"] is not None and sides["to"] is not None:
        for each in (PENDING, PEND_ONE):
            await work.execute(each, values)
        await apply_pending(work, values)
        await work.execute(sources.REMEMBER, values)
        await work.execute(text("DROP TABLE pending_ties, ties_touched"))
