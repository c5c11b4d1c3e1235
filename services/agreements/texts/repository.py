"""The texts of the agreements that the caller may see."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, exists, not_, select
from sqlalchemy.orm import aliased

from services.agreements.agreements.visibility import sees_agreement_of
from services.agreements.errors import TextNotFound
from services.agreements.texts.models import Text
from shared.reading import Entity, Scopes
from shared.repository import Repository


def standing(row: Entity) -> ColumnElement[bool]:
    """No later version in this language."""
    later = aliased(Text)
    replaced = exists().where(later.agreement_id == row.agreement_id, later.language == row.language, later.version > row.version)
    return not_(replaced.correlate(row))


class Texts(Repository[Text]):
    model = Text
    not_found = TextNotFound
    fields: ClassVar = {"standing": standing}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement_of(row, scopes)

    async def require_of(self, agreement_id: UUID, text_id: UUID) -> None:
        """404 unless the text belongs to this agreement and may be seen: both in the same words, so that neither is told from the other."""
        seen = self.visible(Text, self.work.caller.scopes)
        found = await self.work.execute(select(Text.id).where(Text.id == text_id, Text.agreement_id == agreement_id, seen), self.parameters())
        if found.scalar_one_or_none() is None:
            raise TextNotFound
