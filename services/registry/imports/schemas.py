"""What requests and answers about imports are made of."""

from uuid import UUID

from pydantic import BaseModel, Field

from services.registry.imports.models import ImportPreset, ImportState
from shared.pages import Page
from shared.schemas import Instant, Read, Request


class ImportStart(Request):
    preset: ImportPreset = Field(description="What the rows are.")
    validate_only: bool = Field(False, description="Do everything, count what would change, and undo it.")


class RowsApplied(BaseModel):
    """In a dry run: what would have been."""

    created: int
    changed: int
    unchanged: int


class ImportRead(Read):
    id: UUID
    preset: ImportPreset
    state: ImportState
    validate_only: bool
    digest: str | None = Field(description="SHA-256 of the file in hexadecimal, once it is here.")
    bytes: int
    rows_total: int | None = Field(description="Lines of content, once the file is here.")
    rows_read: int
    rows_valid: int = Field(description="Rows whose cells are all right by themselves.")
    rows_applied: RowsApplied | None
    problems: int = Field(description="How many were found; the first thousand are listed.")
    failure: str | None = Field(description="Why it failed.")
    created_at: Instant
    uploaded_at: Instant | None
    finished_at: Instant | None


class ImportFilters(Page):
    state: list[ImportState] | None = Field(None, max_length=10)


class ImportProblemRead(Read):
    line: int = Field(description="In the file, the header being line 1; a record of several lines counts from its first.")
    column: str | None
    value: str | None = Field(description="What the cell holds, at most 200 characters of it.")
    message: str
    remedy: str = Field(description="How to mend it.")


class ImportProblemFilters(Page):
    column: str | None = Field(None, max_length=100)


class ProblemsOfImport(ImportProblemFilters):
    """The filters together with the import that the path names."""

    import_id: UUID
