"""The values a fact may take to satisfy several clauses at once."""

import math
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import TypeVar

from shared.predicates.terms import FactType, Relation, Scalar, Value

Number = int | float
_S = TypeVar("_S", bound=Scalar)


@dataclass(frozen=True, slots=True)
class Region:
    """A set of values of one fact, in normal form, so that equal sets of numbers, texts or lists compare equal.

    `choices` (if not None) are the only values left; `without` are excluded; `low` and `high` bound numbers, `over` and
    `under` telling that the bound itself is out; lists have all of `has` and none of `lacks`.
    """

    kind: FactType
    choices: frozenset[Scalar] | None = None
    without: frozenset[Scalar] = frozenset()
    low: Number = -math.inf
    over: bool = False
    high: Number = math.inf
    under: bool = False
    has: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()

    def admits(self, value: Value | None) -> bool:
        """Whether a value lies in the region; a fact that is not known (None) never does."""
        if value is None:
            return False
        if isinstance(value, frozenset):
            return self.has <= value and not self.lacks & value
        if self.choices is not None:
            return value in self.choices
        return value not in self.without and self._bounded(value)

    def meet(self, other: "Region") -> "Region | None":
        """What both regions admit; None if that is nothing."""
        if self.kind is not other.kind:
            return None
        low, over = max((self.low, self.over), (other.low, other.over))
        high, closed = min((self.high, not self.under), (other.high, not other.under))
        choices = other.choices if self.choices is None else self.choices & (self.choices if other.choices is None else other.choices)
        has, lacks, without = self.has | other.has, self.lacks | other.lacks, self.without | other.without
        return replace(self, choices=choices, without=without, low=low, over=over, high=high, under=not closed, has=has, lacks=lacks)._normal()

    def conditions(self) -> list[tuple[Relation, Scalar | list[Scalar]]]:
        """The region in the words of the language."""
        said: list[tuple[Relation, Scalar | list[Scalar]]] = []
        if self.choices is not None:
            said.append(_listed(self.choices, Relation.eq, Relation.one_of))
        if self.low > -math.inf:
            said.append((Relation.gt if self.over else Relation.ge, self.low))
        if self.high < math.inf:
            said.append((Relation.lt if self.under else Relation.le, self.high))
        if self.without:
            said.append(_listed(self.without, Relation.ne, Relation.none_of))
        said += [(Relation.includes, item) for item in sorted(self.has)]
        said += [(Relation.excludes, item) for item in sorted(self.lacks)]
        return said

    def example(self, now: Value | None) -> Value | None:
        """A value in the region, near to `now` for lists; None if any text but the excluded ones will do."""
        if self.kind is FactType.texts:
            kept = now if isinstance(now, frozenset) else frozenset()
            return (kept | self.has) - self.lacks
        if self.choices is not None:
            return _sorted(self.choices)[0]
        if self.kind is FactType.number:
            return next((value for value in self._candidates() if self.admits(value)), None)
        return None

    def _bounded(self, value: Scalar) -> bool:
        if isinstance(value, str):
            return True
        above = value > self.low if self.over else value >= self.low
        return above and (value < self.high if self.under else value <= self.high)

    def _normal(self) -> "Region | None":
        if self.has & self.lacks:
            return None
        choices = self.choices
        if choices is None and self.low == self.high and not (self.over or self.under):
            choices = frozenset({self.low})
        if choices is not None:
            left = frozenset(value for value in choices if value not in self.without and self._bounded(value))
            return Region(self.kind, choices=left) if left else None
        if self.low >= self.high:
            return None
        return replace(self, without=frozenset(value for value in self.without if self._bounded(value)))

    def _candidates(self) -> list[Number]:
        enough = len(self.without) + 2
        if self.low == -math.inf and self.high == math.inf:
            return list(islice(count(), enough))
        if self.high == math.inf:
            return [self.low, *islice(count(math.floor(self.low) + 1), enough)]
        if self.low == -math.inf:
            return [self.high, *islice(count(math.ceil(self.high) - 1, -1), enough)]
        steps = (math.floor(self.low) + step for step in range(1, enough + 1))
        parts = (self.low + (self.high - self.low) * step / (enough + 1) for step in range(1, enough + 1))
        return [self.low, self.high, *steps, *parts]


def region(kind: FactType, relation: Relation, value: Scalar | tuple[Scalar, ...]) -> Region:
    """The values that stand in a relation to a value (or to several, for `one_of` and `none_of`)."""
    many = frozenset(value if isinstance(value, tuple) else (value,))
    match relation:
        case Relation.eq | Relation.one_of:
            return Region(kind, choices=many)
        case Relation.ne | Relation.none_of if kind is FactType.boolean:
            return Region(kind, choices=frozenset({True, False}) - many)
        case Relation.ne | Relation.none_of:
            return Region(kind, without=many)
        case Relation.includes:
            return Region(kind, has=frozenset(str(item) for item in many))
        case Relation.excludes:
            return Region(kind, lacks=frozenset(str(item) for item in many))
        case _:
            return _half_line(kind, relation, value)


def _half_line(kind: FactType, relation: Relation, value: Scalar | tuple[Scalar, ...]) -> Region:
    assert isinstance(value, int | float), "only numbers are ordered, the models see to it"
    if relation in {Relation.gt, Relation.ge}:
        return Region(kind, low=value, over=relation is Relation.gt)
    return Region(kind, high=value, under=relation is Relation.lt)


def _listed(values: frozenset[Scalar], one: Relation, many: Relation) -> tuple[Relation, Scalar | list[Scalar]]:
    ordered = _sorted(values)
    return (one, ordered[0]) if len(ordered) == 1 else (many, ordered)


def _sorted(values: frozenset[_S]) -> list[_S]:
    return sorted(values, key=lambda value: (isinstance(value, str), value))
