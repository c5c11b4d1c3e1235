"""The trace in plain words, in English, Spanish and French."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from shared.predicates.phrases import CLAIMS, NAMES, POINTS, WORDS
from shared.predicates.terms import Language, Relation, Truth
from shared.predicates.verdicts import Change, Flip, Step, Verdict
from shared.predicates.vocabulary import Vocabulary

_SHOWN = 5


def spoken(verdict: Verdict, language: Language, vocabulary: Vocabulary | None = None) -> Verdict:
    """The same verdict with its sentences in a language; a stored verdict can be said again in another one."""
    speaker = _Speaker(language, vocabulary)
    flip = verdict.flip
    return verdict.model_copy(
        update={
            "trace": speaker.step(verdict.trace),
            "flip": flip and flip.model_copy(update={"sentence": speaker.flip(flip)}),
        }
    )


def explain(verdict: Verdict, language: Language, vocabulary: Vocabulary | None = None) -> list[str]:
    """One line for each clause, indented by two spaces a level, and a last one for what would change the outcome."""
    said = spoken(verdict, language, vocabulary)
    return [*_lines(said.trace, 0), *([said.flip.sentence] if said.flip else [])]


def _lines(step: Step, level: int) -> Iterator[str]:
    yield "  " * level + step.sentence
    for inner in step.of:
        yield from _lines(inner, level + 1)


@dataclass(frozen=True, slots=True)
class _Speaker:
    language: Language
    vocabulary: Vocabulary | None

    def step(self, step: Step) -> Step:
        sentence = self._say("source", citation=step.citation) if step.citation else ""
        update = {"sentence": self._sentence(step) + sentence, "of": tuple(self.step(inner) for inner in step.of)}
        return step.model_copy(update=update)

    def flip(self, flip: Flip) -> str:
        changes = "; ".join(self._change(change) for change in flip.changes)
        return self._say(f"flip_{flip.to.value}", changes=changes)

    def _sentence(self, step: Step) -> str:
        answer = self._say(step.outcome.value)
        if step.fact is None:
            return self._say("group", claim=step.label or self._say(step.op), answer=answer)
        claim = step.label or self._claim_of(step, step.fact)
        if step.outcome is Truth.unknown:
            return self._say("unknown_leaf", claim=claim)
        if isinstance(step.value, bool):
            return self._say("group", claim=claim, answer=answer)  # "no, it is no" says nothing more
        return self._say("leaf", claim=claim, answer=answer, value=self._value(step.fact, step.value))

    def _claim_of(self, step: Step, fact: str) -> str:
        if step.op == "within":
            return self._say("within", wanted=self._value(fact, step.wanted))
        claim = self._claim(fact, step.is_ or Relation.eq, step.wanted)
        return claim if claim.startswith(fact) else claim[0].upper() + claim[1:]

    def _change(self, change: Change) -> str:
        claims = (self._claim(change.fact, condition.is_, condition.value) for condition in change.conditions)
        now = self._say("unknown") if change.now is None else self._value(change.fact, change.now)
        return self._say("change", claim=self._say("and").join(claims), now=now)

    def _claim(self, fact: str, relation: Relation, wanted: JsonValue) -> str:
        return _filled(CLAIMS[self.language][relation], fact=self._name(fact), wanted=self._value(fact, wanted))

    def _name(self, fact: str) -> str:
        named = self.vocabulary.name(fact, self.language) if self.vocabulary else fact
        if named != fact:
            return named
        family, _, member = fact.partition(".")
        return _filled(NAMES[self.language].get(family, fact), member=member)

    def _value(self, fact: str, value: JsonValue) -> str:
        if isinstance(value, list):
            shown = [self._value(fact, item) for item in value[:_SHOWN]]
            more = [self._say("more", number=str(len(value) - _SHOWN))] if len(value) > _SHOWN else []
            return ", ".join(shown) + (" " + more[0] if more else "") if shown else self._say("nothing")
        if isinstance(value, bool):
            return self._say("true" if value else "false")
        if isinstance(value, int | float):
            return self._distance(value) if fact.startswith("border_m.") else self._number(value)
        return str(value)

    def _distance(self, metres: int | float) -> str:
        return f"{self._number(metres / 1000)} km" if abs(metres) >= 1000 else f"{self._number(metres)} m"

    def _number(self, value: int | float) -> str:
        thousands, decimal = POINTS[self.language]
        whole = value == int(value)
        text = (f"{int(value):,}" if abs(value) >= 10_000 else f"{int(value)}") if whole else f"{value:,}"
        return text.translate({ord(","): thousands, ord("."): decimal})

    def _say(self, key: str, **values: str) -> str:
        return _filled(WORDS[self.language][key], **values)


def _filled(template: str, **values: str) -> str:
    """The template with its names replaced once; braces in a value stay as they are."""
    return template.format_map(values)
