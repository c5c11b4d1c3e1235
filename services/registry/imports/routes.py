"""The routes of imports."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from services.registry.access import Anyone, CanImport, MayExport, MayUpload
from services.registry.errors import ExportTooWide, ImportNotFound, ImportOver
from services.registry.imports import exporting, formats, progress, service, uploads
from services.registry.imports.cells import OFFERED
from services.registry.imports.exports.views import ActorExport, DetailExport, DomainExport, TieExport
from services.registry.imports.schemas import (
    ImportFilters,
    ImportOrphanFilters,
    ImportOrphanRead,
    ImportProblemFilters,
    ImportProblemRead,
    ImportRead,
    ImportStart,
    PresetsRead,
)
from services.registry.imports.shapes import Makes
from shared.errors import KeyInFlight, KeyReused, TooLarge, UnsupportedMedia
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["imports"])
exports = Router()  # asked before the routes of one record, which would take the word for an id
FILE: dict[int | str, dict[str, Any]] = problems(ExportTooWide) | {
    200: {"content": {kind: {"schema": {"type": "string"}} for kind in exporting.MEDIA.values()}}
}
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The file itself: CSV (RFC 4180) in UTF-8 with a header, its cells separated by commas, or by tabs; NDJSON, an object a line "
        "whose names are the columns; or a workbook (XLSX). `Content-Encoding: gzip` is understood.\n\n"
        f"With the preset `actors` the columns are ours: {OFFERED}. "
        "`key_scheme` and `key_value` are needed: an actor that has this identifier is changed, another one is registered. "
        "What has no column, or an empty cell, stays as it is.",
        "content": {kind: {"schema": {"type": "string"}} for kind in formats.TYPES},
    }
}


@router.post(
    "/imports",
    status_code=202,
    response_model=ImportRead,
    responses=problems(KeyInFlight, KeyReused, TooLarge, UnsupportedMedia),
    openapi_extra=FILE_BODY,
)
async def start_import(request: Request, start: Annotated[ImportStart, Query()], caller: MayUpload) -> Response:
    """Send a file to be imported; the answer's Location says how it goes on."""
    return await uploads.receive(uploads.Arriving(request, caller, start))


@exports.get("/actors/export", tags=["actors"], responses=FILE)
async def export_actors(request: Request, view: Annotated[ActorExport, Query()], caller: MayExport) -> Response:
    """All actors as a file that an import takes back, or those meant. Addresses of seats are in it for who may read them."""
    return await exporting.export(exporting.Exported(request, caller, Makes.actors, view))


@exports.get("/actors/identifiers/export", tags=["actors"], responses=FILE)
async def export_identifiers(request: Request, view: Annotated[DetailExport, Query()], caller: MayExport) -> Response:
    """The identifiers of actors, those of today and others, as a file that an import takes back, each with its days and its own source."""
    return await exporting.export(exporting.Exported(request, caller, Makes.identifiers, view))


@exports.get("/actors/names/export", tags=["actors"], responses=FILE)
async def export_names(request: Request, view: Annotated[DetailExport, Query()], caller: MayExport) -> Response:
    """All names of actors as a file that an import takes back: preferred, former and alternative ones, with their days and sources."""
    return await exporting.export(exporting.Exported(request, caller, Makes.names, view))


@exports.get("/actors/parents/export", tags=["actors"], responses=FILE)
async def export_parents(request: Request, view: Annotated[DetailExport, Query()], caller: MayExport) -> Response:
    """Inside whom actors are, were and are to be, with the days, as a file that an import takes back."""
    return await exporting.export(exporting.Exported(request, caller, Makes.parents, view))


@exports.get("/actors/seats/export", tags=["actors"], responses=FILE)
async def export_seats(request: Request, view: Annotated[DetailExport, Query()], caller: MayExport) -> Response:
    """The active seats of actors as a file that an import takes back. Addresses of their offices are in it for who may read them, people are not."""
    return await exporting.export(exporting.Exported(request, caller, Makes.seats, view))


@exports.get("/ties/export", tags=["ties"], responses=FILE)
async def export_ties(request: Request, view: Annotated[TieExport, Query()], caller: MayExport) -> Response:
    """All ties as a file that an import takes back, or those meant."""
    return await exporting.export(exporting.Exported(request, caller, Makes.ties, view))


@exports.get("/official-domains/export", tags=["actors"], responses=FILE)
async def export_official_domains(request: Request, view: Annotated[DomainExport, Query()], caller: MayExport) -> Response:
    """All official domains as a file that an import takes back, or those meant."""
    return await exporting.export(exporting.Exported(request, caller, Makes.domains, view))


@router.get("/imports", response_model=PageOf[ImportRead])
async def list_imports(filters: Annotated[ImportFilters, Query()], work: CanImport) -> Response:
    """List your organisation's imports, the newest first."""
    return await service.list_imports(work, filters)


@router.get("/imports/presets", response_model=PresetsRead)
async def list_import_presets(work: Anyone) -> Response:
    """List the forms of files that can be imported, and what is read from each."""
    return service.list_presets(work)


@router.get("/imports/{import_id}", response_model=ImportRead, responses=problems(ImportNotFound))
async def read_import(request: Request, import_id: UUID, caller: MayUpload) -> Response:
    """Read how far an import is; with `Accept: text/event-stream` an event `status` for each step, until it has ended."""
    return await progress.read(progress.Watched(request, caller, import_id))


@router.get("/imports/{import_id}/problems", response_model=PageOf[ImportProblemRead], responses=problems(ImportNotFound))
async def list_import_problems(import_id: UUID, filters: Annotated[ImportProblemFilters, Query()], work: CanImport) -> Response:
    """List what is wrong with a file, line by line, and how to mend it."""
    return await service.list_problems(work, import_id, filters)


@router.get("/imports/{import_id}/orphans", response_model=PageOf[ImportOrphanRead], responses=problems(ImportNotFound))
async def list_import_orphans(import_id: UUID, filters: Annotated[ImportOrphanFilters, Query()], work: CanImport) -> Response:
    """List whom the file's source brought earlier and the file no longer lists."""
    return await service.list_orphans(work, import_id, filters)


@router.post("/imports/{import_id}/cancel", response_model=ImportRead, responses=problems(ImportNotFound, ImportOver))
async def cancel_import(import_id: UUID, work: CanImport) -> Response:
    """Cancel an import that has not been applied."""
    return await service.cancel(work, import_id)
