"""Whose records a caller reads beside everybody's: those of the own organisation, and by office those of the own country."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, false, or_, select
from sqlalchemy.orm import aliased

from services.registry.access import CONTACTS_READ, EVENTS_AUDIT
from services.registry.actors.models import Actor
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Scopes


def of_own_country(actor: Entity, scopes: Scopes, scope: str) -> ColumnElement[bool]:
    """Those who have the scope read what is of their country; an auditor of the platform, who has none, reads every country's."""
    if scope not in scopes:
        return false()
    own: ColumnElement[bool] = actor.country == CALLER_COUNTRY
    return or_(own, CALLER_COUNTRY.is_(None)) if EVENTS_AUDIT in scopes else own


def keeps(actor_id: SQLColumnExpression[Any], scopes: Scopes) -> ColumnElement[bool]:
    """That what is personal at this actor is the caller's to read: the actor is the own organisation, or of the country whose contacts the caller reads.

    By the id that the row names: a judgement that two actors are the same opens nobody's people to anybody else.
    """
    own: ColumnElement[bool] = actor_id == CALLER_ORG
    if CONTACTS_READ not in scopes:
        return own
    actor = aliased(Actor)
    return or_(own, exists(select(actor.id).where(actor.id == actor_id, of_own_country(actor, scopes, CONTACTS_READ)).correlate_except(actor)))
