"""A gate of one party under one rule, and the decisions taken on it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.agreements.base import Base
from services.agreements.errors import GateDecided, GateNotOpen, GateTaken, OutcomeUnknown
from services.agreements.gates.states import NOT_APPLICABLE, GateKind, GateState, Stage
from services.agreements.rulebooks.schemas import GateRule
from shared.columns import Identified, Touched, enum_column
from shared.predicates import Truth
from shared.translations import Sentence

STATE_OF = {Truth.true: GateState.open, Truth.false: GateState.not_applicable, Truth.unknown: GateState.unknown}
OUTCOMES_NEED = (GateState.decided, GateState.deemed)


class Gate(Base, Identified, Touched):
    """What a rule asks of one party before a step.

    `definition` is the rule's gate and `evaluation` the facts and the verdict as they were when it was last assessed, so that
    the record explains itself after the rulebook has changed. A gate of unknown applicability blocks like an open one: to
    pass over a rule because a fact is missing would be to guess in favour of breaking it, so a person who may decide says.
    """

    __tablename__ = "gates"
    __table_args__ = (
        UniqueConstraint("agreement_id", "party_id", "rulebook_id", "key", info={"error": GateTaken}),
        CheckConstraint("(outcome IS NOT NULL) = (state IN ('decided', 'deemed'))", name="outcome"),
        CheckConstraint("cleared = false OR state IN ('decided', 'deemed')", name="cleared"),
        CheckConstraint("state <> 'filed' OR filed_at IS NOT NULL", name="filed_at"),
        CheckConstraint("state <> 'decided' OR decided_at IS NOT NULL", name="decided_at"),
        Index("ix_gates_work_list", "decides_country", "state", "opened_at"),
        Index("ix_gates_party_id", "party_id"),
    )
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    rulebook_id: Mapped[str]
    rulebook_version: Mapped[str]
    key: Mapped[str]
    kind: Mapped[GateKind] = mapped_column(enum_column(GateKind))
    before: Mapped[Stage] = mapped_column(enum_column(Stage))
    decides_country: Mapped[str]
    citation: Mapped[str]
    definition: Mapped[dict[str, Any]]
    evaluation: Mapped[dict[str, Any]]
    state: Mapped[GateState] = mapped_column(enum_column(GateState))
    outcome: Mapped[str | None]
    cleared: Mapped[bool]
    opened_at: Mapped[datetime]
    filed_at: Mapped[datetime | None]
    filed_by_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    @property
    def rule(self) -> GateRule:
        """The rule as it stood when the gate was assessed."""
        return GateRule.model_validate(self.definition)

    @property
    def blocks(self) -> bool:
        return self.state is not GateState.not_applicable and not self.cleared

    def assessed(self, applies: Truth, *, at: datetime) -> bool:
        """Follow a new assessment unless a person has decided; whether the state changed. What was filed stays filed while the rule applies."""
        wanted = STATE_OF[applies]
        settled = self.decided_at is not None or self.state is wanted
        if settled or (self.state is GateState.filed and wanted is not GateState.not_applicable):
            return False
        self.state, self.filed_at, self.filed_by_id = wanted, None, None
        self.touch(at)
        return True

    def file(self, organization: UUID | None, *, at: datetime) -> None:
        """Put the case before those who decide. An unknown gate can be filed too: they say whether the rule applies."""
        if self.state not in (GateState.open, GateState.unknown):
            raise GateNotOpen(Sentence("It is {state}.", state=self.state.value), state=self.state.value)
        self.state, self.filed_at, self.filed_by_id = GateState.filed, at, organization
        self.touch(at)

    def decide(self, outcome: str, *, at: datetime) -> dict[str, str]:
        """Decide, or decide anew where the outcome so far does not clear; the outcome's title in each language."""
        if self.cleared or self.state is GateState.not_applicable:
            stands = {"state": self.state.value, "outcome": self.outcome}
            raise GateDecided(Sentence("It is {state}: {outcome}.", **stands) if self.outcome else Sentence("It is {state}.", state=self.state.value), **stands)
        if outcome == NOT_APPLICABLE and self.evaluation["applies"] == Truth.unknown.value:
            self.state, self.outcome, self.decided_at = GateState.not_applicable, None, at
            self.touch(at)
            return {"en": "The rule does not apply", "es": "La norma no se aplica", "fr": "La règle ne s'applique pas"}
        found = self.rule.outcome(outcome)
        if found is None:
            offered = [each.key for each in self.rule.outcomes]
            raise OutcomeUnknown(
                Sentence("The outcomes are: {offered}.", offered=", ".join(offered)),
                errors=[{"in": "body", "pointer": "/outcome", "detail": "is not one of them"}],
            )
        self.state, self.outcome, self.cleared, self.decided_at = GateState.decided, outcome, found.clears, at
        self.touch(at)
        return found.title.model_dump()

    def reopen(self, *, at: datetime) -> bool:
        """The text that was filed or decided on is no longer the text; whether there was anything to reopen."""
        if self.state not in (GateState.filed, *OUTCOMES_NEED):
            return False
        self.state = GateState.unknown if self.evaluation["applies"] == Truth.unknown.value else GateState.open
        self.outcome, self.cleared, self.decided_at, self.filed_at, self.filed_by_id = None, False, None, None, None
        self.touch(at)
        return True


def blocking(gates: Sequence[Gate], before: Stage) -> list[Gate]:
    """The gates that stand before a step and are not cleared."""
    return [gate for gate in gates if gate.before is before and gate.blocks]


class GateDecision(Base, Identified):
    """A decision as it was taken: by whom, on which texts, with which reasons. Never changed; a trigger holds that."""

    __tablename__ = "gate_decisions"
    __table_args__ = (Index("ix_gate_decisions_gate_id", "gate_id"), Index("ix_gate_decisions_agreement_id", "agreement_id"))
    gate_id: Mapped[UUID] = mapped_column(ForeignKey("gates.id"))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    outcome: Mapped[str]
    outcome_titles: Mapped[dict[str, Any]]
    clears: Mapped[bool]
    reasons: Mapped[str]
    text_hashes: Mapped[list[str]]
    decided_at: Mapped[datetime]
    subject: Mapped[str]
    organization_id: Mapped[UUID | None]
