"""Requests and answers about accounts."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from gateway.principals import PrincipalChange, PrincipalFields, PrincipalRead, Status
from shared.pages import Page
from shared.schemas import Instant, Line

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$"),
    Field(description="Compared without regard to case."),
]
# NIST SP 800-63B: length counts, composition rules do not. The upper bound keeps hashing bounded.
NewPassword = Annotated[
    str, StringConstraints(min_length=12, max_length=200), Field(description="12 to 200 characters.", json_schema_extra={"format": "password"})
]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200), Field(json_schema_extra={"format": "password"})]


class AccountCreate(PrincipalFields):
    email: Email
    display_name: Line
    password: NewPassword


class AccountChange(PrincipalChange):
    email: Email = ""
    display_name: Line = ""
    password: NewPassword = ""


class AccountRead(PrincipalRead):
    email: str
    display_name: str
    created_at: Instant
    updated_at: Instant


class AccountSort(StrEnum):
    email = "email"
    newest = "newest"


class AccountFilters(Page):
    email: Email | None = None
    organization: UUID | None = None
    role: Line | None = None
    status: Status | None = None
    sort: AccountSort = AccountSort.email
