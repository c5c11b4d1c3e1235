"""Candidates for a whole batch of examples, in one statement, from the indexes that search goes through.

Of each example: who holds one of its identifiers, whose names are spelled so, whose names have its telling words, and, where these are few,
whose names are similar. What is looked at is bounded; of many with one name, those in the example's place and the larger come first.
"""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, bindparam, text

from services.registry.actors.phrases import Reading, readings
from services.registry.actors.phrases import terms as tsquery_of
from services.registry.matches.schemas import Example
from shared.work import Work

MOST_NAMED = 25  # candidates that a spelling or its words bring
MOST_WITH_WORDS = 500  # names that have the words, of which those are chosen
MOST_WITH_PIECE = 100  # names that have a piece of a mistyped word
MOST_SIMILAR = 15  # candidates that are similar
FEW = 3  # candidates, below which similar names are looked for as well
MOST_PIECES = 24
LEAST_LIKENESS = 0.3  # of trigrams in common, counted on both sides

_CURRENT = "(i.valid_from IS NULL OR i.valid_from <= :today) AND (i.valid_through IS NULL OR i.valid_through >= :today)"
_NEARER = """ORDER BY (a.subdivision IS NOT DISTINCT FROM e.subdivision)::int * 2 + (a.country IS NOT DISTINCT FROM e.country)::int DESC,
                 a.population DESC NULLS LAST, a.id LIMIT @most_named"""
