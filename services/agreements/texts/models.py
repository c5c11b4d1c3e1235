"""One version of the text in one language. Never changed once attached; a trigger holds that."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.agreements.base import Base
from services.agreements.errors import TextVersionTaken
from services.agreements.texts.canonical import LARGEST
from shared.columns import Identified, enum_column


class MediaType(StrEnum):
    markdown = "text/markdown"
    plain = "text/plain"


class Text(Base, Identified):
    __tablename__ = "texts"
    __table_args__ = (
        UniqueConstraint("agreement_id", "language", "version", info={"error": TextVersionTaken}),
        CheckConstraint(r"sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint(f"size_bytes = octet_length(body) AND size_bytes BETWEEN 1 AND {LARGEST}", name="size_bytes"),
    )
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    language: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    authentic: Mapped[bool]
    media_type: Mapped[MediaType] = mapped_column(enum_column(MediaType))
    sha256: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(Integer)
    attached_at: Mapped[datetime]
    attached_by_id: Mapped[UUID | None]
    body: Mapped[str] = mapped_column(deferred=True, deferred_raiseload=True)
