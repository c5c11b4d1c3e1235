"""Requests and answers of signatures."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.agreements.agreements.lifecycle import Characterisation, Status
from services.agreements.values import Authority, Sha256
from shared.schemas import Instant, Prose, Read, Request


class SignatureCreate(Request):
    """What your organisation signs (the hash of every authentic text), as what it sees it, and under which authority."""

    text_hashes: Annotated[list[Sha256], Field(min_length=1, max_length=20)]
    legal_characterisation: Characterisation
    authority: Authority
    reason: Prose | None = None


class SignatureBrief(Read):
    id: UUID
    party_id: UUID
    actor_id: UUID
    name: str | None
    text_hashes: list[str]
    legal_characterisation: Characterisation
    authority: Authority
    signed_at: Instant


class SignatureRead(SignatureBrief):
    agreement_id: UUID
    agreement_status: Status = Field(description="`in_force` when this was the last signature.")
