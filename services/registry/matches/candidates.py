"""Candidates for a whole batch of examples, in one statement, from the indexes that search goes through.

Of each example: who holds one of its identifiers, whose names are spelled so, whose names have its telling words, and, where these are few,
whose names are similar, those of which the fewest letters differ first. A name is read as search reads a phrase, so that a place may stand
behind it. What is looked at is bounded; of many with one name, those in the example's place and the larger come first.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, bindparam, text

from services.registry.actors.phrases import PLACES, Reading, in_parts, place_values, readings, slips
from services.registry.actors.phrases import terms as tsquery_of
from services.registry.actors.search import APART, LETTERS, NAMED_PLACES, PLACE_CODE, inside
from services.registry.matches.schemas import Example
from shared.work import Work

MOST_NAMED = 25  # candidates that a spelling or its words bring
MOST_WITH_WORDS = 500  # names that have the words, of which those are chosen
MOST_WITH_PIECE = 100  # names that have a piece of a mistyped word
MOST_SIMILAR = 20  # candidates that are similar
FEW = 3  # candidates, below which similar names are looked for as well
MOST_PIECES = 24
LEAST_LIKENESS = 0.3  # of trigrams in common, counted on both sides

_CURRENT = "(i.valid_from IS NULL OR i.valid_from <= :today) AND (i.valid_through IS NULL OR i.valid_through >= :today)"
_CODE = re.compile(PLACE_CODE)
_INSIDE = f"(g.place IS NOT NULL AND {inside('g.place')} AND (g.land IS NULL OR {inside('g.land')}))"
_NEARER = """ORDER BY @inside DESC, (a.subdivision IS NOT DISTINCT FROM e.subdivision)::int * 2 + (a.country IS NOT DISTINCT FROM e.country)::int DESC,
                 a.population DESC NULLS LAST, a.id LIMIT @most_named"""
_SQL = """
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(:nth, :country, :subdivision, :schemes) AS e (nth, country, subdivision, schemes)
    ), named_place AS MATERIALIZED (@named_places
    ), held AS MATERIALIZED (
        SELECT g.nth, i.actor_id FROM unnest(:key_nth, :scheme, :value) AS g (nth, scheme, value)
        JOIN actor_identifiers AS i ON i.scheme = g.scheme AND i.value = g.value AND @current
    ), spelled AS MATERIALIZED (
        SELECT g.nth, n.actor_id FROM unnest(:spelling_nth, :spelling, :spelling_place, :spelling_land) AS g (nth, spelling, place, land)
        JOIN asked AS e ON e.nth = g.nth
        CROSS JOIN LATERAL (
            SELECT named.actor_id FROM (SELECT actor_id FROM actor_names WHERE folded = g.spelling LIMIT @most_with_words) AS named
            JOIN actors AS a ON a.id = named.actor_id @nearer
        ) AS n
    ), worded AS MATERIALIZED (
        SELECT g.nth, n.actor_id FROM unnest(:words_nth, :words, :words_place, :words_land) AS g (nth, words, place, land) JOIN asked AS e ON e.nth = g.nth
        CROSS JOIN LATERAL (
            SELECT named.actor_id FROM (SELECT actor_id FROM actor_names WHERE words @@ CAST(g.words AS tsquery) LIMIT @most_with_words) AS named
            JOIN actors AS a ON a.id = named.actor_id @nearer
        ) AS n
        WHERE g.place IS NULL OR g.place ~ @code OR g.place IN (SELECT place FROM named_place)
    ), named AS MATERIALIZED (
        SELECT nth, actor_id FROM held UNION SELECT nth, actor_id FROM spelled UNION SELECT nth, actor_id FROM worded
    ), lonely AS MATERIALIZED (
        SELECT g.*, string_to_array(g.grams, '|') AS gram, ARRAY(SELECT DISTINCT letter FROM string_to_table(g.letters, NULL) AS letter) AS letter
        FROM unnest(:reading, :reading_nth, :grams, :letters, :slips, :reading_place, :reading_land) AS g (reading, nth, grams, letters, slips, place, land)
        WHERE (SELECT count(*) FROM named AS n WHERE n.nth = g.nth) < @few
    ), similar_names AS MATERIALIZED (
        SELECT DISTINCT ON (g.reading, n.actor_id, n.folded) g.reading, n.*
        FROM unnest(:piece_reading, :piece) AS g (reading, piece) JOIN lonely AS r ON r.reading = g.reading
        CROSS JOIN LATERAL (
            SELECT actor_id, folded COLLATE "C" AS folded, words, trigrams FROM actor_names WHERE trigrams @> string_to_array(g.piece, '|')
            ORDER BY abs(length(folded) - length(r.letters)) LIMIT @most_with_piece
        ) AS n
        WHERE length(translate(r.letters, n.folded, '')) <= r.slips + 1
    ), compared AS MATERIALIZED (
        SELECT s.reading, s.actor_id, @letters AS letters, 2.0 * g.shared / (cardinality(r.gram) + cardinality(n.trigrams)) AS likeness
        FROM similar_names AS s JOIN lonely AS r ON r.reading = s.reading CROSS JOIN LATERAL (SELECT s.folded, s.words, s.trigrams) AS n
        CROSS JOIN LATERAL (SELECT count(*) AS shared FROM unnest(n.trigrams) AS gram WHERE gram = ANY (r.gram)) AS g
    ), similar_ones AS MATERIALIZED (
        SELECT nth, actor_id, row_number() OVER (PARTITION BY nth ORDER BY min(apart), max(likeness) DESC, actor_id) AS place FROM (
            SELECT g.nth, n.actor_id, n.likeness, @apart AS apart FROM compared AS n JOIN lonely AS r ON r.reading = n.reading
            CROSS JOIN LATERAL (SELECT r.nth, r.place, r.land) AS g JOIN actors AS a ON a.id = n.actor_id
            WHERE n.likeness >= @least_likeness AND (g.place IS NULL OR @inside)
        ) AS each
        GROUP BY nth, actor_id
    ), found AS MATERIALIZED (
        SELECT DISTINCT every.nth, coalesce(m.canonical_id, every.actor_id) AS id
        FROM (SELECT nth, actor_id FROM named UNION ALL SELECT nth, actor_id FROM similar_ones WHERE place <= @most_similar) AS every
        LEFT JOIN actors AS m ON m.id = every.actor_id AND m.canonical_id IS NOT NULL
    )
    SELECT f.nth, a.id, a.kind, a.name, CAST(a.names AS text) AS names, a.country, a.subdivision, a.lat, a.lon, a.population,
           n.folded, n.said, n.languages, n.kinds,
           ARRAY(
               SELECT w.place || CASE WHEN w.subdivision IS NULL THEN '|country' ELSE '|subdivision' END FROM named_place AS w
               WHERE w.country = a.country AND (w.subdivision IS NULL OR w.subdivision = a.subdivision)
           ) AS places,
           CASE WHEN e.schemes IS NOT NULL THEN ARRAY(
               SELECT i.scheme || ':' || i.value FROM actor_identifiers AS i
               WHERE i.actor_id = ANY (array_append(a.merged_ids, a.id)) AND i.scheme = ANY (string_to_array(e.schemes, '|')) AND @current
               ORDER BY 1
           ) END AS keys
    FROM found AS f JOIN asked AS e ON e.nth = f.nth JOIN actors AS a ON a.id = f.id
    CROSS JOIN LATERAL (
        SELECT array_agg(n.folded) AS folded, array_agg(n.name) AS said, array_agg(n.language) AS languages,
               array_agg(CASE WHEN n.kind = 'preferred' AND n.actor_id <> a.id THEN 'alternative' ELSE n.kind END) AS kinds
        FROM (SELECT * FROM actor_names AS own WHERE own.actor_id = ANY (array_append(a.merged_ids, a.id)) ORDER BY own.language, own.name LIMIT 60) AS n
    ) AS n
    ORDER BY f.nth, a.id
