"""What can be done with imports."""

from uuid import UUID

import orjson
from fastapi import Response

from services.registry.imports.models import Import
from services.registry.imports.presets import DOCUMENTED
from services.registry.imports.repository import ImportOrphans, ImportProblems, Imports
from services.registry.imports.schemas import (
    ImportFilters,
    ImportOrphanFilters,
    ImportOrphanRead,
    ImportProblemFilters,
    ImportProblemRead,
    ImportRead,
    OrphansOfImport,
    ProblemsOfImport,
)
from services.registry.imports.statements import CLEAN
from shared.repository import answered
from shared.work import Work

PRESETS = orjson.dumps({"items": DOCUMENTED})


async def list_imports(work: Work, filters: ImportFilters) -> Response:
    return await Imports(work).page(ImportRead, filters)


def list_presets(work: Work) -> Response:
    return answered(work, PRESETS)


async def list_problems(work: Work, import_id: UUID, filters: ImportProblemFilters) -> Response:
    await Imports(work).get(import_id)
    return await ImportProblems(work).page(ImportProblemRead, ProblemsOfImport(**filters.model_dump(), import_id=import_id))


async def list_orphans(work: Work, import_id: UUID, filters: ImportOrphanFilters) -> Response:
    await Imports(work).get(import_id)
    return await ImportOrphans(work).page(ImportOrphanRead, OrphansOfImport(**filters.model_dump(), import_id=import_id))


async def cancel(work: Work, import_id: UUID) -> Response:
    """Stop an import before it is applied. While it is being applied this waits, and then there is nothing to cancel."""
    found: Import = await Imports(work).get(import_id, lock=True)
    found.cancel(at=work.now)
    await work.flush()
    for statement in CLEAN:
        await work.execute(statement, {"id": import_id})
    return await Imports(work).read(ImportRead, import_id)
