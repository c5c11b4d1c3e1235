"""The facts a predicate may name, their types, and how to ask a database for them."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import SQLColumnExpression

from shared.predicates.clauses import AllOf, AnyOf, Compare, Includes, Leaf, Near, Not, OneOf, Predicate, Within, tests_of, walk
from shared.predicates.terms import FactType, Language, PredicateRefused, Problem, json_pointer

Column = Callable[[str], SQLColumnExpression[Any]]


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact, or a family of them if its name ends in `.*` (`border_m.*`).

    `sql` gives the expression for a member (the part after the dot; empty for a plain fact), NULL where it is not known:
    text (not an enum or uuid), integer or double precision, boolean, text[]. `members` is the pattern members match;
    `names` says the fact in plain words, `{member}` standing for the member.
    """

    type: FactType
    sql: Column | None = None
    members: str = r"[A-Za-z0-9_-]+"
    names: Mapping[Language, str] = field(default_factory=dict)


class Vocabulary:
    """The facts of one use of the language: `Vocabulary({"country": Fact(FactType.text, lambda _: Actor.country), ...})`."""

    def __init__(self, facts: Mapping[str, Fact]) -> None:
        self._facts = dict(facts)
        self.known = tuple(sorted(facts))

    def find(self, name: str) -> tuple[Fact, str] | None:
        """The fact and the member of its family that a dotted name means; None if there is none."""
        if name in self._facts:
            return None if name.endswith(".*") else (self._facts[name], "")
        family, dot, member = name.rpartition(".")
        fact = self._facts.get(f"{family}.*") if dot else None
        return (fact, member) if fact and re.fullmatch(fact.members, member) else None

    def name(self, fact: str, language: Language) -> str:
        """The fact in plain words, or its own name if the vocabulary has none."""
        found = self.find(fact)
        words = found[0].names.get(language) if found else None
        return words.replace("{member}", found[1]) if found and words else fact

    def check(self, predicate: Predicate) -> Predicate:
        """The same predicate, if each fact exists and has the type it is asked for; else `PredicateRefused`.

        Fit for `Annotated[Predicate, AfterValidator(vocabulary.check)]`.
        """
        problems = [problem for path, clause in walk(predicate) for problem in self._problems(path, clause)]
        if problems:
            raise PredicateRefused(problems)
        return predicate

    def column(self, fact: str) -> SQLColumnExpression[Any]:
        """The SQL expression of a fact; `LookupError` if the vocabulary has none."""
        found = self.find(fact)
        if found is None or found[0].sql is None:
            raise LookupError(f"fact {fact!r} has no SQL expression")
        return found[0].sql(found[1])

    def _problems(self, path: tuple[str | int, ...], clause: Predicate) -> Iterator[Problem]:
        match clause:
            case AllOf() | AnyOf() | Not():
                return
            case _:
                for test in tests_of(clause):
                    found = self.find(test.fact)
                    if found is None:
                        message = f"There is no fact '{test.fact}'. The facts are: {', '.join(self.known) or 'none'}."
                        yield Problem(json_pointer((*path, _named_at(clause))), "fact_unknown", message, self.known)
                    elif found[0].type is not test.kind:
                        message = f"The fact '{test.fact}' is {found[0].type.phrase}; this clause asks for {test.kind.phrase}."
                        yield Problem(json_pointer((*path, _valued_at(clause))), "fact_type", message, self.known)


def _named_at(leaf: Leaf) -> str:
    match leaf:
        case Near():
            return "country"
        case Within():
            return "place"
        case Compare() | OneOf() | Includes():
            return "fact"


def _valued_at(leaf: Leaf) -> str:
    match leaf:
        case Compare():
            return "value"
        case OneOf():
            return "values"
        case _:
            return _named_at(leaf)
