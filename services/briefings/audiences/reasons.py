"""Why a seat is in an audience, out of it, or unknown: in sentences, in English, Spanish and French."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from services.briefings.audiences.audience import Audience
from services.briefings.audiences.vocabulary import VOCABULARY
from shared.predicates import Language, Step, Verdict, evaluate

MOST_REASONS = 10
_SPOKEN: dict[str, Language] = {"en": "en", "es": "es", "fr": "fr"}

PHRASES: dict[str, dict[Language, str]] = {
    "named": {
        "en": "The author named this seat.",
        "es": "El autor nombró este cargo.",
        "fr": "L'auteur a nommé ce poste.",
    },
    "not_named": {
        "en": "The audience is a list of named seats, and this seat is not on it.",
        "es": "La audiencia es una lista de cargos nombrados, y este cargo no figura en ella.",
        "fr": "L'audience est une liste de postes nommés, et ce poste n'y figure pas.",
    },
    "inactive": {
        "en": "This seat, or the government it belongs to, is not active.",
        "es": "Este cargo, o el gobierno al que pertenece, no está activo.",
        "fr": "Ce poste, ou le gouvernement dont il relève, n'est pas actif.",
    },
    "received": {
        "en": "It was released to this seat on {date}; these are the facts of that day.",
        "es": "Se difundió a este cargo el {date}; estos son los datos de ese día.",
        "fr": "Il a été diffusé à ce poste le {date} ; voici les données de ce jour.",
    },
    "let_in": {
        "en": "What was not known did not keep it out: the releaser decided to include such seats.",
        "es": "Lo que no se sabía no lo excluyó: quien difundió decidió incluir estos cargos.",
        "fr": "Ce qu'on ne savait pas ne l'a pas exclu : la personne qui a diffusé a décidé d'inclure ces postes.",
    },
    "left_out": {
        "en": "It was released on {date} without this seat: what decides was not known that day, and the releaser left such seats out.",
        "es": "Se difundió el {date} sin este cargo: lo que decide no se sabía ese día, y quien difundió dejó fuera estos cargos.",
        "fr": "Il a été diffusé le {date} sans ce poste : ce qui décide n'était pas connu, et la personne qui a diffusé a laissé ces postes de côté.",
    },
    "not_received": {
        "en": "It was released on {date} without this seat; these are the facts of today.",
        "es": "Se difundió el {date} sin este cargo; estos son los datos de hoy.",
        "fr": "Il a été diffusé le {date} sans ce poste ; voici les données d'aujourd'hui.",
    },
    "not_released": {
        "en": "It has not been released; these are the facts of today.",
        "es": "Todavía no se ha difundido; estos son los datos de hoy.",
        "fr": "Il n'a pas encore été diffusé ; voici les données d'aujourd'hui.",
    },
}


def spoken_language(wanted: Sequence[str]) -> Language:
    """The first wanted language that reasons are written in."""
    return next((_SPOKEN[language] for language in wanted if language in _SPOKEN), "en")


def phrase(key: str, language: Language, at: datetime | None = None) -> str:
    """One sentence; dates as ISO 8601."""
    return PHRASES[key][language].format(date=at.date().isoformat() if at else "")


def verdict_of(audience: Audience, facts: Mapping[str, object], language: Language, *, flips: bool) -> Verdict | None:
    """The predicate's verdict on these facts; None for an audience of named seats only."""
    if audience.predicate is None:
        return None
    return evaluate(audience.predicate, facts, language=language, vocabulary=VOCABULARY, flips=flips)


def reasons(audience: Audience, facts: Mapping[str, object], *, named: bool, language: Language) -> list[str]:
    """The sentences that decided, at most ten: the clauses that made the outcome what it is."""
    if named:
        return [phrase("named", language)]
    verdict = verdict_of(audience, facts, language, flips=False)
    return list(dict.fromkeys(step.sentence for step in _deciding(verdict.trace)))[:MOST_REASONS] if verdict else [phrase("not_named", language)]


def _deciding(step: Step) -> Iterator[Step]:
    """The leaves that made a clause what it is: those alike it, or for a negation those of its contrary."""
    if not step.of:
        yield step
        return
    wanted = step.of[0].outcome if step.op == "not" else step.outcome
    for inner in step.of:
        if inner.outcome is wanted:
            yield from _deciding(inner)
