"""Whose records a caller reads beside everybody's: those of the own organisation, and by office those of the own country.

The country of an actor is in all of this the one that keeps it (shared/keepers.py), which for an office abroad is not where it stands.
"""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, and_, exists, false, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from services.registry.access import CONTACTS_READ, EVENTS_AUDIT
from services.registry.actors.models import Actor, ActorKind
from shared.keepers import GOVERNING, Records, country_keeping
from shared.reading import BELONGS_NOWHERE, CALLER_COUNTRY, CALLER_ORG, Entity, Scopes

# Whoever is inside an actor on any day counts: what was recorded while an office was somebody's stays theirs.
RECORDS = Records("actors", "ties", "actor_parents", "array_append(whose.merged_ids, whose.id)")
OTHERS = tuple(kind for kind in ActorKind if kind not in GOVERNING)


class country_of(FunctionElement[str]):
    """The country that keeps the actor with this id, in SQL; null for none."""

    name, inherit_cache, type = "country_of", True, Text()


@compiles(country_of)
def _written(element: Any, compiler: SQLCompiler, **options: Any) -> str:
    return country_keeping(compiler.process(element.clauses, **options), RECORDS)


def is_kept_by(actor: Entity, country: ColumnElement[Any]) -> ColumnElement[bool]:
    """That this is the country that keeps the actor. Of a government its own row says so; both sides of this are found by indexes."""
    governs, belongs = (or_(*(actor.kind == kind for kind in kinds)) for kinds in (GOVERNING, OTHERS))
    return or_(and_(governs, actor.country == country), and_(belongs, country_of(actor.id) == country))


def of_platform(scopes: Scopes) -> ColumnElement[bool]:
    """An auditor who belongs to no organisation and no country, and so reads every country's."""
    return BELONGS_NOWHERE if EVENTS_AUDIT in scopes else false()


def of_own_country(actor: Entity, scopes: Scopes, scope: str) -> ColumnElement[bool]:
    """Those who have the scope read what is of their country; an auditor of the platform reads every country's."""
    if scope not in scopes:
        return false()
    return or_(is_kept_by(actor, CALLER_COUNTRY), of_platform(scopes))


def keeps(actor_id: SQLColumnExpression[Any], scopes: Scopes) -> ColumnElement[bool]:
    """That what is personal at this actor is the caller's to read: the actor is the own organisation, or of the country whose contacts the caller reads.

    By the id that the row names: a judgement that two actors are the same opens nobody's people to anybody else.
    """
    own: ColumnElement[bool] = actor_id == CALLER_ORG
    if CONTACTS_READ not in scopes:
        return own
    actor = aliased(Actor)
    return or_(own, exists(select(actor.id).where(actor.id == actor_id, of_own_country(actor, scopes, CONTACTS_READ)).correlate_except(actor)))
