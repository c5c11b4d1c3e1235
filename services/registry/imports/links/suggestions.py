"""What an import has left to people, as lists and files, and what was decided of it."""

from typing import Any, ClassVar
from uuid import UUID

from fastapi import Response
from sqlalchemy import ColumnElement, and_, any_, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor
from services.registry.errors import SuggestionNotFound
from services.registry.imports.links.models import FITS_NOW, ImportLink, ImportQuestion, ImportSuggestion, SuggestionDecision
from services.registry.imports.links.schemas import (
    DecisionFilters,
    DecisionsOfSuggestion,
    QuestionFilters,
    QuestionRead,
    QuestionsOfImport,
    SuggestionDecisionRead,
    SuggestionFilters,
    SuggestionRead,
    SuggestionSearch,
    SuggestionsOfImport,
)
from services.registry.imports.repository import Imports, of_visible
from services.registry.spoken import spoken
from shared import exports
from shared.reading import Entity, Expression, Scopes, in_language
from shared.repository import Repository, Sort
from shared.translations import Sentence
from shared.work import Work

NOBODY: ColumnElement[Any] = literal_column("'[]'::jsonb")


def _candidates(row: Entity) -> ColumnElement[Any]:
    actor: Entity = aliased(Actor)
    name = in_language(actor.names, actor.name)
    said = func.jsonb_build_object("id", actor.id, "name", name, "kind", actor.kind, "country", actor.country, "subdivision", actor.subdivision)
    listed = func.jsonb_agg(aggregate_order_by(said, func.array_position(row.candidates, actor.id)), type_=JSONB)
    return select(func.coalesce(listed, NOBODY, type_=JSONB)).where(actor.id == any_(row.candidates)).correlate(row).scalar_subquery()


def _of_row(row: Entity, link: Entity) -> ColumnElement[bool]:
    return and_(link.import_id == row.import_id, link.line == row.line, link.part == row.part)


def _said(name: str) -> Expression:
    """A column of the row that the suggestion is a side of."""

    def said(row: Entity) -> ColumnElement[Any]:
        link: Entity = aliased(ImportLink)
        return select(getattr(link, name)).where(_of_row(row, link)).correlate(row).scalar_subquery()

    return said


def _of_type(row: Entity, types: ColumnElement[Any]) -> ColumnElement[bool]:
    link: Entity = aliased(ImportLink)
    return exists(select(link.line).where(_of_row(row, link), link.type == any_(types)).correlate(row))


class Suggestions(Repository[ImportSuggestion]):
    model = ImportSuggestion
    not_found = SuggestionNotFound
    fields: ClassVar = {
        "candidates": _candidates,
        "type": _said("type"),
        "domain": _said("domain"),
        "reason": lambda row: spoken(row.reason, FITS_NOW),
    }
    filters: ClassVar = {
        "import_": lambda row, of: row.import_id == of,
        "type": _of_type,
        "actor": lambda row, actor: row.actor_id == actor,
        "other": lambda row, actor: row.other_id == actor,
        "resolved_from": lambda row, at: row.resolved_at >= at,
        "resolved_to": lambda row, at: row.resolved_at < at,
        "candidate": lambda row, actor: actor == any_(row.candidates),
        "q": lambda row, words: func.strpos(func.lower(row.text), func.lower(words)) > 0,
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.import_id, row.line])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_visible(row, scopes)


class Decisions(Repository[SuggestionDecision]):
    model = SuggestionDecision
    fields: ClassVar = {"reason": lambda row: spoken(row.reason, FITS_NOW)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        of: Entity = aliased(ImportSuggestion)
        return exists(select(of.id).where(of.id == row.suggestion_id, Suggestions.visible(of, scopes)).correlate(row))


class Questions(Repository[ImportQuestion]):
    model = ImportQuestion
    fields: ClassVar = {"candidates": _candidates}
    sorts: ClassVar = {None: Sort(lambda row: [row.line])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_visible(row, scopes)


async def list_all(work: Work, filters: SuggestionSearch) -> Response:
    return await exports.listed(Suggestions(work), SuggestionRead, filters, "suggestions")


async def list_suggestions(work: Work, import_id: UUID, filters: SuggestionFilters) -> Response:
    await Imports(work).get(import_id)
    asked = SuggestionsOfImport(**filters.model_dump(exclude_unset=True), import_id=import_id)
    return await exports.listed(Suggestions(work), SuggestionRead, asked, "suggestions")


async def list_questions(work: Work, import_id: UUID, filters: QuestionFilters) -> Response:
    await Imports(work).get(import_id)
    asked = QuestionsOfImport(**filters.model_dump(exclude_unset=True), import_id=import_id)
    return await exports.listed(Questions(work), QuestionRead, asked, "questions")


async def read(work: Work, import_id: UUID, suggestion_id: UUID) -> Response:
    await _get(work, import_id, suggestion_id)
    return await Suggestions(work).read(SuggestionRead, suggestion_id)


async def list_decisions(work: Work, import_id: UUID, suggestion_id: UUID, filters: DecisionFilters) -> Response:
    await _get(work, import_id, suggestion_id)
    return await Decisions(work).page(SuggestionDecisionRead, DecisionsOfSuggestion(**filters.model_dump(), suggestion_id=suggestion_id))


def not_of(import_id: UUID, suggestion_id: UUID) -> SuggestionNotFound:
    return SuggestionNotFound(Sentence("The import {import_id} has no suggestion {suggestion_id}.", import_id=import_id, suggestion_id=suggestion_id))


async def _get(work: Work, import_id: UUID, suggestion_id: UUID) -> None:
    await Imports(work).get(import_id)
    if (await Suggestions(work).get(suggestion_id)).import_id != import_id:
        raise not_of(import_id, suggestion_id)
