"""What somebody who searches may mean: each reading of the words, and what of the index answers it.

A phrase is read as a name; as a name and, in its last words, the place it is in ("juarez chh", "springfield, illinois", "El Paso, TX,
USA"); and as a place and a name ("TX Houston"). Whether such words are a place is for the registry to say, but for the abbreviations
that people write instead of a code or a name. Abbreviations stand for each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice, pairwise, product
from typing import Any

import orjson

from services.registry.actors.words import folded, trigrams

_LISTS: dict[str, Any] = orjson.loads((resources.files("services.registry.actors") / "abbreviations.json").read_bytes())
KIND_WORDS: tuple[str, ...] = tuple(dict.fromkeys(word for words in _LISTS["kinds"].values() for word in words))
OPENINGS = frozenset(_LISTS["openings"])
CONNECTORS: tuple[str, ...] = tuple(_LISTS["connectors"])
ARTICLES = frozenset(_LISTS["articles"])  # connectors with which names begin
MOST_WORDS = 12
MOST_SPELLINGS = 24
LONGEST_PLACE = 3  # words, as in "newfoundland and labrador"
LONGEST_CODE = 3  # of a country or subdivision
SHORT_WORD = 3  # letters of the shortest word in which a mistake is looked for, and only a small one
FEW = 10  # answers, below which similar names are looked for as well; those of a mistake in a short word where there are none
MOST_MISTAKEN = 3  # longer words of a phrase that may each have mistakes
NEVER = -1  # what no name has as its number of words
LONG_WORD = 8  # letters from which on a single word may have two mistakes
LESS_THAN = ((4, 0), (9, 1), (16, 2))  # letters, and how many of fewer may be a slip
MOST_SLIPS = 3


def _standing_for_each_other() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for group in _LISTS["synonyms"]:
        for word in group:
            found.setdefault(word, {}).update(dict.fromkeys(other for other in group if other != word))
    return {word: tuple(others) for word, others in found.items()}


def _inverted(lists: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, words in lists.items():
        found |= {word: (*found.get(word, ()), key) for word in words}
    return found


SYNONYMS = _standing_for_each_other()
KIND_ABBREVIATIONS = tuple(word for word, others in SYNONYMS.items() if set(others) & set(KIND_WORDS))
# What a word of kind says of an actor: "province" says that it is a state here and a county there, "district" says nothing.
_MEANT_KINDS = _inverted({kind: words for kind, words in _LISTS["kinds"].items() if kind != "other"})
# Codes of ISO 3166 that an abbreviation stands for: "bc" is British Columbia and Baja California.
PLACES = _inverted(_LISTS["places"])
NATIONS = frozenset(words for words, codes in PLACES.items() if any("-" not in code for code in codes))


def slips(letters: int) -> int:
    """How many letters of so many may be a slip."""
    return next((few for fewer, few in LESS_THAN if letters < fewer), MOST_SLIPS)


@dataclass(frozen=True, slots=True)
class Reading:
    """A phrase as a name, perhaps a place, and perhaps the land around that; all in folded words."""

    words: tuple[str, ...]
    place: str | None
    land: str | None = None

    @property
    def telling(self) -> tuple[str, ...]:
        """The words that tell one actor from others: neither its kind nor a connector, unless there are no others."""
        return _without(self.words, (*CONNECTORS, *KIND_WORDS, *KIND_ABBREVIATIONS))

    @property
    def tells(self) -> int:
        """How many of them. None that a name may be told by when it is a word with which many names only open: "new" does not mean New Town."""
        found = set(self.telling)
        return NEVER if found <= OPENINGS else len(found)

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of actor that the words of kind beside the telling ones speak of; none when they say nothing."""
        return meant_kinds(word for word in self.words if word not in self.telling)

    def spellings(self) -> Iterator[str]:
        """The name with every abbreviation written out or not, as it was typed first."""
        choices = [(word, *SYNONYMS.get(word, ())) for word in self.words]
        return islice((" ".join(chosen) for chosen in product(*choices)), MOST_SPELLINGS)

    def pieces(self) -> list[list[str]]:
        """Sets of trigrams: a name that was meant with a mistake in one of its words, or in each of two, has all of at least one set."""
        words = self._mistakable()
        mistaken = sorted((word for word in words if len(word) > SHORT_WORD), key=len, reverse=True)[:MOST_MISTAKEN]
        found = [[*left, *trigrams(" ".join(other for other in mistaken if other != word))] for word in mistaken for left in _unspoiled(word)]
        if len(mistaken) > 1 or (mistaken and len(mistaken[0]) >= LONG_WORD):
            count = 2 if len(mistaken) > 1 else 3
            found += [[gram for part in chosen for gram in part] for chosen in product(*(_parts(word, count) for word in mistaken))]
        return [list(dict.fromkeys(piece)) for piece in found]

    def short_pieces(self) -> list[list[str]]:
        """The same for a mistake in one of its words of three letters: so little of these is left that many names have it."""
        words = self._mistakable()
        shorts = [(word, trigrams(" ".join(other for other in words if other != word))) for word in words if len(word) == SHORT_WORD]
        return [list(dict.fromkeys([*left, *beside])) for word, beside in shorts[:MOST_MISTAKEN] for left in _unspoiled(word)]

    def grams(self) -> list[str]:
        """What a name's likeness to this one is measured by."""
        return trigrams(" ".join(self._mistakable()))

    def beside(self) -> list[str]:
        """The words beside those, in every spelling: that a name has them as well makes it no less like this one."""
        return [one for word in self.words if word not in self._mistakable() for one in (word, *SYNONYMS.get(word, ()))]

    def letters(self) -> str:
        """The letters of the phrase beside its words of kind: how many differ is counted in them."""
        return "".join(_without(self.words, (*KIND_WORDS, *KIND_ABBREVIATIONS)))

    def articles(self) -> str | None:
        """What a name has, as a tsquery, that has the articles of the phrase; None when it has none."""
        return terms([word for word in self.words if word in ARTICLES], prefix=False) or None

    def _mistakable(self) -> list[str]:
        return [word for word in self.telling if word not in SYNONYMS] or list(self.telling)


