"""Actors as anyone may read them: everything here is public."""

from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    any_,
    case,
    cast,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import aliased

from services.registry.actors import places, search
from services.registry.actors.bands import band_of
from services.registry.actors.days import DAY, listed, name_of, parent_of, status_of
from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent, ActorStatus, NameKind
from services.registry.actors.schemas import HALF_THE_EARTH_M
from services.registry.errors import ActorNotFound
from services.registry.judgements.identity import canonical, family, ids_of
from services.registry.periods import is_current
from services.registry.seats.models import Seat, SeatStatus
from services.registry.seats.repository import Seats
from services.registry.ties.models import Tie, TieStatus
from services.registry.ties.repository import Ties, agreed
from services.registry.ties.types import TieType
from shared.reading import Entity, Include, Scopes, bound, in_language
from shared.repository import Repository, Sort

BORDER = bound("filter_border", str)
MOST_TIES = 200  # of an actor on each side; the list of ties has them all


def inside(row: Entity, parent: ColumnElement[Any]) -> ColumnElement[bool]:
    tie = aliased(ActorParent)
    return row.id.in_(select(canonical(tie.actor_id)).where(tie.parent_id == any_(family(parent)), is_current(tie, DAY)))  # type: ignore[no-any-return]


def below(row: Entity, above: ColumnElement[Any]) -> ColumnElement[bool]:
    """Inside it at whatever depth, on the day. A union without duplicates ends even where parents of different days close a ring."""
    first, next_, member = aliased(ActorParent), aliased(ActorParent), aliased(Actor)
    here = select(canonical(first.actor_id).label("actor_id"))
    found = here.where(first.parent_id == any_(family(above)), is_current(first, DAY)).cte("below", recursive=True)
    deeper = select(canonical(next_.actor_id)).select_from(found).join(member, member.id == found.c.actor_id)
    found = found.union(deeper.join(next_, next_.parent_id == any_(ids_of(member))).where(is_current(next_, DAY)))
    return row.id.in_(select(found.c.actor_id))  # type: ignore[no-any-return]


def known_as(row: Entity, ids: ColumnElement[Any]) -> ColumnElement[bool]:
    """One of these, or what one of these was merged into."""
    named = aliased(Actor)
    known = select(func.coalesce(named.canonical_id, named.id)).where(named.id == any_(ids))
    return row.id == any_(func.array(known.scalar_subquery()))  # type: ignore[no-any-return]


def member_of(row: Entity, network: ColumnElement[Any]) -> ColumnElement[bool]:
    """A member of the network or commission on the day, by a tie that was not merely proposed."""
    tie = aliased(Tie)
    kinds = or_(tie.type == TieType.network_membership, tie.type == TieType.commission_membership)
    members = select(canonical(tie.from_id)).where(tie.to_id == any_(family(network)), kinds, agreed(tie), is_current(tie, DAY))
    return row.id.in_(members)  # type: ignore[no-any-return]


def identified(row: Entity, keys: ColumnElement[Any]) -> ColumnElement[bool]:
    """Holds one of these `scheme:value` on the day."""
    held = aliased(ActorIdentifier)
    key = func.unnest(keys).table_valued(column("text", Text), name="key").render_derived()
    pairs = select(func.split_part(key.c.text, ":", 1), func.substr(key.c.text, func.strpos(key.c.text, ":") + 1))
    return row.id.in_(select(canonical(held.actor_id)).where(tuple_(held.scheme, held.value).in_(pairs), is_current(held, DAY)))  # type: ignore[no-any-return]


def identified_in(row: Entity, scheme: ColumnElement[Any]) -> ColumnElement[bool]:
    held = aliased(ActorIdentifier)
    return row.id.in_(select(canonical(held.actor_id)).where(held.scheme == scheme, is_current(held, DAY)))  # type: ignore[no-any-return]


