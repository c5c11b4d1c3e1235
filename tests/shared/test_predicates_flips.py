"""The evaluator and its flips hold for random predicates and facts, and no smaller flip exists."""

from itertools import combinations, product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.predicates import Flip, Predicate, Truth, evaluate, read_predicate, smallest_flip, truth

COUNTRIES = ["MX", "US", "CA"]
PLACES = ["US-TX", "US-CA", "MX-SON"]
KINDS = ["state", "State", "Qu\u00e9bec", "Que\u0301bec", "o'brien", "%_\\", "\u5dde"]
NETWORKS = ["c40", "iclei", "{a,b}", 'say "hi"', "NULL"]
NUMBERS = [0, 1, 2, 50_000, 2**53, -(2**53)]
SCORES = [0, 0.1, 0.3, 1, 1.5, 1e-300]

RANGES: dict[str, list[Any]] = {
    "country": COUNTRIES,
    "subdivision": PLACES,
    "kind": KINDS,
    "population": NUMBERS,
    "score": SCORES,
    "border_m.MX": [0, 1, 50_000],
    "border_m.US": [0, 1, 50_000],
    "verified": [True, False],
}
facts_rows = st.fixed_dictionaries(
    {name: st.none() | st.sampled_from(values) for name, values in RANGES.items()}
    | {"networks": st.none() | st.lists(st.none() | st.sampled_from(NETWORKS), max_size=3)}
)


def _compare(fact: str) -> st.SearchStrategy[dict[str, Any]]:
    values = RANGES[fact]
    relations = ["eq", "ne"] if isinstance(values[0], str | bool) else ["eq", "ne", "lt", "le", "gt", "ge"]
    return st.builds(
        lambda relation, value: {"op": "compare", "fact": fact, "is": relation, "value": value},
        st.sampled_from(relations),
        st.sampled_from(values) | (st.sampled_from(SCORES) if fact == "population" else st.nothing()),
    )


def _one_of(fact: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.lists(st.sampled_from(RANGES[fact]), min_size=1, max_size=3).map(lambda values: {"op": "one_of", "fact": fact, "values": values})


leaves = st.one_of(
    *[_compare(fact) for fact in RANGES],
    *[_one_of(fact) for fact in RANGES if fact != "verified"],
    st.sampled_from(NETWORKS).map(lambda value: {"op": "includes", "fact": "networks", "value": value}),
    st.sampled_from([*COUNTRIES, *PLACES]).map(lambda place: {"op": "within", "place": place}),
    st.builds(lambda country, m: {"op": "near", "country": country, "within_m": m}, st.sampled_from(["MX", "US"]), st.sampled_from([0, 1, 9])),
)


def _groups(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.builds(lambda op, of: {"op": op, "of": of}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=4))
    return several | inner.map(lambda of: {"op": "not", "of": of})


predicates = st.recursive(leaves, _groups, max_leaves=9).map(read_predicate)


def flipped(facts: dict[str, Any], flip: Flip) -> dict[str, Any]:
    """The facts with each change applied; a text that may be anything else becomes one nobody names."""
    return facts | {change.fact: "none of these" if change.example is None else change.example for change in flip.changes}


@given(predicates, facts_rows)
@settings(max_examples=300, deadline=None)
def test_applying_a_flip_flips_the_outcome(predicate: Predicate, facts: dict[str, Any]) -> None:
    verdict = evaluate(predicate, facts)
    assert verdict.outcome is truth(predicate, facts) is verdict.trace.outcome
    if verdict.flip:
        assert verdict.flip.to is (Truth.false if verdict.outcome is Truth.true else Truth.true)
        assert truth(predicate, flipped(facts, verdict.flip)) is verdict.flip.to
        assert len({change.fact for change in verdict.flip.changes}) == len(verdict.flip.changes) > 0


# Few facts and few values, so that all worlds can be tried. One value of each fact is named by no clause.
WORLD: dict[str, list[Any]] = {"country": ["MX", "US", "elsewhere"], "score": [-1, 0, 0.5, 1, 2], "networks": [[], ["a"], ["b"], ["a", "b"]]}
small_leaves = st.one_of(
    st.builds(
        lambda relation, value: {"op": "compare", "fact": "score", "is": relation, "value": value},
        st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]),
        st.sampled_from([0, 1]),
    ),
    st.sampled_from(["MX", "US"]).map(lambda place: {"op": "within", "place": place}),
    st.sampled_from(["a", "b"]).map(lambda value: {"op": "includes", "fact": "networks", "value": value}),
)
small_predicates = st.recursive(small_leaves, _groups, max_leaves=8).map(read_predicate)


