"""A release: who let a briefing out, under which marking, to whom. The audience is frozen with it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.briefings.base import Base
from services.briefings.briefings.markings import Marking
from services.briefings.errors import AlreadyReleased, AudienceChanged, AudienceEmpty, NamesNeeded, SameHandRefused, SeatsMissing, UnknownUndecided
from shared.columns import Identified, enum_column
from shared.translations import Sentence


class UnknownChoice(StrEnum):
    """What becomes of seats of which a deciding fact is not recorded."""

    leave_out = "leave_out"
    include = "include"


class Release(Base, Identified):
    """The decision of the second person; counts and digests are those of the rows it made."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("briefing_id", info={"error": AlreadyReleased}),
        CheckConstraint("marking IN ('TLP:CLEAR', 'TLP:GREEN') OR NOT (released_by = ANY (authors))", name="two_hands", info={"error": SameHandRefused}),
        CheckConstraint("marking <> 'TLP:RED' OR jsonb_typeof(audience -> 'predicate') = 'null'", name="red_names", info={"error": NamesNeeded}),
    )
    briefing_id: Mapped[UUID] = mapped_column(ForeignKey("briefings.id"))
    organization_id: Mapped[UUID]
    marking: Mapped[Marking] = mapped_column(enum_column(Marking))
    authors: Mapped[list[str]]
    released_by: Mapped[str]
    released_at: Mapped[datetime]
    reason: Mapped[str | None]
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB(none_as_null=True))
    audience_digest: Mapped[str]
    unknown_choice: Mapped[UnknownChoice | None] = mapped_column(enum_column(UnknownChoice))
    recipients: Mapped[int] = mapped_column(Integer)
    unknown: Mapped[int] = mapped_column(Integer, comment="seats whose membership was not known, whatever became of them")
    recipients_digest: Mapped[str] = mapped_column(comment="SHA-256 of the recipients' seat ids in order, joined by commas, in hex")

    def freeze(self, *, recipients: int, unknown: int, digest: str, missing: list[UUID], expected: int | None) -> None:
        """Take over what the fan-out found; SeatsMissing, UnknownUndecided, AudienceChanged, AudienceEmpty undo it."""
        if missing:
            said = Sentence("{missing} named seats are not active in the directory. Take them off the audience.", missing=len(missing))
            raise SeatsMissing(said, seats=missing[:50])
        if unknown and self.unknown_choice is None:
            raise UnknownUndecided(
                Sentence(
                    "For {unknown} seats a fact that decides is not recorded. Look at them in the preview (outcome=unknown) and send unknown: "
                    "leave_out or include.",
                    unknown=unknown,
                ),
                unknown=unknown,
                recipients=recipients,
            )
        if expected is not None and expected != recipients:
            counted = {"expected": expected, "recipients": recipients}
            said = Sentence("You expected {expected} recipients; now there are {recipients}. Preview the audience again.", **counted)
            raise AudienceChanged(said, recipients=recipients)
        if not recipients:
            raise AudienceEmpty("Nobody in the directory belongs to this audience. Preview it and mend it.", unknown=unknown)
        self.recipients, self.unknown, self.recipients_digest = recipients, unknown, digest
