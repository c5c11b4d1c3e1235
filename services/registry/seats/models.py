"""The tables of seats. A mayor changes, the seat stays; what identifies a person lives in one table and can be erased there."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import ChiefExecutiveExists, ContactPointTwice, HolderOverlaps, PersonUnknown, SeatActorUnknown
from services.registry.periods import in_order, no_overlap
from shared.columns import Identified, Timestamped, Touched, enum_column


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


class Person(Base, Identified, Timestamped):
    """Somebody who holds or held a seat."""

    __tablename__ = "people"
    name: Mapped[str | None] = mapped_column(comment="null once erased")


class SeatHolder(Base, Identified):
    """Who holds a seat, and when."""

    __tablename__ = "seat_holders"
    __table_args__ = (
        in_order(),
        ForeignKeyConstraint(["person_id"], ["people.id"], info={"error": PersonUnknown}),
        no_overlap("ex_seat_holders_overlap", "uuid_hash_extended(seat_id, 0)", HolderOverlaps),
        Index("ix_seat_holders_seat_id", "seat_id"),
    )
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"))
    person_id: Mapped[UUID]
    valid_from: Mapped[date] = mapped_column(Date)
    valid_through: Mapped[date | None] = mapped_column(Date)


class ContactPoint(Base, Identified):
    """Where a seat is reached. Never public."""

    __tablename__ = "contact_points"
    __table_args__ = (
        UniqueConstraint("seat_id", "channel", "address", info={"error": ContactPointTwice}),
        CheckConstraint("length(address) <= 500", name="address"),
    )
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seats.id"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    address: Mapped[str]
    language: Mapped[str | None]
