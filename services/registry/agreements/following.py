"""Follows the feed of agreements. A pure function of the feed: what comes twice changes nothing, and it can be replayed from zero."""

from typing import Any

import orjson
from sqlalchemy import ColumnElement, delete, exists, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.registry.agreements.models import AgreementParty
from shared.follower import FeedEvent, followers
from shared.reading import Entity

SOURCE = "agreements"

# An event that names no day is of the day on which it was made.
_ENTERED = text(
    """
    INSERT INTO agreement_parties (agreement_id, actor_id, in_force_on)
    SELECT agreement_id, party, coalesce(in_force_on, (time AT TIME ZONE 'UTC')::date)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(agreement_id uuid, parties uuid[], in_force_on date, time timestamptz)
    CROSS JOIN LATERAL unnest(parties) AS party
    ON CONFLICT DO NOTHING
    """
)
_ENDED = text(
    """
    UPDATE agreement_parties AS p SET ended_on = r.ended_on
    FROM (
        SELECT agreement_id, left_id, coalesce(ended_on, (time AT TIME ZONE 'UTC')::date) AS ended_on
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(agreement_id uuid, left_id uuid, ended_on date, time timestamptz)
    ) AS r
    WHERE p.agreement_id = r.agreement_id AND p.actor_id = coalesce(r.left_id, p.actor_id) AND p.ended_on IS NULL
    """
)


async def project(connection: AsyncConnection, batch: list[FeedEvent]) -> None:
    """Apply a batch. Of one agreement entering comes first, then parties leave, then it ends, so the batch is applied in this order."""
    for kind, statement in (("agreement.entered_into_force", _ENTERED), ("agreement.party_left", _ENDED), ("agreement.terminated", _ENDED)):
        rows = [_told(event) for event in batch if event["type"] == kind]
        if rows:
            await connection.execute(statement, {"rows": orjson.dumps(rows).decode()})


async def clear(connection: AsyncConnection) -> None:
    """Forget everything, before a replay from zero."""
    await connection.execute(delete(AgreementParty))


def _told(event: FeedEvent) -> dict[str, Any]:
    """An event that does not name who left was made by the party itself."""
    left = {"left_id": event["data"].get("left_id", event["authorganization"])} if event["type"] == "agreement.party_left" else {}
    return {**event["data"], **left, "time": event["time"]}


def is_followed() -> ColumnElement[bool]:
    """Whether the feed has been read at all. Until then nothing is known, which is not the same as none."""
    return exists().where(followers.c.source == SOURCE)


def in_force(actor_ids: ColumnElement[Any], row: Entity, day: ColumnElement[Any]) -> ColumnElement[Any]:
    """How many agreements of an actor, under any of its ids, are in force on a day; null while the feed was never read."""
    party = AgreementParty.__table__.alias()
    bound = (party.c.in_force_on <= day, func.coalesce(party.c.ended_on > day, literal_column("true")))
    found = select(func.count(party.c.agreement_id.distinct())).where(party.c.actor_id == func.any(actor_ids), *bound)
    return select(found.correlate(row).scalar_subquery()).where(is_followed()).correlate(row).scalar_subquery()
