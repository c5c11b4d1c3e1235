"""Imports as those see them who sent them: the same account, or another of its organisation."""

from typing import ClassVar

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from services.registry.actors.models import Actor
from services.registry.errors import ImportNotFound
from services.registry.imports.models import Import, ImportOrphan, ImportProblem
from shared.reading import CALLER_ORG, CALLER_SUBJECT, Entity, Scopes, in_language
from shared.repository import Repository, Sort


class Imports(Repository[Import]):
    model = Import
    not_found = ImportNotFound
    fields: ClassVar = {"failure": lambda row: in_language(row.failures, row.failure)}
    sorts: ClassVar = {None: Sort(lambda row: [], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return (row.organization == CALLER_ORG) | (row.subject == CALLER_SUBJECT)  # type: ignore[no-any-return]


def of_visible(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    of = aliased(Import)
    return exists(select(of.id).where(of.id == row.import_id, Imports.visible(of, scopes)).correlate(row))


class ImportProblems(Repository[ImportProblem]):
    model = ImportProblem
    fields: ClassVar = {
        "message": lambda row: in_language(row.said["message"], row.message),
        "remedy": lambda row: in_language(row.said["remedy"], row.remedy),
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.line])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_visible(row, scopes)


def _name(row: Entity) -> ColumnElement[str]:
    actor: Entity = aliased(Actor)
    return select(in_language(actor.names, actor.name)).where(actor.id == row.actor_id).correlate(row).scalar_subquery()


class ImportOrphans(Repository[ImportOrphan]):
    model = ImportOrphan
    fields: ClassVar = {"name": _name}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_visible(row, scopes)
