"""Requests and answers of agreements."""

import unicodedata
from datetime import date
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from services.agreements.agreements.lifecycle import ActionKind, Characterisation, InstrumentKind, Status
from services.agreements.agreements.models import WithholdingReason
from services.agreements.gates.schemas import GateBrief
from services.agreements.signatures.schemas import SignatureBrief
from services.agreements.texts.schemas import TextBrief
from services.agreements.values import Authority, Sha256
from shared.pages import Page
from shared.schemas import CountryCode, Day, Instant, LanguageCode, Line, OnRequest, Prose, Read, Request, Split, code
from shared.translations import Sentence

Topic = Annotated[
    str,
    code(r"^[a-z][a-z0-9_]{1,49}$", "is not a name in small letters and digits joined by underscores, such as water_pollution"),
    Field(examples=["water_pollution"]),
]
Topics = Annotated[list[Topic], Field(max_length=20)]
Titles = Annotated[dict[LanguageCode, Line], Field(min_length=1, max_length=10, description="Language to title.")]
Months = Annotated[int, Field(ge=1, le=1200)]


def folded(text: str) -> str:
    """For search and order: lower case, without accents, in one line."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def _folded(value: object) -> object:
    return folded(value) if isinstance(value, str) else value


Folded = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$"),
    BeforeValidator(_folded),
]


class Withheld(Read):
    """Why the texts are not shown to the public, and when that is looked at again."""

    reason_code: WithholdingReason
    review_on: date


class PartyRead(Read):
    """A side. Name, kind, country and subdivision are the directory's; what follows is the party's own."""

    id: UUID
    actor_id: UUID
    name: str | None
    kind: str | None
    country: str | None
    subdivision: str | None
    capacity: str | None
    legal_characterisation: Characterisation | None
    authority: Authority | None
    adopted_at: Instant | None = Field(description="When it adopted the text as it stands.")
    signed_at: Instant | None


class ActionRead(Read):
    nth: int
    kind: ActionKind
    at: Instant
    organization_id: UUID | None = Field(description="The organisation whose account did it.")
    party_id: UUID | None = Field(description="The party for which it was done.")
    gate_id: UUID | None
    reason: str | None


class AgreementRead(Read):
    id: UUID
    reference: str
    title: str | None = Field(description="In the wanted language, else in any.")
    titles: dict[str, str]
    kind: InstrumentKind
    topics: list[str]
    proposed_term_months: int | None
    status: Status
    proposer_id: UUID
    created_at: Instant
    updated_at: Instant
    signed_on: date | None
    in_force_on: date | None
    ended_on: date | None
    withheld: Withheld | None
    parties: list[PartyRead]
    texts: Annotated[list[TextBrief] | None, OnRequest()] = None
    gates: Annotated[list[GateBrief] | None, OnRequest()] = None
    signatures: Annotated[list[SignatureBrief] | None, OnRequest()] = None
    actions: Annotated[list[ActionRead] | None, OnRequest()] = None


class PartyCreate(Request):
    actor_id: UUID
    capacity: Line | None = Field(None, description="In which capacity it takes part, in its own words.")


class AgreementCreate(Request):
    """`parties` names every party, the caller's organisation among them. A draft is seen by the proposer only, until it is proposed."""

    titles: Titles
    kind: InstrumentKind
    topics: Topics = []
    proposed_term_months: Months | None = None
    parties: Annotated[list[PartyCreate], Field(min_length=2, max_length=20)]
    draft: bool = False
    reason: Prose | None = None

    @model_validator(mode="after")
    def _names_each_actor_once(self) -> Self:
        if len({party.actor_id for party in self.parties}) != len(self.parties):
            raise ValueError("parties: an actor is a party once")
        return self


class AgreementChange(Request):
    """Absent fields stay as they are; `proposed_term_months: null` removes the term."""

    titles: Titles | None = None
    topics: Topics | None = None
    proposed_term_months: Months | None = None
    reason: Prose | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set & {"titles", "topics", "proposed_term_months"}:
            raise ValueError("name at least one field to change")
        for name in ("titles", "topics"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(Sentence("{name} cannot be removed", name=name))
        return self


class PartyChange(Request):
    legal_characterisation: Characterisation
    authority: Authority | None = None
    reason: Prose | None = None


class ProposalCreate(Request):
    reason: Prose | None = None


class AdoptionCreate(Request):
    """The hashes of every authentic text, so that nobody adopts what they have not seen."""

    text_hashes: Annotated[list[Sha256], Field(min_length=1, max_length=20)]
    reason: Prose | None = None


class WithdrawalCreate(Request):
    reason: Prose


class WithholdingCreate(Request):
    reason_code: WithholdingReason
    review_on: Day
    reason: Prose


class PublicationCreate(Request):
    reason: Prose | None = None


class AgreementInclude(StrEnum):
    texts = "texts"
    gates = "gates"
    signatures = "signatures"
    actions = "actions"


class AgreementSort(StrEnum):
    newest = "newest"
    by_title = "title"


class AgreementFilters(Page):
    status: list[Status] | None = None
    kind: list[InstrumentKind] | None = None
    party: UUID | None = Field(None, description="An actor that is a party.")
    country: CountryCode | None = Field(None, description="A country that a party belongs to.")
    topic: Topic | None = None
    q: Folded | None = Field(None, description="Part of a title, in any language; case and accents do not matter.")
    sort: AgreementSort = AgreementSort.newest
    include: Annotated[list[AgreementInclude], Split] | None = None
