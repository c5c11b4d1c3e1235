"""Writes a registry's history of any length: actors that are registered and change, seats that are made and change."""

import time

import asyncpg

# One actor for four events, and three events of actors for one of a seat: about what years of imports and corrections leave.
# Ids sort by time as the platform's own do; the events are spread over the last 90 days.
_ID = "(lpad(to_hex({millis}), 12, '0') || '7' || substr(md5({salt}), 1, 3) || 'a' || substr(md5({salt}), 4, 15))::uuid"
_WRITE = f"""
    INSERT INTO events (id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, request_id)
    SELECT {_ID.format(millis="millis", salt="n::text")}, kind, which,
           kind || CASE WHEN NOT first THEN '.changed' WHEN kind = 'seat' THEN '.created' ELSE '.registered' END,
           to_timestamp(millis / 1000.0), payload, payload, 'public', '{{}}', 'bench', 'bench-' || n
    FROM (
        SELECT n, n <= $1 / 4 AS first, (extract(epoch FROM now() - interval '90 days') * 1000)::bigint + n * 7776000000 / $1 AS millis, kind, which,
               CASE kind WHEN 'actor' THEN jsonb_build_object(
                   'actor_id', which, 'kind', 'county', 'status', 'active', 'name', 'County of the bench, number ' || n,
                   'names', jsonb_build_object('en', 'County of the bench, number ' || n, 'es', 'Condado de la prueba, número ' || n,
                                               'fr', 'Comté de la mesure, numéro ' || n),
                   'country', 'US', 'subdivision', 'US-' || chr(65 + (n % 26)::int) || chr(65 + (n % 25)::int),
                   'parent_id', {_ID.format(millis="1", salt="'p' || n % 50")},
                   'lat', 30 + (n % 20000) / 1000.0, 'lon', -120 + (n % 50000) / 1000.0, 'population', n * 7 % 900000,
                   'border_m', jsonb_build_object('MX', n % 300000, 'CA', n * 3 % 2500000),
                   'identifiers', jsonb_build_object('ocd', 'ocd-division/country:us/state:xx/county:bench_' || which, 'fips', lpad((n % 99999)::text, 5, '0'),
                                                     'wikidata', 'Q' || n))
               ELSE jsonb_build_object(
                   'seat_id', which, 'actor_id', {_ID.format(millis="2", salt="(n % ($1 / 4 + 1))::text")}, 'role', 'chief_executive',
                   'title', 'Chair of the board of supervisors ' || n, 'status', 'active') END AS payload
        FROM (SELECT n, CASE WHEN n % 4 = 0 THEN 'seat' ELSE 'actor' END AS kind,
                     {_ID.format(millis="CASE WHEN n % 4 = 0 THEN 3 ELSE 2 END", salt="(n % ($1 / 4 + 1))::text")}::text AS which
              FROM generate_series(1::bigint, $1::bigint) AS n) AS numbered
    ) AS told ORDER BY n
"""
# What the feed gives of an event, as it stands in the table.
COLUMNS = """
    SELECT id, type, time, aggregatetype, aggregateid, position, request_id, trace, subject, organization, reason, before, after, payload
    FROM events WHERE position IS NOT NULL ORDER BY position
"""


async def fill(url: str, count: int) -> float:
    """Write `count` events without a position, as the registry's own changes leave them; rows a second."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    started = time.perf_counter()
    await connection.execute(_WRITE, count)
    taken = time.perf_counter() - started
    await connection.execute("ANALYZE events")
    await connection.close()
    return count / taken
