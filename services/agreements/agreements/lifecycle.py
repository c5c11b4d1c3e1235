"""What can be done to an agreement, and the status that follows from what was done. No database, no clock."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from uuid import UUID


class InstrumentKind(StrEnum):
    """What the parties call the instrument. The name alone decides nothing about its legal nature."""

    mou = "mou"
    letter_of_intent = "letter_of_intent"
    declaration = "declaration"
    joint_statement = "joint_statement"
    sister_city = "sister_city"
    friendship_city = "friendship_city"
    binding_agreement = "binding_agreement"
    administrative_agreement = "administrative_agreement"
    non_binding_instrument = "non_binding_instrument"
    network_commitment = "network_commitment"
    contract = "contract"
    subsidiary = "subsidiary"


class Characterisation(StrEnum):
    """The legal nature of one text as one party sees it; two parties may see the same text differently."""

    non_binding = "non_binding"
    interinstitutional_agreement_international_law = "interinstitutional_agreement_international_law"
    binding_international_law = "binding_international_law"
    administrative_agreement = "administrative_agreement"
    non_normative_agreement = "non_normative_agreement"
    contract_domestic_law = "contract_domestic_law"


class Status(StrEnum):
    draft = "draft"
    proposed = "proposed"
    text_open = "text_open"
    text_adopted = "text_adopted"
    partly_signed = "partly_signed"
    in_force = "in_force"
    withdrawn = "withdrawn"
    declined = "declined"
    terminated = "terminated"

    @property
    def negotiated(self) -> bool:
        """Whether it can still come into being."""
        return self not in CLOSED


CLOSED = frozenset({Status.in_force, Status.withdrawn, Status.declined, Status.terminated})
PUBLISHED = (Status.in_force, Status.terminated)


class ActionKind(StrEnum):
    """What somebody did. `open_text` starts the adoption afresh; those from `change` on leave the status as it is."""

    propose = "propose"
    open_text = "open_text"
    adopt_text = "adopt_text"
    sign = "sign"
    enter_into_force = "enter_into_force"
    withdraw = "withdraw"
    decline = "decline"
    terminate = "terminate"
    change = "change"
    leave = "leave"
    file = "file"
    decide = "decide"
    attach_text = "attach_text"
    withhold = "withhold"
    publish = "publish"


Deed = tuple[ActionKind, UUID | None]
ENDS = {ActionKind.withdraw: Status.withdrawn, ActionKind.decline: Status.declined, ActionKind.terminate: Status.terminated}


def adopted_by(deeds: Iterable[Deed]) -> frozenset[UUID]:
    """The parties that adopted the text as it stands: what was adopted before the text was last opened no longer counts."""
    adopted: set[UUID] = set()
    for kind, party in deeds:
        if kind is ActionKind.open_text:
            adopted.clear()
        elif kind is ActionKind.adopt_text and party is not None:
            adopted.add(party)
    return frozenset(adopted)


def status_after(deeds: Collection[Deed], parties: Collection[UUID]) -> Status:
    """The status that follows from everything that was done, in its order."""
    kinds = [kind for kind, _ in deeds]
    ended = next((ENDS[kind] for kind in kinds if kind in ENDS), None)
    if ended is not None:
        return ended
    if ActionKind.enter_into_force in kinds:
        return Status.in_force
    if ActionKind.propose not in kinds:
        return Status.draft
    if ActionKind.sign in kinds:
        return Status.partly_signed
    if ActionKind.open_text not in kinds:
        return Status.proposed
    return Status.text_adopted if adopted_by(deeds) >= frozenset(parties) else Status.text_open
