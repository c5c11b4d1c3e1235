"""The statement of a search: which actors a phrase finds, and how well each answers it.

Rank 0 is a name spelled as the phrase; 1 a name of the same words; 2 one that differs in words of kind only ("Ciudad Juárez" finds
Juárez); 3 one that begins with the phrase; 4 one with a word for each beginning in it; from 5 on names that are similar, the more
alike the earlier. Similar names are looked for only while few others were found. What is ranked is capped: see MOST_NAMES.
"""

import re
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Text, bindparam, column, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.phrases import CONNECTORS, KIND_WORDS
from shared.reading import Entity

MOST_NAMES = 10_000  # that have the words of a reading are ranked; those spelled as the phrase are always among them
MOST_SIMILAR = 500  # names that have a piece of the phrase are compared with it
LONGEST_PLACE_CODE = 6  # "mx chh"
FEW = 10  # answers, below which similar names are looked for as well
LEAST_LIKENESS = 0.42  # of the phrase's trigrams, that a similar name has

_TEXTS = ("spelling", "spelling_place", "words", "whole", "telling", "beginning", "place", "grams", "others", "piece")
_COUNTS = ("whole_count", "telling_count", "piece_reading")


def _quoted(words: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


# `@name` stands for what `_NAMED` has. A hit `h` is in the place that was named with it: by a code of ISO 3166, or by the name of a state or nation.
_INSIDE = """EXISTS (
            SELECT FROM actors AS a
            WHERE a.id = h.actor_id AND (
                upper(replace(h.place, ' ', '-')) IN (a.country, a.subdivision, split_part(a.subdivision, '-', 2))
                OR EXISTS (
                    SELECT FROM named_place AS w
                    WHERE w.place = h.place AND w.country = a.country AND (w.subdivision IS NULL OR w.subdivision = a.subdivision)
                )
            )
        )"""
_SQL = """
    WITH reading AS MATERIALIZED (
        SELECT given.*, string_to_array(given.grams, '|') AS gram, string_to_array(given.others, '|') AS other
        FROM unnest(:words, :whole, :whole_count, :telling, :telling_count, :beginning, :place, :grams, :others)
             WITH ORDINALITY AS given (words, whole, whole_count, telling, telling_count, beginning, place, grams, others, nth)
    ), named_place AS MATERIALIZED (
        SELECT n.folded AS place, a.country, CASE WHEN a.kind = 'state' THEN a.subdivision END AS subdivision
        FROM actor_names AS n JOIN actors AS a ON a.id = n.actor_id
        WHERE n.folded = ANY (:place) AND a.kind IN ('nation', 'state')
    ), answer AS MATERIALIZED (
        SELECT n.actor_id, 0 AS rank, given.place
        FROM unnest(:spelling, :spelling_place) AS given (spelling, place)
        CROSS JOIN LATERAL (SELECT actor_id FROM actor_names WHERE folded = given.spelling LIMIT @most_names) AS n
        UNION ALL
        SELECT n.actor_id,
               CASE WHEN n.words @@ CAST(r.whole AS tsquery) AND length(ts_delete(n.words, @connectors)) = r.whole_count THEN 1
                    WHEN starts_with(n.folded, r.beginning) THEN 3 ELSE 4 END,
               r.place
        FROM reading AS r CROSS JOIN LATERAL (
            SELECT actor_id, folded, words FROM actor_names WHERE words @@ CAST(r.words AS tsquery) LIMIT @most_names
        ) AS n
        UNION ALL
        SELECT n.actor_id, 2, r.place
        FROM reading AS r CROSS JOIN LATERAL (
            SELECT actor_id, words FROM actor_names WHERE words @@ CAST(r.telling AS tsquery) LIMIT @most_names
        ) AS n
        WHERE length(ts_delete(n.words, @kinds)) = r.telling_count
    ), in_place AS MATERIALIZED (
        SELECT h.actor_id, h.rank FROM answer AS h WHERE h.place IS NULL OR @inside
    ), near_by AS MATERIALIZED (
        SELECT DISTINCT p.nth, n.actor_id, n.trigrams
        FROM unnest(:piece, :piece_reading) AS p (piece, nth) JOIN reading AS r ON r.nth = p.nth CROSS JOIN LATERAL (
            SELECT actor_id, trigrams FROM actor_names WHERE trigrams @> string_to_array(p.piece, '|') LIMIT @most_similar
        ) AS n
        WHERE (SELECT count(*) FROM (SELECT DISTINCT actor_id FROM in_place LIMIT @few) AS enough) < @few
              AND (r.place IS NULL OR length(r.place) <= @longest_code OR r.place IN (SELECT place FROM named_place))
    ), alike AS MATERIALIZED (
        SELECT n.actor_id, r.place, cardinality(r.gram) AS asked, compared.shared, compared.had
        FROM near_by AS n JOIN reading AS r ON r.nth = n.nth CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE gram = ANY (r.gram)) AS shared, count(*) FILTER (WHERE gram <> ALL (r.other) OR gram = ANY (r.gram)) AS had
            FROM unnest(n.trigrams) AS gram
        ) AS compared
    )
    SELECT coalesce(m.canonical_id, found.actor_id) AS actor_id, min(rank) AS rank
    FROM (
        SELECT actor_id, rank FROM in_place
        UNION ALL
        SELECT h.actor_id, 15 - CAST(round(5.0 * h.shared / h.asked + 5.0 * h.shared / (h.asked + h.had - h.shared)) AS integer)
        FROM alike AS h WHERE h.shared >= @least_likeness * h.asked AND (h.place IS NULL OR @inside)
    ) AS found LEFT JOIN actors AS m ON m.id = found.actor_id AND m.canonical_id IS NOT NULL
    GROUP BY 1
"""


def _bound(name: str) -> BindParameter[Any]:
    return bindparam(f"search_{name}", type_=ARRAY(Integer() if name in _COUNTS else Text()))


def found(row: Entity) -> tuple[FromClause, ColumnElement[bool]]:
    """The actors that a phrase finds, each once with its rank, and how they join the row. `phrases.search_values` has the parameters."""
    return FOUND, FOUND.c.actor_id == row.id


def found_merged(row: Entity) -> tuple[FromClause, ColumnElement[bool]]:
    """The same for rows of actors that were merged: those whose actor, as it is known now, the phrase finds."""
    return FOUND, FOUND.c.actor_id == row.canonical_id


_NAMED = {
    "inside": _INSIDE,
    "connectors": _quoted(CONNECTORS),
    "kinds": _quoted(CONNECTORS + KIND_WORDS),
    "most_names": str(MOST_NAMES),
    "most_similar": str(MOST_SIMILAR),
    "few": str(FEW),
    "longest_code": str(LONGEST_PLACE_CODE),
    "least_likeness": str(LEAST_LIKENESS),
}
_WRITTEN = re.sub(r"(?<!@)@([a-z_]+)", lambda named: _NAMED[named[1]], _SQL)
_STATEMENT = text(re.sub(r"(?<!:):([a-z]\w*)", r":search_\1", _WRITTEN)).bindparams(*map(_bound, (*_TEXTS, *_COUNTS)))
FOUND = _STATEMENT.columns(column("actor_id", PGUUID(as_uuid=True)), column("rank", Integer)).cte("found")
