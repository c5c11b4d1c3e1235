"""The ledger, and why a seat did or did not receive a briefing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import and_, select

from services.briefings.answers import answered
from services.briefings.audiences.audience import Audience
from services.briefings.audiences.reasons import phrase, spoken_language, verdict_of
from services.briefings.audiences.selection import ACTIVE, facts_of, is_named
from services.briefings.briefings.models import Briefing
from services.briefings.briefings.repository import IssuedBriefings
from services.briefings.deliveries.models import Delivery, DeliveryState, Omission, Outcome
from services.briefings.deliveries.repository import Deliveries, state_of
from services.briefings.deliveries.schemas import Basis, DeliveryFilters, DeliveryRead, Explanation, Membership
from services.briefings.errors import RecipientNotFound
from services.briefings.releases.models import Release
from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.predicates import Language, Truth, explain
from shared.translations import Sentence
from shared.work import Work

_MEMBERSHIP = {Truth.true: Membership.included, Truth.false: Membership.excluded, Truth.unknown: Membership.unknown}


@dataclass(frozen=True, slots=True)
class Standing:
    """A seat before an audience: its facts, where they come from, and what it was sent.

    `seat` has `seat_id, actor_id, actor_name, role, facts`; `state` is that of its delivery, None without one.
    """

    audience: Audience
    seat: Any
    based_on: Basis
    named: bool = False
    active: bool = True
    state: DeliveryState | None = None

    @property
    def delivery(self) -> Delivery | None:
        return self.seat if isinstance(self.seat, Delivery) else None


async def list_ledger(work: Work, filters: DeliveryFilters) -> Response:
    """The deliveries of the caller's organisation's briefings, by recipient."""
    return await Deliveries(work).page(DeliveryRead, filters)


async def read_line(work: Work, delivery_id: UUID) -> Response:
    """One line of the ledger."""
    return await Deliveries(work).read(DeliveryRead, delivery_id)


async def explain_recipient(work: Work, briefing_id: UUID, seat_id: UUID) -> Response:
    """From the facts kept with the release if the seat received it, else from the directory as it stands now."""
    briefing = await IssuedBriefings(work).get(briefing_id)
    standing = await _as_delivered(work, briefing, seat_id) or await _as_left_out(work, briefing, seat_id) or await _as_listed(work, briefing, seat_id)
    if standing is None:
        raise RecipientNotFound(Sentence("The directory has no seat {seat_id}.", seat_id=seat_id))
    return answered(_explanation(briefing, standing, spoken_language(work.asked.languages)))


async def _as_delivered(work: Work, briefing: Briefing, seat_id: UUID) -> Standing | None:
    """The seat as it stood at the release, if it is a recipient."""
    asked = select(Delivery, Release.audience, state_of(Delivery).label("state"))
    found = asked.join(Release, Release.id == Delivery.release_id).where(Delivery.briefing_id == briefing.id, Delivery.seat_id == seat_id)
    row = (await work.execute(found.order_by(Delivery.queued_at.desc()).limit(1))).one_or_none()
    if row is None:
        return None
    return Standing(Audience.read(row.audience), row.Delivery, Basis.release, named=row.Delivery.named, state=DeliveryState(row.state))


async def _as_left_out(work: Work, briefing: Briefing, seat_id: UUID) -> Standing | None:
    """The seat as it stood at the release, if it was left out because a fact was not recorded."""
    asked = select(Omission, Release.audience).join(Release, Release.id == Omission.release_id)
    row = (await work.execute(asked.where(Release.briefing_id == briefing.id, Omission.seat_id == seat_id))).one_or_none()
    return None if row is None else Standing(Audience.read(row.audience), row.Omission, Basis.release)


async def _as_listed(work: Work, briefing: Briefing, seat_id: UUID) -> Standing | None:
    """The seat as the directory has it now."""
    audience = Audience.read(briefing.audience)
    asked = select(
        seats.c.id.label("seat_id"),
        seats.c.actor_id,
        actors.c.name.label("actor_name"),
        seats.c.role,
        facts_of(audience.facts()).label("facts"),
        is_named(audience).label("named"),
        and_(seats.c.status == ACTIVE, actors.c.status == ACTIVE).label("active"),
    )
    found = asked.join_from(seats, actors, actors.c.id == seats.c.actor_id).where(seats.c.id == seat_id)
    row = (await work.execute(found)).one_or_none()
    return None if row is None else Standing(audience, row, Basis.directory, named=row.named, active=row.active)


def _explanation(briefing: Briefing, standing: Standing, language: Language) -> Explanation:
    verdict = verdict_of(standing.audience, standing.seat.facts, language, flips=True)
    outcome = _MEMBERSHIP[verdict.outcome if verdict else Truth.false]
    if not standing.active:
        outcome = Membership.excluded
    elif standing.named:
        outcome = Membership.included
    return Explanation(
        briefing_id=briefing.id,
        seat_id=standing.seat.seat_id,
        actor_id=standing.seat.actor_id,
        actor_name=standing.seat.actor_name,
        role=standing.seat.role,
        outcome=outcome,
        received=standing.delivery is not None,
        delivery_id=standing.delivery.id if standing.delivery else None,
        state=standing.state,
        named=standing.named,
        based_on=standing.based_on,
        sentences=[*_opening(briefing.released_at, standing, language), *(explain(verdict, language) if verdict else ())],
        trace=verdict.trace if verdict else None,
        would_change=verdict.flip if verdict and not standing.named and standing.active else None,
    )


def _opening(released_at: datetime | None, standing: Standing, language: Language) -> list[str]:
    """What the predicate does not say: when, on which facts, and what overrides it."""
    if released_at is None:
        keys = ["not_released"]
    elif standing.based_on is Basis.directory:
        keys = ["not_received"]
    else:
        keys = ["received" if standing.delivery else "left_out"]
    if not standing.active:
        keys.append("inactive")
    if standing.named:
        keys.append("named")
    elif standing.audience.predicate is None:
        keys.append("not_named")
    if standing.delivery is not None and standing.delivery.outcome is Outcome.unknown:
        keys.append("let_in")
    return [phrase(key, language, released_at) for key in keys]
