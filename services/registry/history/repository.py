"""Changes as the feed shows them: public rows to everybody with their open fields, the rest to those whom they concern and to auditors."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, any_, case, false, func, literal_column, null, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from services.registry.history.models import Change
from shared.feed import AUDIT, FOLLOW
from shared.reading import CALLER_ORG, Entity, Expression, Scopes
from shared.repository import Repository, Sort
from shared.work import Work

PUBLIC: ColumnElement[str] = literal_column("'public'")


def _concerned(row: Entity) -> ColumnElement[bool]:
    return any_(row.organizations) == CALLER_ORG


def _only(column: str) -> Expression:
    """For those whom the change concerns."""
    return lambda row: case((_concerned(row), getattr(row, column)), else_=null())


def _open_before(row: Entity) -> ColumnElement[Any]:
    """The open fields of the change before that everybody sees; null for the first."""
    earlier: Entity = aliased(Change)
    of_it = (earlier.aggregatetype == row.aggregatetype, earlier.aggregateid == row.aggregateid, earlier.seq < row.seq, earlier.visibility == PUBLIC)
    return select(earlier.payload_open).where(*of_it).order_by(earlier.seq.desc()).limit(literal_column("1")).correlate(row).scalar_subquery()


def _differing(one: Any, other: Any) -> ColumnElement[Any]:
    """The members of one object that are otherwise in the other."""
    return func.jsonb_differing(one, other, type_=JSONB)


class AllChanges(Repository[Any]):
    """With everything that was recorded: for auditors and followers."""

    model = Change
    fields: ClassVar = {
        "before": lambda row: func.coalesce(row.before, _differing(_open_before(row), row.payload_open), type_=JSONB),
        "after": lambda row: func.coalesce(row.after, _differing(row.payload_open, _open_before(row)), type_=JSONB),
    }
    filters: ClassVar = {"from_": lambda row, at: row.time >= at, "to": lambda row, at: row.time < at}
    sorts: ClassVar = {"newest": Sort(lambda row: [row.seq], descending=True), "oldest": Sort(lambda row: [row.seq])}

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return true() if {AUDIT, FOLLOW} & scopes else false()


class Changes(AllChanges):
    """As an organisation sees them, or nobody: what was before and after is worked out of what everybody sees, unless it concerns them."""

    fields: ClassVar = {
        "subject": _only("subject"),
        "reason": _only("reason"),
        "before": lambda row: case((_concerned(row), AllChanges.fields["before"](row)), else_=_differing(_open_before(row), row.payload_open)),
        "after": lambda row: case((_concerned(row), AllChanges.fields["after"](row)), else_=_differing(row.payload_open, _open_before(row))),
    }

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        return or_(row.visibility == PUBLIC, _concerned(row))


def changes(work: Work) -> AllChanges:
    return AllChanges(work) if work.caller.may(AUDIT) or work.caller.may(FOLLOW) else Changes(work)
