"""Small cells stay untold: whoever adds and subtracts everything that is published computes none of them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.registry.review.suppression import TOTAL, Key, Weights, bridges, with_margins, withheld

LEAST = 5
FIRST, SECOND = "abcd", "vwxyz"
Vector = dict[object, Fraction]
# Governments that answered, and of these the ones that say something else than a year before.
counts = st.integers(0, 12).flatmap(lambda answered: st.tuples(st.just(answered), st.integers(0, answered)))
one_way = st.dictionaries(st.tuples(st.sampled_from(FIRST), st.none()), counts, min_size=1)
two_way = st.dictionaries(st.tuples(st.sampled_from(FIRST), st.sampled_from(SECOND)), counts, min_size=1)


def small(weights: Iterable[int]) -> bool:
    return any(0 < weight < LEAST for weight in weights)


def covers(key: Key, cell: Key) -> bool:
    return all(part is None or part == of for part, of in zip(key, cell, strict=True))


class Solver:
    """Everything that follows from equations, exactly."""

    def __init__(self, equations: Iterable[Vector]) -> None:
        self.rows: dict[object, Vector] = {}
        for equation in equations:
            rest = self.reduced(equation)
            if rest:
                pivot = next(iter(rest))
                self.rows[pivot] = {name: value / rest[pivot] for name, value in rest.items()}

    def reduced(self, vector: Mapping[object, Fraction]) -> Vector:
        left, rest = dict(vector), Vector()
        while left:
            name, value = left.popitem()
            row = self.rows.get(name)
            if row is None:
                rest[name] = rest.get(name, Fraction(0)) + value
                continue
            for other, factor in row.items():
                if other != name:
                    left[other] = left.get(other, Fraction(0)) - value * factor
        return {name: value for name, value in rest.items() if value}

    def knows(self, vector: Mapping[object, Fraction]) -> bool:
        return not self.reduced(vector)


def sums(key: Key, inner: Iterable[Key], *of: str) -> Vector:
    """A cell as a sum of the governments in the inner cells that it covers."""
    return {(part, cell): Fraction(1) for cell in inner if covers(key, cell) for part in of}


def published(inner: Mapping[Key, Weights], hidden: set[Key], *of: str) -> list[Vector]:
    """What is told: the sums that are published, and that nobody answered in what adds up to nothing."""
    told = {key: weights for key, weights in with_margins(inner).items() if key not in hidden}
    nothing = [cell for cell in inner if any(covers(key, cell) and not weights[0] for key, weights in told.items())]
    zeros: list[Vector] = [{(part, cell): Fraction(1)} for cell in nothing for part in of]
    return [*(sums(key, inner, *of) for key in told), *zeros]


def hidden_of(inner: Mapping[Key, Weights]) -> set[Key]:
    return withheld(with_margins(inner), LEAST, order=dict.fromkeys(with_margins(inner), 0))


def structure_tells(inner: Mapping[Key, Weights]) -> bool:
    """The margins alone, with the knowledge of where there is no government, tell a small cell: nothing that withholds inner cells can help."""
    known = Solver(published(inner, hidden_of(inner) | set(inner), "all"))
    return any(known.knows(sums(key, inner, "all")) for key, weights in with_margins(inner).items() if small(weights))


@given(one_way)
def test_one_grouping_tells_no_small_cell(inner: dict[Key, Weights]) -> None:
    hidden = hidden_of(inner)
    table = with_margins(inner)
    assert {key for key, weights in table.items() if small(weights)} <= hidden
    known = Solver(published(inner, hidden, "all"))
    for key, weights in table.items():
        assert not (small(weights) and known.knows(sums(key, inner, "all"))), key
    untold = [key for key in hidden if key != TOTAL]
    if TOTAL not in hidden and untold:
        assert len(untold) > 1
        assert not small(map(sum, zip(*(table[key] for key in untold), strict=True)))


@settings(max_examples=400, deadline=None)
@given(two_way)
def test_two_groupings_with_their_margins_tell_no_small_cell(inner: dict[Key, Weights]) -> None:
    assume(not structure_tells(inner))
    hidden = hidden_of(inner)
    table = with_margins(inner)
    known = Solver(published(inner, hidden, "all"))
    for key, weights in table.items():
        assert not (small(weights) and known.knows(sums(key, inner, "all"))), key
    for side, parts in ((0, FIRST), (1, SECOND)):
        for part in parts:
            margin: Key = (part, None) if side == 0 else (None, part)
            untold = [key for key in inner if key[side] == part and key in hidden]
            if margin in table and margin not in hidden and untold:
                together = sums(margin, untold, "all")
                assert not (known.knows(together) and small(map(sum, zip(*(table[key] for key in untold), strict=True)))), margin


@settings(max_examples=200, deadline=None)
@given(two_way)
def test_a_margin_is_withheld_in_every_table_or_in_none(inner: dict[Key, Weights]) -> None:
    hidden = hidden_of(inner)
    for side in (0, 1):
        alone: dict[Key, Weights] = {key: weights for key, weights in with_margins(inner).items() if key[side] is not None and key[1 - side] is None}
        turned: dict[Key, Weights] = {(key[side], None): weights for key, weights in alone.items()}
        by_itself = {key[0] for key in hidden_of(turned)}
        assert {key[side] for key in hidden if key in alone} | ({None} if TOTAL in hidden else set()) == by_itself


@settings(max_examples=300, deadline=None)
@example({("a", "v"): (1, 5), ("a", "w"): (0, 0), ("b", "v"): (0, 0), ("b", "w"): (5, 0)})
@given(st.dictionaries(st.tuples(st.sampled_from(FIRST), st.sampled_from("vw")), st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1))
def test_verified_reports_beside_all_tell_neither(inner: dict[Key, Weights]) -> None:
    every: dict[Key, Weights] = {key: (verified + other, 0) for key, (verified, other) in inner.items()}
    parts: dict[Key, Weights] = {key: (verified, 0, other) for key, (verified, other) in inner.items()}
    order = dict.fromkeys(with_margins(every), 0)
    hidden = withheld(with_margins(every), LEAST, order=order)
    hidden_verified = withheld(with_margins(parts), LEAST, order=order, whole=hidden)
    small_ones = [
        sums(key, inner, *of)
        for key, (verified, _, other) in with_margins(parts).items()
        for count, of in ((verified, ("verified",)), (other, ("other",)), (verified + other, ("verified", "other")))
        if 0 < count < LEAST
    ]
    of_all = published(every, hidden, "verified", "other")
    margins = Solver([*of_all, *published(parts, hidden_verified | set(inner), "verified")])
    assume(not structure_tells(every) and not any(margins.knows(cell) for cell in small_ones))
    known = Solver([*of_all, *published(parts, hidden_verified, "verified")])
    assert not [cell for cell in small_ones if known.knows(cell)]


@given(two_way)
def test_bridges_are_the_edges_that_the_equations_tell(inner: dict[Key, Weights]) -> None:
    """The theorem on which the tables rest: rows and columns as equations tell a cell exactly when no cycle goes through it."""
    edges = set(inner)
    lines = [sums((part, None), edges, "all") for part in FIRST] + [sums((None, part), edges, "all") for part in SECOND]
    known = Solver(lines)
    assert bridges(edges) == {key for key in edges if known.knows(sums(key, edges, "all"))}


@pytest.mark.parametrize(
    ("answered", "hidden"),
    [
        ({"a": 9, "b": 9}, set()),
        ({"a": 9, "b": 0}, set()),
        ({"a": 9, "b": 3}, {"a", "b"}),
        ({"a": 9, "b": 3, "c": 7}, {"b", "c"}),
        ({"a": 9, "b": 3, "c": 2}, {"b", "c"}),
        ({"a": 9, "b": 2, "c": 1, "d": 6}, {"b", "c", "d"}),
        ({"a": 3}, {"a", None}),
        ({"a": 2, "b": 2}, {"a", "b", None}),
    ],
    ids=["none small", "zero is told", "two", "the smaller one besides", "small ones together", "too few together", "all small", "total small"],
)
def test_what_is_withheld(answered: dict[str, int], hidden: set[str | None]) -> None:
    inner: dict[Key, Weights] = {(key, None): (count,) for key, count in answered.items()}
    table = with_margins(inner)
    assert {key[0] for key in withheld(table, LEAST, order=table)} == hidden
