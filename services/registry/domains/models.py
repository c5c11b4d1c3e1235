"""The table of official domains, filled by imports."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base


class ActorDomain(Base):
    """An internet domain that a source gives as an actor's own. Several actors may share one."""

    __tablename__ = "actor_domains"
    __table_args__ = (
        UniqueConstraint("domain", "actor_id", "source"),
        CheckConstraint("domain = lower(domain) AND length(domain) <= 253", name="domain"),
        Index("ix_actor_domains_actor_id", "actor_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    actor_id: Mapped[UUID] = mapped_column(ForeignKey("actors.id"))
    domain: Mapped[str]
    type: Mapped[str | None] = mapped_column(comment="the source's own word")
    source: Mapped[str]
    licence: Mapped[str | None]
    read_on: Mapped[date | None] = mapped_column(comment="the day on which the source was read")
