"""Requests and answers about tokens and sessions."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from gateway.accounts.schemas import Email, NewPassword, Password
from shared.schemas import Instant, Read, Request


class SessionCreate(Request):
    email: Email
    password: Password


class PasswordChange(Request):
    current_password: Password
    new_password: NewPassword


class SessionAccount(Read):
    """Who signed in."""

    id: UUID
    email: str
    display_name: str
    organization_id: UUID | None
    roles: list[str]
    scopes: list[str]


class TokenRead(Read):
    """RFC 6749 §5.1."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="Seconds.")
    refresh_token: str | None = Field(None, description="Only for people; used once, its answer brings the next one.")
    scope: str = Field(description="What the roles of the principal allow at present.")


class SessionCreated(TokenRead):
    account: SessionAccount


class SessionRead(Read):
    """What the presented token says."""

    subject: str
    kind: Literal["account", "client"]
    session_id: UUID | None
    organization_id: UUID | None
    country: str | None
    subdivision: str | None
    seats: list[UUID]
    roles: list[str]
    scopes: list[str]
    clearance: str
    expires_at: Instant


class OAuthError(Read):
    """RFC 6749 §5.2."""

    error: str
    error_description: str | None = None


class KeySet(Read):
    """RFC 7517."""

    keys: list[dict[str, str]]
