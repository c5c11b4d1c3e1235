"""The routes of watch lists."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.registry.access import CanImport, CanReadDiligence, CanReadWatchlists, MayUpload
from services.registry.diligence.errors import RecordNeedsOrganization
from services.registry.watchlists import matching, service, uploads
from services.registry.watchlists.errors import (
    WatchlistEntriesWrong,
    WatchlistExists,
    WatchlistNotFound,
    WatchlistOfAnother,
    WatchlistVersionExists,
    WatchlistVersionNotFound,
    WatchlistWithdrawn,
)
from services.registry.watchlists.reading import COLUMNS, CSV, JSON
from services.registry.watchlists.schemas import (
    MOST_ENTRIES,
    WatchlistCreate,
    WatchlistEntryFilters,
    WatchlistEntryGiven,
    WatchlistEntryRead,
    WatchlistFilters,
    WatchlistMatches,
    WatchlistMatchRequest,
    WatchlistRead,
    WatchlistVersionFilters,
    WatchlistVersionRead,
    WatchlistVersionStart,
    WatchlistWithdrawal,
)
from shared.errors import PreconditionFailed, PreconditionRequired, TooLarge, UnsupportedMedia
from shared.exports import offered
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["watch lists"])
ENTRIES = {
    "type": "object",
    "required": ["entries"],
    "properties": {"entries": {"type": "array", "minItems": 1, "maxItems": MOST_ENTRIES, "items": WatchlistEntryGiven.model_json_schema()}},
}
VERSION_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The entries, at most 10,000. CSV (RFC 4180) in UTF-8 with a header of these columns: {', '.join(COLUMNS)}; names and reason are "
        "needed, and several names or identifiers stand in one cell with | between them. Or JSON.",
        "content": {CSV: {"schema": {"type": "string"}}, JSON: {"schema": ENTRIES}},
    }
}


@router.get("/watchlists", response_model=PageOf[WatchlistRead])
async def list_watchlists(filters: Annotated[WatchlistFilters, Query()], work: CanReadWatchlists) -> Response:
    """List the watch lists of your country, and those that are for every country."""
    return await service.list_watchlists(work, filters)


@router.post("/watchlists/matches", response_model=WatchlistMatches)
async def match_watchlists(request: WatchlistMatchRequest, work: CanReadDiligence) -> Response:
    """Look a name or identifiers up in the current versions, each candidate with its reasons. A country moves no score."""
    return await matching.match(work, request)


@router.get("/watchlists/{watchlist_id}", response_model=WatchlistRead, responses=problems(WatchlistNotFound))
async def read_watchlist(watchlist_id: UUID, work: CanReadWatchlists) -> Response:
    """Read a watch list and which version is the current one."""
    return await service.read(work, watchlist_id)


@router.get("/watchlists/{watchlist_id}/versions", response_model=PageOf[WatchlistVersionRead], responses=problems(WatchlistNotFound))
async def list_watchlist_versions(watchlist_id: UUID, filters: Annotated[WatchlistVersionFilters, Query()], work: CanReadWatchlists) -> Response:
    """List the versions of a watch list, the newest first."""
    return await service.list_versions(work, watchlist_id, filters)


@router.get(
    "/watchlists/{watchlist_id}/entries",
    response_model=PageOf[WatchlistEntryRead],
    responses={**offered(), **problems(WatchlistNotFound, WatchlistVersionNotFound)},
)
async def list_watchlist_entries(watchlist_id: UUID, filters: Annotated[WatchlistEntryFilters, Query()], work: CanReadWatchlists) -> Response:
    """List the entries of the current version, or with `number` of any other. As CSV they are what a new version takes."""
    return await service.list_entries(work, watchlist_id, filters)


@router.post("/watchlists", status_code=201, response_model=WatchlistRead, responses=problems(WatchlistExists, RecordNeedsOrganization))
async def create_watchlist(request: WatchlistCreate, work: CanImport) -> Response:
    """Begin a watch list; its entries come with a version."""
    return await service.create(work, request)


@router.post(
    "/watchlists/{watchlist_id}/versions",
    status_code=201,
    response_model=WatchlistRead,
    responses=problems(
        WatchlistNotFound,
        WatchlistOfAnother,
        WatchlistVersionExists,
        WatchlistWithdrawn,
        WatchlistEntriesWrong,
        PreconditionFailed,
        PreconditionRequired,
        TooLarge,
        UnsupportedMedia,
    ),
    openapi_extra=VERSION_BODY,
)
async def replace_watchlist(request: Request, watchlist_id: UUID, start: Annotated[WatchlistVersionStart, Query()], caller: MayUpload) -> Response:
    """Replace the entries of a watch list by a new version, all of it or nothing. `If-Match` takes the list's ETag, so that a repeated request is refused."""
    return await uploads.receive(uploads.Arriving(request, caller, watchlist_id, start))


@router.post(
    "/watchlists/{watchlist_id}/withdrawal",
    response_model=WatchlistRead,
    responses=problems(WatchlistNotFound, WatchlistOfAnother, WatchlistWithdrawn, PreconditionFailed, PreconditionRequired),
)
async def withdraw_watchlist(watchlist_id: UUID, request: WatchlistWithdrawal, work: CanImport) -> Response:
    """Withdraw a watch list with the reason: nobody is matched against it any more. Its versions stay to be read."""
    return await service.withdraw(work, watchlist_id, request)
