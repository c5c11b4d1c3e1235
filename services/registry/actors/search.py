"""The statement of a search: which actors a phrase finds, and how well each answers it.

Rank 0 is a name spelled as the phrase; 1 a name of the same words; 2 one that differs in words of kind only ("Ciudad Juárez" finds
Juárez); 3 the same of an actor of another kind than those words say ("City of San Diego" is not the county); 4 one that begins with the
phrase; 5 one with a word for each beginning in it; 6 one of which two neighbouring letters have changed places; from then on names that
are similar: the fewer letters differ the earlier, then the more trigrams they share. Among these stands one with a word for each
beginning that lacks the article which was typed: "los angles" is rather Los Angeles than Anglesey. A state is one lower beside a city of
its name when it is itself the place that was named. Similar names are looked for only while few others were found. What is ranked is
capped: see MOST_NAMES and MOST_SURE.
"""

import re
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, Integer, Text, bindparam, case, column, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.phrases import CONNECTORS, FEW, KIND_ABBREVIATIONS, KIND_WORDS, SHORT_WORD
from shared.reading import Entity

MOST_NAMES = 10_000  # that have the words of a reading are ranked
MOST_SURE = 500  # names that begin with the phrase, and names of the most populous actors, are ranked whatever else has the words
MOST_SIMILAR = 250  # names that have a piece of the phrase are compared with it: those nearest in length
PLACE_CODE = "^([a-z]{2} )?[a-z0-9]{1,3}$"  # as folded: "mx chh"
LEAST_LIKENESS = 0.42  # of the phrase's trigrams, that a similar name has unless few letters differ
LACKS_ARTICLE = 26  # the rank of a beginning without the article that was typed: behind most names of which one letter differs
OF_A_LETTER = 6  # how far a letter that differs moves a similar name back; to share no trigram at all moves it by 20

_READING = (
    "words", "whole", "whole_count", "telling", "telling_count", "kinds", "beginning", "place", "land", "grams", "others",
    "letters", "slips", "swapped", "articles",
)  # fmt: skip
_COUNTS = ("whole_count", "telling_count", "slips", "piece_reading", "piece_few")
_TEXTS = (
    "spelling", "spelling_place", "spelling_land", "piece", "named", "abbreviation", "abbreviated", *(name for name in _READING if name not in _COUNTS)
)  # fmt: skip


