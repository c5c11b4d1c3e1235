"""The table of ties. A symmetric tie has one row, whoever records it: the database orders the pair and excludes a second."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.errors import TieActorUnknown, TieExists, TieOver, TieWithdrawn, TieWithItself
from services.registry.periods import Dated, in_order, no_overlap
from services.registry.ties.types import SYMMETRIC, TYPES, TieType, listed
from shared.columns import Identified, Touched, enum_column

# Why a tie ended of which nobody said so: its last day has passed, or the source that brought it lists it no longer.
EXPIRED = "Its time is over."
GONE = "Its source lists it no longer."


class TieStatus(StrEnum):
    proposed = "proposed"
    active = "active"
    dormant = "dormant"
    ended = "ended"
    withdrawn = "withdrawn"


class Tie(Base, Identified, Touched, Dated):
    """What binds two actors. Of a symmetric type, `from_id` is the smaller id; of a directed one, the member or the office.

    `last_activity_on` is the later of what people stated and of the public engagements held under the tie. `quiet_since` is the day
    from which silence counts: that activity, or the day of recording while none is known, for what is unknown is not silence.
    """

    __tablename__ = "ties"
    __table_args__ = (
        in_order(),
        CheckConstraint("from_id <> to_id", name="itself", info={"error": TieWithItself}),
        CheckConstraint(f"type NOT IN ({listed(SYMMETRIC)}) OR from_id < to_id", name="ordered"),
        CheckConstraint("(status IN ('ended', 'withdrawn')) = (end_reason IS NOT NULL)", name="reasoned"),
        CheckConstraint("status <> 'ended' OR valid_through IS NOT NULL", name="ended"),
        ForeignKeyConstraint(["from_id"], ["actors.id"], info={"error": TieActorUnknown}),
        ForeignKeyConstraint(["to_id"], ["actors.id"], info={"error": TieActorUnknown}),
        no_overlap(
            "ex_ties_overlap", "uuid_hash_extended(to_id, uuid_hash_extended(from_id, hashtextextended(type, 0)))", TieExists, where="status <> 'withdrawn'"
        ),
        Index("ix_ties_from_id", "from_id", "type"),
        Index("ix_ties_to_id", "to_id", "type"),
        Index("ix_ties_quiet_since", "quiet_since", postgresql_where=text("status = 'active'")),
        Index("ix_ties_valid_through", "valid_through", postgresql_where=text("status <> 'ended'")),
    )
    type: Mapped[TieType] = mapped_column(enum_column(TieType))
    from_id: Mapped[UUID]
    to_id: Mapped[UUID]
    role: Mapped[str | None] = mapped_column(comment="as what the actor is a member, in the source's own word")
    status: Mapped[TieStatus] = mapped_column(enum_column(TieStatus))
    end_reason: Mapped[str | None] = mapped_column(comment="why it ended, or why it was withdrawn")
    stated_activity_on: Mapped[date | None] = mapped_column(comment="the last activity that people stated")
    last_activity_on: Mapped[date | None] = mapped_column(comment="the later of that and of the engagements held under the tie")
    quiet_since: Mapped[date]
    note: Mapped[str | None]
    source: Mapped[str | None]
    licence: Mapped[str | None]
    read_on: Mapped[date | None] = mapped_column(comment="the day on which the source was read")

    @property
    def symmetric(self) -> bool:
        return TYPES[self.type].symmetric

    def joins(self, actor_id: UUID | None) -> bool:
        return actor_id in (self.from_id, self.to_id)

    def require_recorded(self) -> None:
        """TieWithdrawn once somebody has taken it back."""
        if self.status is TieStatus.withdrawn:
            raise TieWithdrawn(tie=str(self.id))

    def require_open(self) -> None:
        """TieOver once it has ended: what was is not rewritten, what comes after is a tie of its own."""
        self.require_recorded()
        if self.status is TieStatus.ended:
            raise TieOver(tie=str(self.id))

    def state_activity(self, on: date | None, *, held_on: date | None, recorded_on: date) -> None:
        """Take what people state of the last activity, beside the last engagement held. A later one wakes the tie.

        While the activity stays the same, silence counts from where it did: perhaps from the day on which somebody said that it is alive.
        """
        before = self.last_activity_on
        self.stated_activity_on = on
        self.last_activity_on = max((day for day in (on, held_on) if day is not None), default=None)
        if self.last_activity_on != before or self.quiet_since is None:
            self.quiet_since = self.last_activity_on or recorded_on
        moved = self.last_activity_on is not None and (before is None or self.last_activity_on > before)
        if moved and self.status is TieStatus.dormant:
            self.status = TieStatus.active

    def end(self, *, on: date, reason: str) -> None:
        """End it on that day, which is its last."""
        self.require_open()
        self.status, self.end_reason, self.valid_through = TieStatus.ended, reason, on

    def withdraw(self, *, reason: str) -> None:
        """Take it back: it should not have been recorded. Its days stay as they were said, and bind nobody."""
        self.require_recorded()
        self.status, self.end_reason = TieStatus.withdrawn, reason


def in_pair_order(type_: TieType, from_id: UUID, to_id: UUID) -> tuple[UUID, UUID]:
    """The two sides as the row holds them: in the order of their ids where the type is symmetric."""
    return (to_id, from_id) if TYPES[type_].symmetric and to_id < from_id else (from_id, to_id)
