"""The words every part of the predicate language uses: truth, fact types, relations, languages, refusals."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Language = Literal["en", "es", "fr"]
Scalar = bool | int | float | str
Value = Scalar | frozenset[str]
"""What a fact may be when it is known; lists of texts are sets, as order and repetition say nothing."""


class Truth(StrEnum):
    """Kleene's three values: a fact nobody knows makes a clause unknown, never false."""

    true = "true"
    false = "false"
    unknown = "unknown"

    @classmethod
    def of(cls, outcome: bool) -> "Truth":
        return cls.true if outcome else cls.false

    def negated(self) -> "Truth":
        return {Truth.true: Truth.false, Truth.false: Truth.true}.get(self, self)

    @classmethod
    def all_of(cls, outcomes: Iterable["Truth"]) -> "Truth":
        seen = set(outcomes)
        return cls.false if cls.false in seen else cls.unknown if cls.unknown in seen else cls.true

    @classmethod
    def any_of(cls, outcomes: Iterable["Truth"]) -> "Truth":
        seen = set(outcomes)
        return cls.true if cls.true in seen else cls.unknown if cls.unknown in seen else cls.false


class FactType(StrEnum):
    """`text`, `number` (integer or float, at most 2^53), `boolean`, `texts` (a set of texts)."""

    text = "text"
    number = "number"
    boolean = "boolean"
    texts = "texts"

    @property
    def phrase(self) -> str:
        return {"text": "a text", "number": "a number", "boolean": "true or false", "texts": "a list of texts"}[self]


class Relation(StrEnum):
    """How a fact stands to a value. `compare` offers the first six; the others serve lists and what a flip needs."""

    eq = "eq"
    ne = "ne"
    lt = "lt"
    le = "le"
    gt = "gt"
    ge = "ge"
    one_of = "one_of"
    none_of = "none_of"
    includes = "includes"
    excludes = "excludes"

    @property
    def opposite(self) -> "Relation":
        return _opposites[self]

    @property
    def orders(self) -> bool:
        return self in {Relation.lt, Relation.le, Relation.gt, Relation.ge}


_pairs = {
    Relation.eq: Relation.ne,
    Relation.lt: Relation.ge,
    Relation.gt: Relation.le,
    Relation.one_of: Relation.none_of,
    Relation.includes: Relation.excludes,
}
_opposites = _pairs | {there: here for here, there in _pairs.items()}


def kind_of(value: object) -> FactType | None:
    """The fact type a plain scalar belongs to; None for anything else."""
    match value:
        case bool():
            return FactType.boolean
        case int() | float():
            return FactType.number
        case str():
            return FactType.text
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a predicate is refused: `pointer` is an RFC 6901 JSON pointer into it, `known` the facts that exist."""

    pointer: str
    code: str
    message: str
    known: tuple[str, ...] = ()


class PredicateRefused(ValueError):
    """A predicate that is malformed, too large, or asks what the vocabulary does not offer; `problems` is never empty."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in self.problems))


class FactMismatch(ValueError):
    """A fact was supplied with a value of another type than the clause reads: a mistake of the caller, not of the predicate."""

    def __init__(self, fact: str, wanted: FactType, value: object) -> None:
        self.fact, self.wanted = fact, wanted
        super().__init__(f"fact {fact!r} should be {wanted.phrase}, not {type(value).__name__}")


def json_pointer(path: Iterable[str | int]) -> str:
    """RFC 6901 text of a path of keys and positions."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
