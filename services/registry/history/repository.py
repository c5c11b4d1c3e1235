"""Changes as the feed shows them: public rows to everybody with their open fields, the rest to those whom they concern and to auditors, of a
country those that concern organisations which this country keeps.

A merge or a split is a change of by whom an actor is known and says nothing else of it: it stands between two whole states, and its own
before and after are those of the canonical id.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, any_, case, cast, exists, false, func, literal_column, null, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.orm import aliased

from services.registry.actors.callers import is_kept_by
from services.registry.actors.models import Actor
from services.registry.history.models import Change
from shared.directory import IDENTITY
from shared.feed import AUDIT, FOLLOW, audits_country, sees_all
from shared.reading import CALLER_COUNTRY, CALLER_ORG, Entity, Expression, Scopes, bound
from shared.repository import Repository, Sort
from shared.work import Work

NAMES_OF_TEXTS: ColumnElement[Any] = literal_column("'{changed}'::text[]")
NONE: ColumnElement[Any] = literal_column("'[]'::jsonb")
PUBLIC: ColumnElement[str] = literal_column("'public'")
KNOWN_AS = bound("filter_known_as", str)


def _concerned(row: Entity) -> ColumnElement[bool]:
    return any_(row.organizations) == CALLER_ORG


def _of_country(row: Entity) -> ColumnElement[bool]:
    """Of the caller's organisation or of one that the caller's country keeps."""
    actor = aliased(Actor)
    kept = exists(select(actor.id).where(actor.id == any_(row.organizations), is_kept_by(actor, CALLER_COUNTRY)).correlate(row))
    return or_(func.coalesce(_concerned(row), false()), kept)


def _of_identity(row: Entity) -> ColumnElement[bool]:
    return or_(*(row.type == kind for kind in IDENTITY))


def _of_family(row: Entity, ids: ColumnElement[Any]) -> ColumnElement[bool]:
    """Changes of the actor itself, and the merges into it and splits from it of the others."""
    named = or_(*(row.payload_open[key].astext == KNOWN_AS for key in ("canonical_id", "former_canonical_id")))
    return and_(row.aggregateid == any_(ids), or_(row.aggregateid == KNOWN_AS, and_(_of_identity(row), named)))


def _open_before(row: Entity) -> ColumnElement[Any]:
    """The open fields of the change before that everybody sees; null for the first. Which texts that one changed is its own: before, none were."""
    earlier: Entity = aliased(Change)
    of_it = (earlier.aggregatetype == row.aggregatetype, earlier.aggregateid == row.aggregateid, earlier.seq < row.seq, earlier.visibility == PUBLIC)
    fields = func.jsonb_set(earlier.payload_open, NAMES_OF_TEXTS, NONE, literal_column("false"), type_=JSONB)
    whole = select(fields).where(*of_it, ~_of_identity(earlier))
    return whole.order_by(earlier.seq.desc()).limit(literal_column("1")).correlate(row).scalar_subquery()


def _differing(one: Any, other: Any) -> ColumnElement[Any]:
    """The members of one object that are otherwise in the other."""
    return func.jsonb_differing(one, other, type_=JSONB)


def _known_as(row: Entity, key: str, *more: Any) -> ColumnElement[Any]:
    return func.jsonb_build_object(literal_column("'canonical_id'"), row.payload_open[key], *more, type_=JSONB)


def _open_was(row: Entity) -> ColumnElement[Any]:
    return case((_of_identity(row), _known_as(row, "former_canonical_id")), else_=_differing(_open_before(row), row.payload_open))


def _open_is(row: Entity) -> ColumnElement[Any]:
    """A field that events did not say before is no change. Of a merge or a split it says by which judgement."""
    said = row.payload_open.op("||", return_type=JSONB)(_open_before(row))
    known = _known_as(row, "canonical_id", literal_column("'judgement_id'"), row.payload_open["judgement_id"])
    return case((_of_identity(row), known), else_=_differing(row.payload_open, said))


class AllChanges(Repository[Any]):
    """With everything that was recorded: for auditors of the platform and followers."""

    model = Change
    fields: ClassVar = {
        "record_id": lambda row: cast(row.aggregateid, PGUUID(as_uuid=True)),
        "before": lambda row: func.coalesce(row.before, _open_was(row), type_=JSONB),
        "after": lambda row: func.coalesce(row.after, _open_is(row), type_=JSONB),
    }
    filters: ClassVar = {"family": _of_family, "known_as": lambda row, _: true(), "from_": lambda row, at: row.time >= at, "to": lambda row, at: row.time < at}
    sorts: ClassVar = {"newest": Sort(lambda row: [row.seq], descending=True), "oldest": Sort(lambda row: [row.seq])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true() if {AUDIT, FOLLOW} & scopes else false()


def _closed_but_for(concerned: Callable[[Entity], ColumnElement[bool]]) -> dict[str, Expression]:
    """The fields for those some of whom a change concerns."""

    def only(column: str) -> Expression:
        return lambda row: case((concerned(row), getattr(row, column)), else_=null())

    return {
        "record_id": AllChanges.fields["record_id"],
        "subject": only("subject"),
        "reason": only("reason"),
        "before": lambda row: case((concerned(row), AllChanges.fields["before"](row)), else_=_open_was(row)),
        "after": lambda row: case((concerned(row), AllChanges.fields["after"](row)), else_=_open_is(row)),
    }


class Changes(AllChanges):
    """As an organisation sees them, or nobody: what was before and after is worked out of what everybody sees, unless it concerns them."""

    fields: ClassVar = _closed_but_for(_concerned)

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return or_(row.visibility == PUBLIC, _concerned(row))


class ChangesOfCountry(AllChanges):
    """As the auditor of a country sees them."""

    fields: ClassVar = _closed_but_for(_of_country)

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return or_(row.visibility == PUBLIC, _of_country(row)) if AUDIT in scopes else false()


class KeptChanges(AllChanges):
    """The changes of a record that the caller keeps: what everybody may see, with who made it and why."""

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return row.visibility == PUBLIC  # type: ignore[no-any-return]


def changes(work: Work, *, keeps: bool) -> AllChanges:
    if sees_all(work.caller):
        return AllChanges(work)
    if audits_country(work.caller):
        return ChangesOfCountry(work)
    return KeptChanges(work) if keeps else Changes(work)
