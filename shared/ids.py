"""Identifiers: UUIDv7, so that primary keys grow with time and indexes stay dense."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), made in Python because PostgreSQL before 18 has none."""
    return uuid7()


def instant_of(identifier: UUID) -> datetime | None:
    """The millisecond at which a UUIDv7 was made; None for any other UUID version."""
    if identifier.version != 7:
        return None
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, tz=UTC)
