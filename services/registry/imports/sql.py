"""SQL in which what recurs has a name: `@today`, `@now`, `@current(row)`, `@id(number)`, `@event`, `@who`, and what the record says of an actor.

`@keeping(id)` is the country that keeps an actor.

`@plain(actor)` and `@whole(actor)` give what `actors.service` records as the state before and after a change, `@full(actor)` the lists
of the state; a test compares them.
"""

import re

from sqlalchemy import TextClause, text

from services.registry.actors.callers import RECORDS
from shared.keepers import country_keeping

_NAMED = {
    "today": "CAST(:today AS date)",
    "now": "CAST(:now AS timestamptz)",
    "event": "(id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, organization, reason, request_id,"
    " trace, before, after)",
    "who": "'public', CAST('{}' AS uuid[]), @by",
    "by": "CAST(:subject AS text), CAST(:organization AS uuid), CAST(:reason AS text), CAST(:request_id AS text), CAST(:trace AS text)",
    "current": "(#.valid_from IS NULL OR #.valid_from <= @today) AND (#.valid_through IS NULL OR #.valid_through >= @today)",
    # A UUIDv7 (RFC 9562) from the millisecond :ms on: twelve bits count, and what does not fit in them counts milliseconds further.
    "id": "CAST(lpad(to_hex(CAST(:ms AS bigint) + # / 4096), 12, '0') || '7' || lpad(to_hex(# % 4096), 3, '0')"
    " || substr(CAST(gen_random_uuid() AS text), 20) AS uuid)",
    # Dissolved by this source and listed again: active again. What was merged stays merged.
    "status": "CASE WHEN a.status = 'merged' THEN a.status ELSE coalesce(#.status, CASE WHEN back.retired THEN 'active' END, a.status) END",
    # What was decided holds for as long as the actor is there.
    "decided": "(#.actor_id IS NULL OR EXISTS (SELECT FROM actors AS d WHERE d.id = #.actor_id AND @ofday(d) = 'active'))",
    # Of whom a suggestion has once named somebody, and names nobody now: no file answers it by itself.
    "again": "(NOT @decided(#) OR #.state = 'open' AND EXISTS (SELECT FROM suggestion_decisions AS d WHERE d.suggestion_id = #.id AND d.actor_id IS NOT NULL))",
    # The same words of two sources on a domain are two; a file that has a source of its own is one.
    "apart": "CASE WHEN CAST(:source AS text) IS NULL AND #.domain IS NOT NULL THEN #.source END",
    # An identifier `i` of which no origin is said has that of its actor `a`.
    "origin": "(SELECT s.* FROM (VALUES (i.source, i.licence, i.read_on), (a.source, a.licence, a.read_on)) AS s (source, licence, read_on)"
    " OFFSET CAST(num_nonnulls(i.source, i.licence, i.read_on) = 0 AS int) LIMIT 1)",
    "period": "daterange(#.valid_from, #.valid_through, '[]')",
    "plain": "jsonb_build_object('kind', #.kind, 'source_kind', #.source_kind, 'status', #.status, 'dissolved_on', #.dissolved_on, 'country', #.country,"
    " 'subdivision', #.subdivision, 'lat', #.lat, 'lon', #.lon, 'population', #.population, 'website', #.website, 'border_m', #.border_m,"
    " 'source', #.source, 'licence', #.licence, 'read_on', #.read_on, 'preferred_language', #.preferred_language)",
    # What is to be dissolved is active through its last day.
    "ofday": "CASE WHEN #.dissolved_on >= @today THEN 'active' ELSE #.status END",
    "keeping": country_keeping("#", RECORDS),
    # What the state says of it in full: see actors.telling.
    "full": """jsonb_build_object(
        'all_names', (
            SELECT jsonb_agg(said ORDER BY n.language COLLATE "C", n.kind COLLATE "C", n.name COLLATE "C")
            FROM actor_names AS n, jsonb_strip_nulls(jsonb_build_object(
                'language', n.language, 'kind', n.kind, 'name', n.name, @dated(n), 'source', nullif(n.source, ''))) AS said WHERE n.actor_id = #.id
        ),
        'all_identifiers', (
            SELECT coalesce(jsonb_agg(said ORDER BY i.scheme COLLATE "C", i.value COLLATE "C", i.valid_from NULLS FIRST), '[]')
            FROM actor_identifiers AS i, jsonb_strip_nulls(jsonb_build_object(
                'scheme', i.scheme, 'value', i.value, @dated(i), 'source', nullif(i.source, ''), 'licence', nullif(i.licence, ''), 'read_on', i.read_on
            )) AS said
            WHERE i.actor_id = #.id
        ),
        'parents', (
            SELECT coalesce(jsonb_agg(said ORDER BY CAST(t.parent_id AS text) COLLATE "C", t.valid_from NULLS FIRST), '[]')
            FROM actor_parents AS t, jsonb_strip_nulls(jsonb_build_object('parent_id', t.parent_id, @dated(t))) AS said WHERE t.actor_id = #.id
        )
    )""",
    "dated": "'valid_from', #.valid_from, 'valid_through', #.valid_through",
    "days": "coalesce(CAST(#.valid_from AS text), ''), coalesce(CAST(#.valid_through AS text), '')",
    "whole": """(@plain(#) || jsonb_build_object(
        'names', (
            SELECT jsonb_agg(said ORDER BY n.language COLLATE "C", n.kind COLLATE "C", n.name COLLATE "C")
            FROM actor_names AS n, jsonb_build_array(n.language, n.kind, n.name, @days(n), coalesce(n.source, '')) AS said WHERE n.actor_id = #.id
        ),
        'identifiers', (
            SELECT coalesce(jsonb_agg(said ORDER BY i.scheme COLLATE "C", i.value COLLATE "C", i.valid_from NULLS FIRST), '[]')
            FROM actor_identifiers AS i, jsonb_build_array(
                i.scheme, i.value, @days(i), coalesce(i.source, ''), coalesce(i.licence, ''), coalesce(CAST(i.read_on AS text), '')
            ) AS said
            WHERE i.actor_id = #.id
        ),
        'parents', (
            SELECT coalesce(jsonb_agg(said ORDER BY CAST(t.parent_id AS text) COLLATE "C", t.valid_from NULLS FIRST), '[]')
            FROM actor_parents AS t, jsonb_build_array(t.parent_id, @days(t)) AS said WHERE t.actor_id = #.id
        ),
        'parent_id', (SELECT t.parent_id FROM actor_parents AS t WHERE t.actor_id = #.id AND @current(t))
    ))""",
}
_USED = re.compile(r"@([a-z]+)(?:\(([\w.]+)\))?")


def statement(sql: str) -> TextClause:
    """The statement with its names written out, and the names in those."""
    while _USED.search(sql):
        sql = _USED.sub(lambda used: _NAMED[used[1]].replace("#", used[2] or ""), sql)
    return text(sql)
