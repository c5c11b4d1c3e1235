"""The projection of the agreements' feed."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class AgreementParty(Base):
    """An actor's days under one agreement. `actor_id` is whom the agreement names; who that is now, the registry's judgements say."""

    __tablename__ = "agreement_parties"
    __table_args__ = (PrimaryKeyConstraint("agreement_id", "actor_id"), Index("ix_agreement_parties_actor_id", "actor_id"))
    agreement_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    in_force_on: Mapped[date]
    ended_on: Mapped[date | None] = mapped_column(comment="the first day on which it does not bind this party")
