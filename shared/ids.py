"""Identifiers: UUIDv7, so that primary keys grow with time and indexes stay dense."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

LAST_MILLISECOND = 253_402_300_799_000  # of what `datetime` can say: the end of the year 9999


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562), made in Python because PostgreSQL before 18 has none."""
    return uuid7()


def instant_of(identifier: UUID) -> datetime | None:
    """The millisecond at which a UUIDv7 was made; None for any other UUID version, and for instants after the year 9999."""
    milliseconds = identifier.int >> 80
    if identifier.version != 7 or milliseconds > LAST_MILLISECOND:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
