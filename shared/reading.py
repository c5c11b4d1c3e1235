"""Compiled reads: a response schema, a repository's `visible()` and the filters become one statement whose JSON text PostgreSQL writes.

The table of formats is closed: a type that is not in it fails when the application starts, not when a request arrives.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    LargeBinary,
    Select,
    Text,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY as PGARRAY
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.types import TypeEngine

from shared.columns import Timestamp
from shared.schemas import OnRequest
from shared.work import Work

DIALECT = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves the constructor untyped
EMPTY: ColumnElement[Any] = literal_column("'[]'::json")
INSTANT_FORMAT: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'""")
Scopes = frozenset[str]  # the only thing about a caller that may shape a statement; everything else is a bind parameter

# What every statement may refer to; the repository binds them at execution.
CALLER_ORG: ColumnElement[UUID | None] = bindparam("caller_org", type_=PGUUID(as_uuid=True))
CALLER_SEATS: ColumnElement[Any] = bindparam("caller_seats", type_=PGARRAY(PGUUID(as_uuid=True)))
CALLER_SUBJECT: ColumnElement[str] = bindparam("caller_subject", type_=Text())
CALLER_COUNTRY: ColumnElement[str | None] = bindparam("caller_country", type_=Text())
BELONGS_NOWHERE: ColumnElement[bool] = CALLER_ORG.is_(None) & CALLER_COUNTRY.is_(None)  # as Caller.belongs_nowhere
CALLER_SUBDIVISION: ColumnElement[str | None] = bindparam("caller_subdivision", type_=Text())
CALLER_CLEARANCE: ColumnElement[int] = bindparam("caller_clearance", type_=Integer())  # the place in access.CLEARANCES
NOW: ColumnElement[datetime] = bindparam("now", type_=Timestamp)
LANGUAGES: ColumnElement[Any] = bindparam("languages", type_=PGARRAY(Text()))

Entity = Any  # a mapped class or an alias of one
Expression = Callable[[Entity], ColumnElement[Any]]
PASSED_AS_IS = (str, UUID, int, bool, float)


@dataclass(frozen=True)
class Include:
    """A child of an answer, read through its own repository's `visible()`.

    `on(parent, child)` joins; `order(child)` sorts a list; `many=False` gives one object or null, and then `key` names the parent's
    foreign key field, which is null as well when the child may not be seen.
    """

    repository: Any  # a Repository class, or a callable that returns one
    on: Callable[[Entity, Entity], ColumnElement[bool]]
    order: Callable[[Entity], Sequence[ColumnElement[Any]]] | None = None
    many: bool = True
    key: str | None = None

    def reader(self) -> Any:
        return self.repository if isinstance(self.repository, type) else self.repository()


class Unreadable(TypeError):
    """A response schema that cannot be compiled: found when the application starts."""


def instant(column: ColumnElement[Any]) -> ColumnElement[str]:
    """RFC 3339 in UTC with six digits, the form of `schemas.Instant`."""
    return func.to_char(func.timezone(literal_column("'UTC'"), column), INSTANT_FORMAT)


def in_language(texts: ColumnElement[Any], fallback: ColumnElement[Any]) -> ColumnElement[Any]:
    """The text of a language-to-text object in the first wanted language it has, else the fallback."""
    wanted = func.unnest(LANGUAGES).table_valued("tag", with_ordinality="nth").render_derived()
    found = select(texts[wanted.c.tag].astext).where(texts.has_key(wanted.c.tag)).order_by(wanted.c.nth).limit(literal_column("1"))
    # Only the list of languages is this select's own: the row it reads from is the one around it.
    return func.coalesce(found.correlate_except(wanted).scalar_subquery(), fallback)


def unwrapped(annotation: Any) -> tuple[Any, list[Any]]:
    """The bare type of an annotation (without Annotated and None) and its marks."""
    marks: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *more = get_args(annotation)
            marks += more
        elif origin in (Union, types.UnionType):
            members = [member for member in get_args(annotation) if member is not type(None)]
            if len(members) != 1:
                return annotation, marks
            annotation = members[0]
        else:
            return annotation, marks


def formatted(annotation: Any, column: ColumnElement[Any], where: str) -> ColumnElement[Any]:
    """The closed table from types to SQL."""
    bare, _ = unwrapped(annotation)
    origin = get_origin(bare)
    if isinstance(column.type, LargeBinary):
        raise Unreadable(f"{where}: bytes are not written in answers")
    if bare is datetime:
        return instant(column)
    if bare is Decimal:
        return cast(column, Text)
    if bare is date or bare in PASSED_AS_IS or origin is Literal or bare is JsonValue or bare is Any:
        return column
    if isinstance(bare, type) and issubclass(bare, Enum):
        return column
    if isinstance(column.type, JSONB) and (origin in (dict, list) or (isinstance(bare, type) and issubclass(bare, BaseModel))):
        return column
    if origin is list and isinstance(column.type, ARRAY | PGARRAY):
        formatted(get_args(bare)[0], column, where)
        return func.coalesce(func.to_json(column), EMPTY)
    raise Unreadable(f"{where}: no format for {bare!r} over a column of type {column.type!r}")