def meant_kinds(words: Iterable[str]) -> frozenset[str]:
    return frozenset(kind for word in words for one in (word, *SYNONYMS.get(word, ())) for kind in _MEANT_KINDS.get(one, ()))


@lru_cache(maxsize=4_096)
def readings(phrase: str) -> tuple[Reading, ...]:
    """Every way to read a phrase, the plain one first; none when it has neither letter nor digit."""
    words = tuple(folded(phrase).split()[:MOST_WORDS])
    if not words:
        return ()
    found = [Reading(words, None)]
    found += [Reading(words[:-count], place_of(words[-count:])) for count in range(1, min(LONGEST_PLACE, len(words) - 1) + 1)]
    if len(words) > 1 and len(words[0]) <= LONGEST_CODE and words[0] not in CONNECTORS:
        found.append(Reading(words[1:], words[0]))
    return tuple(dict.fromkeys((*found, *in_parts(phrase), *_in_a_nation(words))))


def in_parts(phrase: str) -> Iterator[Reading]:
    """As its commas say: the last part is the place, or the part before it the place and the last one the land."""
    parts = [found for part in phrase.split(",") if (found := tuple(folded(part).split()))]
    if sum(map(len, parts)) > MOST_WORDS:
        return
    for count in range(1, min(3, len(parts))):
        name = tuple(word for part in parts[:-count] for word in part)
        yield Reading(name, *(place_of(part) for part in parts[-count:]))


def _in_a_nation(words: tuple[str, ...]) -> Iterator[Reading]:
    """Without commas: "el paso tx usa". Only of the nations that are listed, for each length of a place would be two more of everything."""
    for count in range(1, LONGEST_PLACE + 1):
        land = place_of(words[-count:])
        if land in NATIONS:
            left = words[:-count]
            yield from (Reading(left[:-inner], place_of(left[-inner:]), land) for inner in range(1, min(LONGEST_PLACE, len(left) - 1) + 1))


def place_of(words: Sequence[str]) -> str:
    """The words of a place; letters that stood alone are a code or an abbreviation: "B.C." is BC."""
    return ("" if len(words) > 1 and all(len(word) == 1 for word in words) else " ").join(words)


