"""The table of people. What identifies somebody is here and in the contact points that are their own, and nowhere else."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import PersonActorUnknown, PersonErased
from shared.columns import Identified, Touched


class Person(Base, Identified, Touched):
    """Somebody who holds or held a seat, or is a member of an organisation. An organisation keeps the record."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("(name IS NULL) = (erased_at IS NOT NULL)", name="erased"),
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": PersonActorUnknown}),
        Index("ix_people_organization_id", "organization_id"),
    )
    organization_id: Mapped[UUID | None] = mapped_column(comment="the actor that keeps the record")
    name: Mapped[str | None] = mapped_column(comment="null once erased")
    erased_at: Mapped[datetime | None]

    def require_known(self) -> None:
        """PersonErased once the name is gone: nothing is added to somebody who is to be forgotten."""
        if self.erased_at is not None:
            raise PersonErased(person=str(self.id))

    def erase(self, at: datetime) -> None:
        """Forget the name. For good."""
        self.require_known()
        self.name, self.erased_at = None, at