def marked_on_request(info: FieldInfo) -> bool:
    """The field is absent from an answer unless it was asked for."""
    return any(isinstance(mark, OnRequest) for mark in info.metadata)


def columns(schema: type[BaseModel], repository: Any, row: Entity, scopes: Scopes, include: frozenset[str]) -> list[ColumnElement[Any]]:
    """One labelled SQL expression for each field of the schema, in its order."""
    hidden_keys = {item.key: name for name, item in repository.includes.items() if item.key is not None}
    found: list[ColumnElement[Any]] = []
    for name, info in schema.model_fields.items():
        if marked_on_request(info) and name not in include:
            continue
        where = f"{schema.__name__}.{name}"
        if name in repository.includes:
            found.append(_child(info.annotation, repository.includes[name], row, scopes).label(name))
            continue
        column = _column(repository, row, name, where)
        if name in hidden_keys:
            column = _unless_hidden(column, repository.includes[hidden_keys[name]], row, scopes)
        found.append(formatted(info.annotation, column, where).label(name))
    return found


def _column(repository: Any, row: Entity, name: str, where: str) -> ColumnElement[Any]:
    if name in repository.fields:
        return repository.fields[name](row)  # type: ignore[no-any-return]
    attribute = getattr(row, name, None)
    if not isinstance(attribute, InstrumentedAttribute) and not hasattr(attribute, "type"):
        raise Unreadable(f"{where}: neither a column of {repository.model.__name__} nor a computed field of {repository.__name__}")
    return attribute  # type: ignore[return-value]


def body(schema: type[BaseModel], repository: Any, row: Entity, scopes: Scopes, include: frozenset[str] = frozenset()) -> ColumnElement[Any]:
    """The JSON object of one row: `row_to_json` of a subselect, since `json_build_object` ends at 50 fields and `jsonb` reorders keys."""
    entry = select(*columns(schema, repository, row, scopes, include)).correlate(row).subquery()
    return select(func.row_to_json(entry.table_valued())).scalar_subquery()


def _child(annotation: Any, include: Include, row: Entity, scopes: Scopes) -> ColumnElement[Any]:
    bare, _ = unwrapped(annotation)
    schema, _ = unwrapped(get_args(bare)[0]) if include.many else (bare, None)
    repository = include.reader()
    child = aliased(repository.model)
    entry = body(schema, repository, child, scopes)
    where = (include.on(row, child), repository.visible(child, scopes))
    if not include.many:
        return select(entry).select_from(child).where(*where).limit(literal_column("1")).correlate(row).scalar_subquery()
    ordered = aggregate_order_by(entry, *include.order(child)) if include.order else entry
    listed = func.coalesce(func.json_agg(ordered), EMPTY)
    return select(listed).select_from(child).where(*where).correlate(row).scalar_subquery()


def _unless_hidden(column: ColumnElement[Any], include: Include, row: Entity, scopes: Scopes) -> ColumnElement[Any]:
    repository = include.reader()
    child = aliased(repository.model)
    seen = exists().select_from(child).where(include.on(row, child), repository.visible(child, scopes)).correlate(row)
    return case((seen, column), else_=null())


BIND_TYPES: tuple[tuple[type, TypeEngine[Any]], ...] = (
    (bool, Boolean()),
    (str, Text()),
    (UUID, PGUUID(as_uuid=True)),
    (int, BigInteger()),
    (float, Float()),
    (datetime, Timestamp),
    (date, Date()),
)


def bound(name: str, annotation: Any) -> ColumnElement[Any]:
    """A bind parameter of the type that a filter's annotation means."""
    bare, _ = unwrapped(annotation)
    if get_origin(bare) is list:
        return bindparam(name, type_=PGARRAY(_bind_type(name, unwrapped(get_args(bare)[0])[0])))
    return bindparam(name, type_=_bind_type(name, bare))


def _bind_type(name: str, bare: Any) -> TypeEngine[Any]:
    if get_origin(bare) is Literal:
        return Text()
    for known, kind in BIND_TYPES:
        if isinstance(bare, type) and issubclass(bare, known):
            return kind
    raise Unreadable(f"filter {name}: no bind type for {bare!r}")


class Statement:
    """A statement compiled once to its text; running it costs neither a cache key nor an expression tree."""

    def __init__(self, statement: Select[Any]) -> None:
        compiled = statement.compile(dialect=DIALECT)
        self.text = str(compiled)
        if "POSTCOMPILE" in self.text:
            raise Unreadable("a list of constants in IN is written anew at every execution: compare with = ANY of a bound array, or with OR")
        self.names: list[str] = list(compiled.positiontup or ())
        self.defaults: dict[str, Any] = dict(compiled.params)

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The parameters in the order of the text."""
        return [parameters[name] if name in parameters else self.defaults[name] for name in self.names]

    async def first(self, work: Work, parameters: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row. A read goes straight to the driver; a change reads in its own transaction."""
        values = self.arguments(parameters)
        if work.read_only and work.database.bound is None:
            readers = await work.database.readers()
            async with readers.acquire() as connection:
                return await connection.fetchrow(self.text, *values)  # type: ignore[no-any-return]
        found = await (await work.connection()).exec_driver_sql(self.text, tuple(values))
        return found.first()
