"""The predicate language: what it reads, what it refuses, what it answers and how it says so."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from pydantic import AfterValidator, BaseModel, TypeAdapter, ValidationError

from shared.predicates import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_VALUES,
    Fact,
    FactMismatch,
    FactType,
    Predicate,
    PredicateRefused,
    Truth,
    Verdict,
    Vocabulary,
    evaluate,
    explain,
    read_predicate,
    spoken,
    truth,
)
from tests.shared.test_predicates_flips import predicates

VOCABULARY = Vocabulary(
    {
        "country": Fact(FactType.text),
        "population": Fact(FactType.number, names={"en": "the population", "es": "la población", "fr": "la population"}),
        "networks": Fact(FactType.texts),
        "verified": Fact(FactType.boolean),
        "border_m.*": Fact(FactType.number, members="[A-Z]{2}"),
    }
)
KNOWN = ("border_m.*", "country", "networks", "population", "verified")
LEAF = {"op": "compare", "fact": "population", "is": "ge", "value": 50_000}
BORDER = {
    "op": "all",
    "of": [
        {"op": "near", "country": "MX", "within_m": 100_000, "citation": "La Paz Agreement, art. 4"},
        {"op": "not", "of": {"op": "one_of", "fact": "country", "values": ["MX", "CA"]}},
        {"op": "any", "of": [LEAF, {"op": "includes", "fact": "networks", "value": "c40", "label": "The city is in C40"}]},
    ],
}


def nested(levels: int) -> dict[str, Any]:
    clause: dict[str, Any] = LEAF
    for _ in range(levels - 1):
        clause = {"op": "not", "of": clause}
    return clause


def refusal(document: object) -> list[tuple[str, str]]:
    with pytest.raises(PredicateRefused) as refused:
        VOCABULARY.check(read_predicate(document))
    return [(problem.pointer, problem.code) for problem in refused.value.problems]


class TestReading:
    @given(predicates)
    @settings(max_examples=100, deadline=None)
    def test_json_comes_back_the_same(self, predicate: Predicate) -> None:
        adapter: TypeAdapter[Predicate] = TypeAdapter(Predicate)
        text = adapter.dump_json(predicate)
        again = adapter.validate_json(text)
        assert again == predicate
        assert adapter.dump_json(again) == text
        assert read_predicate(adapter.dump_python(predicate, mode="json")) == predicate

    @pytest.mark.parametrize(
        ("document", "problems"),
        [
            ({"op": "all", "of": []}, [("/of", "too_short")]),
            ({"op": "any", "of": [LEAF] * (MAX_CLAUSES + 1)}, [("/of", "too_long")]),
            ({"op": "any", "of": [{"op": "all", "of": [LEAF] * 100}] * 2}, [("", "value_error")]),
            (nested(MAX_DEPTH + 1), [("", "value_error")]),
            ({"op": "one_of", "fact": "population", "values": [1] * (MAX_VALUES + 1)}, [("/values", "too_long")]),
            ({"op": "one_of", "fact": "population", "values": [1, "a"]}, [("", "value_error")]),
            ({"op": "one_of", "fact": "verified", "values": [True]}, [("", "value_error")]),
            (LEAF | {"value": "a"}, [("", "value_error")]),
            (LEAF | {"value": 2**53 + 1}, [("/value", "less_than_equal")]),
            (LEAF | {"value": float("nan")}, [("/value", "finite_number")]),
            (LEAF | {"is": "eq", "value": "a\x00"}, [("/value", "string_pattern_mismatch")]),
            (LEAF | {"is": "eq", "value": "a" * 201}, [("/value", "string_too_long")]),
            (LEAF | {"is": "eq", "value": None}, [("/value", "scalar")]),
            (LEAF | {"fact": "no spaces"}, [("/fact", "string_pattern_mismatch")]),
            (LEAF | {"a/b": 1}, [("/a~1b", "extra_forbidden")]),
            ({"op": "near", "country": "MX"}, [("/within_m", "missing")]),
            ({"op": "within", "place": "Texas"}, [("/place", "string_pattern_mismatch")]),
            ({"op": "all", "of": [LEAF, {"op": "exec"}, LEAF | {"value": []}]}, [("/of/1", "union_tag_invalid"), ("/of/2/value", "scalar")]),
            ("country = MX", [("", "model_attributes_type")]),
        ],
    )
    def test_malformed_predicates_are_refused_where_they_are_wrong(self, document: object, problems: list[tuple[str, str]]) -> None:
        assert refusal(document) == problems

    def test_nesting_without_end_is_refused(self) -> None:
        assert [code for _, code in refusal(nested(3000))] == ["recursion_depth_exceeded"]

    def test_the_bounds_themselves_are_allowed(self) -> None:
        read_predicate(nested(MAX_DEPTH))
        read_predicate({"op": "any", "of": [LEAF] * (MAX_CLAUSES - 1)})
        read_predicate({"op": "one_of", "fact": "population", "values": [1] * MAX_VALUES})


class TestVocabulary:
    @pytest.mark.parametrize(
        ("clause", "problem"),
        [
            (LEAF | {"fact": "inhabitants"}, ("/of/0/of/fact", "fact_unknown")),
            (LEAF | {"fact": "border_m.MEX"}, ("/of/0/of/fact", "fact_unknown")),
            (LEAF | {"fact": "border_m"}, ("/of/0/of/fact", "fact_unknown")),
            (LEAF | {"fact": "country"}, ("/of/0/of/value", "fact_type")),
            (LEAF | {"is": "eq", "value": True}, ("/of/0/of/value", "fact_type")),
            ({"op": "one_of", "fact": "networks", "values": ["c40"]}, ("/of/0/of/values", "fact_type")),
            ({"op": "includes", "fact": "country", "value": "MX"}, ("/of/0/of/fact", "fact_type")),
            ({"op": "within", "place": "US-TX"}, ("/of/0/of/place", "fact_unknown")),
        ],
    )
    def test_facts_are_checked(self, clause: dict[str, Any], problem: tuple[str, str]) -> None:
        assert refusal({"op": "all", "of": [{"op": "not", "of": clause}, LEAF]}) == [problem]

    def test_a_refusal_says_which_facts_exist(self) -> None:
        with pytest.raises(PredicateRefused) as refused:
            VOCABULARY.check(read_predicate(LEAF | {"fact": "inhabitants"}))
        assert refused.value.problems[0].known == KNOWN
        assert str(refused.value) == f"/fact: There is no fact 'inhabitants'. The facts are: {', '.join(KNOWN)}."

    def test_a_field_of_a_model_is_checked_with_it(self) -> None:
        class Audience(BaseModel):
            rule: Annotated[Predicate, AfterValidator(VOCABULARY.check)]

        assert Audience.model_validate({"rule": BORDER}).rule == read_predicate(BORDER)
        with pytest.raises(ValidationError) as refused:
            Audience.model_validate({"rule": LEAF | {"fact": "inhabitants"}})
        (problem,) = refused.value.errors()
        assert problem["loc"] == ("rule",)
        assert isinstance(problem["ctx"]["error"], PredicateRefused)


class Kind(StrEnum):
    state = "state"


class TestEvaluation:
    def test_the_trace_tells_each_clause(self) -> None:
        verdict = evaluate(read_predicate(BORDER), {"country": "US", "networks": ["iclei"], "population": 1200, "border_m.MX": 42_195})
        dumped = verdict.trace.model_dump(mode="json")
        assert dumped["outcome"] == "false"
        near, negated, either = dumped["of"]
        assert near == {
            "op": "near",
            "outcome": "true",
            "sentence": "The distance to the border with MX is at most 100 km: yes, it is 42.195 km. (La Paz Agreement, art. 4)",
            "label": None,
            "citation": "La Paz Agreement, art. 4",
            "fact": "border_m.MX",
            "is": "le",
            "wanted": 100_000,
            "value": 42_195,
            "of": [],
        }
        assert [(step["op"], step["outcome"]) for step in (negated, negated["of"][0], either)] == [
            ("not", "true"),
            ("one_of", "false"),
            ("any", "false"),
        ]
        assert [(step["fact"], step["value"], step["wanted"]) for step in either["of"]] == [
            ("population", 1200, 50_000),
            ("networks", ["iclei"], "c40"),
        ]
        assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict

    @pytest.mark.parametrize(
        ("facts", "outcome"),
        [
            ({"country": "US", "subdivision": "US-TX"}, Truth.true),
            ({"country": "US", "subdivision": "US-CA"}, Truth.false),
            ({"country": "MX"}, Truth.false),
            ({"country": "US"}, Truth.unknown),
            ({"subdivision": "US-TX"}, Truth.unknown),
            ({}, Truth.unknown),
        ],
    )
    def test_another_country_decides_where_the_subdivision_is_unknown(self, facts: dict[str, str], outcome: Truth) -> None:
        assert truth(read_predicate({"op": "within", "place": "US-TX"}), facts) is outcome

    @pytest.mark.parametrize(("networks", "outcome"), [(None, Truth.unknown), ([], Truth.false), ({"c40"}, Truth.true), ([None], Truth.false)])
    def test_an_empty_list_is_known(self, networks: object, outcome: Truth) -> None:
        assert truth(read_predicate({"op": "includes", "fact": "networks", "value": "c40"}), {"networks": networks}) is outcome

    def test_enums_and_ids_read_as_text(self) -> None:
        seat = UUID("0190b0a0-0000-7000-8000-000000000001")
        both = [{"op": "compare", "fact": "kind", "is": "eq", "value": "state"}, {"op": "one_of", "fact": "seat", "values": [str(seat)]}]
        assert truth(read_predicate({"op": "all", "of": both}), {"kind": Kind.state, "seat": seat}) is Truth.true

    @pytest.mark.parametrize("value", ["1", True, float("nan"), ["1"], object()])
    def test_a_fact_of_another_type_is_the_callers_mistake(self, value: object) -> None:
        with pytest.raises(FactMismatch, match="fact 'population' should be a number, not "):
            truth(read_predicate(LEAF), {"population": value})


class TestSentences:
    FACTS = {"country": "MX", "networks": [], "population": 1_234_567.5}

    def test_english(self) -> None:
        assert explain(evaluate(read_predicate(BORDER), self.FACTS), "en", VOCABULARY) == [
            "All of the following hold: no.",
            "  The distance to the border with MX is at most 100 km: not known. (La Paz Agreement, art. 4)",
            "  The following does not hold: no.",
            "    The country is one of MX, CA: yes, it is MX.",
            "  At least one of the following holds: yes.",
            "    The population is at least 50,000: yes, it is 1,234,567.5.",
            "    The city is in C40: no, it is an empty list.",
            "For it to hold: the distance to the border with MX is at most 100 km (now: not known); the country is none of CA, MX (now: MX).",
        ]

    def test_spanish(self) -> None:
        assert explain(evaluate(read_predicate(BORDER), self.FACTS), "es", VOCABULARY) == [
            "Se cumple todo lo siguiente: no.",
            "  La distancia a la frontera con MX es como máximo 100 km: no se sabe. (La Paz Agreement, art. 4)",
            "  No se cumple lo siguiente: no.",
            "    El país es uno de MX, CA: sí, es MX.",
            "  Se cumple al menos una de las condiciones siguientes: sí.",
            "    La población es como mínimo 50\u202f000: sí, es 1\u202f234\u202f567,5.",
            "    The city is in C40: no, es una lista vacía.",
            "Para que se cumpla: la distancia a la frontera con MX es como máximo 100 km (ahora: no se sabe); el país no es ninguno de CA, MX (ahora: MX).",
        ]

    def test_french(self) -> None:
        assert explain(evaluate(read_predicate(BORDER), self.FACTS), "fr", VOCABULARY) == [
            "Tout ce qui suit est rempli : non.",
            "  La distance à la frontière avec MX est au plus 100 km : on ne le sait pas. (La Paz Agreement, art. 4)",
            "  Ce qui suit n'est pas rempli : non.",
            "    Le pays est l'un de MX, CA : oui, c'est MX.",
            "  Au moins une des conditions suivantes est remplie : oui.",
            "    La population est au moins 50\u202f000 : oui, c'est 1\u202f234\u202f567,5.",
            "    The city is in C40 : non, c'est une liste vide.",
            "Pour que ce soit rempli : la distance à la frontière avec MX est au plus 100 km (actuellement : on ne le sait pas); "
            "le pays n'est aucun de CA, MX (actuellement : MX).",
        ]

    def test_a_stored_verdict_is_said_in_another_language(self) -> None:
        predicate = read_predicate(BORDER)
        stored = Verdict.model_validate_json(evaluate(predicate, self.FACTS).model_dump_json())
        assert spoken(stored, "fr") == evaluate(predicate, self.FACTS, language="fr")

    def test_long_lists_are_cut_and_braces_stay(self) -> None:
        clause = {"op": "one_of", "fact": "kind", "values": [f"{{{number}}}" for number in range(8)]}
        sentence = evaluate(read_predicate(clause), {"kind": "x"}).trace.sentence
        assert sentence == "kind is one of {0}, {1}, {2}, {3}, {4} and 3 more: no, it is x."

    def test_a_place_is_named_as_asked(self) -> None:
        sentence = evaluate(read_predicate({"op": "within", "place": "US-TX"}), {"country": "MX"}).trace.sentence
        assert sentence == "The place is in US-TX: no, it is MX."

    def test_booleans_are_said_in_words(self) -> None:
        clause = {"op": "compare", "fact": "verified", "is": "eq", "value": True}
        verdict = evaluate(read_predicate(clause), {"verified": False})
        assert explain(verdict, "en") == ["verified is yes: no.", "For it to hold: verified is yes (now: no)."]
