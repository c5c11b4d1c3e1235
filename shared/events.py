"""One row a change, in the change's own transaction: audit record, feed entry, webhook payload and ledger leaf in one.

Column names follow the Debezium outbox router, so that a larger deployment streams the table without code here.
A row names people by id only; what can be erased lives elsewhere.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from shared import traces
from shared.access import Caller
from shared.columns import Timestamp, platform
from shared.errors import Invalid
from shared.ids import new_id

Visibility = Literal["public", "organizations", "internal"]

events = Table(
    "events",
    platform,
    Column("id", PGUUID(as_uuid=True), primary_key=True),
    Column("seq", BigInteger, Identity(always=True), nullable=False),
    Column("position", BigInteger, comment="gap-free, given by the relay after the commit; readers see positioned rows only"),
    Column("aggregatetype", Text, nullable=False),
    Column("aggregateid", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("time", Timestamp, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("payload_open", JSONB, nullable=False, comment="the fields that every reader of the row may see"),
    Column("visibility", Text, nullable=False),
    Column("organizations", ARRAY(PGUUID(as_uuid=True)), nullable=False, comment="who may see the row and its closed fields"),
    Column("subject", Text, nullable=False, comment="who did it: an id, never a name"),
    Column("organization", PGUUID(as_uuid=True)),
    Column("reason", Text),
    Column("request_id", Text, nullable=False),
    Column("trace", Text, comment="the traceparent (W3C) of the span that made the change"),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    CheckConstraint("visibility IN ('public', 'organizations', 'internal')", name="visibility"),
    Index("uq_events_position", "position", unique=True),
    Index("ix_events_waiting", "seq", postgresql_where=text("position IS NULL")),
    Index("ix_events_aggregate", "aggregatetype", "aggregateid", "seq"),
)

relay_state = Table(
    "relay_state",
    platform,
    Column("id", Integer, primary_key=True),
    Column("position", BigInteger, nullable=False, comment="the last position given out"),
    Column("listed", BigInteger, nullable=False, server_default=text("0"), comment="the last position that event_readers knows about"),
    CheckConstraint("id = 1", name="single"),
)

# Who may read which position, so that a caller's page is found without looking at the rows of others.
EVERYONE = UUID(int=0)
event_readers = Table(
    "event_readers",
    platform,
    Column("reader", PGUUID(as_uuid=True), primary_key=True, comment="an organisation; the nil UUID stands for everyone"),
    Column("position", BigInteger, primary_key=True),
)


class Restricted:
    """Marks a field of an event that only the organisations it concerns, auditors and followers read."""


class ReasonMissing(Invalid):
    code, title = "reason_missing", "This change needs a reason."


class Event(BaseModel):
    """A past fact. Subclasses say what happened (`type`), to what (`aggregate`), and who may see it (`visibility`).

    public: everyone with the feed; organizations: the ones named in `concerns`; internal: auditors and followers only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    type: ClassVar[str]
    aggregate: ClassVar[str]
    visibility: ClassVar[Visibility]
    reason_required: ClassVar[bool] = False

    def aggregate_id(self) -> UUID:
        """The id of what changed: the field named `<aggregate>_id`."""
        return getattr(self, f"{self.aggregate}_id")  # type: ignore[no-any-return]

    def concerns(self) -> list[UUID]:
        """The organisations that see the row and its restricted fields."""
        return []

    @classmethod
    def restricted_fields(cls) -> set[str]:
        return {name for name, info in cls.model_fields.items() if any(mark is Restricted or isinstance(mark, Restricted) for mark in info.metadata)}


def event_row(event: Event, *, caller: Caller, at: datetime, request_id: str, reason: str | None = None) -> dict[str, Any]:
    """The row of an event, in the current trace; ReasonMissing when the event's type demands a reason and none was given."""
    if event.reason_required and not (reason and reason.strip()):
        raise ReasonMissing("Say why in `reason`; it becomes part of the record.", errors=[{"pointer": "/reason", "detail": "is required"}])
    payload = event.model_dump(mode="json")
    closed = event.restricted_fields()
    return {
        "id": new_id(),
        "aggregatetype": event.aggregate,
        "aggregateid": str(event.aggregate_id()),
        "type": event.type,
        "time": at,
        "payload": payload,
        "payload_open": {name: value for name, value in payload.items() if name not in closed},
        "visibility": event.visibility,
        "organizations": event.concerns(),
        "subject": caller.subject,
        "organization": caller.organization,
        "reason": reason,
        "request_id": request_id,
        "trace": traces.parent(),
        "before": None,
        "after": None,
    }


def event_types(packages: tuple[str, ...], base: type[Event] = Event) -> dict[str, type[Event]]:
    """Every event class of these packages by type, for the documentation and its test."""
    found: dict[str, type[Event]] = {}
    for event in base.__subclasses__():
        if "type" in vars(event) and event.__module__.startswith(packages):
            found[event.type] = event
        found |= event_types(packages, event)
    return found
