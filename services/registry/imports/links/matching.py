"""What files of details have in common: the actors that their rows mean, whom a row means and nobody is, and which known period a row is about."""

from services.registry.imports.sql import statement

# The rows of actors that come of a file: `linked` says who is meant.
STAGE = (
    statement(
        """
        INSERT INTO import_rows (import_id, line, faulty, key_scheme, key_value, names, folded, identifiers, border_m, fields)
        SELECT CAST(:id AS uuid), min(line), false, 'comity', CAST(from_id AS text), CAST('{}' AS jsonb), CAST('{}' AS jsonb),
               jsonb_build_object('comity', CAST(from_id AS text)), CAST('{}' AS jsonb), CAST('{}' AS text[])
        FROM linked WHERE from_id IS NOT NULL GROUP BY from_id
        """
    ),
)


_UNFOUND = """
    INSERT INTO faults
    SELECT line, '<title>' || CASE WHEN <side>_side ? 'value' THEN '_value' ELSE '_name' END,
           coalesce(<side>_side ->> 'value', <side>_side ->> 'name'), 'actor_unfound', '{}'
    FROM linked WHERE <side>_id IS NULL
"""
_REVERSED = """
    INSERT INTO faults
    SELECT line, 'valid_through', CAST(valid_through AS text), 'days_reversed', CAST('{}' AS jsonb) FROM <told> WHERE valid_from > valid_through AND gave_last
    UNION ALL
    SELECT line, 'valid_from', CAST(valid_from AS text), 'begins_after_end', jsonb_build_object('last', valid_through)
    FROM <told> WHERE valid_from > valid_through AND NOT gave_last
"""


def unfound(title: str, side: str) -> str:
    """SQL that makes a fault of each row whose side is not exactly one actor. Nobody is guessed, and nothing is left aside in silence."""
    return _UNFOUND.replace("<title>", title).replace("<side>", side)


def reversed_days(told: str) -> str:
    """SQL that makes a fault of what ends before it begins, once the days that a row leaves open are those that are known."""
    return _REVERSED.replace("<told>", told)


def about(told: str, known: str, same: str) -> str:
    """SQL of the known period that a row of `told` (by its `nth`) is about: `same` in all but days, it begins on the same day, or shares days.

    Of several the one that begins on the same day, else the first; a period is one row's only, and for others of its rows there is none.
    """
    return f"""
        SELECT DISTINCT ON (known_id) nth, known_id
        FROM (
            SELECT DISTINCT ON (t.nth) t.nth, e.id AS known_id, e.valid_from IS NOT DISTINCT FROM t.valid_from AS exact
            FROM {told} AS t JOIN {known} AS e ON {same} AND (e.valid_from IS NOT DISTINCT FROM t.valid_from OR @period(e) && @period(t))
            ORDER BY t.nth, exact DESC, e.valid_from NULLS FIRST
        ) AS fits
        ORDER BY known_id, exact DESC, nth
    """  # noqa: S608 - constants
