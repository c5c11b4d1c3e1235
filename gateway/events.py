"""What happened at the gateway. Only auditors read these facts; they name people and machines by id."""

from uuid import UUID

from shared.events import Event


class _AccountEvent(Event):
    aggregate, visibility = "account", "internal"
    account_id: UUID
    organization_id: UUID | None
    seats: list[UUID]
    roles: list[str]
    clearance: str
    status: str


class AccountCreated(_AccountEvent):
    type = "account.created"


class AccountChanged(_AccountEvent):
    type = "account.changed"


class SessionRevoked(Event):
    """A session ended: by its person, or because one of its refresh tokens was used twice."""

    type, aggregate, visibility = "session.revoked", "session", "internal"
    session_id: UUID
    account_id: UUID
    cause: str


class _ClientEvent(Event):
    aggregate, visibility = "client", "internal"
    client_id: UUID
    organization_id: UUID | None
    roles: list[str]
    clearance: str
    status: str


class ClientCreated(_ClientEvent):
    type = "client.created"


class ClientChanged(_ClientEvent):
    type = "client.changed"
