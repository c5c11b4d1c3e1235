"""Who sees an agreement: its parties, the coordinators of their states, the decision makers of their countries, and auditors.

A draft is its proposer's alone (auditors apart), also once it is given up. Everything that belongs to an agreement is seen through it.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, true
from sqlalchemy.orm import aliased

from services.agreements.access import AUDIT, DECIDE, FILE
from services.agreements.agreements.lifecycle import PUBLISHED, ActionKind, Status
from services.agreements.agreements.models import Action, Agreement, Party
from services.agreements.expressions import among
from shared.directory import directory_actors
from shared.reading import CALLER_COUNTRY, CALLER_ORG, CALLER_SUBDIVISION, Entity, Scopes


def proposed(row: Entity) -> ColumnElement[bool]:
    """Whether the others were ever shown it: a draft stays its proposer's own, also once it is given up."""
    action = aliased(Action)
    put_forward = exists().where(action.agreement_id == row.id, action.kind == ActionKind.propose).correlate(row)
    return and_(row.status != Status.draft, or_(row.status != Status.withdrawn, put_forward))


def seen_as_party(row: Entity) -> ColumnElement[bool]:
    party = aliased(Party)
    is_party = exists().where(party.agreement_id == row.id, party.actor_id == CALLER_ORG).correlate(row)
    return and_(is_party, or_(row.proposer_id == CALLER_ORG, proposed(row)))


def has_party_in(row: Entity, country: ColumnElement[Any], subdivision: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """Whether the directory places one of the parties there."""
    party, actor = aliased(Party), directory_actors.alias()
    there = [actor.c.country == country, *([actor.c.subdivision == subdivision] if subdivision is not None else [])]
    return exists().where(party.agreement_id == row.id, actor.c.id == party.actor_id, *there).correlate(row)


def seen_as_coordinator(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    if FILE not in scopes:
        return false()
    return and_(proposed(row), has_party_in(row, CALLER_COUNTRY, CALLER_SUBDIVISION))


def seen_as_decider(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    if DECIDE not in scopes:
        return false()
    return and_(proposed(row), has_party_in(row, CALLER_COUNTRY))


def sees_agreement(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    if AUDIT in scopes:
        return true()
    return or_(seen_as_party(row), seen_as_coordinator(row, scopes), seen_as_decider(row, scopes))


def sees_agreement_of(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """Whether the caller sees the agreement that a row names by `agreement_id`."""
    agreement = aliased(Agreement)
    return exists().where(agreement.id == row.agreement_id, sees_agreement(agreement, scopes)).correlate(row)


def sees_gate(row: Entity, scopes: Scopes) -> ColumnElement[bool]:
    """Those who decide it, its agreement's parties and their coordinators; decision makers of another country do not."""
    if AUDIT in scopes:
        return true()
    agreement = aliased(Agreement)
    decides = and_(row.decides_country == CALLER_COUNTRY, proposed(agreement)) if DECIDE in scopes else false()
    either = or_(seen_as_party(agreement), seen_as_coordinator(agreement, scopes), decides)
    return exists().where(agreement.id == row.agreement_id, either).correlate(row)


def in_register(row: Entity) -> ColumnElement[bool]:
    """Whether an agreement is public: in force, or ended after it was."""
    return among(row.status, PUBLISHED)


def in_register_of(row: Entity) -> ColumnElement[bool]:
    agreement = aliased(Agreement)
    return exists().where(agreement.id == row.agreement_id, in_register(agreement)).correlate(row)