def _fewest_changes(predicate: Predicate, facts: dict[str, Any], wanted: Truth) -> int | None:
    for number in range(1, len(WORLD) + 1):
        for names in combinations(WORLD, number):
            for values in product(*(WORLD[name] for name in names)):
                if truth(predicate, facts | dict(zip(names, values, strict=True))) is wanted:
                    return number
    return None


@given(small_predicates, st.fixed_dictionaries({name: st.none() | st.sampled_from(values) for name, values in WORLD.items()}))
@settings(max_examples=300, deadline=None)
def test_no_smaller_flip_exists(predicate: Predicate, facts: dict[str, Any]) -> None:
    outcome = truth(predicate, facts)
    wanted = Truth.false if outcome is Truth.true else Truth.true
    flip = smallest_flip(predicate, facts, outcome)
    assert (len(flip.changes) if flip else None) == _fewest_changes(predicate, facts, wanted)
    assert flip is None or flip.smallest


def test_what_must_not_change_is_kept() -> None:
    """Moving the seat to Mexico would break the first clause, so the flip goes by the network."""
    predicate = read_predicate(
        {
            "op": "all",
            "of": [
                {"op": "within", "place": "US"},
                {"op": "any", "of": [{"op": "within", "place": "MX"}, {"op": "includes", "fact": "networks", "value": "c40"}]},
            ],
        }
    )
    flip = smallest_flip(predicate, {"country": "US", "networks": ["iclei"]}, Truth.false)
    assert flip is not None
    assert [(change.fact, change.now, change.needs, change.example) for change in flip.changes] == [("networks", ["iclei"], "includes c40", ["c40", "iclei"])]


def test_requirements_on_one_fact_are_merged() -> None:
    bounds = [("ge", 10), ("lt", 20), ("ne", 10), ("ne", 30), ("gt", 5)]
    predicate = read_predicate({"op": "all", "of": [{"op": "compare", "fact": "score", "is": is_, "value": value} for is_, value in bounds]})
    flip = smallest_flip(predicate, {}, Truth.unknown)
    assert flip is not None
    assert flip.model_dump(mode="json")["changes"] == [
        {
            "fact": "score",
            "now": None,
            "needs": ">= 10 and < 20 and != 10",
            "conditions": [{"is": "ge", "value": 10}, {"is": "lt", "value": 20}, {"is": "ne", "value": 10}],
            "example": 11,
        }
    ]


def test_a_contradiction_has_no_flip() -> None:
    predicate = read_predicate({"op": "all", "of": [{"op": "within", "place": "US"}, {"op": "within", "place": "MX"}]})
    assert smallest_flip(predicate, {}, Truth.unknown) is None


def test_learning_goes_before_changing() -> None:
    predicate = read_predicate({"op": "any", "of": [{"op": "within", "place": "MX"}, {"op": "near", "country": "MX", "within_m": 100_000}]})
    flip = evaluate(predicate, {"country": "US"}).flip
    assert flip is not None
    assert [(change.fact, change.needs) for change in flip.changes] == [("border_m.MX", "<= 100000")]


def test_many_shared_facts_still_get_a_flip() -> None:
    """Beyond the ways that are kept the flip may not be the smallest, and says so; it still flips."""
    clauses = [
        {"op": "any", "of": [{"op": "compare", "fact": f"f{(7 * row + 3 * column) % 16}", "is": "gt", "value": row} for column in range(10)]}
        for row in range(18)
    ]
    predicate = read_predicate({"op": "all", "of": clauses})
    flip = evaluate(predicate, {}).flip
    assert flip is not None
    assert not flip.smallest
    assert truth(predicate, flipped({}, flip)) is Truth.true
