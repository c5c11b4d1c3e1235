"""Repositories: the one place that says which rows a caller may see, and the three ways to load them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar, get_origin
from urllib.parse import quote
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import BaseModel
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    BindParameter,
    ColumnElement,
    FromClause,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import UUID as PGUUID
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.visitors import iterate

from shared.errors import NotFound
from shared.pages import Page
from shared.reading import EMPTY, Entity, Expression, Include, Scopes, Statement, body, bound, unwrapped
from shared.translations import Sentence
from shared.work import Work

ModelT = TypeVar("ModelT")
LIMIT: ColumnElement[int] = bindparam("page_limit", type_=BigInteger())
MOST_FACETS = 200  # values of one facet
LIMIT_AND_ONE: ColumnElement[int] = bindparam("page_limit_and_one", type_=BigInteger())


class Answer(Response):
    """JSON that PostgreSQL wrote, with the ETag of the record when it has one."""

    media_type = "application/json"


@dataclass(frozen=True)
class Sort:
    """A total order: key expressions, never null, all in one direction; the id is appended as the last key."""

    keys: Callable[[Entity], Sequence[ColumnElement[Any]]]
    descending: bool = False

    def columns(self, row: Entity) -> list[ColumnElement[Any]]:
        return [*self.keys(row), row.id]

    def ordering(self, row: Entity) -> list[ColumnElement[Any]]:
        return self.ordered(self.columns(row))

    def ordered(self, keys: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [key.desc() if self.descending else key.asc() for key in keys]


class Repository(Generic[ModelT]):
    """The rows of one table as one caller may see them."""

    model: ClassVar[Any]
    not_found: ClassVar[type[NotFound]] = NotFound
    address: ClassVar[str | None] = None  # of the collection; what is created is then at `{address}/{id}`, which the answer says as Location
    fields: ClassVar[Mapping[str, Expression]] = {}  # of answers; `version` is the first half of the ETag where a reader is not to see the row's own
    includes: ClassVar[Mapping[str, Include]] = {}
    filters: ClassVar[Mapping[str, Callable[[Entity, ColumnElement[Any]], ColumnElement[bool]]]] = {}
    # Filters that are a set of their own, such as what a search found: the set, and how it joins the row. Sorts may name its columns.
    joins: ClassVar[Mapping[str, Callable[[Entity], tuple[FromClause, ColumnElement[bool]]]]] = {}
    # Filters that are asked in another way of rows that such a set has found: what an index would answer, of these few is cheaper to compute.
    filters_of_found: ClassVar[Mapping[str, Callable[[Entity, ColumnElement[Any]], ColumnElement[bool]]]] = {}
    sorts: ClassVar[Mapping[str | None, Sort]] = {None: Sort(lambda row: [])}
    facets: ClassVar[Mapping[str, Expression]] = {}  # what a list can be counted by; where it is null, a row counts for nothing

    def __init__(self, work: Work) -> None:
        self.work = work

    @classmethod
    def visible(cls, row: Entity, scopes: Scopes) -> ColumnElement[bool]:
        """Which rows a caller with these scopes may see. Everything else about the caller is a bind parameter of `reading`."""
        raise TypeError(f"{cls.__name__} does not say which rows may be seen")

    def parameters(self) -> dict[str, Any]:
        """The values of the bind parameters that every statement may name."""
        return {**self.work.caller.parameters(), "now": self.work.now, "languages": list(self.work.asked.languages)}

    async def get(self, record_id: UUID, *, lock: bool = False, match: bool = False, load: Sequence[Any] = ()) -> ModelT:
        """Load a record for a change. Unseen: 404. `match` demands the ETag (428, 412); `lock` holds the row until the commit."""
        statement = select(self.model).where(self.model.id == record_id, self.visible(self.model, self.work.caller.scopes)).options(*load)
        if lock or match:
            statement = statement.with_for_update(of=self.model)
        record: ModelT | None = (await self.work.execute(statement, self.parameters())).unique().scalar_one_or_none()
        if record is None:
            raise self.not_found(Sentence("No record {record_id} that you may see.", record_id=record_id))
        if match:
            self.work.require_match(record.version)  # type: ignore[attr-defined]
        return record

    async def read(self, schema: type[BaseModel], record_id: UUID, *, include: frozenset[str] = frozenset(), status: int = 200, **values: Any) -> Response:
        """The compiled read of one record, in one statement; 304 when `If-None-Match` still holds. `values` are bind parameters by name."""
        reader: Any = type(self)
        statement = _single(reader, schema, include, self.work.caller.scopes)
        row = await statement.first(self.work, {**self.parameters(), **values, "record_id": record_id})
        if row is None:
            raise self.not_found(Sentence("No record {record_id} that you may see.", record_id=record_id))
        answer = self._answer(row[0].encode(), row[1], status)
        if status == 201 and self.address is not None:
            answer.headers["Location"] = f"{self.address}/{record_id}"
        return answer

    async def page(self, schema: type[BaseModel], filters: Page) -> Response:
        """The compiled read of one page, in one statement."""
        cursors = self.work.cursors
        keys = cursors.read(filters, keys=len(self.sorts[filters.sorting()].columns(self.model)))
        reader: Any = type(self)
        statement = _listing(reader, schema, type(filters), shape_of(filters, continued=keys is not None), self.work.caller.scopes)
        values = {**self.values(filters), "page_limit": filters.limit, "page_limit_and_one": filters.limit + 1}
        found = await statement.first(self.work, values | {f"key_{index}": value for index, value in enumerate(keys or ())})
        assert found is not None, "an aggregate without GROUP BY has one row"
        listed, last, total, counted = found
        following = cursors.write(orjson.loads(last), filters) if last else None
        facets = b',"facets":%b' % counted.encode() if counted else b""
        envelope = b'{"items":%b,"next":%b,"total":%b%b}' % (listed.encode(), orjson.dumps(following), orjson.dumps(total), facets)
        answer = self._answer(envelope, None, 200)
        if following is not None and self.work.asked.instance is not None:
            answer.headers["Link"] = f'<{next_link(self.work.asked.instance, following)}>; rel="next"'
        return answer

    def values(self, filters: Page) -> dict[str, Any]:
        """The values of the bind parameters that a list with these filters may name."""
        return {**self.parameters(), **filters.parameters(), **{f"filter_{name}": value for name, value in filters.wanted().items()}}

    def _answer(self, content: bytes, version: int | None, status: int) -> Response:
        return answered(self.work, content, version=version, status=status)


def answered(work: Work, content: bytes, *, version: int | None = None, status: int = 200) -> Response:
    """JSON text as an answer with its ETag; 304 when a read's `If-None-Match` still holds."""
    digest = hashlib.blake2b(content, digest_size=8).hexdigest()
    headers = {"ETag": f'"{0 if version is None else version}-{digest}"', "Vary": "Accept, Accept-Language, Authorization"}
    headers["Cache-Control"] = "private, no-cache"
    if work.recorded:
        headers["Comity-Event"] = str(work.recorded[-1])
    if work.read_only and headers["ETag"] in (work.asked.if_none_match or ""):
        return Response(status_code=304, headers=headers)
    return Answer(content, status_code=status, headers=headers)


