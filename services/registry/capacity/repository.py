"""Who sees a capacity report: the government itself, by the id that the report names, and those of its country who read all of them.

A judgement that two governments are the same opens the budget of neither to the other.
"""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, ColumnElement, Date, Float, Interval, and_, any_, cast, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from services.registry.access import CAPACITY_READ
from services.registry.actors import callers
from services.registry.actors.bands import band_of
from services.registry.actors.days import status_of
from services.registry.actors.models import Actor, ActorKind, ActorStatus
from services.registry.agreements.following import in_force
from services.registry.capacity.errors import CapacityReportNotFound
from services.registry.capacity.models import CapacityReport
from services.registry.engagements.kinds import EngagementKind
from services.registry.engagements.models import Engagement, EngagementStatus, EngagementVisibility, Participant
from services.registry.errors import ActorNotFound
from services.registry.judgements.identity import canonical, family, ids_of
from services.registry.periods import TODAY, is_current
from services.registry.ties.models import Tie
from services.registry.ties.repository import Sides, agreed
from services.registry.ties.types import SYMMETRIC, TieType
from shared.reading import CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort

GOVERNMENTS = (ActorKind.state, ActorKind.county, ActorKind.county_subdivision, ActorKind.municipality, ActorKind.indigenous_government)
NETWORKS = (TieType.network_membership, TieType.commission_membership)


def of_own_country(actor: Entity, scopes: Scopes) -> ColumnElement[bool]:
    return callers.of_own_country(actor, scopes, CAPACITY_READ)


def ties_on(row: Entity, kinds: tuple[TieType, ...]) -> ColumnElement[Any]:
    tie = aliased(Tie)
    mine = (or_(tie.from_id == any_(family(row.actor_id)), tie.to_id == any_(family(row.actor_id))), or_(*(tie.type == kind for kind in kinds)))
    found = select(func.count()).select_from(tie).where(*mine, agreed(tie), is_current(tie, row.as_of))
    return found.correlate(row).scalar_subquery()


def delegations(row: Entity, *kinds: EngagementKind) -> ColumnElement[Any]:
    """Public ones, so that everybody who sees the report reads the same number."""
    part, held = aliased(Participant), aliased(Engagement)
    year: Any = cast(row.as_of - literal_column("interval '1 year'", Interval), Date)
    of_it = or_(part.actor_id == any_(family(row.actor_id)), part.on_behalf_of_id == any_(family(row.actor_id)))
    found = (
        select(func.count(held.id.distinct()))
        .join(part, part.engagement_id == held.id)
        .where(of_it, or_(*(held.kind == kind for kind in kinds)), held.status == EngagementStatus.held, held.visibility == EngagementVisibility.public)
        .where(held.ends_on > year, held.ends_on <= row.as_of)
    )
    return found.correlate(row).scalar_subquery()


def _trained_share(row: Entity) -> ColumnElement[Any]:
    return cast(row.staff_trained, Float) / func.nullif(row.staff_total_intl, literal_column("0"))


class CapacityReports(Repository[CapacityReport]):
    model = CapacityReport
    not_found = CapacityReportNotFound
    address = "/v1/capacity-reports"
    fields: ClassVar = {
        "actor_id": lambda row: canonical(row.actor_id),
        "trained_share": _trained_share,
        "networks": lambda row: func.to_jsonb(row.networks, type_=JSONB()),  # keeps null, which an array would not
        "verified": lambda row: row.verified_at.is_not(None),
        "ties_recorded": lambda row: ties_on(row, SYMMETRIC),
        "networks_recorded": lambda row: ties_on(row, NETWORKS),
        "delegations_out": lambda row: delegations(row, EngagementKind.outgoing_delegation, EngagementKind.mission),
        "delegations_in": lambda row: delegations(row, EngagementKind.incoming_delegation),
        "agreements_in_force": lambda row: in_force(family(row.actor_id), row, row.as_of),
    }
    includes: ClassVar = {"actor": Include(Sides, on=lambda report, actor: actor.id == canonical(report.actor_id), many=False)}
    filters: ClassVar = {
        "actor": lambda row, actor: row.actor_id == any_(family(actor)),
        "country": lambda row, country: canonical(row.actor_id).in_(select(Actor.id).where(Actor.country == country)),
        "from_": lambda row, day: row.as_of >= day,
        "to": lambda row, day: row.as_of <= day,
        "verified": lambda row, wanted: row.verified_at.is_not(None) == wanted,
        "superseded": lambda row, wanted: row.superseded_at.is_not(None) == wanted,
    }
    sorts: ClassVar = {"latest": Sort(lambda row: [row.as_of], descending=True), "earliest": Sort(lambda row: [row.as_of])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        actor = aliased(Actor)
        return or_(row.actor_id == CALLER_ORG, exists().where(actor.id == row.actor_id, of_own_country(actor, scopes)).correlate(row))


def _unreported(row: Entity, from_: ColumnElement[Any] | None) -> ColumnElement[bool]:
    report = aliased(CapacityReport)
    late = [] if from_ is None else [report.as_of >= from_]
    return ~exists().where(report.actor_id == any_(ids_of(row)), report.superseded_at.is_(None), *late).correlate(row)


def _last_as_of(row: Entity) -> ColumnElement[Any]:
    report = aliased(CapacityReport)
    return select(func.max(report.as_of)).where(report.actor_id == any_(ids_of(row)), report.superseded_at.is_(None)).correlate(row).scalar_subquery()


class Missing(Repository[Actor]):
    """Active governments of the caller's country that have not reported."""

    model = Actor
    not_found = ActorNotFound
    fields: ClassVar = {"name": lambda row: in_language(row.names, row.name), "last_as_of": _last_as_of}
    filters: ClassVar = {
        "kind": lambda row, kinds: row.kind == any_(kinds),
        "population_band": lambda row, bands: band_of(row.population) == any_(bands),
        "from_": _unreported,
        "ever": lambda row, _: _unreported(row, None),
    }
    sorts: ClassVar = {"population": Sort(lambda row: [func.coalesce(row.population, literal_column("'-1'::integer", BigInteger))], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return and_(status_of(row, TODAY) == ActorStatus.active, row.canonical_id.is_(None), of_own_country(row, scopes))
