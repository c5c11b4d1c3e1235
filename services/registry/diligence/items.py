"""What a check of a counterpart asks: a table of data.

Each names what it rests on: the bulletin of the United States' counter-intelligence centre to state and local leaders (as quoted by the
press; its own list of mitigations was not at hand), the advice of practitioners, or nothing but this platform. They hold for a
counterpart from anywhere; none asks where it is from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ChecklistItem(StrEnum):
    counterpart = "counterpart"
    intermediary = "intermediary"
    payment = "payment"
    goals = "goals"
    reciprocity = "reciprocity"
    transfer = "transfer"
    exclusivity = "exclusivity"
    confidentiality = "confidentiality"
    exit = "exit"
    disclosure = "disclosure"
    advisers = "advisers"


BULLETIN = "NCSC, Safeguarding Our Future, 6 July 2022"
ADVICE = "Hoover Institution and Asia Society, 2018, chapter 2"
OWN = "Comity's own question; no published list of it is known to us."


@dataclass(frozen=True)
class Item:
    """A question in the languages of the platform, and where it comes from."""

    question: Mapping[str, str]
    source: str


ITEMS: Mapping[ChecklistItem, Item] = {
    ChecklistItem.counterpart: Item(
        {
            "en": "Who is the counterpart, and who controls it?",
            "es": "¿Quién es la contraparte y quién la controla?",
            "fr": "Qui est l'interlocuteur, et qui le contrôle ?",
        },
        f"{BULLETIN}: conduct due diligence.",
    ),
    ChecklistItem.intermediary: Item(
        {
            "en": "Which person or firm brought the parties together, and for whom does it work?",
            "es": "¿Qué persona o empresa puso en contacto a las partes y para quién trabaja?",
            "fr": "Quelle personne ou entreprise a mis les parties en relation, et pour qui travaille-t-elle ?",
        },
        f"{ADVICE}: know the intermediary.",
    ),
    ChecklistItem.payment: Item(
        {
            "en": "Who pays for travel, gifts and the project?",
            "es": "¿Quién paga los viajes, los obsequios y el proyecto?",
            "fr": "Qui paie les voyages, les cadeaux et le projet ?",
        },
        f"{BULLETIN}: financial incentives may be used to hook leaders. {ADVICE}: follow the money.",
    ),
    ChecklistItem.goals: Item(
        {
            "en": "What is the stated goal, and how do residents benefit?",
            "es": "¿Cuál es el objetivo declarado y cómo se beneficia la población local?",
            "fr": "Quel est l'objectif déclaré, et quel est l'intérêt pour la population locale ?",
        },
        f"{ADVICE}: have defined goals.",
    ),
    ChecklistItem.reciprocity: Item(
        {
            "en": "Do both sides give and receive on like terms?",
            "es": "¿Ambas partes dan y reciben en condiciones equivalentes?",
            "fr": "Les deux parties donnent-elles et reçoivent-elles à des conditions comparables ?",
        },
        f"{BULLETIN}: partnerships are exploited and dependencies created.",
    ),
    ChecklistItem.transfer: Item(
        {
            "en": "Which data or technology would change hands?",
            "es": "¿Qué datos o tecnología se transferirían?",
            "fr": "Quelles données ou technologies seraient transférées ?",
        },
        OWN,
    ),
    ChecklistItem.exclusivity: Item(
        {
            "en": "Does a clause ask for exclusivity or for a political position?",
            "es": "¿Alguna cláusula exige exclusividad o una posición política?",
            "fr": "Une clause exige-t-elle l'exclusivité ou une position politique ?",
        },
        f"{ADVICE}: watch political clauses.",
    ),
    ChecklistItem.confidentiality: Item(
        {
            "en": "Does a clause keep the agreement or parts of it secret?",
            "es": "¿Alguna cláusula mantiene en secreto el acuerdo o partes de él?",
            "fr": "Une clause garde-t-elle secret l'accord ou une partie de celui-ci ?",
        },
        f"{BULLETIN}: ensure transparency.",
    ),
    ChecklistItem.exit: Item(
        {
            "en": "How can each side end the agreement, and what remains owed?",
            "es": "¿Cómo puede cada parte dar por terminado el acuerdo y qué obligaciones subsisten?",
            "fr": "Comment chaque partie peut-elle mettre fin à l'accord, et que reste-t-il dû ?",
        },
        OWN,
    ),
    ChecklistItem.disclosure: Item(
        {
            "en": "What will be published, when and where?",
            "es": "¿Qué se publicará, cuándo y dónde?",
            "fr": "Qu'est-ce qui sera publié, quand et où ?",
        },
        f"{BULLETIN}: ensure transparency, integrity and accountability.",
    ),
    ChecklistItem.advisers: Item(
        {
            "en": "Was the matter talked over with federal or national advisers beforehand?",
            "es": "¿Se consultó antes el asunto con asesores federales o nacionales?",
            "fr": "L'affaire a-t-elle été examinée au préalable avec des conseillers fédéraux ou nationaux ?",
        },
        f"{ADVICE}: when in doubt, talk to the federal authorities.",
    ),
}
