"""Predicates as SQL: PostgreSQL's own three-valued logic gives the evaluator's answers."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Double, SQLColumnExpression, Text, and_, any_, case, literal, not_, or_
from sqlalchemy.types import TypeEngine

from shared.predicates.clauses import AllOf, AnyOf, Not, Predicate, Test, tests_of
from shared.predicates.terms import Relation, Scalar, Truth
from shared.predicates.vocabulary import Vocabulary


def compile_sql(predicate: Predicate, vocabulary: Vocabulary) -> ColumnElement[bool | None]:
    """A boolean expression: true, false, or NULL for unknown. Every value is a bound parameter.

    Raises `PredicateRefused` for what the vocabulary does not offer, `LookupError` for a fact without SQL.
    """
    return _compile(vocabulary.check(predicate), vocabulary)


def outcome_sql(predicate: Predicate, vocabulary: Vocabulary) -> ColumnElement[str]:
    """The same as the text 'true', 'false' or 'unknown'. Errors as `compile_sql`."""
    words = {True: Truth.true.value, False: Truth.false.value}
    return case(words, value=compile_sql(predicate, vocabulary), else_=Truth.unknown.value)


def _compile(predicate: Predicate, vocabulary: Vocabulary) -> ColumnElement[Any]:
    match predicate:
        case AllOf():
            return and_(*(_compile(clause, vocabulary) for clause in predicate.of))
        case AnyOf():
            return or_(*(_compile(clause, vocabulary) for clause in predicate.of))
        case Not():
            return not_(_compile(predicate.of, vocabulary))
        case _:
            return and_(*(_ask(vocabulary.column(test.fact), test) for test in tests_of(predicate)))


def _ask(column: SQLColumnExpression[Any], test: Test) -> ColumnElement[Any]:
    if isinstance(test.value, tuple):
        return column == any_(literal(list(test.value), ARRAY(_bound(test.value))))
    if test.relation is Relation.includes:
        return column.op("@>", is_comparison=True)(literal([test.value], ARRAY(Text)))
    value = literal(test.value, _bound((test.value,)))
    match test.relation:
        case Relation.eq:
            return column == value
        case Relation.ne:
            return column != value
        case Relation.lt:
            return column < value
        case Relation.le:
            return column <= value
        case Relation.gt:
            return column > value
        case _:
            return column >= value


def _bound(values: tuple[Scalar, ...]) -> TypeEngine[Any]:
    """Integers stay integers, so that an index on an integer column serves them."""
    if any(isinstance(value, str) for value in values):
        return Text()
    if any(isinstance(value, bool) for value in values):
        return Boolean()
    return BigInteger() if all(isinstance(value, int) for value in values) else Double()
