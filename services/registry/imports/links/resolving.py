"""Finds out whom the rows of a file mean: by an identifier, else by a name that exactly one active actor has where the row says it is.

An identifier says who is meant for good, be the actor dissolved by now. A name without a country or subdivision fits nobody, for the same
name is somewhere else as well. What people have decided of the same words of the same source holds; once whom they named is there no longer,
these words are theirs to decide again, be there exactly one of the name now. A fixed number of statements, whatever the size of the file.
"""

from sqlalchemy import TextClause

from services.registry.imports.sql import statement

MOST_CANDIDATES = 10


def _meant(side: str, found: str) -> str:
    """SQL of who is meant by a side of a row: what was decided, else who was found, unless the words have been decided once."""
    decided = f"of_{side}.state = 'resolved' AND @decided(of_{side})"
    asked = f"@again(of_{side}) AND of_{side}.actor_id IS DISTINCT FROM {found}.actor_id"
    return f"CASE WHEN {decided} THEN of_{side}.actor_id WHEN {asked} THEN NULL ELSE {found}.actor_id END AS {side}_id"


# Who decides a suggestion of this source waits until its file is applied, and the file sees what was decided before it.
LOCK = "hashtextextended('suggestions:' || CAST({source} AS text), 0)"
# `linked` are the rows, each with the actors that it means, the candidates where it does not say, and what was decided of it.
RESOLVE: tuple[TextClause, ...] = (
    statement(f"SELECT pg_advisory_xact_lock({LOCK.format(source=':source')}) WHERE CAST(:source AS text) IS NOT NULL"),
    statement(
        "CREATE TEMPORARY TABLE asked (id bigint GENERATED ALWAYS AS IDENTITY, said jsonb NOT NULL, actor_id uuid, exact boolean NOT NULL DEFAULT false,"
        " candidates uuid[] NOT NULL DEFAULT '{}') ON COMMIT DROP"
    ),
    statement(
        """
        INSERT INTO asked (said)
        SELECT from_side FROM import_links WHERE import_id = :id UNION SELECT to_side FROM import_links WHERE import_id = :id AND to_side IS NOT NULL
        """
    ),
    statement("ANALYZE asked"),
    statement(
        """
        UPDATE asked AS q SET actor_id = i.actor_id, exact = true, candidates = ARRAY[i.actor_id] FROM actor_identifiers AS i
        WHERE i.scheme = q.said ->> 'scheme' AND i.value = q.said ->> 'value' AND @current(i)
        """
    ),
    statement(
        """
        UPDATE asked AS q SET actor_id = a.id, exact = true, candidates = ARRAY[a.id] FROM actors AS a
        WHERE q.actor_id IS NULL AND q.said ->> 'scheme' = 'comity' AND CAST(a.id AS text) = q.said ->> 'value'
        """
    ),
    statement(
        f"""
        UPDATE asked AS q
        SET actor_id = CASE WHEN cardinality(found.fitting) = 1 THEN found.fitting[1] END, candidates = found.candidates[1:{MOST_CANDIDATES}]
        FROM (
            SELECT id, array_agg(actor_id) FILTER (WHERE fits) AS fitting,
                   array_agg(actor_id ORDER BY fits DESC, population DESC NULLS LAST, actor_id) AS candidates
            FROM (
                SELECT DISTINCT q.id, a.id AS actor_id, a.population,
                       (q.said ? 'country' OR q.said ? 'subdivision')
                       AND coalesce(q.said ->> 'subdivision' = a.subdivision, true) AND (NOT q.said ? 'kind' OR q.said -> 'kind' ? a.kind) AS fits
                FROM asked AS q JOIN actor_names AS n ON n.folded = q.said ->> 'folded'
                JOIN actors AS a ON a.id = n.actor_id AND @ofday(a) = 'active'
                WHERE q.actor_id IS NULL AND (NOT q.said ? 'country' OR q.said -> 'country' ? a.country)
            ) AS named
            GROUP BY id
        ) AS found
        WHERE found.id = q.id
        """  # noqa: S608 - a constant
    ),
    statement(
        f"""
        CREATE TEMPORARY TABLE linked ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY l.line, l.part) AS nth, l.*,
               {_meant("from", "f")},
               {_meant("to", "t")},
               f.exact, f.candidates AS from_candidates, t.candidates AS to_candidates,
               coalesce(of_from.state = 'dismissed', false) OR coalesce(of_to.state = 'dismissed', false) AS dismissed
        FROM (
            SELECT DISTINCT ON (key, @apart(w)) * FROM import_links AS w WHERE import_id = :id ORDER BY key, @apart(w), line, part
        ) AS l
        JOIN asked AS f ON f.said = l.from_side
        LEFT JOIN asked AS t ON t.said = l.to_side
        LEFT JOIN import_suggestions AS of_from ON of_from.source = :source AND of_from.key = l.key AND of_from.side = 'from'
        LEFT JOIN import_suggestions AS of_to ON of_to.source = :source AND of_to.key = l.key AND of_to.side = 'to'
        """  # noqa: S608 - constants
    ),
    statement("ANALYZE linked (nth, line, part, key, from_id, to_id)"),
)
# A domain is evidence of whose an address is, and a tie is of one of its sides: neither is said by a third country. Whose an office is, is not
# said by whoever would have it either.
THEIRS = statement(
    """
    INSERT INTO faults
    SELECT l.line, CASE WHEN l.domain IS NULL THEN 'from' ELSE 'actor' END || CASE WHEN l.from_side ? 'name' THEN '_name' ELSE '_value' END,
           coalesce(l.from_side ->> 'name', l.from_side ->> 'value'),
           'actor_of_another', '{}'
    FROM linked AS l
    WHERE CAST(:country AS text) IS NOT NULL AND l.from_id IS NOT NULL AND (l.to_side IS NULL OR l.to_id IS NOT NULL) AND NOT l.dismissed
          AND @keeping(l.from_id) IS DISTINCT FROM CAST(:country AS text)
          AND (l.type IS NOT DISTINCT FROM 'office_of' OR @keeping(l.to_id) IS DISTINCT FROM CAST(:country AS text))
    """
)

