"""Which rules apply to a party, and why: a rulebook asked about facts, and its answer in the reader's language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from services.agreements.rulebooks.packs import RULEBOOKS
from services.agreements.rulebooks.schemas import LANGUAGES, Rulebook
from services.agreements.rulebooks.vocabulary import VOCABULARY, Side, facts_of
from shared.predicates import Language, Step, Truth, Verdict, evaluate, explain, spoken, truth
from shared.schemas import Read
from shared.work import Work


class TraceEntry(Read):
    """One clause of the rule: what it asks, what it read, how that came out, and where it stands."""

    clause: str
    outcome: Truth
    fact: str | None
    value: JsonValue
    citation: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rulebook says about one party. `bound`: whether it is a party that the rule speaks to at all."""

    rulebook: Rulebook
    facts: dict[str, Any]
    bound: Truth
    verdict: Verdict

    @property
    def applies(self) -> Truth:
        return self.verdict.outcome


def find(rulebook: Rulebook, party: Side, counterparts: Sequence[Side], instrument_kind: str | None) -> Finding:
    """Ask one rulebook about one party."""
    facts = facts_of(party, counterparts, instrument_kind)
    verdict = evaluate(rulebook.applies, facts, vocabulary=VOCABULARY)
    return Finding(rulebook, facts, truth(rulebook.binds, facts), verdict)


def findings(sides: Sequence[Side], instrument_kind: str | None, rulebooks: Mapping[str, Rulebook] = RULEBOOKS) -> Iterator[tuple[int, Finding]]:
    """Every rulebook asked about every party; the number is the party's place in `sides`."""
    for place, party in enumerate(sides):
        counterparts = [side for other, side in enumerate(sides) if other != place]
        for rulebook in rulebooks.values():
            yield place, find(rulebook, party, counterparts, instrument_kind)


def said(verdict: Verdict, rulebook: Rulebook, language: Language) -> Verdict:
    """The verdict with its sentences, labels included, in a language."""
    return spoken(verdict.model_copy(update={"trace": _labelled(verdict.trace, rulebook, language)}), language, VOCABULARY)


def sentences(verdict: Verdict, rulebook: Rulebook, language: Language) -> list[str]:
    """One line a clause, and a last one for what would change the answer; for a false one, what being outside means."""
    translated = verdict.model_copy(update={"trace": _labelled(verdict.trace, rulebook, language)})
    lines = explain(translated, language, VOCABULARY)
    return [*lines, rulebook.outside.text(language)] if verdict.outcome is Truth.false else lines


def trace(verdict: Verdict, rulebook: Rulebook, language: Language) -> list[TraceEntry]:
    """The clauses in reading order, parents first."""
    return list(_entries(said(verdict, rulebook, language).trace))


def language_of(work: Work) -> Language:
    """The first wanted language that the platform speaks; English at the end."""
    wanted: list[Language] = [language for tag in work.asked.languages for language in LANGUAGES if language == tag]
    return wanted[0] if wanted else "en"


def _labelled(step: Step, rulebook: Rulebook, language: Language) -> Step:
    words = rulebook.words(step.label or "")
    label = words.text(language) if words else step.label
    return step.model_copy(update={"label": label, "of": tuple(_labelled(inner, rulebook, language) for inner in step.of)})


def _entries(step: Step) -> Iterator[TraceEntry]:
    yield TraceEntry(clause=step.sentence, outcome=step.outcome, fact=step.fact, value=step.value, citation=step.citation)
    for inner in step.of:
        yield from _entries(inner)
