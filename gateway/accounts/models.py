"""People who sign in, and how often somebody tried to."""

import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from gateway.errors import EmailTaken
from gateway.principals import Principal
from shared.columns import Identified, Touched

FREE_ATTEMPTS = 5
LONGEST_LOCK = timedelta(minutes=15)
FORGET_ATTEMPTS_AFTER = timedelta(hours=1)


def email_key(email: str) -> str:
    """The form in which two spellings of one address are equal."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


class Account(Base, Identified, Touched, Principal):
    """A person. The password is kept as an argon2id hash only."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("email_key", info={"error": EmailTaken}),
        CheckConstraint("password_hash LIKE '$argon2id$%'", name="password_hash"),
        Index("ix_accounts_epoch_at", "epoch_at"),
    )
    email: Mapped[str]
    email_key: Mapped[str]
    display_name: Mapped[str]
    password_hash: Mapped[str]


class LoginAttempts(Base):
    """Failed attempts for an address, whether or not it has an account, so that counting reveals nothing."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_tried_at", "tried_at"),)
    email_digest: Mapped[str] = mapped_column(primary_key=True, comment="SHA-256 of the address, so that a mistyped one is not kept")
    failures: Mapped[int]
    tried_at: Mapped[datetime]
    locked_until: Mapped[datetime]


def lock_seconds(failures: int) -> int:
    """How long the next attempt waits: nothing for the first few, then doubling, a quarter of an hour at most."""
    if failures < FREE_ATTEMPTS:
        return 0
    return min(1 << min(failures - FREE_ATTEMPTS, 20), int(LONGEST_LOCK.total_seconds()))