"""
_NAMED = {
    "current": _CURRENT,
    "nearer": _NEARER.replace("@inside", _INSIDE).replace("@most_named", str(MOST_NAMED)),
    "inside": _INSIDE,
    "code": f"'{PLACE_CODE}'",
    "named_places": NAMED_PLACES,
    "letters": LETTERS,
    "apart": APART,
    "most_with_words": str(MOST_WITH_WORDS),
    "most_with_piece": str(MOST_WITH_PIECE),
    "most_similar": str(MOST_SIMILAR),
    "few": str(FEW),
    "least_likeness": str(LEAST_LIKENESS),
}
_TEXTS = (
    "country", "subdivision", "schemes", "scheme", "value", "spelling", "spelling_place", "spelling_land", "words", "words_place", "words_land",
    "grams", "letters", "reading_place", "reading_land", "piece", "named", "abbreviation", "abbreviated",
)  # fmt: skip
_COUNTS = ("nth", "key_nth", "spelling_nth", "words_nth", "reading", "reading_nth", "slips", "piece_reading")
CANDIDATES = text(re.sub(r"(?<!@)@([a-z]\w*)", lambda named: _NAMED[named[1]], _SQL)).bindparams(
    *(bindparam(name, type_=ARRAY(Text())) for name in _TEXTS), *(bindparam(name, type_=ARRAY(Integer())) for name in _COUNTS)
)


class Candidate(NamedTuple):
    """An actor that may be meant. The lists of names are parallel; `places` are those of the batch that it is in, each with how: `arizona|subdivision`;
    `keys` are its identifiers `scheme:value` of the schemes that were asked for."""

    nth: int
    id: UUID
    kind: str
    name: str
    names: str
    country: str | None
    subdivision: str | None
    lat: float | None
    lon: float | None
    population: int | None
    folded: list[str]
    said: list[str]
    languages: list[str]
    kinds: list[str]
    places: list[str]
    keys: list[str] | None


async def candidates(work: Work, examples: Sequence[Example]) -> list[list[Candidate]]:
    """The candidates of each example, in one statement; the order of one example's says nothing yet."""
    found: list[list[Candidate]] = [[] for _ in examples]
    for row in await work.execute(CANDIDATES, {**values_of(examples), "today": work.now.date()}):
        found[row.nth].append(Candidate(*row))
    return found


