"""Machine clients."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from gateway.base import Base
from gateway.errors import ClientIdTaken
from gateway.principals import Principal
from shared.columns import Identified, Touched


class Client(Base, Identified, Touched, Principal):
    """A machine that signs in with a secret of our making: 256 random bits, kept as their SHA-256."""

    __tablename__ = "clients"
    __table_args__ = (
        UniqueConstraint("client_id", info={"error": ClientIdTaken}),
        CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", name="secret_hash"),
        Index("ix_clients_epoch_at", "epoch_at"),
    )
    client_id: Mapped[str]
    name: Mapped[str]
    secret_hash: Mapped[str]
