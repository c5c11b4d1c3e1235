"""What a tie is on a day: `as_of`, else today. The one place that says so, for reads, filters, neighbours and paths."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, func, literal_column, or_

from services.registry.actors.days import DAY
from services.registry.periods import TODAY
from services.registry.spoken import spoken
from services.registry.ties.models import EXPIRED, GONE, TieStatus
from shared.reading import Entity


def _said(status: TieStatus) -> ColumnElement[Any]:
    return literal_column(f"'{status.value}'", Text())


def status_of(row: Entity, day: ColumnElement[Any] = DAY, today: ColumnElement[Any] = TODAY) -> ColumnElement[Any]:
    """What ended was active through its last day, once that day is past; what sleeps was awake through the last day of which something was heard.

    A tie whose time is over has ended, be the sweeper ever so late. What was withdrawn never was, and so on every day.
    """
    open_ = and_(row.status != _said(TieStatus.ended), row.status != _said(TieStatus.withdrawn))
    ended_later = and_(row.status == _said(TieStatus.ended), row.valid_through >= day, day < today)
    asleep_later = and_(row.status == _said(TieStatus.dormant), row.quiet_since >= day)
    return case(
        (and_(open_, row.valid_through < day), _said(TieStatus.ended)),
        (or_(ended_later, asleep_later), _said(TieStatus.active)),
        else_=row.status,
    )


def end_reason_of(row: Entity) -> ColumnElement[Any]:
    """Why it has ended by that day, or why it was withdrawn; a tie that is neither has no reason."""
    status = status_of(row)
    over = or_(status == _said(TieStatus.ended), status == _said(TieStatus.withdrawn))
    reason = func.coalesce(row.end_reason, literal_column(f"'{EXPIRED}'", Text()))
    return case((over, spoken(reason, EXPIRED, GONE)))