def values_of(examples: Sequence[Example]) -> dict[str, Any]:
    """The values of the bind parameters: parallel lists, a line for each example, identifier, spelling, set of words, reading and piece."""
    values: dict[str, Any] = {name: [] for name in (*_TEXTS, *_COUNTS)}
    every: dict[Reading, None] = {}
    for nth, example in enumerate(examples):
        for item in example.identifiers:
            _add(values, key_nth=nth, scheme=item.scheme, value=item.value)
        schemes = "|".join(sorted({item.scheme for item in example.identifiers})) or None
        _add(values, nth=nth, country=example.country, subdivision=example.subdivision, schemes=schemes)
        if example.name is not None:
            meant = readings(example.name)
            every |= dict.fromkeys(meant)
            _add_names(values, nth, meant)
            _add_pieces(values, nth, _likely(example.name, meant))
    return values | place_values(every)


def _add_names(values: dict[str, Any], nth: int, meant: Sequence[Reading]) -> None:
    spelled = dict.fromkeys((spelling, reading.place, reading.land) for reading in meant for spelling in reading.spellings())
    for spelling, place, land in spelled:
        _add(values, spelling_nth=nth, spelling=spelling, spelling_place=place, spelling_land=land)
    worded = dict.fromkeys((tsquery_of(reading.telling, prefix=False), reading.place, reading.land) for reading in meant)
    for words, place, land in worded:
        _add(values, words_nth=nth, words=words, words_place=place, words_land=land)


def _likely(name: str, meant: Sequence[Reading]) -> list[Reading]:
    """The readings in whose names mistakes are looked for: the plain one, and those whose place is told by a comma, a code or an abbreviation."""
    told = set(in_parts(name))
    return [one for one in meant if one.place is None or one.land is not None or one in told or one.place in PLACES or _CODE.match(one.place)]


def _add_pieces(values: dict[str, Any], nth: int, likely: Sequence[Reading]) -> None:
    for reading in likely:
        number = len(values["reading"])
        place = {"reading_place": reading.place, "reading_land": reading.land}
        counted = {"grams": "|".join(reading.grams()), "letters": reading.letters(), "slips": slips(len(reading.letters()))}
        _add(values, reading=number, reading_nth=nth, **counted, **place)
        for piece in islice(reading.pieces(), MOST_PIECES):
            if piece:
                _add(values, piece_reading=number, piece="|".join(piece))


def _add(values: dict[str, Any], **line: Any) -> None:
    for name, value in line.items():
        values[name].append(value)
