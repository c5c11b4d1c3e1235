"""The tables of engagements."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.engagements.kinds import EngagementKind
from services.registry.errors import EngagementActorUnknown, EngagementTieUnknown, EngagementWasPublic, ParticipantTwice
from shared.columns import Identified, Touched, enum_column


class EngagementStatus(StrEnum):
    planned = "planned"
    held = "held"
    cancelled = "cancelled"


class EngagementVisibility(StrEnum):
    public = "public"
    restricted = "restricted"


class ParticipantRole(StrEnum):
    host = "host"
    organiser = "organiser"
    guest = "guest"
    participant = "participant"
    observer = "observer"


class DeliverableStatus(StrEnum):
    open = "open"
    done = "done"
    dropped = "dropped"


class Engagement(Base, Identified, Touched):
    """Something that actors did together. `organization_id` is whose record it is; `agreement_ids` are another service's, never checked."""

    __tablename__ = "engagements"
    __table_args__ = (
        CheckConstraint("starts_on <= ends_on", name="period"),
        CheckConstraint("isfinite(starts_on) AND isfinite(ends_on)", name="days"),
        Index("ix_engagements_starts_on", "starts_on", "id"),
        Index("ix_engagements_topics", "topics", postgresql_using="gin"),
    )
    kind: Mapped[EngagementKind] = mapped_column(enum_column(EngagementKind))
    title: Mapped[str]
    status: Mapped[EngagementStatus] = mapped_column(enum_column(EngagementStatus))
    visibility: Mapped[EngagementVisibility] = mapped_column(enum_column(EngagementVisibility))
    organization_id: Mapped[UUID | None] = mapped_column(index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    place: Mapped[str | None]
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    topics: Mapped[list[str]]
    languages: Mapped[list[str]]
    outcomes: Mapped[str | None]
    agreement_ids: Mapped[list[UUID]]
    source: Mapped[str | None]

    def show(self, visibility: EngagementVisibility) -> None:
        """EngagementWasPublic for one that was public: those who read it cannot be made to forget it."""
        if self.visibility is EngagementVisibility.public and visibility is EngagementVisibility.restricted:
            raise EngagementWasPublic(engagement=str(self.id))
        self.visibility = visibility


class Participant(Base, Identified):
    """Who took part, as what, and for whom."""

    __tablename__ = "engagement_participants"
    __table_args__ = (
        ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        ForeignKeyConstraint(["actor_id"], ["actors.id"], info={"error": EngagementActorUnknown}),
        ForeignKeyConstraint(["on_behalf_of_id"], ["actors.id"], info={"error": EngagementActorUnknown}),
        UniqueConstraint("engagement_id", "actor_id", "role", info={"error": ParticipantTwice}),
        Index("ix_engagement_participants_actor_id", "actor_id"),
        Index("ix_engagement_participants_on_behalf_of_id", "on_behalf_of_id"),
    )
    engagement_id: Mapped[UUID]
    actor_id: Mapped[UUID]
    role: Mapped[ParticipantRole] = mapped_column(enum_column(ParticipantRole))
    on_behalf_of_id: Mapped[UUID | None]


class Deliverable(Base, Identified):
    """What was promised, by when, and whether it came."""

    __tablename__ = "engagement_deliverables"
    __table_args__ = (
        ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        ForeignKeyConstraint(["owner_id"], ["actors.id"], info={"error": EngagementActorUnknown}),
        CheckConstraint("isfinite(due_on)", name="days"),
        Index("ix_engagement_deliverables_engagement_id", "engagement_id"),
    )
    engagement_id: Mapped[UUID]
    title: Mapped[str]
    owner_id: Mapped[UUID | None]
    due_on: Mapped[date | None]
    status: Mapped[DeliverableStatus] = mapped_column(enum_column(DeliverableStatus))


class EngagementTie(Base):
    """Under which tie an engagement was held."""

    __tablename__ = "engagement_ties"
    __table_args__ = (
        PrimaryKeyConstraint("engagement_id", "tie_id"),
        ForeignKeyConstraint(["engagement_id"], ["engagements.id"]),
        ForeignKeyConstraint(["tie_id"], ["ties.id"], info={"error": EngagementTieUnknown}),
        Index("ix_engagement_ties_tie_id", "tie_id"),
    )
    engagement_id: Mapped[UUID]
    tie_id: Mapped[UUID]