@lru_cache(maxsize=1_024)
def search_values(phrase: str) -> dict[str, Any]:
    """The values of the bind parameters of `search.found`: parallel lists, a line for each spelling, reading and piece."""
    found = readings(phrase)
    spelled = list(dict.fromkeys((spelling, reading.place, reading.land) for reading in found for spelling in reading.spellings()))
    pieces = [
        ("|".join(piece), nth + 1, few)
        for nth, reading in enumerate(found)
        for some, few in ((reading.pieces(), FEW), (reading.short_pieces(), 1))
        for piece in some
    ]
    return {
        "search_spelling": [spelling for spelling, _, _ in spelled],
        "search_spelling_place": [place for _, place, _ in spelled],
        "search_spelling_land": [land for _, _, land in spelled],
        "search_words": [terms(_without(reading.words, CONNECTORS), prefix=True) for reading in found],
        "search_whole": [terms(_without(reading.words, CONNECTORS), prefix=False) for reading in found],
        "search_whole_count": [len(set(_without(reading.words, CONNECTORS))) for reading in found],
        "search_telling": [terms(reading.telling, prefix=False) for reading in found],
        "search_telling_count": [reading.tells for reading in found],
        "search_beginning": [" ".join(reading.words) for reading in found],
        "search_kinds": ["|".join(sorted(reading.kinds)) or None for reading in found],
        "search_place": [reading.place for reading in found],
        "search_land": [reading.land for reading in found],
        **{f"search_{name}": values for name, values in place_values(found).items()},
        "search_grams": ["|".join(reading.grams()) for reading in found],
        "search_others": ["|".join(trigrams(" ".join(reading.beside()))) for reading in found],
        "search_letters": [reading.letters() for reading in found],
        "search_slips": [slips(len(reading.letters())) for reading in found],
        "search_swapped": ["|".join(swapped(reading.letters())) for reading in found],
        "search_articles": [reading.articles() for reading in found],
        "search_piece": [piece for piece, _, _ in pieces],
        "search_piece_reading": [nth for _, nth, _ in pieces],
        "search_piece_few": [few for _, _, few in pieces],
    }


def place_values(found: Iterable[Reading]) -> dict[str, list[str]]:
    """The places and lands of readings, for `search.NAMED_PLACES`."""
    return named_values(place for reading in found for place in (reading.place, reading.land) if place is not None)


def named_values(places: Iterable[str]) -> dict[str, list[str]]:
    """Places, each once, and what abbreviations among them stand for, as parallel lists."""
    named = list(dict.fromkeys(places))
    abbreviated = [(place, code) for place in named for code in PLACES.get(place, ())]
    return {"named": named, "abbreviation": [place for place, _ in abbreviated], "abbreviated": [code for _, code in abbreviated]}


def _without(words: tuple[str, ...], left_out: Iterable[str]) -> tuple[str, ...]:
    """The words without some; all of them when none would be left."""
    return tuple(word for word in words if word not in set(left_out)) or words


def terms(words: Iterable[str], *, prefix: bool) -> str:
    """A tsquery in text form: a word or what stands for it, each word as the beginning of one or whole."""
    sign = ":*" if prefix else ""
    return " & ".join("(" + " | ".join(f"'{one}'{sign}" for one in (word, *SYNONYMS.get(word, ()))) + ")" for word in words)


def swapped(letters: str) -> list[str]:
    """Every word or name that this one is when two neighbouring letters have changed places."""
    return [letters[: at - 1] + letters[at] + letters[at - 1] + letters[at + 1 :] for at in range(1, len(letters)) if letters[at] != letters[at - 1]]


def _unspoiled(word: str) -> list[list[str]]:
    """The trigrams that are left when any one letter is wrong, missing or too many, or two neighbours have changed places."""
    grams = _in_order(f"  {word} ")
    # A mistake spoils two to four neighbouring trigrams. Of a short word too few would be left of letters that changed places: they are put back instead.
    if len(word) > SHORT_WORD + 1:
        spoiled, step = (4, 1) if len(word) < LONG_WORD else (5, 2)
        return [grams[:at] + grams[at + spoiled :] for at in range(0, len(grams) - spoiled + step, step)]
    spoiled = 2 if len(word) == SHORT_WORD else 3  # of three letters one may be missing, or else too few were left
    return [grams[:at] + grams[at + spoiled :] for at in range(len(grams) - spoiled + 1)] + [trigrams(other) for other in swapped(word)]


def _parts(word: str, count: int) -> list[list[str]]:
    """The trigrams that lie within each of the word's parts: one part is whole when there are fewer mistakes than parts."""
    padded = f"  {word} "
    cuts = [round(nth * len(padded) / count) for nth in range(count + 1)]
    return [_in_order(padded[begin:end]) for begin, end in pairwise(cuts)]


def _in_order(padded: str) -> list[str]:
    return [padded[at : at + 3] for at in range(len(padded) - 2)]
