"""Signing keys, sessions and their refresh tokens."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from shared.columns import Identified, enum_column


class KeyState(StrEnum):
    next = "next"
    active = "active"
    retired = "retired"


class SigningKey(Base):
    """An ES256 key. One signs; the next one is published before it does, retired ones until every token they signed has expired."""

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index("uq_signing_keys_active", "state", unique=True, postgresql_where=text("state = 'active'")),
        Index("uq_signing_keys_next", "state", unique=True, postgresql_where=text("state = 'next'")),
        CheckConstraint("state <> 'next' OR signs_from IS NOT NULL", name="next_signs"),
        CheckConstraint("(state = 'retired') = (not_after IS NOT NULL)", name="retired_ends"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, comment="the kid: RFC 7638 thumbprint of the public key")
    private_pem: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    state: Mapped[KeyState] = mapped_column(enum_column(KeyState))
    created_at: Mapped[datetime]
    signs_from: Mapped[datetime | None] = mapped_column(comment="when the next key is to take over; the first key had nobody to take over from")
    not_after: Mapped[datetime | None]


class Session(Base, Identified):
    """One sign-in of a person: the family of all refresh tokens that came from it."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_account_id", "account_id"), Index("ix_sessions_revoked_at", "revoked_at"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """A refresh token by its SHA-256 (it is 256 random bits); used once."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_session_id", "session_id"),)
    token_hash: Mapped[str] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
