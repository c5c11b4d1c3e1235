"""The shape of a rulebook: law as data, with its sources. A file that breaks it stops the application at its start."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from services.agreements.gates.states import Calendar, EffectIfMissed, Filer, GateKind, OnExpiry, Stage
from services.agreements.rulebooks.vocabulary import VOCABULARY
from shared.predicates import AllOf, Language, Predicate
from shared.predicates.clauses import walk

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,60}$")]
Fitting = Annotated[Predicate, AfterValidator(VOCABULARY.check)]
LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Rule):
    """The same words in every language of the platform."""

    en: Annotated[str, Field(min_length=1, max_length=1000)]
    es: Annotated[str, Field(min_length=1, max_length=1000)]
    fr: Annotated[str, Field(min_length=1, max_length=1000)]

    def text(self, language: Language) -> str:
        return str(getattr(self, language))


APPLIES = Words(en="The rule applies", es="La norma se aplica", fr="La règle s'applique")


class Source(Rule):
    """Where a rule was read. `official`: the text itself or its publisher's own page; `secondary`: somebody else on it."""

    url: Annotated[str, Field(pattern=r"^https?://", max_length=500)]
    standing: Literal["official", "secondary"]
    supports: Annotated[str, Field(min_length=1, max_length=300)]


class DecidedBy(Rule):
    """Who answers: accounts that may decide gates, of this country."""

    role: Literal["decision_maker"] = "decision_maker"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    body: Words


class Outcome(Rule):
    """One possible answer; `clears` says whether the step may then be taken."""

    key: Slug
    title: Words
    clears: bool


class GateRule(Rule):
    """A gate as the rule describes it. Days and calendar are null where the law sets no time."""

    key: Slug
    title: Words
    kind: GateKind
    before: Stage
    days: Annotated[int, Field(ge=1, le=1000)] | None
    calendar: Calendar | None
    on_expiry: OnExpiry
    decided_by: DecidedBy
    may_file: Annotated[tuple[Filer, ...], Field(min_length=1)]
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=10)]
    effect_if_missed: EffectIfMissed
    citation: Annotated[str, Field(min_length=1, max_length=300)]

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        if self.before is not Stage.sign:
            raise ValueError("only signing asks whether gates are cleared: a gate before another step would be shown and not kept")
        if self.days is not None or self.calendar is not None or self.on_expiry is not OnExpiry.none:
            raise ValueError("no worker runs the clocks of gates yet: a rule with days would be shown and not kept")
        if not any(outcome.clears for outcome in self.outcomes):
            raise ValueError("no outcome clears this gate")
        return self

    def outcome(self, key: str) -> Outcome | None:
        return next((outcome for outcome in self.outcomes if outcome.key == key), None)


class Note(Rule):
    """A duty or a piece of advice; it never blocks."""

    key: Slug
    text: Words
    citation: Annotated[str, Field(min_length=1, max_length=300)]
    source: Annotated[str, Field(pattern=r"^https?://", max_length=500)]


class Rulebook(Rule):
    """One jurisdiction's rules in one version.

    `binds` asks about the party, `scope` about its counterparts and the instrument; both must hold. Labels of clauses are written
    in English and translated in `labels`. `effective_from` is null where the sources read do not settle it.
    """

    id: Slug
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    version: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    title: Words
    citation: Annotated[str, Field(min_length=1, max_length=300)]
    effective_from: date | None
    read_on: date
    review_on: date
    notice: Words
    binds: Fitting
    scope: Fitting
    outside: Words
    labels: dict[str, Words] = {}
    gates: tuple[GateRule, ...] = ()
    duties: tuple[Note, ...] = ()
    advice: tuple[Note, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.review_on <= self.read_on:
            raise ValueError("review_on lies after read_on")
        if len({gate.key for gate in self.gates}) != len(self.gates):
            raise ValueError("gates have distinct keys")
        used = {clause.label for root in (self.binds, self.scope) for _, clause in walk(root) if clause.label}
        if used != set(self.labels):
            raise ValueError(f"labels and their translations differ: {sorted(used ^ set(self.labels))}")
        return self

    @property
    def applies(self) -> AllOf:
        """The whole condition: the party is bound, and this is a case for the rule."""
        return AllOf(of=(self.binds, self.scope), label=APPLIES.en, citation=self.citation)

    def words(self, label: str) -> Words | None:
        """A clause's label in every language."""
        return APPLIES if label == APPLIES.en else self.labels.get(label)

    def gate(self, key: str) -> GateRule | None:
        return next((gate for gate in self.gates if gate.key == key), None)
