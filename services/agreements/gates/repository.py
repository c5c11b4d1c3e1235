"""The gates that the caller may see, and their decisions."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, null, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from services.agreements.agreements.lifecycle import CLOSED
from services.agreements.agreements.models import Agreement
from services.agreements.agreements.visibility import sees_agreement, sees_gate
from services.agreements.errors import AgreementNotFound, GateNotFound
from services.agreements.expressions import among, any_language, of_party
from services.agreements.gates.models import Gate, GateDecision
from services.agreements.gates.states import GateState
from shared.reading import Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort
from shared.translations import Sentence


class GateAgreements(Repository[Agreement]):
    """The agreement a gate belongs to, in brief."""

    model = Agreement
    not_found = AgreementNotFound
    fields: ClassVar = {"title": lambda row: any_language(row.titles)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_agreement(row, scopes)


class GateDecisions(Repository[GateDecision]):
    model = GateDecision
    fields: ClassVar = {"title": lambda row: any_language(row.outcome_titles)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        gate = aliased(Gate)
        return exists().where(gate.id == row.gate_id, sees_gate(gate, scopes)).correlate(row)


def waiting(row: Entity) -> ColumnElement[bool]:
    """Somebody's answer is awaited: not cleared, and the agreement can still come into being."""
    agreement: Entity = aliased(Agreement)
    alive = exists().where(agreement.id == row.agreement_id, not_(among(agreement.status, sorted(CLOSED)))).correlate(row)
    return and_(row.state != GateState.not_applicable, row.cleared.is_(False), alive)


class Gates(Repository[Gate]):
    model = Gate
    not_found = GateNotFound
    address = "/v1/gates"
    fields: ClassVar = {
        "actor_id": lambda row: of_party(row, "actor_id"),
        "title": lambda row: any_language(row.definition["title"]),
        "outcomes": lambda row: func.jsonb_path_query_array(row.definition, literal_column("'$.outcomes[*].key'"), type_=JSONB),
        "applies": lambda row: row.evaluation["applies"].astext,
        "facts": lambda row: row.evaluation["facts"],
        "explanation": lambda row: in_language(row.evaluation["explanations"], null()),
    }
    includes: ClassVar = {
        "agreement": Include(GateAgreements, on=lambda gate, agreement: agreement.id == gate.agreement_id, many=False),
        "decisions": Include(GateDecisions, on=lambda gate, decision: decision.gate_id == gate.id, order=lambda row: [row.decided_at, row.id]),
    }
    filters: ClassVar = {
        "country": lambda row, value: row.decides_country == value,
        "agreement": lambda row, value: row.agreement_id == value,
        "waiting": lambda row, value: waiting(row) == value,
    }
    sorts: ClassVar = {"oldest": Sort(lambda row: [row.opened_at]), "newest": Sort(lambda row: [row.opened_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return sees_gate(row, scopes)

    async def agreement_of(self, gate_id: UUID) -> UUID:
        """The agreement of a gate that the caller may see, so that it can be locked before the gate, as everywhere."""
        statement = select(Gate.agreement_id).where(Gate.id == gate_id, self.visible(Gate, self.work.caller.scopes))
        found: UUID | None = (await self.work.execute(statement, self.parameters())).scalar_one_or_none()
        if found is None:
            raise GateNotFound(Sentence("No record {record_id} that you may see.", record_id=gate_id))
        return found

    async def all_of(self, agreement_id: UUID) -> Sequence[Gate]:
        """Every gate of an agreement whatever the caller may see: a rule binds also those who may not read about it."""
        found: Sequence[Gate] = (await self.work.execute(select(Gate).where(Gate.agreement_id == agreement_id).order_by(Gate.id))).scalars().all()
        return found
