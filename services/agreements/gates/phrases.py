"""What is said about gates, in the platform's languages."""

from services.agreements.gates.models import Gate
from services.agreements.gates.states import Filer, GateState
from services.agreements.rulebooks.schemas import GateRule
from shared.predicates import Language

WORDS: dict[Language, dict[str, str]] = {
    "en": {
        "blocked": "{title}: not cleared ({citation}).",
        "open": "It has not been filed.",
        "filed": "It has been filed and waits for the decision of {body}.",
        "decided": "It was decided: {outcome}. That does not clear it.",
        "unknown": "It is not known whether the rule applies, because a fact is missing; until somebody who may decide has said so, it counts as open.",
        "file": "File it at /v1/agreements/{agreement}/filings; that may be done by {filers}.",
        "decide": "It is cleared when {body} decides: {outcomes}.",
        "new_text": "A new version of the text opens it again; the observations can be met there.",
        "party": "the party itself",
        "state_coordinator": "the coordinator of its state",
        "no_time": "The law that was read sets no time.",
        "no_silence": "Silence decides nothing.",
    },
    "es": {
        "blocked": "{title}: no está despejado ({citation}).",
        "open": "No se ha presentado.",
        "filed": "Se presentó y espera la decisión de {body}.",
        "decided": "Se decidió: {outcome}. Eso no lo despeja.",
        "unknown": "No se sabe si la norma se aplica, porque falta un dato; hasta que quien puede decidir lo diga, cuenta como abierto.",
        "file": "Preséntelo en /v1/agreements/{agreement}/filings; puede hacerlo {filers}.",
        "decide": "Se despeja cuando {body} decide: {outcomes}.",
        "new_text": "Una nueva versión del texto lo abre de nuevo; ahí pueden atenderse las observaciones.",
        "party": "la parte misma",
        "state_coordinator": "la coordinación de su estado",
        "no_time": "La ley consultada no fija plazo.",
        "no_silence": "El silencio no decide nada.",
    },
    "fr": {
        "blocked": "{title} : non levé ({citation}).",
        "open": "Le dossier n'a pas été déposé.",
        "filed": "Le dossier est déposé et attend la décision de : {body}.",
        "decided": "Décision rendue : {outcome}. Elle ne lève pas l'étape.",
        "unknown": "On ne sait pas si la règle s'applique, car une donnée manque ; tant que nul ne l'a dit qui puisse décider, l'étape compte comme ouverte.",
        "file": "Déposez-le à /v1/agreements/{agreement}/filings ; peut le faire : {filers}.",
        "decide": "L'étape est levée par la décision suivante de {body} : {outcomes}.",
        "new_text": "Une nouvelle version du texte la rouvre ; les observations peuvent y trouver réponse.",
        "party": "la partie elle-même",
        "state_coordinator": "la coordination de son État",
        "no_time": "La loi consultée ne fixe aucun délai.",
        "no_silence": "Le silence ne décide de rien.",
    },
}
OR: dict[Language, str] = {"en": " or ", "es": " o ", "fr": " ou "}


def by_when(language: Language) -> str:
    """The time a rule sets. Rulebooks with clocks are refused when they are read, so there is none."""
    return WORDS[language]["no_time"]


def on_silence(language: Language) -> str:
    return WORDS[language]["no_silence"]


def filers(rule: GateRule, language: Language) -> str:
    """Who may file, in words."""
    words: list[str] = [WORDS[language]["party" if filer is Filer.party else "state_coordinator"] for filer in rule.may_file]
    return OR[language].join(words)


def why_blocked(gate: Gate, language: Language) -> list[str]:
    """The rule in a line, and how the gate stands."""
    rule, words = gate.rule, WORDS[language]
    body = rule.decided_by.body.text(language)
    outcome = rule.outcome(gate.outcome or "")
    said = words[gate.state.value if gate.state.value in words else GateState.open.value]
    first = words["blocked"].format(title=rule.title.text(language), citation=gate.citation)
    return [first, said.format(body=body, outcome=outcome.title.text(language) if outcome else ""), by_when(language) + " " + on_silence(language)]


def would_clear(gate: Gate, language: Language) -> list[str]:
    """What would change the answer, beside the facts themselves."""
    rule, words = gate.rule, WORDS[language]
    clearing = OR[language].join(outcome.title.text(language) for outcome in rule.outcomes if outcome.clears)
    steps = [words["decide"].format(body=rule.decided_by.body.text(language), outcomes=clearing)]
    if gate.state in (GateState.open, GateState.unknown):
        steps.insert(0, words["file"].format(agreement=gate.agreement_id, filers=filers(rule, language)))
    if gate.state is GateState.decided:
        steps.append(words["new_text"])
    return steps
