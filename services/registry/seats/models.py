"""The tables of seats. A mayor changes, the seat stays; what identifies a person lives among the people and can be erased there."""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import (
    ChiefExecutiveExists,
    ContactPointTwice,
    HolderOverlaps,
    PersonUnknown,
    PreferredContactPointTwice,
    SeatAbolished,
    SeatActorUnknown,
)
from services.registry.periods import in_order, no_overlap
from shared.columns import Identified, Touched, enum_column


class SeatRole(StrEnum):
    chief_executive = "chief_executive"
    deputy = "deputy"
    head = "head"
    secretariat = "secretariat"
    international_affairs = "international_affairs"
    emergency_management = "emergency_management"
    legal_counsel = "legal_counsel"
    protocol = "protocol"
    liaison = "liaison"


class SeatStatus(StrEnum):
    active = "active"
    abolished = "abolished"


class Channel(StrEnum):
    email = "email"
    webhook = "webhook"


class ContactKind(StrEnum):
    office = "office"
    personal = "personal"


class Seat(Base, Identified, Touched):
    """A post of an actor; briefings go to seats."""

    __tablename__ = "seats"
    __table_args__ = (
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": SeatActorUnknown}),
        Index(
            "uq_seats_chief_executive",
            "actor_id",
            unique=True,
            postgresql_where=text("role = 'chief_executive' AND status = 'active'"),
            info={"error": ChiefExecutiveExists},
        ),
        Index("ix_seats_actor_id", "actor_id", "role"),
    )
    actor_id: Mapped[UUID]
    role: Mapped[SeatRole] = mapped_column(enum_column(SeatRole))
    title: Mapped[str]
    status: Mapped[SeatStatus] = mapped_column(enum_column(SeatStatus))

    def require_active(self) -> None:
        """SeatAbolished for a seat that is no more: nobody takes it."""
        if self.status is not SeatStatus.active:
            raise SeatAbolished(seat=str(self.id))


class SeatHolder(Base, Identified):
    """Who holds a seat, and when."""

    __tablename__ = "seat_holders"
    __table_args__ = (
        in_order(),
        ForeignKeyConstraint(["person_id"], ["people.id"], info={"error": PersonUnknown}),
        no_overlap("ex_seat_holders_overlap", "uuid_hash_extended(seat_id, 0)", HolderOverlaps),
        Index("ix_seat_holders_seat_id", "seat_id"),
        Index("ix_seat_holders_person_id", "person_id"),
    )
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"))
    person_id: Mapped[UUID]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_through: Mapped[date | None] = mapped_column(Date)

    def said(self) -> list[str]:
        """Who and when, for the record: a person by id only."""
        return [str(self.person_id), str(self.valid_from), str(self.valid_through or "")]


class ContactPoint(Base, Identified):
    """Where a seat is reached: at the office's address, or at that of a person in it. Never public."""

    __tablename__ = "contact_points"
    __table_args__ = (
        in_order(),
        ForeignKeyConstraint(["person_id"], ["people.id"], info={"error": PersonUnknown}),
        UniqueConstraint("seat_id", "channel", "address", info={"error": ContactPointTwice}),
        CheckConstraint("length(address) <= 500", name="address"),
        CheckConstraint("(kind = 'personal') = (person_id IS NOT NULL)", name="personal"),
        CheckConstraint("hours IS NULL OR time_zone IS NOT NULL", name="hours"),
        no_overlap("ex_contact_points_preferred", "uuid_hash_extended(seat_id, hashtextextended(channel, 0))", PreferredContactPointTwice, where="preferred"),
        Index("ix_contact_points_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    )
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    address: Mapped[str]
    language: Mapped[str | None]
    kind: Mapped[ContactKind] = mapped_column(enum_column(ContactKind), server_default="office")
    person_id: Mapped[UUID | None] = mapped_column(comment="whose address it is, when it is personal")
    preferred: Mapped[bool] = mapped_column(server_default=false())
    hours: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True), comment="when somebody is there: days, opens, closes; null: not said")
    time_zone: Mapped[str | None] = mapped_column(comment="of the hours, a name of the IANA time zone database")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_through: Mapped[date | None] = mapped_column(Date)