_SQL = """
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(:nth, :country, :subdivision, :schemes, :grams) AS e (nth, country, subdivision, schemes, grams)
    ), held AS MATERIALIZED (
        SELECT g.nth, i.actor_id FROM unnest(:key_nth, :scheme, :value) AS g (nth, scheme, value)
        JOIN actor_identifiers AS i ON i.scheme = g.scheme AND i.value = g.value AND @current
    ), spelled AS MATERIALIZED (
        SELECT g.nth, n.actor_id FROM unnest(:spelling_nth, :spelling) AS g (nth, spelling) JOIN asked AS e ON e.nth = g.nth
        CROSS JOIN LATERAL (
            SELECT named.actor_id FROM (SELECT actor_id FROM actor_names WHERE folded = g.spelling LIMIT @most_with_words) AS named
            JOIN actors AS a ON a.id = named.actor_id @nearer
        ) AS n
    ), worded AS MATERIALIZED (
        SELECT g.nth, n.actor_id FROM unnest(:words_nth, :words) AS g (nth, words) JOIN asked AS e ON e.nth = g.nth
        CROSS JOIN LATERAL (
            SELECT named.actor_id FROM (SELECT actor_id FROM actor_names WHERE words @@ CAST(g.words AS tsquery) LIMIT @most_with_words) AS named
            JOIN actors AS a ON a.id = named.actor_id @nearer
        ) AS n
    ), named AS MATERIALIZED (
        SELECT nth, actor_id FROM held UNION SELECT nth, actor_id FROM spelled UNION SELECT nth, actor_id FROM worded
    ), lonely AS MATERIALIZED (
        SELECT e.nth, string_to_array(e.grams, '|') AS grams FROM asked AS e LEFT JOIN named AS n ON n.nth = e.nth
        WHERE e.grams IS NOT NULL GROUP BY e.nth, e.grams HAVING count(n.nth) < @few
    ), similar_names AS MATERIALIZED (
        SELECT DISTINCT g.nth, n.actor_id, n.trigrams
        FROM unnest(:piece_nth, :piece) AS g (nth, piece) JOIN lonely AS e ON e.nth = g.nth
        CROSS JOIN LATERAL (
            SELECT actor_id, trigrams FROM actor_names WHERE trigrams @> string_to_array(g.piece, '|') LIMIT @most_with_piece
        ) AS n
    ), similar_ones AS MATERIALIZED (
        SELECT nth, actor_id, row_number() OVER (PARTITION BY nth ORDER BY likeness DESC, actor_id) AS place FROM (
            SELECT nth, actor_id, max(likeness) AS likeness FROM (
                SELECT s.nth, s.actor_id, 2.0 * compared.shared / (cardinality(e.grams) + cardinality(s.trigrams)) AS likeness
                FROM similar_names AS s JOIN lonely AS e ON e.nth = s.nth
                CROSS JOIN LATERAL (SELECT count(*) AS shared FROM unnest(s.trigrams) AS gram WHERE gram = ANY (e.grams)) AS compared
            ) AS each
            GROUP BY nth, actor_id
        ) AS ranked
        WHERE likeness >= @least_likeness
    ), found AS MATERIALIZED (
        SELECT DISTINCT every.nth, coalesce(m.canonical_id, every.actor_id) AS id
        FROM (SELECT nth, actor_id FROM named UNION ALL SELECT nth, actor_id FROM similar_ones WHERE place <= @most_similar) AS every
        LEFT JOIN actors AS m ON m.id = every.actor_id AND m.canonical_id IS NOT NULL
    )
    SELECT f.nth, a.id, a.kind, a.name, CAST(a.names AS text) AS names, a.country, a.subdivision, a.lat, a.lon, a.population,
           n.folded, n.said, n.languages, n.kinds,
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
    "nearer": _NEARER.replace("@most_named", str(MOST_NAMED)),
    "most_with_words": str(MOST_WITH_WORDS),
    "most_with_piece": str(MOST_WITH_PIECE),
    "most_similar": str(MOST_SIMILAR),
    "few": str(FEW),
    "least_likeness": str(LEAST_LIKENESS),
}
_TEXTS = ("country", "subdivision", "schemes", "grams", "scheme", "value", "spelling", "words", "piece")
_COUNTS = ("nth", "key_nth", "spelling_nth", "words_nth", "piece_nth")
CANDIDATES = text(re.sub(r"(?<!@)@([a-z]\w*)", lambda named: _NAMED[named[1]], _SQL)).bindparams(
    *(bindparam(name, type_=ARRAY(Text())) for name in _TEXTS), *(bindparam(name, type_=ARRAY(Integer())) for name in _COUNTS)
)


class Candidate(NamedTuple):
    """An actor that may be meant. The lists of names are parallel; `keys` are its identifiers `scheme:value` of the schemes that were asked for."""

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
    keys: list[str] | None


async def candidates(work: Work, examples: Sequence[Example]) -> list[list[Candidate]]:
    """The candidates of each example, in one statement; the order of one example's says nothing yet."""
    found: list[list[Candidate]] = [[] for _ in examples]
    for row in await work.execute(CANDIDATES, {**values_of(examples), "today": work.now.date()}):
        found[row.nth].append(Candidate(*row))
    return found


def values_of(examples: Sequence[Example]) -> dict[str, Any]:
    """The values of the bind parameters: parallel lists, a line for each example, identifier, spelling, set of words and piece."""
    values: dict[str, Any] = {name: [] for name in (*_TEXTS, *_COUNTS)}
    for nth, example in enumerate(examples):
        for item in example.identifiers:
            _add(values, key_nth=nth, scheme=item.scheme, value=item.value)
        meant = readings(example.name) if example.name is not None else []
        schemes = "|".join(sorted({item.scheme for item in example.identifiers})) or None
        grams = "|".join(meant[0].grams()) if meant else None
        _add(values, nth=nth, country=example.country, subdivision=example.subdivision, schemes=schemes, grams=grams)
        for spelling in dict.fromkeys(spelling for reading in meant for spelling in reading.spellings()):
            _add(values, spelling_nth=nth, spelling=spelling)
        for words in dict.fromkeys(_words(reading) for reading in meant):
            _add(values, words_nth=nth, words=words)
        for piece in islice(meant[0].pieces() if meant else [], MOST_PIECES):
            if piece:
                _add(values, piece_nth=nth, piece="|".join(piece))
    return values


def _words(reading: Reading) -> str:
    return tsquery_of(reading.telling, prefix=False)


def _add(values: dict[str, Any], **line: Any) -> None:
    for name, value in line.items():
        values[name].append(value)
