"""The facts this service records. That a step was taken is public; what a draft says is not (docs/decisions/0010).

Open fields name the agreement, its parties and the step, by id. Titles, outcomes, hashes and reasons are restricted to the
parties (and auditors and followers) until the agreement enters into force, which is public as a whole.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from shared.events import Event, Restricted

Closed = Annotated[str, Restricted]


class AgreementStep(Event):
    """One step of an agreement, in the order in which its steps were taken."""

    aggregate, visibility = "agreement", "public"
    agreement_id: UUID
    parties: list[UUID]
    step: str

    def concerns(self) -> list[UUID]:
        return self.parties


class AgreementDrafted(Event):
    """A draft is its proposer's alone, and so is the fact that there is one."""

    type, aggregate, visibility = "agreement.drafted", "agreement", "organizations"
    agreement_id: UUID
    proposer_id: UUID
    reference: str

    def concerns(self) -> list[UUID]:
        return [self.proposer_id]


class DraftChanged(AgreementDrafted):
    """What was done to a draft before it was proposed."""

    type = "agreement.draft_changed"
    what: str


class AgreementProposed(AgreementStep):
    type = "agreement.proposed"
    reference: Closed
    titles: Annotated[dict[str, str], Restricted]
    kind: Closed


class AgreementChanged(AgreementStep):
    type = "agreement.changed"
    what: Annotated[list[str], Restricted]


class PartyCharacterised(AgreementStep):
    type = "agreement.party_characterised"
    party_id: Annotated[UUID, Restricted]
    legal_characterisation: Closed


class TextAttached(AgreementStep):
    type = "text.attached"
    text_id: Annotated[UUID, Restricted]
    language: Closed
    version: Annotated[int, Restricted]
    authentic: Annotated[bool, Restricted]
    sha256: Closed


class TextAdopted(AgreementStep):
    """One party adopted the text; `by_all` when it was the last."""

    type = "text.adopted"
    party_id: Annotated[UUID, Restricted]
    by_all: bool
    text_hashes: Annotated[list[str], Restricted]


class GateStep(AgreementStep):
    """A step at a gate. Which rule opened it is public law; what was said about this text is not."""

    gate_id: UUID
    rulebook_id: str
    rulebook_version: str
    citation: str


class GateOpened(GateStep):
    type = "gate.opened"
    state: str
    trace: Annotated[list[dict[str, Any]], Restricted]


class GateReassessed(GateStep):
    """The facts or the rule changed, and with them whether the gate stands."""

    type = "gate.reassessed"
    state: str
    trace: Annotated[list[dict[str, Any]], Restricted]


class GateFiled(GateStep):
    type = "gate.filed"
    filed_by: Annotated[UUID | None, Restricted]
    text_hashes: Annotated[list[str], Restricted]


class GateDecided(GateStep):
    type = "gate.decided"
    reason_required = True
    outcome: Closed
    clears: Annotated[bool, Restricted]
    text_hashes: Annotated[list[str], Restricted]


class GateReopened(GateStep):
    """The text that was filed or decided on has been replaced: what was said about it no longer counts."""

    type = "gate.reopened"
    reason_required = True
    text_id: Annotated[UUID, Restricted]
    former_state: Closed
    former_outcome: Annotated[str | None, Restricted]
    trace: Annotated[list[dict[str, Any]], Restricted]


class AgreementSigned(AgreementStep):
    type = "agreement.signed"
    party_id: Annotated[UUID, Restricted]
    legal_characterisation: Closed
    text_hashes: Annotated[list[str], Restricted]


class EnteredIntoForce(AgreementStep):
    """Public as a whole: from here on the register shows it."""

    type = "agreement.entered_into_force"
    reference: str
    titles: dict[str, str]
    kind: str
    signed_on: date
    in_force_on: date
    text_hashes: list[str]
    decisions: list[dict[str, str]]


class AgreementWithdrawn(AgreementStep):
    type = "agreement.withdrawn"
    reason_required = True


class AgreementDeclined(AgreementStep):
    type = "agreement.declined"
    reason_required = True


class PartyLeft(AgreementStep):
    """A party left what stays in force between the others. `ended_on` is the first day on which it is not bound."""

    type = "agreement.party_left"
    reason_required = True
    left_id: UUID
    ended_on: date


class AgreementTerminated(AgreementStep):
    """The end of what was in force: `ended_on` is the first day on which it binds nobody."""

    type = "agreement.terminated"
    reason_required = True
    ended_on: date


class TextsWithheld(AgreementStep):
    type = "agreement.texts_withheld"
    reason_required = True
    reason_code: str
    review_on: str


class TextsPublished(AgreementStep):
    type = "agreement.texts_published"