def seated(row: Entity, wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    seat = aliased(Seat)
    active = exists().where(seat.actor_id == any_(ids_of(row)), seat.status == SeatStatus.active).correlate(row)
    return active == wanted


def borders(row: Entity, country: ColumnElement[Any]) -> ColumnElement[bool]:
    # The first half is the predicate of the partial index.
    return (row.border_m != literal_column("'{}'::jsonb")) & row.border_m.has_key(country)  # type: ignore[no-any-return]


def borders_within(row: Entity, metres: ColumnElement[Any]) -> ColumnElement[bool]:
    """Of the border that is named, else of the nearest."""
    return case((BORDER.is_(None), nearest_border(row)), else_=cast(row.border_m[BORDER].astext, BigInteger)) <= metres


def nearest_border(row: Entity) -> ColumnElement[Any]:
    """Metres to the nearest foreign border; null where none is recorded."""
    metres = func.jsonb_each_text(row.border_m).table_valued("key", column("value", Text), name="recorded").render_derived()
    least = select(func.min(cast(metres.c.value, BigInteger))).select_from(metres).scalar_subquery().correlate(row)
    return case((row.border_m != literal_column("'{}'::jsonb"), least))  # of most actors none is recorded, and nothing is to be taken apart


def at_border(row: Entity) -> ColumnElement[Any]:
    """Whether it touches a foreign border; null where no distance is recorded. The review counts in the same way."""
    touches = row.border_m.op("@?", is_comparison=True)(cast(literal_column("'$.* ? (@ == 0)'"), JSONPATH))
    return case((row.border_m != literal_column("'{}'::jsonb"), touches))


def _tied(row: Entity, tie: Entity) -> ColumnElement[bool]:
    """One of the actor's ties, of those in which it is the one side and the other each MOST_TIES at most.

    The limit is also what makes PostgreSQL walk along the index: where a few networks have most of the ties, it expects as many of everyone.
    """
    return tie.id == any_(func.array(union_all(*(_some_ties(row, side) for side in ("from_id", "to_id"))).scalar_subquery()))  # type: ignore[no-any-return]


def _some_ties(row: Entity, side: str) -> Any:
    tie = aliased(Tie)
    known = func.unnest(ids_of(row)).table_valued(column("id", PGUUID(as_uuid=True)), name="known").render_derived()
    here = (
        select(tie.id)
        .where(getattr(tie, side) == known.c.id, tie.status != TieStatus.withdrawn, listed(tie))
        .order_by(getattr(tie, side), tie.type)
        .limit(literal_column(str(MOST_TIES)))
    )
    some = here.correlate(known).lateral("some")
    return select(some.c.id).select_from(known.join(some, true())).correlate(row)


class _Public(Repository[Any]):
    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def _name_kind(row: Entity) -> ColumnElement[Any]:
    """What an actor that was merged was called first is another name of the actor it is now."""
    merged = and_(row.kind == NameKind.preferred, canonical(row.actor_id) != row.actor_id)
    return case((merged, literal_column(f"'{NameKind.alternative.value}'")), else_=row.kind)


def _said_first(actor: Entity, name: Entity) -> ColumnElement[bool]:
    """Of the same name from several actors that are one, the actor's own, else the oldest actor's."""
    other = aliased(ActorName)
    same = and_(other.actor_id == any_(ids_of(actor)), other.language == name.language, other.name == name.name)
    before = or_(other.actor_id == actor.id, other.actor_id < name.actor_id)
    return or_(name.actor_id == actor.id, ~exists().where(same, before).correlate(actor, name))


class ActorNames(_Public):
    model = ActorName
    fields: ClassVar = {"kind": _name_kind}


class MergedInto(_Public):
    """The actors that were merged into another, as its part."""

    model = Actor
    fields: ClassVar = {"name": lambda row: in_language(row.names, row.name)}


class ActorIdentifiers(_Public):
    model = ActorIdentifier


def _parents_name(row: Entity) -> ColumnElement[Any]:
    parent: Entity = aliased(Actor)
    return select(name_of(parent)).where(parent.id == canonical(row.parent_id)).correlate(row).scalar_subquery()


class ActorParents(_Public):
    model = ActorParent
    fields: ClassVar = {"name": _parents_name, "parent_id": lambda row: canonical(row.parent_id)}


def _people(row: Entity) -> ColumnElement[Any]:
    """The population as a key to sort by, with the unknown below zero: the expression of the index."""
    return func.coalesce(row.population, literal_column("'-1'::integer", BigInteger))


class Actors(Repository[Actor]):
    model = Actor
    not_found = ActorNotFound
    address = "/v1/actors"
    fields: ClassVar = {
        "status": status_of, "name": name_of, "parent_id": parent_of, "nearest_border_m": nearest_border, "distance_m": places.distance
    }  # fmt: skip
    includes: ClassVar = {
        "names": Include(
            ActorNames,
            on=lambda actor, name: (name.actor_id == any_(ids_of(actor))) & _said_first(actor, name) & listed(name),
            order=lambda row: [row.language, _name_kind(row), row.name],
        ),
        "identifiers": Include(
            ActorIdentifiers,
            on=lambda actor, held: (held.actor_id == any_(ids_of(actor))) & listed(held),
            order=lambda held: [held.scheme, held.value, held.id],
        ),
        "parents": Include(
            ActorParents,
            on=lambda actor, tie: (tie.actor_id == actor.id) & (canonical(tie.parent_id) != actor.id) & listed(tie),
            order=lambda tie: [tie.valid_from.desc().nulls_last()],
        ),
        "seats": Include(Seats, on=lambda actor, seat: seat.actor_id == any_(ids_of(actor)), order=lambda seat: [seat.role, seat.id]),
        "ties": Include(
            Ties,
            on=_tied,
            order=lambda tie: [tie.type, tie.valid_from.nulls_first(), tie.id],
        ),
        "merged": Include(MergedInto, on=lambda actor, other: other.id == any_(actor.merged_ids), order=lambda other: [other.id]),
    }
    filters: ClassVar = {
        "id": known_as,
        "status": lambda row, status: status_of(row) == status,
        "parent": inside,
        "within": below,
        "network": member_of,
        "identifier": identified,
        "identifier_scheme": identified_in,
        "population_band": lambda row, bands: band_of(row.population) == func.any(bands),
        "population_min": lambda row, people: row.population >= people,
        "population_max": lambda row, people: row.population <= people,
        "has_seat": seated,
        "border": borders,
        "border_within_m": borders_within,
        "at_border": lambda row, wanted: at_border(row) == wanted,
        "near": lambda row, _: places.within(row),
        "within_km": lambda row, _: true(),  # part of near
        "bbox": lambda row, _: places.inside_box(row, "bbox"),
        "as_of": lambda row, _: true(),  # says when, not which
    }
    joins: ClassVar = {"q": search.found}
    filters_of_found: ClassVar = {
        "near": lambda row, _: search.among_found(places.within(row)),
        "bbox": lambda row, _: search.among_found(places.inside_box(row, "bbox")),
    }
    sorts: ClassVar = {
        "relevance": Sort(lambda row: [search.FOUND.c.rank, -_people(row), row.sort_name]),
        "distance": Sort(lambda row: [places.distance(row)]),
        "border": Sort(lambda row: [func.coalesce(nearest_border(row), literal_column(str(HALF_THE_EARTH_M + 1), BigInteger))]),
        "name": Sort(lambda row: [row.sort_name]),
        "population": Sort(lambda row: [_people(row)], descending=True),
        "newest": Sort(lambda row: [], descending=True),  # ids grow with time
    }
    facets: ClassVar = {
        "kind": lambda row: row.kind,
        "status": status_of,
        "country": lambda row: row.country,
        "subdivision": lambda row: row.subdivision,
        "population_band": lambda row: band_of(row.population),
        "at_border": at_border,
    }

    def parameters(self) -> dict[str, Any]:
        return {**super().parameters(), "as_of": None}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        """What was merged is read as the actor it was merged into."""
        return row.canonical_id.is_(None)  # type: ignore[no-any-return]


def _merged(row: Entity) -> ColumnElement[Any]:
    return literal_column(f"'{ActorStatus.merged.value}'")


class MergedActors(Actors):
    """What was merged, each as it was recorded, with the actor it was merged into."""

    fields: ClassVar = {**Actors.fields, "status": _merged, "merged_into": lambda row: row.canonical_id}
    filters: ClassVar = {
        **Actors.filters,
        "id": lambda row, ids: row.id == any_(ids),
        "status": lambda row, _: true(),  # that they were merged is what makes them seen here
    }
    joins: ClassVar = {"q": search.found_merged}
    facets: ClassVar = {**Actors.facets, "status": _merged}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return row.canonical_id.is_not(None)  # type: ignore[no-any-return]
