"""Three-valued evaluation, with and without a trace."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from shared.predicates.clauses import AllOf, AnyOf, Leaf, Not, Predicate, Test, Within, tests_of
from shared.predicates.flips import smallest_flip
from shared.predicates.reading import in_json, known
from shared.predicates.sentences import spoken
from shared.predicates.terms import Language, Relation, Truth, Value
from shared.predicates.verdicts import Step, Verdict
from shared.predicates.vocabulary import Vocabulary

_holds: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.eq: operator.eq,
    Relation.ne: operator.ne,
    Relation.lt: operator.lt,
    Relation.le: operator.le,
    Relation.gt: operator.gt,
    Relation.ge: operator.ge,
    Relation.one_of: lambda value, wanted: value in wanted,
    Relation.includes: operator.contains,
}


class _Reading(NamedTuple):
    test: Test
    value: Value | None
    outcome: Truth


def truth(predicate: Predicate, facts: Mapping[str, object]) -> Truth:
    """The outcome alone, for many rows of facts. Raises `FactMismatch`."""
    match predicate:
        case AllOf():
            return Truth.all_of(truth(clause, facts) for clause in predicate.of)
        case AnyOf():
            return Truth.any_of(truth(clause, facts) for clause in predicate.of)
        case Not():
            return truth(predicate.of, facts).negated()
        case _:
            return _read(predicate, facts).outcome


def evaluate(
    predicate: Predicate, facts: Mapping[str, object], *, language: Language = "en", vocabulary: Vocabulary | None = None, flips: bool = True
) -> Verdict:
    """The outcome with its trace and the smallest change that flips it, in sentences of a language.

    `facts` is flat (`{"country": "MX", "border_m.US": 1200, "networks": ["c40"]}`); a fact that is absent or None is
    unknown. `vocabulary` only lends its plain names to the sentences; `flips=False` leaves out the dear part, for many rows
    of facts. Raises `FactMismatch`.
    """
    trace = _trace(predicate, facts)
    verdict = Verdict(outcome=trace.outcome, trace=trace, flip=smallest_flip(predicate, facts, trace.outcome) if flips else None)
    return spoken(verdict, language, vocabulary)


def _read(leaf: Leaf, facts: Mapping[str, object]) -> _Reading:
    """The reading that decides the leaf: one that fails, else one that is not known, else the last."""
    readings = [_ask(test, facts) for test in tests_of(leaf)]
    outcome = Truth.all_of(reading.outcome for reading in readings)
    return next(reading for reading in reversed(readings) if reading.outcome is outcome)


def _ask(test: Test, facts: Mapping[str, object]) -> _Reading:
    value = known(facts, test.fact, test.kind)
    return _Reading(test, value, Truth.unknown if value is None else Truth.of(_holds[test.relation](value, test.value)))


def _trace(predicate: Predicate, facts: Mapping[str, object]) -> Step:
    said = {"op": predicate.op, "label": predicate.label, "citation": predicate.citation}
    match predicate:
        case AllOf() | AnyOf():
            steps = tuple(_trace(clause, facts) for clause in predicate.of)
            outcomes = [step.outcome for step in steps]
            outcome = Truth.all_of(outcomes) if isinstance(predicate, AllOf) else Truth.any_of(outcomes)
            return Step(**said, outcome=outcome, of=steps)
        case Not():
            step = _trace(predicate.of, facts)
            return Step(**said, outcome=step.outcome.negated(), of=(step,))
        case _:
            test, value, outcome = _read(predicate, facts)
            wanted = predicate.place if isinstance(predicate, Within) else in_json(test.value)
            return Step(**said, outcome=outcome, fact=test.fact, is_=test.relation, wanted=wanted, value=in_json(value))
