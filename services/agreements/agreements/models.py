"""The agreement, its parties and what was done to it. Rules live here; who may call them lives in the service."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy import Sequence as NumberSequence
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.agreements.agreements.lifecycle import ENDS, ActionKind, Characterisation, Deed, InstrumentKind, Status, adopted_by, status_after
from services.agreements.agreements.stamps import Stamp
from services.agreements.base import Base, metadata
from services.agreements.errors import (
    AgreementClosed,
    AgreementFixed,
    AlreadyAdopted,
    AlreadyProposed,
    AlreadySigned,
    AlreadyWithheld,
    EntersIntoForceOnce,
    NotAParty,
    NotProposed,
    NotWithheld,
    PartyNotFound,
    PartyTwice,
    TextFrozen,
    TextMissing,
    TextNotAdopted,
    TextsDiffer,
)
from services.agreements.texts.models import Text
from shared.columns import Identified, Touched, enum_column
from shared.translations import Sentence

agreement_numbers = NumberSequence("agreement_numbers", metadata=metadata)


class WithholdingReason(StrEnum):
    """Why a text is not shown to the public."""

    personal_data = "personal_data"
    security = "security"
    commercial_confidence = "commercial_confidence"
    foreign_relations = "foreign_relations"
    other_law = "other_law"


class Party(Base, Identified):
    """One side. Its characterisation and authority are its own to state; its place and name come from the directory."""

    __tablename__ = "parties"
    __table_args__ = (
        UniqueConstraint("agreement_id", "actor_id", info={"error": PartyTwice}),
        UniqueConstraint("agreement_id", "nth"),
        CheckConstraint("(authority IS NULL) OR (legal_characterisation IS NOT NULL)", name="authority_of_a_characterisation"),
        Index("ix_parties_actor_id", "actor_id"),
    )
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    nth: Mapped[int] = mapped_column(Integer)
    actor_id: Mapped[UUID]
    capacity: Mapped[str | None]
    legal_characterisation: Mapped[Characterisation | None] = mapped_column(enum_column(Characterisation))
    authority: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    def characterise(self, characterisation: Characterisation, authority: dict[str, Any] | None) -> None:
        self.legal_characterisation, self.authority = characterisation, authority


class Action(Base, Identified):
    """Something that was done: written once, never changed (a trigger holds that), in the order of `nth`."""

    __tablename__ = "actions"
    __table_args__ = (
        UniqueConstraint("agreement_id", "nth"),
        Index(
            "uq_actions_entry_into_force",
            "agreement_id",
            unique=True,
            postgresql_where=text("kind = 'enter_into_force'"),
            info={"error": EntersIntoForceOnce},
        ),
    )
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    nth: Mapped[int] = mapped_column(Integer)
    kind: Mapped[ActionKind] = mapped_column(enum_column(ActionKind))
    at: Mapped[datetime]
    subject: Mapped[str]
    organization_id: Mapped[UUID | None]
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    gate_id: Mapped[UUID | None]
    reason: Mapped[str | None]


class Agreement(Base, Identified, Touched):
    """The work itself. `act` is the only way to its status, which is the replay of its actions."""

    __tablename__ = "agreements"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("(in_force_on IS NOT NULL) = (status IN ('in_force', 'terminated'))", name="in_force_on"),
        CheckConstraint("(signed_on IS NOT NULL) = (status IN ('in_force', 'terminated'))", name="signed_on"),
        CheckConstraint("(ended_on IS NOT NULL) = (status = 'terminated')", name="ended_on"),
        CheckConstraint("(withheld_reason IS NULL) = (withheld_review_on IS NULL)", name="withheld"),
        CheckConstraint("proposed_term_months BETWEEN 1 AND 1200", name="proposed_term_months"),
        Index("ix_agreements_newest", "created_at", "id"),
        Index("ix_agreements_register", "signed_on", "id", postgresql_where=text("status IN ('in_force', 'terminated')")),
        Index("ix_agreements_topics", "topics", postgresql_using="gin"),
    )
    reference: Mapped[str]
    titles: Mapped[dict[str, Any]]
    titles_folded: Mapped[str] = mapped_column(comment="for search and order: lower case, without accents")
    kind: Mapped[InstrumentKind] = mapped_column(enum_column(InstrumentKind))
    topics: Mapped[list[str]]
    proposed_term_months: Mapped[int | None] = mapped_column(Integer)
    proposer_id: Mapped[UUID]
    status: Mapped[Status] = mapped_column(enum_column(Status))
    signed_on: Mapped[date | None]
    in_force_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    withheld_reason: Mapped[WithholdingReason | None] = mapped_column(enum_column(WithholdingReason))
    withheld_review_on: Mapped[date | None]

    parties: Mapped[list[Party]] = relationship(order_by=Party.nth, lazy="raise")
    actions: Mapped[list[Action]] = relationship(order_by=Action.nth, lazy="raise")
    texts: Mapped[list[Text]] = relationship(order_by=(Text.language, Text.version), lazy="raise")

    # what was done

    def deeds(self) -> list[Deed]:
        return [(action.kind, action.party_id) for action in self.actions]

    def act(self, kind: ActionKind, stamp: Stamp, *, party: Party | None = None, gate_id: UUID | None = None) -> None:
        """Write down what was done and materialise the status that follows. Nothing else sets the status."""
        about = {"party_id": party.id if party else None, "gate_id": gate_id, "reason": stamp.reason}
        by = {"at": stamp.at, "subject": stamp.subject, "organization_id": stamp.organization}
        self.actions.append(Action(nth=len(self.actions) + 1, kind=kind, **by, **about))
        self.status = status_after(self.deeds(), [each.id for each in self.parties])
        self.touch(stamp.at)

    def party_of(self, organization: UUID | None) -> Party:
        """The party that this organisation is; NotAParty otherwise."""
        for party in self.parties:
            if party.actor_id == organization:
                return party
        raise NotAParty("Your organisation is not a party to this agreement.", agreement_id=str(self.id))

    def party(self, party_id: UUID) -> Party:
        for party in self.parties:
            if party.id == party_id:
                return party
        raise PartyNotFound

    def actor_ids(self) -> list[UUID]:
        return [party.actor_id for party in self.parties]

    def require_negotiated(self) -> None:
        """It takes no change once it is in force or over."""
        if not self.status.negotiated:
            raise AgreementClosed(Sentence("Its status is {status}.", status=self.status.value), status_now=self.status.value)

    @property
    def unseen(self) -> bool:
        """Whether it was never proposed: a draft is its proposer's alone, also once it is given up."""
        return ActionKind.propose not in [kind for kind, _ in self.deeds()]

    # its texts

    def standing_texts(self) -> dict[str, Text]:
        """The latest version in each language."""
        return {text.language: text for text in self.texts}

    def authentic_texts(self) -> list[Text]:
        return [text for text in self.standing_texts().values() if text.authentic]

    def text_hashes(self) -> list[str]:
        return sorted(text.sha256 for text in self.authentic_texts())

    def require_texts(self) -> list[str]:
        """The hashes of the authentic texts; TextMissing when there are none."""
        if not self.authentic_texts():
            raise TextMissing("Attach the text in each authentic language first, at /texts.")
        return self.text_hashes()

    def require_hashes(self, given: Sequence[str]) -> list[str]:
        """The hashes, when the caller named exactly those of every authentic text; TextsDiffer names the right set."""
        right = self.require_texts()
        if sorted(set(given)) != right:
            texts = [{"language": text.language, "version": text.version, "sha256": text.sha256} for text in self.authentic_texts()]
            raise TextsDiffer("Read the texts as they stand, compare them with what you have, and send the hash of each.", expected=texts)
        return right

    def takes_text(self, stamp: Stamp, text: Text, *, standing: Text | None, reopens: bool) -> None:
        """Attach a text. One that is or replaces an authentic text opens the text again: earlier adoptions no longer count."""
        self.require_negotiated()
        if self.status is Status.partly_signed:
            raise TextFrozen("Withdraw the agreement and propose a new one, or complete the signatures and vary it later.")
        self.texts.append(text)
        authentic = text.authentic or (standing is not None and standing.authentic)
        opens = authentic and (reopens or bool(self.adopted_by()) or ActionKind.open_text not in [kind for kind, _ in self.deeds()])
        self.act(ActionKind.open_text if opens else ActionKind.attach_text, stamp, party=self.party_of(stamp.organization))

    def adopted_by(self) -> frozenset[UUID]:
        return adopted_by(self.deeds())

    # its life

    def propose(self, stamp: Stamp) -> None:
        if self.status is not Status.draft:
            raise AlreadyProposed
        self.act(ActionKind.propose, stamp, party=self.party_of(stamp.organization))

    def change(self, stamp: Stamp) -> None:
        """Title, topics and term may change until a party has adopted the text."""
        self.require_negotiated()
        if self.adopted_by() or self.status is Status.partly_signed:
            raise AgreementFixed("A new version of the text opens them again.")
        self.act(ActionKind.change, stamp, party=self.party_of(stamp.organization))

    def adopt(self, stamp: Stamp, hashes: Sequence[str]) -> bool:
        """Adopt the text for one party; whether it is now adopted by all."""
        self.require_negotiated()
        if self.status is Status.draft:
            raise NotProposed
        party = self.party_of(stamp.organization)
        self.require_hashes(hashes)
        if party.id in self.adopted_by() or self.status is Status.partly_signed:
            raise AlreadyAdopted
        self.act(ActionKind.adopt_text, stamp, party=party)
        return self.status is Status.text_adopted

    def characterise(self, stamp: Stamp, party: Party, characterisation: Characterisation, authority: dict[str, Any] | None) -> None:
        """How a party sees the text is its own to say, until it has signed."""
        if party.actor_id != stamp.organization:
            raise NotAParty("A party states its own characterisation and nobody else's.", party_id=str(party.id))
        self.require_negotiated()
        if (ActionKind.sign, party.id) in self.deeds():
            raise AlreadySigned("What your organisation signed under stays as it was signed.")
        party.characterise(characterisation, authority)
        self.act(ActionKind.change, stamp, party=party)

    def sign(self, stamp: Stamp, party: Party) -> bool:
        """Sign for one party; whether that was the last signature, with which the agreement enters into force."""
        self.require_negotiated()
        if self.status not in (Status.text_adopted, Status.partly_signed):
            raise TextNotAdopted("Each party adopts the text first, at /adoptions.", status_now=self.status.value)
        self.act(ActionKind.sign, stamp, party=party)
        if {signer for kind, signer in self.deeds() if kind is ActionKind.sign} != {each.id for each in self.parties}:
            return False
        self.signed_on = self.in_force_on = stamp.at.date()
        self.act(ActionKind.enter_into_force, stamp)
        return True

    def leave(self, stamp: Stamp) -> ActionKind:
        """A party goes. Before entry into force the proposer withdraws it and another party declines it, and that is its end.

        In force, the party leaves as of now (a notice period runs before that); when fewer than two remain it is terminated.
        """
        party = self.party_of(stamp.organization)
        if self.status in ENDS.values() or (ActionKind.leave, party.id) in self.deeds():
            raise AgreementClosed(Sentence("Its status is {status}.", status=self.status.value), status_now=self.status.value)
        if self.status is not Status.in_force:
            kind = ActionKind.withdraw if party.actor_id == self.proposer_id else ActionKind.decline
            self.act(kind, stamp, party=party)
            return kind
        self.act(ActionKind.leave, stamp, party=party)
        gone = {leaver for kind, leaver in self.deeds() if kind is ActionKind.leave}
        if len(self.parties) - len(gone) >= 2:
            return ActionKind.leave
        self.ended_on = stamp.at.date()
        self.act(ActionKind.terminate, stamp)
        return ActionKind.terminate

    def withhold(self, stamp: Stamp, reason: WithholdingReason, review_on: date) -> None:
        """Keep the texts from the public, for a stated reason and until a day of review."""
        if self.withheld_reason is not None:
            raise AlreadyWithheld
        self.withheld_reason, self.withheld_review_on = reason, review_on
        self.act(ActionKind.withhold, stamp, party=self.party_of(stamp.organization))

    def publish(self, stamp: Stamp) -> None:
        """End the withholding."""
        if self.withheld_reason is None:
            raise NotWithheld
        self.withheld_reason = self.withheld_review_on = None
        self.act(ActionKind.publish, stamp, party=self.party_of(stamp.organization))
