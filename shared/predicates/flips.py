"""The smallest change of facts that leads to another outcome, by dynamic programming over the tree.

A *way* is a set of requirements on facts that settles a clause whatever the other facts are. `any` offers the ways of its
clauses, `all` their combinations, and `not` asks for the opposite. Of two ways that agree on every fact that several
clauses read, the dearer one can never become better and is dropped: where no fact is shared one way per clause survives,
and the sum over `all` and the minimum over `any` is exact in linear time. Shared facts keep apart as many ways as they must
(the general problem is NP-hard), up to `MAX_WAYS`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from pydantic import JsonValue

from shared.predicates.clauses import AllOf, AnyOf, Not, Predicate, Test, tests_of, walk
from shared.predicates.reading import in_json, known
from shared.predicates.regions import Region, region
from shared.predicates.terms import Relation, Truth, Value
from shared.predicates.verdicts import Change, Condition, Flip

MAX_WAYS = 128
_symbols = {
    Relation.eq: "=",
    Relation.ne: "!=",
    Relation.lt: "<",
    Relation.le: "<=",
    Relation.gt: ">",
    Relation.ge: ">=",
    Relation.one_of: "one of",
    Relation.none_of: "none of",
    Relation.includes: "includes",
    Relation.excludes: "excludes",
}


@dataclass(frozen=True, slots=True)
class _Way:
    """What each fact has to be, and the price: facts to change, of which those whose value is known today."""

    regions: dict[str, Region]
    price: tuple[int, int]


class _Search:
    def __init__(self, predicate: Predicate, facts: Mapping[str, object]) -> None:
        reads = [test for _, clause in walk(predicate) if not isinstance(clause, AllOf | AnyOf | Not) for test in tests_of(clause)]
        times = Counter(test.fact for test in reads)
        self.shared = {fact for fact, number in times.items() if number > 1}
        self.now: dict[str, Value | None] = {test.fact: known(facts, test.fact, test.kind) for test in reads}
        self.complete = True

    def ways(self, predicate: Predicate, wanted: bool) -> list[_Way]:
        """Every way worth keeping to make a clause true (or false), cheapest first."""
        match predicate:
            case Not():
                return self.ways(predicate.of, not wanted)
            case AllOf() | AnyOf():
                offers = [self.ways(clause, wanted) for clause in predicate.of]
                if isinstance(predicate, AllOf) is wanted:
                    return reduce(self._both, offers)
                return self._kept(way for offer in offers for way in offer)
            case _:
                return self._leaf(tests_of(predicate), wanted)

    def _leaf(self, tests: tuple[Test, ...], wanted: bool) -> list[_Way]:
        if wanted:
            return [self._way({test.fact: region(test.kind, test.relation, test.value) for test in tests})]
        return self._kept(self._way({test.fact: region(test.kind, test.relation.opposite, test.value)}) for test in tests)

    def _way(self, regions: dict[str, Region]) -> _Way:
        dear = [self.now[fact] for fact, wanted in regions.items() if not wanted.admits(self.now[fact])]
        return _Way(regions, (len(dear), sum(1 for value in dear if value is not None)))

    def _both(self, left: list[_Way], right: list[_Way]) -> list[_Way]:
        return self._kept(way for one in left for other in right if (way := self._joined(one, other)))

    def _joined(self, one: _Way, other: _Way) -> _Way | None:
        regions = dict(one.regions)
        for fact, wanted in other.regions.items():
            both = regions[fact].meet(wanted) if fact in regions else wanted
            if both is None:
                return None
            regions[fact] = both
        return self._way(regions)

    def _kept(self, ways: Iterable[_Way]) -> list[_Way]:
        best: dict[frozenset[tuple[str, Region]], _Way] = {}
        for way in ways:
            seen_by_others = frozenset((fact, wanted) for fact, wanted in way.regions.items() if fact in self.shared)
            if seen_by_others not in best or way.price < best[seen_by_others].price:
                best[seen_by_others] = way
        kept = sorted(best.values(), key=lambda way: way.price)
        self.complete = self.complete and len(kept) <= MAX_WAYS
        return kept[:MAX_WAYS]


def smallest_flip(predicate: Predicate, facts: Mapping[str, object], outcome: Truth) -> Flip | None:
    """The fewest facts to change, or to learn, so that a true outcome becomes false and any other one true.

    Among equals it prefers learning to changing, then the order of the document. None if no change was found: the
    predicate contradicts itself or always holds. Raises `FactMismatch`.
    """
    search = _Search(predicate, facts)
    wanted = outcome is not Truth.true
    ways = search.ways(predicate, wanted)
    if not ways:
        return None
    changes = (_change(fact, needed, search.now[fact]) for fact, needed in ways[0].regions.items() if not needed.admits(search.now[fact]))
    return Flip(to=Truth.of(wanted), changes=tuple(changes), smallest=search.complete)


def _change(fact: str, needed: Region, now: Value | None) -> Change:
    conditions = needed.conditions()
    return Change(
        fact=fact,
        now=in_json(now),
        needs=" and ".join(f"{_symbols[relation]} {_listing(in_json(value))}" for relation, value in conditions),
        conditions=tuple(Condition(is_=relation, value=in_json(value)) for relation, value in conditions),
        example=in_json(needed.example(now)),
    )


def _listing(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(_listing(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