# The sides that fit no one: `nth` in the order of the file, `label` as what the actor's columns begin with.
WANTED = """
    SELECT nth, key, line, part, side, label, said, candidates, other_id,
           concat_ws(', ', coalesce(said ->> 'name', concat_ws(':', said ->> 'scheme', said ->> 'value')),
                     said ->> 'subdivision', translate(said ->> 'country', '[]" ', '')) AS text
    FROM (
        SELECT l.nth * 2 AS nth, l.key, l.line, l.part, 'from' AS side, CASE WHEN l.domain IS NULL THEN 'from' ELSE 'actor' END AS label,
               l.from_side AS said, l.from_candidates AS candidates, l.to_id AS other_id
        FROM linked AS l WHERE l.from_id IS NULL AND NOT l.dismissed
        UNION ALL
        SELECT l.nth * 2 + 1, l.key, l.line, l.part, 'to', 'to', l.to_side, l.to_candidates, l.from_id
        FROM linked AS l WHERE l.to_side IS NOT NULL AND l.to_id IS NULL AND NOT l.dismissed
    ) AS sides
"""
MOST_QUESTIONS = 1_000  # kept of a dry run; all are counted
READ_QUESTIONS = statement(
    f"""
    SELECT line, label || CASE WHEN said ? 'name' THEN '_name' ELSE '_value' END AS "column", side, text, candidates, other_id
    FROM ({WANTED}) AS wanted ORDER BY nth LIMIT {MOST_QUESTIONS}
    """  # noqa: S608 - constants
)
"""Rows of (line, column, side, what is said, candidates, the other side): what a dry run would leave to people."""


COUNT_SUGGESTIONS = statement(
    """
    SELECT coalesce(sum(CAST(from_id IS NULL AS int) + CAST(to_side IS NOT NULL AND to_id IS NULL AS int)), 0) AS suggestions FROM linked WHERE NOT dismissed
    """
)
