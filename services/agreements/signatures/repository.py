"""The signatures of the agreements that the caller may see."""

from typing import ClassVar

from sqlalchemy import ColumnElement, select

from services.agreements.agreements.models import Agreement
from services.agreements.agreements.visibility import sees_agreement_of
from services.agreements.errors import SignatureNotFound
from services.agreements.expressions import name_of_actor, of_party
from services.agreements.signatures.models import Signature
from shared.reading import Entity, Scopes
from shared.repository import Repository


def agreement_status(row: Entity) -> ColumnElement[str]:
    agreement = Agreement.__table__.alias()
    return select(agreement.c.status).where(agreement.c.id == row.agreement_id).correlate(row).scalar_subquery()


class Signatures(Repository[Signature]):
    model = Signature
    not_found = SignatureNotFound
    fields: ClassVar = {
        "actor_id": lambda row: of_party(row, "actor_id"),
        "name": lambda row: name_of_actor(row, of_party(row, "actor_id")),
        "agreement_status": agreement_status,
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement_of(row, scopes)
