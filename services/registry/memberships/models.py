"""The table of memberships of people, after Popolo: a person in an organisation, in a role, on behalf of another organisation, for a time."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import MembershipActorUnknown, MembershipExists, MembershipOver, PersonUnknown
from services.registry.periods import Dated, in_order, no_overlap
from shared.columns import Identified, Touched

NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
KEY = (
    f"uuid_hash_extended(person_id, uuid_hash_extended(organization_id, uuid_hash_extended(coalesce(on_behalf_of_id, {NOBODY}), "
    "hashtextextended(coalesce(role, ''), 0))))"
)


class Membership(Base, Identified, Touched, Dated):
    """A person in an organisation. What binds governments to each other is a tie and not here."""

    __tablename__ = "memberships"
    __table_args__ = (
        in_order(),
        ForeignKeyConstraint(["person_id"], ["people.id"], info={"error": PersonUnknown}),
        ForeignKeyConstraint(["organization_id"], ["actors.id"], info={"error": MembershipActorUnknown}),
        ForeignKeyConstraint(["on_behalf_of_id"], ["actors.id"], info={"error": MembershipActorUnknown}),
        no_overlap("ex_memberships_overlap", KEY, MembershipExists),
        Index("ix_memberships_person_id", "person_id"),
        Index("ix_memberships_organization_id", "organization_id"),
        Index("ix_memberships_on_behalf_of_id", "on_behalf_of_id"),
    )
    person_id: Mapped[UUID]
    organization_id: Mapped[UUID]
    on_behalf_of_id: Mapped[UUID | None] = mapped_column(comment="for whom the person sits there")
    role: Mapped[str | None] = mapped_column(comment="as what: delegate, adviser, chair")
    note: Mapped[str | None]
    source: Mapped[str | None]
    read_on: Mapped[date | None] = mapped_column(comment="the day on which the source was read")

    def end(self, on: date) -> None:
        """Let that day be its last; MembershipOver when it has ended by then."""
        if self.valid_through is not None and self.valid_through <= on:
            raise MembershipOver(membership=str(self.id))
        self.valid_through = on