def _quoted(words: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


# What the places that a phrase may name are: names of states and nations, and abbreviations (`phrases.place_values`).
NAMED_PLACES = """
        SELECT n.folded AS place, a.country, CASE WHEN a.kind = 'state' THEN a.subdivision END AS subdivision
        FROM actor_names AS n JOIN actors AS a ON a.id = n.actor_id
        WHERE n.folded = ANY (:named) AND a.kind IN ('nation', 'state')
        UNION ALL
        SELECT place, left(code, 2), CASE WHEN length(code) > 2 THEN code END FROM unnest(:abbreviation, :abbreviated) AS given (place, code)
"""


def inside(place: str) -> str:
    """The condition that an actor `a` is in this place: by a code of ISO 3166, or by what `named_place` says."""
    return f"""(
            upper(replace({place}, ' ', '-')) IN (a.country, a.subdivision, split_part(a.subdivision, '-', 2))
            OR EXISTS (
                SELECT FROM named_place AS w
                WHERE w.place = {place} AND w.country = a.country AND (w.subdivision IS NULL OR w.subdivision = a.subdivision)
            )
        )"""


_OF_KIND = KIND_WORDS + KIND_ABBREVIATIONS
ANY_KIND = "CAST('" + " | ".join(_OF_KIND) + "' AS tsquery)"
# The letters of a name `n` beside its words of kind; most names have none of these.
LETTERS = (
    f"CASE WHEN n.words @@ {ANY_KIND} THEN array_to_string(tsvector_to_array(ts_delete(n.words, {_quoted(_OF_KIND)})), '') ELSE replace(n.folded, ' ', '') END"
)
# At least how many of a reading's letters have to be put in, left out or changed, wherever they stand: none where two have changed places.
APART = """greatest(length(r.letters), length(n.letters)) - (
                SELECT sum(least(length(r.letters) - length(replace(r.letters, letter, '')), length(n.letters) - length(replace(n.letters, letter, ''))))
                FROM unnest(r.letter) AS letter
            )"""


# How a name `n` with a word for each beginning in a reading `r` answers it.
_RANK_BY_WORDS = """CASE WHEN n.words @@ CAST(r.whole AS tsquery) AND length(ts_delete(n.words, @connectors)) = r.whole_count
                          AND (r.kinds IS NULL OR split_part(n.folded, ' ', 1) = split_part(r.beginning, ' ', 1)) THEN 1
                    WHEN starts_with(n.folded, r.beginning) THEN 4
                    WHEN r.articles IS NULL OR n.words @@ CAST(r.articles AS tsquery) THEN 5 ELSE @lacks_article END"""

# `@name` stands for what `_NAMED` has.
_SQL = """
    WITH named_place AS MATERIALIZED (@named_places
    ), reading AS MATERIALIZED (
        SELECT given.*, string_to_array(given.grams, '|') AS gram, string_to_array(given.others, '|') AS other,
               ARRAY(SELECT DISTINCT letter FROM string_to_table(given.letters, NULL) AS letter) AS letter,
               string_to_array(given.swapped, '|') AS with_swapped
        FROM unnest(@reading) WITH ORDINALITY AS given (@reading_columns, nth)
        WHERE given.place IS NULL OR given.place ~ @code OR given.place IN (SELECT place FROM named_place)
    ), answer AS MATERIALIZED (
        SELECT n.actor_id, 0 AS rank, given.place, given.land
        FROM unnest(:spelling, :spelling_place, :spelling_land) AS given (spelling, place, land)
        CROSS JOIN LATERAL (SELECT actor_id FROM actor_names WHERE folded = given.spelling LIMIT @most_names) AS n
        UNION ALL
        SELECT n.actor_id, @rank_by_words, r.place, r.land
        FROM reading AS r CROSS JOIN LATERAL (
            SELECT actor_id, folded, words FROM actor_names WHERE words @@ CAST(r.words AS tsquery) LIMIT @most_names
        ) AS n
        UNION ALL
        SELECT n.actor_id, CASE WHEN @is_of_kind THEN 2 ELSE 3 END, r.place, r.land
        FROM reading AS r CROSS JOIN LATERAL (
            SELECT actor_id, words FROM actor_names WHERE words @@ CAST(r.telling AS tsquery) LIMIT @most_names
        ) AS n
        WHERE length(ts_delete(n.words, @kinds)) = r.telling_count
    ), sure AS MATERIALIZED (
        SELECT n.actor_id, @rank_by_words AS rank, r.place, r.land
        FROM reading AS r CROSS JOIN LATERAL (
            (SELECT actor_id, folded, words FROM actor_names WHERE folded ~>=~ r.beginning AND folded ~<~ (r.beginning || chr(1114111)) LIMIT @most_sure)
            UNION ALL
            SELECT own.* FROM (SELECT id FROM actors ORDER BY coalesce(population, '-1'::integer) DESC, id DESC LIMIT @most_sure) AS a
            CROSS JOIN LATERAL (SELECT actor_id, folded, words FROM actor_names WHERE actor_id = a.id LIMIT @most_sure) AS own
        ) AS n
        WHERE n.words @@ CAST(r.words AS tsquery) AND (SELECT count(*) FROM answer) >= @most_names
    ), every AS NOT MATERIALIZED (
        SELECT * FROM answer UNION ALL SELECT * FROM sure
    ), in_place AS MATERIALIZED (
        SELECT actor_id, rank FROM every WHERE place IS NULL
        UNION ALL
        SELECT h.actor_id, h.rank + a.itself FROM every AS h CROSS JOIN LATERAL (
            SELECT CASE WHEN a.kind = 'state' AND NOT @in_nation THEN 1 ELSE 0 END AS itself FROM actors AS a WHERE a.id = h.actor_id AND @inside LIMIT 1
        ) AS a
        WHERE h.place IS NOT NULL
    ), near_by AS MATERIALIZED (
        SELECT DISTINCT ON (p.nth, n.actor_id, n.folded) p.nth, n.*
        FROM unnest(:piece, :piece_reading, :piece_few) AS p (piece, nth, few) JOIN reading AS r ON r.nth = p.nth CROSS JOIN LATERAL (
            SELECT actor_id, folded COLLATE "C" AS folded, words, trigrams FROM actor_names WHERE trigrams @> string_to_array(p.piece, '|')
            ORDER BY abs(length(folded) - length(r.beginning)) LIMIT @most_similar
        ) AS n
        WHERE (SELECT count(*) FROM (SELECT DISTINCT actor_id FROM in_place WHERE rank < @lacks_article LIMIT @few) AS enough) < p.few
              AND length(translate(r.letters, n.folded, '')) <= r.slips + 1
    ), compared AS MATERIALIZED (
        SELECT n.nth, n.actor_id, cardinality(r.gram) AS asked, g.shared, g.had, @letters AS letters, n.words @@ @any_kind AS of_a_kind
        FROM near_by AS n JOIN reading AS r ON r.nth = n.nth CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE gram = ANY (r.gram)) AS shared, count(*) FILTER (WHERE gram = ANY (r.gram) OR gram <> ALL (r.other)) AS had
            FROM unnest(n.trigrams) AS gram
        ) AS g
    ), alike AS MATERIALIZED (
        SELECT n.*, r.place, r.land, n.letters = ANY (r.with_swapped) AS swapped,
               @apart + CASE WHEN @is_of_kind THEN 0 ELSE 1 END AS apart, n.of_a_kind AND r.kinds IS NULL AS said_more
        FROM compared AS n JOIN reading AS r ON r.nth = n.nth
        WHERE (n.shared >= @least_likeness * n.asked AND (length(r.letters) > @short OR abs(length(n.letters) - length(r.letters)) <= 1)) OR (
            abs(length(n.letters) - length(r.letters)) <= r.slips AND length(translate(n.letters, r.letters, '')) <= r.slips
        )
    )
    SELECT coalesce(m.canonical_id, found.actor_id) AS actor_id, min(rank) AS rank
    FROM (
        SELECT actor_id, rank FROM in_place
        UNION ALL
        SELECT h.actor_id, CAST(h.said_more AS integer) + CASE WHEN h.swapped THEN 6 + h.apart
                   ELSE 26 + CAST(@of_a_letter * h.apart - round(10.0 * h.shared / h.asked + 10.0 * h.shared / (h.asked + h.had - h.shared)) AS integer) END
        FROM alike AS h
        WHERE h.place IS NULL OR EXISTS (SELECT FROM actors AS a WHERE a.id = h.actor_id AND @inside)
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


def among_found(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, asked of each actor that was found and of no others.

    Of a box around a point PostgreSQL has no statistics: it takes every box for tiny, and walks through all that was found once for each
    actor in it. A condition that needs the found row is asked behind the join, and is taken for half of what comes out of it.
    """
    return case((FOUND.c.rank.is_not(None), condition), else_=false())


_NAMED = {
    "rank_by_words": _RANK_BY_WORDS,
    "most_sure": str(MOST_SURE),
    "reading": ", ".join(f":{name}" for name in _READING),
    "reading_columns": ", ".join(_READING),
    "named_places": NAMED_PLACES,
    "inside": f"{inside('h.place')} AND (h.land IS NULL OR {inside('h.land')})",
    "in_nation": "(upper(h.place) = a.country OR EXISTS (SELECT FROM named_place WHERE place = h.place AND country = a.country AND subdivision IS NULL))",
    "of_a_letter": str(OF_A_LETTER),
    "lacks_article": str(LACKS_ARTICLE),
    "short": str(SHORT_WORD),
    "letters": LETTERS,
    "is_of_kind": "(r.kinds IS NULL OR (SELECT kind FROM actors WHERE id = n.actor_id) = ANY (string_to_array(r.kinds, '|')))",
    "any_kind": ANY_KIND,
    "apart": APART,
    "connectors": _quoted(CONNECTORS),
    "kinds": _quoted(CONNECTORS + KIND_WORDS),
    "most_names": str(MOST_NAMES),
    "most_similar": str(MOST_SIMILAR),
    "few": str(FEW),
    "code": f"'{PLACE_CODE}'",
    "least_likeness": str(LEAST_LIKENESS),
}


def _written(sql: str) -> str:
    return re.sub(r"(?<!@)@([a-z_]+)", lambda named: _written(_NAMED[named[1]]), sql)


# On one line: the driver keeps no statement prepared that is longer than 15,360 bytes, and would plan it anew each time.
_ONE_LINE = " ".join(_written(_SQL).split())
_STATEMENT = text(re.sub(r"(?<!:):([a-z]\w*)", r":search_\1", _ONE_LINE)).bindparams(*map(_bound, (*_TEXTS, *_COUNTS)))
FOUND = _STATEMENT.columns(column("actor_id", PGUUID(as_uuid=True)), column("rank", Integer)).cte("found")
