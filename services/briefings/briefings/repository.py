"""Which briefings a caller may see: those of the own organisation's desk, those delivered to an own seat, and all for auditors.

A marking above the caller's clearance hides a briefing from all of them alike.
"""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Text, and_, any_, case, exists, false, func, literal, not_, null, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.briefings.access import AUDIT, DESK, INBOX
from services.briefings.briefings.markings import cleared_sql, highest_sql, sharing_sql
from services.briefings.briefings.models import Briefing, Part, State
from services.briefings.deliveries.models import Delivery
from services.briefings.errors import BriefingNotFound
from services.briefings.releases.models import Release
from shared.directory import directory_actors, known_as
from shared.reading import CALLER_ORG, CALLER_SEATS, NOW, Entity, Include, Scopes, in_language
from shared.repository import Repository, Sort


def state_of(row: Entity) -> ColumnElement[Any]:
    """Where a briefing stands at `:now`."""
    return case(
        (row.released_at.is_(None), literal(State.draft.value, Text)),
        (row.expires_at <= NOW, literal(State.expired.value, Text)),
        else_=literal(State.released.value, Text),
    )


def _of_parts(row: Entity, answer: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(answer).where(Part.briefing_id == row.id).correlate(row).scalar_subquery()


def marking_of(row: Entity) -> ColumnElement[Any]:
    """The highest marking of its parts."""
    return _of_parts(row, highest_sql(Part.marking))


def sharing_of(row: Entity) -> ColumnElement[Any]:
    """What its marking lets a reader do."""
    return in_language(func.jsonb_extract_path(sharing_sql(), marking_of(row), type_=JSONB), null())


def issuer_name(row: Entity) -> ColumnElement[Any]:
    """The issuing organisation's name in the wanted language."""
    named = in_language(directory_actors.c.names, directory_actors.c.name)
    return select(named).where(directory_actors.c.id == known_as(row.organization_id)).correlate(row).scalar_subquery()


def cleared(row: Entity) -> ColumnElement[bool]:
    """No part is marked above the caller's clearance; what is not marked yet narrows nothing."""
    return not_(exists().where(Part.briefing_id == row.id, not_(cleared_sql(Part.marking))).correlate(row))


class Parts(Repository[Part]):
    """Parts are read through their briefing, which says who may."""

    model = Part

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true()


class Briefings(Repository[Briefing]):
    """As everybody reads them who may: the desk, the recipients, the auditors."""

    model = Briefing
    not_found = BriefingNotFound
    address = "/v1/briefings"
    fields: ClassVar = {
        "marking": marking_of,
        "sharing": sharing_of,
        "state": state_of,
        "languages": lambda row: _of_parts(row, func.array_agg(Part.language.distinct(), type_=ARRAY(Text))),
        "organization_name": issuer_name,
        "unmarked_parts": lambda row: _of_parts(row, func.count().filter(Part.marking.is_(None))),
    }
    includes: ClassVar = {
        "parts": Include(Parts, on=lambda briefing, part: part.briefing_id == briefing.id, order=lambda part: [part.position]),
        "issuing": Include(lambda: IssuedBriefings, on=lambda briefing, issued: issued.id == briefing.id, many=False),
    }
    filters: ClassVar = {
        "state": lambda row, value: state_of(row) == value,
        "marking": lambda row, value: marking_of(row) == value,
        "topic": lambda row, value: value == any_(row.topics),
    }
    sorts: ClassVar = {None: Sort(lambda row: [row.created_at], descending=True)}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        """A recipient's right hangs on the delivery to a seat it holds, whatever the organisation. Clearance narrows every right.

        The delivery is found through the release, by the key of the ledger: neither a briefing to a hundred thousand nor a full inbox is searched through.
        """
        issued = IssuedBriefings.visible(row, scopes)
        if INBOX not in scopes:
            return issued
        of_seats = and_(Delivery.release_id == Release.id, Delivery.seat_id == any_(CALLER_SEATS))
        delivered = exists().where(Release.briefing_id == row.id, of_seats).correlate(row)
        return or_(issued, and_(delivered, cleared(row)))


class IssuedBriefings(Briefings):
    """As the issuing organisation's desk and auditors read them: audience, ledger and reasons are theirs alone."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        if AUDIT in scopes:
            return cleared(row)
        return and_(row.organization_id == CALLER_ORG, cleared(row)) if scopes & DESK else false()


class OwnBriefings(Briefings):
    """Those the caller's organisation may change or release; an auditor's eye gives no hand."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return and_(row.organization_id == CALLER_ORG, cleared(row))
