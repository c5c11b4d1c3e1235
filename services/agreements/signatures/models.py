"""A party's signature: bound to the hash of every authentic text, and to how that party sees what it signs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.agreements.agreements.lifecycle import Characterisation
from services.agreements.base import Base
from services.agreements.errors import AlreadySigned
from shared.columns import Identified, enum_column


class Signature(Base, Identified):
    """Written once; a trigger holds that."""

    __tablename__ = "signatures"
    __table_args__ = (
        UniqueConstraint("agreement_id", "party_id", info={"error": AlreadySigned}),
        CheckConstraint("cardinality(text_hashes) > 0", name="text_hashes"),
        Index("ix_signatures_party_id", "party_id"),
    )
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    text_hashes: Mapped[list[str]]
    legal_characterisation: Mapped[Characterisation] = mapped_column(enum_column(Characterisation))
    authority: Mapped[dict[str, Any]]
    signed_at: Mapped[datetime]
    subject: Mapped[str]
    organization_id: Mapped[UUID | None]