@dataclass(frozen=True)
class PageShape:
    """What about a list's request changes its statement, and not only its parameters."""

    include: frozenset[str]
    filters: tuple[str, ...]
    sort: str | None
    continued: bool
    counted: bool
    facets: tuple[str, ...]


def shape_of(filters: Page, *, continued: bool = False) -> PageShape:
    names = tuple(sorted(filters.wanted()))
    return PageShape(filters.included(), names, filters.sorting(), continued, filters.count is not None, filters.faceted())


@lru_cache(maxsize=512)
def _single(repository: Any, schema: type[BaseModel], include: frozenset[str], scopes: Scopes) -> Statement:
    row = repository.model
    version: ColumnElement[Any] = repository.fields["version"](row) if "version" in repository.fields else getattr(row, "version", literal_column("0"))
    found = select(cast(body(schema, repository, row, scopes, include), Text).label("body"), version.label("version"))
    wanted: ColumnElement[UUID] = bindparam("record_id", type_=PGUUID(as_uuid=True))
    return Statement(found.where(row.id == wanted, repository.visible(row, scopes)))


def matching(repository: Any, filters: type[Page], shape: PageShape, scopes: Scopes) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """What a list is taken from, and which rows of it are meant: those that may be seen and pass the filters."""
    row = repository.model
    origin: FromClause = row.__table__
    for name in shape.filters:
        if name in repository.joins:
            found, on = repository.joins[name](row)
            origin = origin.join(found, on)
    joined = origin is not row.__table__
    asked = {**repository.filters, **repository.filters_of_found} if joined else repository.filters
    return origin, [repository.visible(row, scopes), *(_filter(asked, filters, name, row) for name in shape.filters if name not in repository.joins)]


