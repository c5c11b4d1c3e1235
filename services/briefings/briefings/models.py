"""A briefing and its parts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.briefings.base import Base
from services.briefings.briefings.markings import Marking, highest
from services.briefings.errors import (
    AlreadyReleased,
    BriefingClosed,
    BriefingExpired,
    ExpiryOutOfBounds,
    MarkingAboveClearance,
    NamesNeeded,
    PartsMissing,
    PartsUnmarked,
    SameHandRefused,
    StatusMixed,
)
from shared.columns import Identified, Touched, enum_column
from shared.translations import Sentence

LONGEST_LIFE = timedelta(days=366)


class BriefingType(StrEnum):
    bulletin = "bulletin"
    alert = "alert"
    guidance = "guidance"
    practice = "practice"
    opportunity = "opportunity"
    training = "training"
    exercise = "exercise"
    invitation = "invitation"


class MessageStatus(StrEnum):
    """CAP 1.2 `status`: whether a message is meant, or belongs to an exercise or a test."""

    actual = "Actual"
    exercise = "Exercise"
    test = "Test"


class Urgency(StrEnum):
    """CAP 1.2 `urgency`."""

    immediate = "Immediate"
    expected = "Expected"
    future = "Future"
    past = "Past"
    unknown = "Unknown"


class Severity(StrEnum):
    """CAP 1.2 `severity`."""

    extreme = "Extreme"
    severe = "Severe"
    moderate = "Moderate"
    minor = "Minor"
    unknown = "Unknown"


class Certainty(StrEnum):
    """CAP 1.2 `certainty`."""

    observed = "Observed"
    likely = "Likely"
    possible = "Possible"
    unlikely = "Unlikely"
    unknown = "Unknown"


class State(StrEnum):
    """Where a briefing stands, derived when it is read."""

    draft = "draft"
    released = "released"
    expired = "expired"


class Part(Base):
    """A marked piece of text in one language; its position is its identity."""

    __tablename__ = "parts"
    __table_args__ = (CheckConstraint("position >= 1", name="position"),)
    briefing_id: Mapped[UUID] = mapped_column(ForeignKey("briefings.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    heading: Mapped[str]
    body: Mapped[str]
    language: Mapped[str]
    marking: Mapped[Marking | None] = mapped_column(enum_column(Marking))


class Briefing(Base, Identified, Touched):
    """What one organisation wants others to know. Its marking and languages follow from its parts, its state from time and release."""

    __tablename__ = "briefings"
    __table_args__ = (
        CheckConstraint("type <> 'exercise' OR status <> 'Actual'", name="status_not_mixed", info={"error": StatusMixed}),
        CheckConstraint("expires_at > created_at", name="expires_after_draft", info={"error": ExpiryOutOfBounds}),
        Index("ix_briefings_organization_id", "organization_id", "created_at", "id"),
    )
    title: Mapped[str]
    summary: Mapped[str]
    type: Mapped[BriefingType] = mapped_column(enum_column(BriefingType))
    status: Mapped[MessageStatus] = mapped_column(enum_column(MessageStatus))
    urgency: Mapped[Urgency] = mapped_column(enum_column(Urgency))
    severity: Mapped[Severity] = mapped_column(enum_column(Severity))
    certainty: Mapped[Certainty] = mapped_column(enum_column(Certainty))
    topics: Mapped[list[str]]
    countries: Mapped[list[str]]
    handling: Mapped[str | None]
    expires_at: Mapped[datetime]
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB(none_as_null=True))
    organization_id: Mapped[UUID]
    author: Mapped[str] = mapped_column(comment="the subject who drafted it")
    editors: Mapped[list[str]] = mapped_column(comment="every subject whose hand is in the text, the author first")
    released_at: Mapped[datetime | None]
    parts: Mapped[list[Part]] = relationship(lazy="raise", cascade="all, delete-orphan", passive_deletes=True, order_by=Part.position)

    @classmethod
    def draft(cls, content: Mapping[str, Any], *, organization_id: UUID, author: str, at: datetime) -> "Briefing":
        """A new draft. `content` holds the columns and `parts`; ExpiryOutOfBounds, StatusMixed."""
        made = cls(organization_id=organization_id, author=author, editors=[author], released_at=None)
        made.parts = []
        made._write(content, at)
        return made

    def edit(self, content: Mapping[str, Any], *, editor: str, at: datetime) -> None:
        """Change a draft; whoever does so counts as an author from now on. BriefingClosed once it is released."""
        self.require_open()
        self._write(content, at)
        if editor not in self.editors:
            self.editors = [*self.editors, editor]
        self.touch(at)

    def require_open(self) -> None:
        """BriefingClosed once it is released."""
        if self.released_at is not None:
            raise BriefingClosed("Its recipients have the text they have. Draft a new briefing.", released_at=self.released_at)

    def require_unreleased(self) -> None:
        """AlreadyReleased when somebody was first."""
        if self.released_at is not None:
            raise AlreadyReleased("It goes out once; its recipients are in the delivery ledger.", released_at=self.released_at)

    def marking(self) -> Marking | None:
        """The highest marking of its parts; None while one is unmarked or there are none."""
        return highest(part.marking for part in self.parts)

    def require_cleared(self, clearance: int) -> None:
        """MarkingAboveClearance when a part is marked above what this clearance (a place in access.CLEARANCES) may read."""
        above = [part for part in self.parts if part.marking is not None and part.marking.rank > clearance]
        if above:
            reaches = list(Marking)[clearance].value
            errors = [
                {"in": "body", "pointer": f"/parts/{part.position - 1}/marking", "detail": Sentence("is above {marking}", marking=reaches)} for part in above
            ]
            raise MarkingAboveClearance(clearance=reaches, errors=errors)

    def releasable(self, *, releaser: str, at: datetime) -> Marking:
        """The marking under which this person may release it now.

        Raises AlreadyReleased, PartsMissing, PartsUnmarked, BriefingExpired, NamesNeeded, SameHandRefused.
        """
        self.require_unreleased()
        marking = self.marking()
        if not self.parts:
            raise PartsMissing("Add at least one part with its marking.")
        if marking is None:
            unmarked = [{"pointer": f"/parts/{part.position - 1}/marking", "detail": "is missing"} for part in self.parts if part.marking is None]
            raise PartsUnmarked(Sentence("{unmarked} of {parts} parts carry no marking.", unmarked=len(unmarked), parts=len(self.parts)), errors=unmarked)
        if self.expires_at <= at:
            raise BriefingExpired("Give the draft a later expires_at first.", expires_at=self.expires_at)
        if marking is Marking.red and self.audience["predicate"] is not None:
            raise NamesNeeded("Name each seat in audience.seats and leave audience.predicate null.")
        if marking.needs_second_person and releaser in self.editors:
            raise SameHandRefused(
                Sentence(
                    "It is marked {marking}, and you wrote or edited it: author and releaser are different people for TLP:AMBER and above. "
                    "Ask another releaser of your organisation.",
                    marking=marking.value,
                ),
                marking=marking.value,
            )
        return marking

    def close(self, *, at: datetime) -> None:
        """Released now: from here on it does not change."""
        self.released_at = at

    def texts(self) -> dict[str, Any]:
        """Everything in it that people wrote."""
        parts: list[Any] = [{"heading": part.heading, "body": part.body} for part in self.parts]
        return {"title": self.title, "summary": self.summary, "handling": self.handling, "parts": parts, "audience": self.audience}

    def _write(self, content: Mapping[str, Any], at: datetime) -> None:
        for name, value in content.items():
            if name == "parts":
                self._write_parts(value)
            else:
                setattr(self, name, value)
        if "expires_at" in content and not at < self.expires_at <= at + LONGEST_LIFE:
            raise ExpiryOutOfBounds(
                "Give an expires_at after now and at most one year ahead.",
                errors=[{"pointer": "/expires_at", "detail": "is not within the next 366 days"}],
            )
        if self.type is BriefingType.exercise and self.status is MessageStatus.actual:
            raise StatusMixed("Whoever reads an exercise must never take it for real.", errors=[{"pointer": "/status", "detail": "is Actual for an exercise"}])

    def _write_parts(self, contents: Sequence[Mapping[str, Any]]) -> None:
        """Write over the parts in place, so that a position keeps its row."""
        for position, content in enumerate(contents, start=1):
            if position > len(self.parts):
                self.parts.append(Part(position=position))
            for name, value in content.items():
                setattr(self.parts[position - 1], name, value)
        del self.parts[len(contents) :]
