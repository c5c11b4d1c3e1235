"""Small cells stay untold: whoever adds and subtracts everything that is published computes none of them."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from services.registry.review.suppression import TOTAL, Key, Limits, Weights, bridges, with_margins, withheld
from services.registry.review.years import Years

LEAST = 5
FIRST, SECOND = "abcd", "vwxyz"
Vector = dict[object, Fraction]
# Governments that answered, and of these the ones that must not be told apart besides.
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
    return withheld(Limits(with_margins(inner), LEAST), order={})


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
    hidden = withheld(Limits(with_margins(every), LEAST), order={})
    hidden_verified = withheld(Limits(with_margins(parts), LEAST), order={}, whole=hidden)
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
    assert {key[0] for key in withheld(Limits(table, LEAST), order=table)} == hidden


# What a government says in each of three years, and how many say so; of each of three groups.
THEN = 2020
history = st.lists(st.sampled_from([None, (0, 1), (1, 1)]), min_size=3, max_size=3).map(tuple)
told_over_years = st.dictionaries(st.sampled_from("abc"), st.dictionaries(history, st.integers(1, 9), max_size=3), min_size=1)
History = tuple[tuple[int, int] | None, ...]


def text_of(said: History, mark: str = "") -> str:
    return ",".join(f"{THEN + nth} {told[0]} {told[1]}{mark}" for nth, told in enumerate(said) if told is not None)


def over_years(groups: Mapping[str, Mapping[History, int]]) -> Years:
    years = Years(THEN, THEN + 2, [(group, None) for group in groups])
    for group, histories in groups.items():
        for said, count in histories.items():
            if text := text_of(said):
                years.add((group, None), text, count)
    return years


def told_of(groups: Mapping[str, Mapping[History, int]], nth: int, inside: Iterable[str]) -> Vector:
    """What these groups add up to in a year: of each history the sum that its governments say then."""
    summed: Vector = {}
    for group in inside:
        for said in groups[group]:
            if said[nth] is not None:
                summed[group, said, said[nth]] = Fraction(1)
    return summed


def apart(one: Vector, other: Vector) -> Vector:
    return {name: value for name in {**one, **other} if (value := one.get(name, Fraction(0)) - other.get(name, Fraction(0)))}


def governments_in(groups: Mapping[str, Mapping[History, int]], vector: Vector) -> int:
    names: set[Any] = {name[:2] for name in vector if isinstance(name, tuple)}
    return sum(groups[group][said] for group, said in names)


@settings(max_examples=1_500, deadline=None)
@example({"a": {((1, 1), (1, 1), (1, 1)): 5, ((0, 1), (0, 1), (0, 1)): 5, (None, (1, 1), (1, 1)): 1, (None, None, (1, 1)): 4}})
@example({"a": {((1, 1),) * 3: 9}, "b": {((1, 1),) * 3: 2, (None, (1, 1), (1, 1)): 6}, "c": {((0, 1),) * 3: 9}})
@given(told_over_years)
def test_two_years_of_which_both_may_be_asked_tell_nothing_of_few(groups: dict[str, dict[History, int]]) -> None:
    """Every sum of groups of one year less every sum of groups of another is either unknown, or of nobody, or of enough governments."""
    hidden = over_years(groups).hidden(LEAST, {}, verified_only=False)
    cells: list[tuple[Key, tuple[str, ...]]] = [(TOTAL, tuple(groups)), *(((group, None), (group,)) for group in groups)]
    published = [(nth, inside) for nth, untold in enumerate(hidden) for key, inside in cells if key not in untold]
    subsets = [some for size in range(len(groups) + 1) for some in combinations(groups, size)]
    for early, late in combinations(range(len(hidden)), 2):
        known = Solver(told_of(groups, nth, inside) for nth, inside in published if nth in (early, late))
        # What the earlier year and the whole of the later one tell by themselves is mended by no group that is withheld.
        fixed = Solver(told_of(groups, nth, inside) for nth, inside in published if nth == early or (nth == late and len(inside) == len(groups)))
        for now, then in product(subsets, subsets):
            vector = apart(told_of(groups, late, now), told_of(groups, early, then))
            if 0 < governments_in(groups, vector) < LEAST and known.knows(vector):
                assert fixed.knows(vector) and len(groups) > 1, (late, now, early, then, hidden)


@settings(max_examples=300, deadline=None)
@given(told_over_years, st.integers(0, 2))
def test_what_is_withheld_of_a_year_depends_on_no_later_one(groups: dict[str, dict[History, int]], until: int) -> None:
    shorter = {group: {said[: until + 1] + (None,) * (2 - until): 0 for said in histories} for group, histories in groups.items()}
    for group, histories in groups.items():
        for said, count in histories.items():
            shorter[group][said[: until + 1] + (None,) * (2 - until)] += count
    assert over_years(shorter).hidden(LEAST, {}, verified_only=False)[: until + 1] == over_years(groups).hidden(LEAST, {}, verified_only=False)[: until + 1]


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("vwx")), st.lists(st.tuples(history, st.integers(1, 9), st.booleans()), max_size=3)),
    st.booleans(),
)
def test_a_cell_of_two_groupings_is_told_of_two_years_if_none_or_enough_say_something_else(
    groups: dict[Key, list[tuple[History, int, bool]]], verified_only: bool
) -> None:
    years = Years(THEN, THEN + 2, list(groups))
    for key, histories in groups.items():
        for said, count, verified in histories:
            if text := text_of(said, " v" if verified else ""):
                years.add(key, text, count)
    decided = years.hidden(LEAST, {}, verified_only=verified_only)
    for early, late in combinations(range(3), 2):
        for key in with_margins(dict.fromkeys(groups, ())):
            if key not in decided[early] and key not in decided[late]:
                inside = [one for cell, histories in groups.items() if covers(key, cell) for one in histories if one[2] or not verified_only]
                assert not small([sum(count for said, count, _ in inside if said[early] != said[late])]), (key, early, late)