@lru_cache(maxsize=2048)
def _listing(repository: Any, schema: type[BaseModel], filters: type[Page], shape: PageShape, scopes: Scopes) -> Statement:
    row = repository.model
    sort = repository.sorts[shape.sort]
    keys = sort.columns(row)
    origin, where = matching(repository, filters, shape, scopes)
    after = [_keyset(keys, descending=sort.descending)] if shape.continued else []
    labelled = [key.label(f"k{index}") for index, key in enumerate(keys)]
    rows = select(body(schema, repository, row, scopes, shape.include).label("body"), *labelled).select_from(origin).where(*where, *after)
    rows = rows.order_by(*sort.ordering(row))
    if origin is row.__table__ and not any(isinstance(part, BindParameter) for condition in where for part in iterate(condition)):
        # Which rows are meant depends on no value, so one plan serves all. PostgreSQL keeps it if it takes it for no dearer than one that it
        # makes for each request, a quarter of a list's time; and a limit that is a parameter for a tenth of the table. This tells it better.
        longest = rows.limit(literal_column(str(filters.longest() + 1))).subquery("longest")
        rows = select(longest).order_by(*sort.ordered([longest.c[item.name] for item in labelled]))
    page = rows.limit(LIMIT_AND_ONE).subquery("page")
    ordering = sort.ordered([page.c[item.name] for item in labelled])
    numbered = select(page, func.row_number().over(order_by=ordering).label("nth")).subquery("numbered")
    items = func.json_agg(aggregate_order_by(numbered.c.body, numbered.c.nth)).filter(numbered.c.nth <= LIMIT)
    keys_of_row = func.json_build_array(*(cast(numbered.c[item.name], Text) for item in labelled))
    more = func.count() > LIMIT
    last = case((more, cast(func.array_agg(keys_of_row, type_=ARRAY(JSON)).filter(numbered.c.nth == LIMIT)[1], Text)))
    total = select(func.count()).select_from(origin).where(*where).scalar_subquery() if shape.counted else literal_column("NULL::bigint")
    counted = _facets(repository, shape.facets, origin, where) if shape.facets else literal_column("NULL::text")
    listed = cast(func.coalesce(items, EMPTY), Text)
    return Statement(select(listed.label("body"), last.label("last"), total.label("total"), counted.label("facets")).select_from(numbered))


def _facets(repository: Any, names: tuple[str, ...], origin: FromClause, where: Sequence[ColumnElement[bool]]) -> ColumnElement[Any]:
    """A JSON object, as text: each facet's values with how many rows have them, the most frequent first."""
    wanted = [repository.facets[name](repository.model).label(name) for name in names]
    rows = select(*wanted).select_from(origin).where(*where).cte("matching")
    found: list[ColumnElement[Any]] = []
    for name in names:
        value = cast(rows.c[name], Text).collate("C")
        times = select(value.label("value"), func.count().label("count")).where(value.is_not(None)).group_by(value)
        most = times.order_by(func.count().desc(), value).limit(literal_column(str(MOST_FACETS))).subquery()
        ordered = aggregate_order_by(func.row_to_json(most.table_valued()), most.c.count.desc(), most.c.value)
        found += [literal_column(f"'{name}'"), select(func.coalesce(func.json_agg(ordered), EMPTY)).scalar_subquery()]
    return cast(func.json_build_object(*found), Text)


def _filter(asked: Mapping[str, Any], filters: type[Page], name: str, row: Entity) -> ColumnElement[bool]:
    annotation = filters.model_fields[name].annotation
    value = bound(f"filter_{name}", annotation)
    if name in asked:
        return asked[name](row, value)  # type: ignore[no-any-return]
    column = getattr(row, name)
    bare, _ = unwrapped(annotation)
    return column == any_(value) if get_origin(bare) is list else column == value  # type: ignore[no-any-return]


def _keyset(keys: Sequence[ColumnElement[Any]], *, descending: bool) -> ColumnElement[bool]:
    values = [cast(bindparam(f"key_{index}", type_=Text()), key.type) for index, key in enumerate(keys)]
    left, right = tuple_(*keys), tuple_(*values)
    return left < right if descending else left > right


def next_link(instance: str, cursor: str) -> str:
    """The address of the next page, with nothing in it that could end the header it stands in."""
    path, _, query = instance.partition("?")
    path, query = quote(path, safe="/:@!$&'()*+,;=~"), quote(query, safe="/:@!$&'()*+,;=~%?", encoding="latin-1")
    kept = [part for part in query.split("&") if part and not part.startswith("cursor=")]
    return f"{path}?{'&'.join([*kept, f'cursor={cursor}'])}"
