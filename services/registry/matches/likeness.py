"""How alike two names are, as people mean them: pure functions over folded names.

Words of kind ("ciudad", "county") and connectors tell little, abbreviations stand for what they abbreviate, and how many letters may
differ depends on how many there are: one wrong letter in four makes another place of it, one in twelve is a slip.
"""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from services.registry.actors.phrases import CONNECTORS, KIND_WORDS, SYNONYMS, meant_kinds, slips

SAME_WORDS = 0.98
OTHER_KIND_LEFT_OUT = 0.89  # "Ciudad Juárez" and "Juárez": by more than a margin less than a name that needs nothing left out
OTHER_KIND = 0.78  # "San Diego County" and "City of San Diego"
MISTAKEN = 0.96  # what a name with a mistake is worth beside the same without
BEYOND = 0.65  # what is left when more letters differ than a slip explains
_LEFT_OUT = frozenset(CONNECTORS)
_KINDS = frozenset(KIND_WORDS)
# Each word that is abbreviated, or an abbreviation, as one of them: the longest, which is the word in full.
_IN_FULL = {word: max((word, *others), key=len) for word, others in SYNONYMS.items()}


@dataclass(frozen=True, slots=True)
class Name:
    """A folded name as it is compared."""

    folded: str
    words: tuple[str, ...]
    telling: str
    in_order: str  # the telling words in alphabetical order
    kinds: frozenset[str]


@lru_cache(maxsize=65_536)
def name_of(folded: str) -> Name:
    *first, last = folded.split()
    # A connector at the end connects nothing: in "Wilmington, DE" it is a word.
    words = tuple(_IN_FULL.get(word, word) for word in (*(word for word in first if word not in _LEFT_OUT), last))
    telling = tuple(word for word in words if word not in _KINDS) or words
    kinds = frozenset(word for word in words if word in _KINDS) if telling != words else frozenset()
    return Name(folded, words, " ".join(telling), " ".join(sorted(telling)), kinds)


def likeness(asked: Name, found: Name) -> float:
    """From 0 to 1. 1 is the same spelling, of a short name as of a long one."""
    if asked.folded == found.folded:
        return 1.0
    if asked.words == found.words or sorted(asked.words) == sorted(found.words):
        return SAME_WORDS
    of_kind = _of_kind(asked.kinds, found.kinds)
    if asked.in_order == found.in_order:
        return of_kind
    letters = max(len(asked.telling), len(found.telling))
    apart = min(OSA.distance(asked.telling, found.telling), OSA.distance(asked.in_order, found.in_order))
    if apart <= slips(min(len(asked.telling), len(found.telling))):
        return of_kind * MISTAKEN * (1 - apart / (2 * letters))
    return of_kind * BEYOND * (1 - apart / letters)


def of_kind(asked: Name, found: Name, kind: str) -> float:
    """What is left of a likeness when the words of kind that were asked speak of another kind than the actor is: "Ciudad de Puebla" is not the state."""
    if not asked.kinds or found.kinds:
        return 1.0
    meant = meant_kinds(asked.kinds)
    return OTHER_KIND / OTHER_KIND_LEFT_OUT if meant and kind not in meant else 1.0


def _of_kind(asked: frozenset[str], found: frozenset[str]) -> float:
    """What the words of kind leave of a name's likeness: those that both have and that differ say that two things are meant."""
    if asked == found:
        return SAME_WORDS
    return OTHER_KIND if asked - found and found - asked else OTHER_KIND_LEFT_OUT
