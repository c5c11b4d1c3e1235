"""Checks are confidential to their organisation and its country's coordinator; a flag is seen by those to whom its author shows it too."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Integer, all_, and_, any_, case, column, exists, func, literal_column, null, or_, select, true
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import aliased

from services.registry.access import APPROACHES_READ
from services.registry.actors.callers import of_platform
from services.registry.actors.models import Actor
from services.registry.diligence.errors import DiligenceNotFound, FlagNotFound
from services.registry.diligence.models import Answer, AnswerStatus, Check, Flag, FlagAudience, FlagReply, FlagSeverity
from services.registry.diligence.offices import of_office
from services.registry.judgements.identity import canonical, family, ids_of
from services.registry.periods import is_current
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort


class _Part(Repository[Any]):
    """A part of a record is read through it only, and seen with it."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


def named(name_of: str) -> Any:
    """The name of the actor whom a column names, as it is known today."""

    def name(row: Entity) -> ColumnElement[Any]:
        actor: Entity = aliased(Actor)
        return select(in_language(actor.names, actor.name)).where(actor.id == canonical(getattr(row, name_of))).correlate(row).scalar_subquery()

    return name


def flagged_side(row: Entity) -> ColumnElement[bool]:
    """The caller reads a flag on its own organisation that another one raised."""
    return and_(row.actor_id == any_(family(CALLER_ORG)), row.organization_id.is_distinct_from(CALLER_ORG))


def _unless_flagged(name: str) -> Any:
    return lambda row: case((flagged_side(row), null()), else_=getattr(row, name))


class FlagReplies(_Part):
    model = FlagReply


GRAVITY = {FlagSeverity.serious: 3, FlagSeverity.caution: 2, FlagSeverity.info: 1}


class Flags(Repository[Flag]):
    model = Flag
    not_found = FlagNotFound
    address = "/v1/diligence/flags"
    fields: ClassVar = {
        "actor_id": lambda row: canonical(row.actor_id),
        "actor_name": named("actor_id"),
        "audience": _unless_flagged("audience"),
        "raised_by": _unless_flagged("raised_by"),
        # By neither of these the flagged side learns when the flag was shown to others.
        "updated_at": lambda row: case((flagged_side(row), func.coalesce(row.shown_at, row.created_at)), else_=row.updated_at),
        "version": lambda row: case((flagged_side(row), literal_column("0")), else_=row.version),
    }
    includes: ClassVar = {"replies": Include(FlagReplies, on=lambda flag, reply: reply.flag_id == flag.id, order=lambda reply: [reply.id])}
    filters: ClassVar = {
        "actor": lambda row, actor: row.actor_id == any_(family(actor)),
        "organization": lambda row, organization: row.organization_id == organization,
        "as_of": lambda row, day: is_current(row, day) & row.withdrawn_at.is_(None),
        "withdrawn": lambda row, withdrawn: row.withdrawn_at.is_not(None) == withdrawn,
    }
    sorts: ClassVar = {
        "newest": Sort(lambda row: [], descending=True),  # ids grow with time
        "gravest": Sort(lambda row: [case(*((row.severity == kind, literal_column(str(rank), Integer)) for kind, rank in GRAVITY.items()))], descending=True),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        in_country = row.country == CALLER_COUNTRY
        if APPROACHES_READ not in scopes:
            in_country = and_(in_country, row.audience == FlagAudience.country)
        told = and_(row.shown_to_actor, row.actor_id == CALLER_ORG)
        by_office = and_(in_country, row.actor_id != all_(family(CALLER_ORG)))
        return or_(row.organization_id == CALLER_ORG, told, by_office, of_platform(scopes))


class Answers(_Part):
    model = Answer


def _how_many(status: AnswerStatus) -> Any:
    def count(row: Entity) -> ColumnElement[Any]:
        answer = aliased(Answer)
        return select(func.count()).where(answer.check_id == row.id, answer.status == status).correlate(row).scalar_subquery()

    return count


def has_concern(row: Entity, item: ColumnElement[Any]) -> ColumnElement[bool]:
    answer = aliased(Answer)
    return exists(select(answer.id).where(answer.check_id == row.id, answer.item == item, answer.status == AnswerStatus.concern).correlate(row))


def is_latest(row: Entity, latest: ColumnElement[Any]) -> ColumnElement[bool]:
    following = aliased(Check)
    return exists(select(following.id).where(following.previous_id == row.id).correlate(row)) != latest


def on_counterpart(check: Entity, flag: Entity) -> ColumnElement[bool]:
    """The flag is on the counterpart, under any of the ids by which it is known."""
    known = aliased(Actor)
    each = func.unnest(ids_of(known)).table_valued(column("id", PGUUID(as_uuid=True)), name="known_as").render_derived()
    ids = select(each.c.id).select_from(known).join(each, true()).where(known.id == canonical(check.counterpart_id))
    return flag.actor_id.in_(ids.correlate_except(known, each))  # type: ignore[no-any-return]


class Checks(Repository[Check]):
    model = Check
    not_found = DiligenceNotFound
    address = "/v1/diligence"
    fields: ClassVar = {
        "counterpart_id": lambda row: canonical(row.counterpart_id),
        "counterpart_name": named("counterpart_id"),
        "unanswered": _how_many(AnswerStatus.open),
        "concerns": _how_many(AnswerStatus.concern),
    }
    includes: ClassVar = {
        "answers": Include(Answers, on=lambda check, answer: answer.check_id == check.id, order=lambda answer: [answer.place]),
        "flags": Include(Flags, on=on_counterpart, order=lambda flag: [flag.id]),
    }
    filters: ClassVar = {
        "counterpart": lambda row, actor: row.counterpart_id == any_(family(actor)),
        "agreement": lambda row, agreement: row.agreement_id == agreement,
        "organization": lambda row, organization: row.organization_id == organization,
        "concern": has_concern,
        "latest": is_latest,
    }
    sorts: ClassVar = {
        "newest": Sort(lambda row: [], descending=True),  # ids grow with time
        "oldest": Sort(lambda row: []),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return of_office(row, scopes)
