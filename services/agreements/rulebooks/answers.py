"""Rulebooks and their answers, in the reader's language."""

from datetime import date
from typing import Literal

from services.agreements.gates.phrases import by_when, on_silence
from services.agreements.gates.states import Calendar, EffectIfMissed, Filer, GateKind, OnExpiry, Stage
from services.agreements.rulebooks.schemas import GateRule, Note, Rulebook, Source
from shared.predicates import Language, Predicate
from shared.schemas import Read


class OutcomeRead(Read):
    key: str
    title: str
    clears: bool


class DecidesRead(Read):
    role: Literal["decision_maker"]
    country: str
    body: str


class GateRuleRead(Read):
    """A gate as a rule describes it; `by_when` and `on_silence` say in words what days, calendar and on_expiry say as data."""

    key: str
    title: str
    kind: GateKind
    before: Stage
    days: int | None
    calendar: Calendar | None
    on_expiry: OnExpiry
    by_when: str
    on_silence: str
    decided_by: DecidesRead
    may_file: list[Filer]
    outcomes: list[OutcomeRead]
    effect_if_missed: EffectIfMissed
    citation: str


class NoteRead(Read):
    key: str
    text: str
    citation: str
    source: str


class RulebookBrief(Read):
    id: str
    jurisdiction: str
    version: str
    title: str
    citation: str
    effective_from: date | None
    read_on: date
    review_on: date
    notice: str


class RulebookRead(RulebookBrief):
    """`binds` asks about the party, `scope` about its counterparts; both in the predicate language."""

    binds: Predicate
    scope: Predicate
    outside: str
    gates: list[GateRuleRead]
    duties: list[NoteRead]
    advice: list[NoteRead]
    sources: list[Source]


def gate_read(rule: GateRule, language: Language) -> GateRuleRead:
    outcomes = [OutcomeRead(key=each.key, title=each.title.text(language), clears=each.clears) for each in rule.outcomes]
    decides = DecidesRead(role=rule.decided_by.role, country=rule.decided_by.country, body=rule.decided_by.body.text(language))
    plain = rule.model_dump(include={"key", "kind", "before", "days", "calendar", "on_expiry", "may_file", "effect_if_missed", "citation"})
    said = {"title": rule.title.text(language), "by_when": by_when(language), "on_silence": on_silence(language)}
    return GateRuleRead(**plain, **said, decided_by=decides, outcomes=outcomes)


def notes_read(notes: tuple[Note, ...], language: Language) -> list[NoteRead]:
    return [NoteRead(key=note.key, text=note.text.text(language), citation=note.citation, source=note.source) for note in notes]


def brief(rulebook: Rulebook, language: Language) -> RulebookBrief:
    plain = rulebook.model_dump(include={"id", "jurisdiction", "version", "citation", "effective_from", "read_on", "review_on"})
    return RulebookBrief(**plain, title=rulebook.title.text(language), notice=rulebook.notice.text(language))


def whole(rulebook: Rulebook, language: Language) -> RulebookRead:
    return RulebookRead(
        **brief(rulebook, language).model_dump(),
        binds=rulebook.binds,
        scope=rulebook.scope,
        outside=rulebook.outside.text(language),
        gates=[gate_read(gate, language) for gate in rulebook.gates],
        duties=notes_read(rulebook.duties, language),
        advice=notes_read(rulebook.advice, language),
        sources=list(rulebook.sources),
    )
