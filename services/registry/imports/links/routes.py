"""The routes of what imports have left to people."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.registry.access import CanImport
from services.registry.errors import ImportNotFound, SuggestionNotFound, SuggestionOver, TieActorUnknown, TieExists, TieWithItself
from services.registry.imports.links import deciding, suggestions
from services.registry.imports.links.schemas import (
    ChoicesRead,
    DecisionFilters,
    QuestionFilters,
    QuestionRead,
    SuggestionChoices,
    SuggestionDecisionRead,
    SuggestionFilters,
    SuggestionRead,
    SuggestionResolution,
    SuggestionSearch,
)
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["imports"])  # asked before the routes of one import, which would take the word for an id


@router.get("/imports/suggestions", response_model=PageOf[SuggestionRead], responses=offered())
async def list_suggestions(filters: Annotated[SuggestionSearch, Query()], work: CanImport) -> Response:
    """List what your organisation's imports have left to people, import by import. As CSV or NDJSON, by `Accept`, the answer is a file with all of it."""
    return await suggestions.list_all(work, filters)


@router.post("/imports/suggestions/resolutions", response_model=ChoicesRead, responses=problems(TieExists))
async def resolve_import_suggestions(body: SuggestionChoices, work: CanImport) -> Response:
    """Decide up to a hundred suggestions. Each by itself: the answer says of each how it stands now, or why nothing was decided."""
    return await deciding.resolve_many(work, body)


@router.get("/imports/{import_id}/suggestions", response_model=PageOf[SuggestionRead], responses=offered() | problems(ImportNotFound))
async def list_import_suggestions(import_id: UUID, filters: Annotated[SuggestionFilters, Query()], work: CanImport) -> Response:
    """List whom the file names without saying exactly who is meant, line by line, with the actors that it may be; as CSV or NDJSON, all of it."""
    return await suggestions.list_suggestions(work, import_id, filters)


@router.get("/imports/{import_id}/questions", response_model=PageOf[QuestionRead], responses=offered() | problems(ImportNotFound))
async def list_import_questions(import_id: UUID, filters: Annotated[QuestionFilters, Query()], work: CanImport) -> Response:
    """List what a dry run would have left to people, the first thousand of it; as CSV or NDJSON, all of these. Nobody can decide it: nothing was imported."""
    return await suggestions.list_questions(work, import_id, filters)


@router.get("/imports/{import_id}/suggestions/{suggestion_id}", response_model=SuggestionRead, responses=problems(ImportNotFound, SuggestionNotFound))
async def read_import_suggestion(import_id: UUID, suggestion_id: UUID, work: CanImport) -> Response:
    """Read a suggestion."""
    return await suggestions.read(work, import_id, suggestion_id)


@router.get(
    "/imports/{import_id}/suggestions/{suggestion_id}/decisions",
    response_model=PageOf[SuggestionDecisionRead],
    responses=problems(ImportNotFound, SuggestionNotFound),
)
async def list_import_suggestion_decisions(import_id: UUID, suggestion_id: UUID, filters: Annotated[DecisionFilters, Query()], work: CanImport) -> Response:
    """List what was decided of a suggestion, by whom, when and why, the first decision first."""
    return await suggestions.list_decisions(work, import_id, suggestion_id, filters)


@router.post(
    "/imports/{import_id}/suggestions/{suggestion_id}/resolution",
    response_model=SuggestionRead,
    responses=problems(ImportNotFound, SuggestionNotFound, SuggestionOver, TieActorUnknown, TieExists, TieWithItself, PreconditionFailed, PreconditionRequired),
)
async def resolve_import_suggestion(import_id: UUID, suggestion_id: UUID, body: SuggestionResolution, work: CanImport) -> Response:
    """Say who is meant, or that nothing is to be made of the row. What is said holds for later files of the source.

    With its ETag as `If-Match`, what was decided is decided otherwise, or taken back with `reopen`: what the decision made is taken back in
    the same moment, a tie by its withdrawal, unless another source, another row or an engagement says it as well.
    """
    return await deciding.resolve(work, import_id, suggestion_id, body)
