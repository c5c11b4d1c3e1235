"""What requests and answers about imports are made of."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from services.registry.imports.models import ImportState
from services.registry.imports.presets import NAMES, NATIVE, makes_of
from services.registry.imports.shapes import REMEMBERED, Makes
from shared.pages import Page
from shared.schemas import Instant, Read, Request
from shared.translations import Sentence


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(Sentence("is not one of {names}", names=", ".join(NAMES)))
    return name


class ImportStart(Request):
    preset: Annotated[str, AfterValidator(_known)] = Field(
        description="How the file's columns are to be read; /v1/imports/presets says what each preset takes.", json_schema_extra={"enum": list(NAMES)}
    )
    source: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")] | None = Field(
        None, description="Whose file it is: its files follow each other, and each reports whom it no longer lists. That of a preset, unless said."
    )
    retire: bool = Field(False, description="Dissolve whom this source brought, this file no longer lists, and no other source lists.")
    retire_at_most: int | None = Field(
        None, ge=0, le=10_000_000, description="How many it may dissolve; unless said ten, or a fifth of the rows of the file where that is more."
    )
    sheet: str | None = Field(None, max_length=100, description="Of a workbook, the sheet to read; the first unless said.")
    validate_only: bool = Field(False, description="Do everything, count what would change, and undo it.")

    def of_source(self) -> str | None:
        """The source of the file; a file in our own columns has none of its own."""
        return self.source or (self.preset if self.preset not in NATIVE else None)

    @model_validator(mode="after")
    def with_source(self) -> Self:
        if self.retire_at_most is not None and not self.retire:
            raise ValueError("retire_at_most goes with retire")
        if self.retire and self.of_source() is None:
            raise ValueError("retire needs a source: only what a source brought may be dissolved by it")
        if self.retire and makes_of(self.preset) not in REMEMBERED:
            raise ValueError("retire is for actors, ties and domains: of nothing else a source remembers what it brought")
        return self


class RowsApplied(BaseModel):
    """In a dry run: what would have been."""

    created: int
    changed: int
    unchanged: int


class ImportRead(Read):
    id: UUID
    preset: str
    source: str | None
    retire: bool
    state: ImportState
    validate_only: bool
    digest: str | None = Field(description="SHA-256 of the file in hexadecimal, once it is here.")
    bytes: int
    rows_total: int | None = Field(description="Lines of content, once the file is here.")
    rows_read: int
    rows_valid: int = Field(description="Rows whose cells are all right by themselves.")
    rows_applied: RowsApplied | None
    orphans: int | None = Field(description="Whom the source brought earlier and this file no longer lists; null without a source.")
    retired: int | None = Field(description="How many of them were dissolved, or in a dry run would have been.")
    suggestions: int | None = Field(
        description="Sides of ties, and domains, that fit no one exactly and wait for a person; null where a file leaves none. Of a dry run: its questions."
    )
    problems: int = Field(description="How many were found; the first thousand are listed.")
    failure: str | None = Field(description="Why it failed, in the language that Accept-Language asks for.")
    created_at: Instant
    uploaded_at: Instant | None
    finished_at: Instant | None


class PresetRead(Read):
    name: str
    makes: Makes
    title: str
    about: str = Field(description="What the file holds and how its rows are found again.")
    source: str | None = Field(description="Where such a file comes from.")
    licence: str | None = Field(description="Under what terms; each record keeps those of its own part.")
    columns: list[str] = Field(description="The columns that the file must have; others are left aside.")
    fills: list[str] = Field(description="What of an actor they fill.")


class PresetsRead(Read):
    items: list[PresetRead]


class ImportFilters(Page):
    state: list[ImportState] | None = Field(None, max_length=10)


class ImportProblemRead(Read):
    line: int = Field(description="In the file, the header being line 1; a record of several lines counts from its first.")
    column: str | None
    value: str | None = Field(description="What the cell holds, at most 200 characters of it.")
    code: str | None = Field(description="What is wrong, the same in every language; null in imports of earlier releases.")
    message: str = Field(description="What is wrong, in the language that Accept-Language asks for.")
    remedy: str = Field(description="How to mend it, in the same language.")


class ImportOrphanRead(Read):
    actor_id: UUID
    name: str
    tie_id: UUID | None = Field(description="The tie of this actor, where the file is one of ties.")
    domain: str | None = Field(description="The domain of this actor, where the file is one of domains.")
    kept_by: list[str] = Field(description="Other sources that list it: then it is kept.")
    retired: bool = Field(description="Dissolved, ended or taken away by this import.")


class ImportOrphanFilters(Page):
    retired: bool | None = None


class OrphansOfImport(ImportOrphanFilters):
    """The filters together with the import that the path names."""

    import_id: UUID


class ImportProblemFilters(Page):
    column: str | None = Field(None, max_length=100)


class ProblemsOfImport(ImportProblemFilters):
    """The filters together with the import that the path names."""

    import_id: UUID
