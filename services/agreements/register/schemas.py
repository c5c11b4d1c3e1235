"""Answers of the public register."""

from datetime import date
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.agreements.agreements.lifecycle import Characterisation, InstrumentKind
from services.agreements.agreements.schemas import Folded, Topic, Withheld
from services.agreements.texts.models import MediaType
from services.agreements.values import Authority
from shared.pages import Page
from shared.schemas import CountryCode, Day, Read

PublicStatus = Literal["in_force", "terminated"]


class RegisterParty(Read):
    """A party, with the legal nature that it sees in the text and the authority it signed under."""

    actor_id: UUID
    name: str | None
    kind: str | None
    country: str | None
    subdivision: str | None
    legal_characterisation: Characterisation | None
    authority: Authority | None
    signed_on: date | None


class RegisterDecision(Read):
    rulebook_id: str
    gate: str
    gate_title: str | None
    outcome: str
    title: str | None
    decided_on: date
    citation: str
    text_hashes: list[str]


class RegisterTextBrief(Read):
    """`href` is null while the texts are withheld; the hash stays, so that a text shown later can be checked against it."""

    language: str
    authentic: bool
    media_type: MediaType
    sha256: str
    size_bytes: int
    href: str | None


class RegisterText(RegisterTextBrief):
    agreement_id: UUID
    body: str


class RegisterEntry(Read):
    id: UUID
    reference: str
    title: str | None
    titles: dict[str, str]
    kind: InstrumentKind
    topics: list[str]
    status: PublicStatus
    signed_on: date
    in_force_on: date
    ended_on: date | None
    proposed_term_months: int | None
    withheld: Withheld | None
    parties: list[RegisterParty]
    decisions: list[RegisterDecision]
    texts: list[RegisterTextBrief]


class RegisterSort(StrEnum):
    newest = "newest"
    by_title = "title"


class RegisterFilters(Page):
    q: Folded | None = Field(None, description="Part of a title, in any language; case and accents do not matter.")
    party: UUID | None = None
    country: CountryCode | None = Field(None, description="A country that a party belongs to.")
    kind: list[InstrumentKind] | None = None
    topic: Topic | None = None
    status: list[PublicStatus] | None = None
    signed_from: Day | None = Field(None, description="Signed on this day or later.")
    signed_to: Day | None = Field(None, description="Signed on this day or earlier.")
    sort: RegisterSort = Field(RegisterSort.newest, description="`newest` is the last signature.")
