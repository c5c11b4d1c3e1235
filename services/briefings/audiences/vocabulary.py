"""The facts an audience may ask about: those of a seat and of the government it belongs to, as the directory has them.

What a government is a member of and to whom it is tied are lists: `includes` asks them whether it is a member of a network or has a tie
to a partner. A tie counts from the day it was agreed until it has ended; a dormant one is still a tie, a proposed one is not yet.
"""

from typing import Any

from sqlalchemy import SQLColumnExpression, Text, case, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from shared.directory import directory_actors as actors
from shared.directory import directory_seats as seats
from shared.directory import directory_ties
from shared.predicates import Fact, FactType, Vocabulary


def _border(country: str) -> SQLColumnExpression[Any]:
    metres: SQLColumnExpression[Any] = actors.c.border_m[country].as_float()
    return metres


MEMBERSHIPS = ("network_membership", "commission_membership")
_others = actors.alias("others")


def _memberships(_: str) -> SQLColumnExpression[Any]:
    tie = directory_ties.alias("memberships")
    kinds = or_(*(tie.c.type == kind for kind in MEMBERSHIPS))
    ids = select(cast(tie.c.to_id, Text)).where(tie.c.from_id == actors.c.id, kinds, _stands(tie)).distinct().order_by(cast(tie.c.to_id, Text))
    return _listed(ids)


def _partners(_: str) -> SQLColumnExpression[Any]:
    tie, other = _partnerships()
    partner = cast(other, Text)
    return _listed(select(partner).where(_joins(tie)).distinct().order_by(partner))


def _partner_countries(_: str) -> SQLColumnExpression[Any]:
    tie, other = _partnerships()
    found = select(_others.c.country).select_from(tie.join(_others, _others.c.id == other)).where(_joins(tie), _others.c.country.is_not(None))
    return _listed(found.distinct().order_by(_others.c.country))


def _partnerships() -> tuple[Any, Any]:
    """The ties of two equals, and the other side of each."""
    tie = directory_ties.alias("partnerships")
    return tie, case((tie.c.from_id == actors.c.id, tie.c.to_id), else_=tie.c.from_id)


def _joins(tie: Any) -> Any:
    directed = or_(*(tie.c.type == kind for kind in (*MEMBERSHIPS, "office_of")))
    return or_(tie.c.from_id == actors.c.id, tie.c.to_id == actors.c.id) & ~directed & _stands(tie)


def _stands(tie: Any) -> Any:
    return or_(tie.c.status == "active", tie.c.status == "dormant")


def _listed(texts: Any) -> SQLColumnExpression[Any]:
    """The rows of a select as a list of texts, empty where there is none."""
    made: SQLColumnExpression[Any] = func.array(texts.correlate(actors).scalar_subquery(), type_=ARRAY(Text))
    return made


VOCABULARY = Vocabulary(
    {
        "role": Fact(FactType.text, lambda _: seats.c.role, names={"en": "the role of the seat", "es": "la función del cargo", "fr": "la fonction du poste"}),
        "kind": Fact(
            FactType.text,
            lambda _: actors.c.kind,
            names={"en": "the kind of government", "es": "el tipo de gobierno", "fr": "le type de gouvernement"},
        ),
        "country": Fact(FactType.text, lambda _: actors.c.country),
        "subdivision": Fact(FactType.text, lambda _: actors.c.subdivision),
        "population": Fact(FactType.number, lambda _: actors.c.population, names={"en": "the population", "es": "la población", "fr": "la population"}),
        "border_m.*": Fact(FactType.number, _border, members="[A-Z]{2}"),
        "networks": Fact(
            FactType.texts,
            _memberships,
            names={
                "en": "the networks and commissions it is a member of",
                "es": "las redes y comisiones de las que es miembro",
                "fr": "les réseaux et commissions dont il est membre",
            },
        ),
        "partners": Fact(
            FactType.texts,
            _partners,
            names={"en": "its partners", "es": "sus contrapartes", "fr": "ses partenaires"},
        ),
        "partner_countries": Fact(
            FactType.texts,
            _partner_countries,
            names={"en": "the countries of its partners", "es": "los países de sus contrapartes", "fr": "les pays de ses partenaires"},
        ),
        "actor_id": Fact(
            FactType.text,
            lambda _: cast(seats.c.actor_id, Text),
            names={"en": "the government's id", "es": "el identificador del gobierno", "fr": "l'identifiant du gouvernement"},
        ),
        "seat_id": Fact(
            FactType.text,
            lambda _: cast(seats.c.id, Text),
            names={"en": "the seat's id", "es": "el identificador del cargo", "fr": "l'identifiant du poste"},
        ),
    }
)
