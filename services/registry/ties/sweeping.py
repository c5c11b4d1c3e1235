"""What time does to ties: one whose last day has passed has ended, a partnership of which nothing was heard falls asleep."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update

from services.registry.events import TieChanged
from services.registry.periods import database_clock
from services.registry.settings import Ageing
from services.registry.ties.models import EXPIRED, Tie, TieStatus
from services.registry.ties.service import state_of
from services.registry.ties.types import SLEEPING
from shared.access import Caller
from shared.database import Database
from shared.work import Work, open_work
from shared.worker import by_the_clock

SWEEPER = Caller(subject="registry-sweeper")
BATCH = 500
EVERY = 3_600.0


async def sweep_forever(database: Database) -> None:
    """Sweep at the start and every hour."""
    dormant_after = timedelta(days=Ageing().dormant_after_days)

    async def sweep() -> int:
        changed = 0
        while found := await sweep_once(database, dormant_after):
            changed += found
        return changed

    await by_the_clock(sweep, every=EVERY)


async def sweep_once(database: Database, dormant_after: timedelta, *, now: datetime | None = None) -> int:
    """Settle one batch at most, in one transaction; how many ties changed.

    By the database's clock, which is the same for every worker. A row that another worker or a person holds is left to them.
    """
    async with open_work(database, SWEEPER, now=now or await database_clock(database)) as work:
        today = work.now.date()
        over = await _turn(
            work,
            (Tie.status != TieStatus.ended) & (Tie.status != TieStatus.withdrawn) & (Tie.valid_through < today),
            {"status": TieStatus.ended, "end_reason": EXPIRED},
            reason=EXPIRED,
        )
        asleep = await _turn(
            work,
            (Tie.status == TieStatus.active) & or_(*(Tie.type == kind for kind in SLEEPING)) & (Tie.quiet_since < today - dormant_after),
            {"status": TieStatus.dormant},
            reason=f"Nothing was recorded of it for {dormant_after.days} days.",
        )
        return over + asleep


async def _turn(work: Work, due: ColumnElement[bool], values: Mapping[str, Any], *, reason: str) -> int:
    """Give these values to a batch of ties, each with its event."""
    held = select(Tie.id, Tie.status).where(due).order_by(Tie.id).limit(BATCH).with_for_update(skip_locked=True).cte("held")
    statement = (
        update(Tie)
        .where(Tie.id == held.c.id)
        .values(**values, updated_at=work.now, version=Tie.version + 1)
        .returning(Tie, held.c.status.label("before"))
        .execution_options(synchronize_session=False)
    )
    turned = (await work.execute(statement)).all()
    for tie, before in turned:
        work.record(TieChanged(**state_of(tie)), reason=reason, before={"status": before}, after={"status": values["status"]})
    return len(turned)
