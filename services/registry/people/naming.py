"""What is kept for good names nobody: finding a name or an address in a text, and taking it out.

A name is found however it is written: without its accents, in other case, with other blanks. A part of it, and be it one surname, names
somebody only where it is clear who is meant, for many are words of a language or names of places as well: `alone` asks for it.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

from services.registry.actors.words import folded
from services.registry.errors import ReasonNamesPerson

ERASED = "[erased]"
SHORT = 4  # letters; what is shorter is a name only with a capital: Paz, Li
PARTICLES = frozenset(
    {"a", "al", "da", "das", "de", "del", "della", "der", "di", "do", "dos", "du", "e", "el", "la", "las", "le", "les", "los", "und", "van", "von", "y"}
)
_LETTERS = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_MARKS = "[\u0300-\u036f]*"
_IN_JSON = {'"': r'\\?"', "\\": r"\\{1,2}"}  # as they stand in a text and in the JSON of one


@cache
def _alike() -> dict[str, str]:
    """The letters with marks that a reader types without, by the plain one."""
    found: dict[str, str] = {}
    for char in map(chr, _LETTERS):
        typed = folded(char)
        if len(typed) == 1:
            found[typed] = found.get(typed, "") + char
    return found


def _letter(char: str) -> str:
    """Any way of writing one letter. Both cases are spelt out: a database without a language knows those of ASCII only."""
    if char in _IN_JSON:
        return _IN_JSON[char]
    typed = folded(char)
    if len(typed) != 1 or not typed.isalpha():
        return re.escape(char)
    return f"[{typed}{typed.upper() if len(typed.upper()) == 1 else ''}{_alike().get(typed, '')}]{_MARKS}"


def spelt(word: str) -> str:
    """A regular expression, to Python and to PostgreSQL, for every spelling of a text: its accents, its case, its blanks."""
    composed = unicodedata.normalize("NFC", word)
    return r"\s+".join("".join(map(_letter, part)) for part in composed.split())


def plain(word: str) -> str:
    """The text without its accents."""
    return "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))


def beginning(query: str) -> str:
    """A regular expression for names with words that begin with each word of the query, as it is typed without accents."""
    return "^" + "".join(rf"(?=(.*[\s'\u2019.-])?{spelt(word)})" for word in folded(query).split())


def is_name(word: str) -> bool:
    """Whether it is a name of people rather than an address."""
    return not any(mark in word for mark in "@/:")


def _is_particle(part: str) -> bool:
    return folded(part) in PARTICLES


def parts_of(name: str) -> list[str]:
    """The name and every part of it that still names: two of its words or more in their order, a particle at neither end. The longest first."""
    words = name.split()
    ends = [at for at, word in enumerate(words) if not _is_particle(word)]
    found = [" ".join(words[first : last + 1]) for first in ends for last in ends if first < last]
    return sorted(dict.fromkeys([name, *found]), key=len, reverse=True)


def surnames(name: str) -> list[str]:
    """The words of a name behind the first one, without particles and initials."""
    return [word for word in name.split()[1:] if not _is_particle(word) and len(folded(word)) > 1]


def _parts(words: Iterable[str], *, alone: bool) -> list[str]:
    """What is looked for, the longest first; single surnames last."""
    wanted = [word for word in words if word.strip()]
    found = {part for word in wanted for part in (parts_of(word) if alone and is_name(word) else [word])}
    single = dict.fromkeys(word for name in wanted if alone and is_name(name) for word in surnames(name))
    return [*sorted(found, key=len, reverse=True), *single]


def sought(words: Iterable[str], *, alone: bool = False) -> str | None:
    """A regular expression to PostgreSQL that finds all texts with one of these in them, and some more: what they say is read in Python."""
    return "|".join(map(spelt, _parts(words, alone=alone))) or None


def _pattern(words: Iterable[str], *, alone: bool) -> re.Pattern[str] | None:
    """Any of these as whole words."""
    capital = r"(?=[^\W\d_a-z])"
    found = [spelt(part) if len(part) >= SHORT else capital + spelt(part) for part in _parts(words, alone=alone)]
    return re.compile(r"(?<!\w)(?:" + "|".join(found) + r")(?!\w)") if found else None


def names(text: str | None, words: Iterable[str], *, alone: bool = False) -> bool:
    """Whether the text has one of the words; with `alone`, or a part of a name."""
    pattern = _pattern(words, alone=alone)
    return bool(text and pattern and pattern.search(text))


def without(text: str, words: Iterable[str], *, alone: bool = False) -> str:
    """The text with `[erased]` in their place."""
    pattern = _pattern(words, alone=alone)
    return pattern.sub(ERASED, text) if pattern else text


def require_nameless(reason: str | None, *words: str | None) -> None:
    """ReasonNamesPerson when a reason, which nobody can take back, names somebody it is about, and be it by a surname alone."""
    if names(reason, [word for word in words if word], alone=True):
        raise ReasonNamesPerson(errors=[{"in": "body", "pointer": "/reason", "detail": "names a person or an address"}])
