"""What people and machine clients have in common: whom they act for, what they may do, and since when their tokens count."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Mapped, mapped_column

from gateway.errors import RoleNotAssignable
from shared.access import CLEARANCES
from shared.columns import enum_column
from shared.schemas import CountryCode, Read, Request, SubdivisionCode
from shared.translations import Sentence


class Status(StrEnum):
    active = "active"
    disabled = "disabled"


class Clearance(StrEnum):
    """How sensitive a marking the principal may read; it only narrows what organisation and addressing allow."""

    clear, green, amber, amber_strict, red = CLEARANCES


class Principal:
    """The columns that become claims. `token_epoch` rises with every change of them, and older access tokens die."""

    organization_id: Mapped[UUID | None]
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    seats: Mapped[list[UUID]]
    roles: Mapped[list[str]]
    clearance: Mapped[Clearance] = mapped_column(enum_column(Clearance))
    status: Mapped[Status] = mapped_column(enum_column(Status))
    token_epoch: Mapped[int]
    epoch_at: Mapped[datetime]

    def claims(self) -> dict[str, Any]:
        """What an access token says about this principal, besides its subject."""
        return {
            "org": str(self.organization_id) if self.organization_id else None,
            "seats": [str(seat) for seat in self.seats],
            "country": self.country,
            "subdivision": self.subdivision,
            "roles": sorted(self.roles),
            "clearance": self.clearance.value,
            "epoch": self.token_epoch,
        }

    def facts(self) -> dict[str, Any]:
        """The part of a change that its event reports."""
        return {"organization_id": self.organization_id, "roles": sorted(self.roles), "clearance": self.clearance.value, "status": self.status.value}

    def outdate_tokens(self, at: datetime) -> None:
        """Let every access token that was given out so far die."""
        self.token_epoch += 1
        self.epoch_at = at

    def change(self, values: Mapping[str, Any], at: datetime) -> None:
        """Take new values; tokens that say otherwise are outdated."""
        for name, value in values.items():
            setattr(self, name, value)
        if values.keys() & CLAIMED:
            self.outdate_tokens(at)


CLAIMED = frozenset({"organization_id", "country", "subdivision", "seats", "roles", "clearance", "status"})


class PrincipalFields(Request):
    """What a new principal is given."""

    organization_id: UUID | None = Field(None, description="The actor it acts for.")
    country: CountryCode | None = None
    subdivision: SubdivisionCode | None = None
    seats: list[UUID] = Field([], max_length=50, description="The seats it holds.")
    roles: list[str] = Field(min_length=1, max_length=20, description="Names from the table of roles.")
    clearance: Clearance = Clearance.clear


class PrincipalChange(Request):
    """What is absent stays as it is."""

    organization_id: UUID | None = None
    country: CountryCode | None = None
    subdivision: SubdivisionCode | None = None
    seats: Annotated[list[UUID], Field(max_length=50)] = []
    roles: Annotated[list[str], Field(min_length=1, max_length=20)] = []
    clearance: Clearance = Clearance.clear
    status: Status = Status.active
    reason: str | None = Field(None, min_length=1, max_length=2_000, description="Why; it becomes part of the record.")

    def changes(self) -> dict[str, Any]:
        """The values that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"reason"})


class PrincipalRead(Read):
    id: UUID
    organization_id: UUID | None
    country: str | None
    subdivision: str | None
    seats: list[UUID]
    roles: list[str]
    clearance: Clearance
    status: Status


def require_assignable(roles: Iterable[str], allowed: frozenset[str]) -> None:
    """RoleNotAssignable for a role that does not exist or is not for this kind of principal."""
    wrong = sorted(set(roles) - allowed)
    if wrong:
        offered = ", ".join(sorted(allowed))
        items = [{"in": "body", "pointer": "/roles", "detail": Sentence("{role} is not one of {offered}", role=role, offered=offered)} for role in wrong]
        raise RoleNotAssignable(Sentence("{wrong}: choose from {offered}.", wrong=", ".join(wrong), offered=offered), errors=items)
