"""Predicates: one small language for rulebooks and audiences, with one trace.

A predicate is data (`read_predicate`, or a field of type `Predicate`), checked against a `Vocabulary` of facts. It is
evaluated in three values (`evaluate`, `truth`) and compiled to SQL (`compile_sql`, `outcome_sql`); both answer alike.
"""

from shared.predicates.clauses import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_VALUES,
    AllOf,
    AnyOf,
    Compare,
    Includes,
    Near,
    Not,
    OneOf,
    Predicate,
    Within,
    read_predicate,
)
from shared.predicates.evaluation import evaluate, truth
from shared.predicates.flips import smallest_flip
from shared.predicates.sentences import explain, spoken
from shared.predicates.sql import compile_sql, outcome_sql
from shared.predicates.terms import FactMismatch, FactType, Language, PredicateRefused, Problem, Relation, Truth
from shared.predicates.verdicts import Change, Condition, Flip, Step, Verdict
from shared.predicates.vocabulary import Fact, Vocabulary

__all__ = [
    "MAX_CLAUSES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "AllOf",
    "AnyOf",
    "Change",
    "Compare",
    "Condition",
    "Fact",
    "FactMismatch",
    "FactType",
    "Flip",
    "Includes",
    "Language",
    "Near",
    "Not",
    "OneOf",
    "Predicate",
    "PredicateRefused",
    "Problem",
    "Relation",
    "Step",
    "Truth",
    "Verdict",
    "Vocabulary",
    "Within",
    "compile_sql",
    "evaluate",
    "explain",
    "outcome_sql",
    "read_predicate",
    "smallest_flip",
    "spoken",
    "truth",
]
