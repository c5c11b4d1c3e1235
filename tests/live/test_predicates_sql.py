"""PostgreSQL and the evaluator give the same answer to the same predicate."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import ARRAY, JSON, BigInteger, Boolean, Double, Integer, Text, column, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.types import TypeEngine

from shared.predicates import Fact, FactType, Predicate, Truth, Vocabulary, compile_sql, outcome_sql, read_predicate, truth
from tests.shared.test_predicates_flips import RANGES, facts_rows, predicates
from tests.support.database import Templates

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("predicates_sql")]

COLUMNS: dict[str, TypeEngine[Any]] = {
    "position": Integer(),
    "country": Text(),
    "subdivision": Text(),
    "kind": Text(),
    "population": BigInteger(),
    "score": Double(),
    "verified": Boolean(),
    "networks": ARRAY(Text()),
    "border_m": JSONB(),
}


def _border(member: str) -> Any:
    return column("border_m", JSONB)[member].as_float()


def _plain(name: str, kind: FactType) -> Fact:
    return Fact(kind, lambda _: column(name, COLUMNS[name]))


VOCABULARY = Vocabulary(
    {name: _plain(name, FactType.text) for name in ("country", "subdivision", "kind")}
    | {name: _plain(name, FactType.number) for name in ("population", "score")}
    | {"verified": _plain("verified", FactType.boolean), "networks": _plain("networks", FactType.texts)}
    | {"border_m.*": Fact(FactType.number, _border, members="[A-Z]{2}")}
)


@pytest.fixture(scope="session")
async def connection(templates: Templates) -> AsyncIterator[AsyncConnection]:
    """A connection to a database without tables: the rows come with the statement."""
    engine = create_async_engine(templates.server.url("postgres"), isolation_level="AUTOCOMMIT")
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


def _document(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    borders = ("border_m.MX", "border_m.US")
    return [
        {name: value for name, value in row.items() if name not in borders}
        | {"position": position, "border_m": {name[-2:]: row[name] for name in borders if name in row}}
        for position, row in enumerate(rows)
    ]


async def _answers(connection: AsyncConnection, predicate: Predicate, rows: list[dict[str, Any]]) -> list[tuple[bool | None, str]]:
    source = func.json_to_recordset(literal(_document(rows), JSON)).table_valued(*[column(name, kind) for name, kind in COLUMNS.items()])
    asked = select(compile_sql(predicate, VOCABULARY), outcome_sql(predicate, VOCABULARY))
    statement = asked.select_from(source.render_derived(with_types=True)).order_by(column("position"))
    return [(outcome, text) for outcome, text in await connection.execute(statement)]


NOBODY: dict[str, Any] = dict.fromkeys([*RANGES, "networks"])
EMPTY = NOBODY | {"networks": []}
NULLS = NOBODY | {"networks": [None, "c40"]}


@given(predicates, st.lists(facts_rows, min_size=20, max_size=30))
@settings(max_examples=150, deadline=None)
@example(read_predicate({"op": "not", "of": {"op": "one_of", "fact": "kind", "values": ["state"]}}), [NOBODY])
@example(read_predicate({"op": "not", "of": {"op": "includes", "fact": "networks", "value": "iclei"}}), [NOBODY, EMPTY, NULLS])
@example(read_predicate({"op": "within", "place": "US-TX"}), [NOBODY | {"country": "MX"}, NOBODY | {"country": "US"}])
async def test_sql_and_evaluator_agree(connection: AsyncConnection, predicate: Predicate, rows: list[dict[str, Any]]) -> None:
    expected = [truth(predicate, row) for row in rows]
    in_sql = {Truth.true: True, Truth.false: False, Truth.unknown: None}
    assert await _answers(connection, predicate, rows) == [(in_sql[outcome], outcome.value) for outcome in expected]


async def test_the_largest_predicate_runs(connection: AsyncConnection) -> None:
    values = [f"kind {number}" for number in range(500)]
    clause: dict[str, Any] = {"op": "all", "of": [{"op": "one_of", "fact": "kind", "values": values}] * 189}
    for _ in range(10):
        clause = {"op": "not", "of": clause}
    assert await _answers(connection, read_predicate(clause), [NOBODY | {"kind": "kind 499"}]) == [(True, "true")]


async def test_values_are_bound(connection: AsyncConnection) -> None:
    kind = "'); DROP TABLE agreements; --"
    predicate = read_predicate({"op": "compare", "fact": "kind", "is": "eq", "value": kind})
    assert kind not in str(compile_sql(predicate, VOCABULARY))
    assert await _answers(connection, predicate, [NOBODY | {"kind": kind}]) == [(True, "true")]


async def test_a_fact_without_sql_is_said() -> None:
    only_evaluated = Vocabulary({"kind": Fact(FactType.text)})
    with pytest.raises(LookupError, match="'kind' has no SQL expression"):
        compile_sql(read_predicate({"op": "compare", "fact": "kind", "is": "eq", "value": "x"}), only_evaluated)
