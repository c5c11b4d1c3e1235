"""The one statement of the review: how many governments there are in each group, and what their reports say, year by year.

At the end of a year, or today in the one that runs, a government that is active counts with its latest current report of that year, or of
as many years before as a report lasts. What it says over the years is one text for each measure, and governments of a group that say the
same are one row with their number: that is all it takes to find what every year adds up to, and what may be told of it beside every other.
"""

from typing import Any, cast

from sqlalchemy import text

from services.registry.actors.bands import ENDS, PopulationBand
from services.registry.capacity.repository import GOVERNMENTS
from services.registry.review.measures import RECORDED, REPORTED
from shared.reading import Statement

# Groups as texts; '' stands for what the registry does not know.
_BAND = " ".join(f"WHEN a.population < {end} THEN '{band.value}'" for end, band in ENDS)
DIMENSIONS = {
    "kind": "a.kind",
    "subdivision": "coalesce(a.subdivision, '')",
    "population_band": f"CASE WHEN a.population IS NULL THEN '' {_BAND} ELSE '{PopulationBand.from_1000000.value}' END",
    "border": "CASE WHEN a.border_m = CAST('{}' AS jsonb) THEN '' WHEN a.border_m @? '$.* ? (@ == 0)' THEN 'true' ELSE 'false' END",
}


def _group(parameter: str) -> str:
    cases = " ".join(f"WHEN '{name}' THEN {expression}" for name, expression in DIMENSIONS.items())
    return f"CASE CAST(:{parameter} AS text) {cases} END"


def _told() -> str:
    """What a report says of each measure in a year, as a text: year, above the line, below it, and v where it is verified. Null: not answered."""
    said = (f"s.year || ' ' || ({measure.above}) || ' ' || ({measure.below}) || v.mark" for measure in REPORTED.values())
    return ", ".join(f"string_agg({each}, ',')" for each in (one.replace("r.", "s.") for one in said))


_KINDS = ", ".join(f"'{kind.value}'" for kind in GOVERNMENTS)
_FOUND = "SELECT DISTINCT f.day, coalesce(a.canonical_id, a.id) AS actor_id FROM ({found}) AS f JOIN actors AS a ON a.id = f.actor_id"
_RECORDS = "".join(f", recorded{nth} AS (\n    {_FOUND.format(found=measure.found)}\n)" for nth, measure in enumerate(RECORDED.values()))
_JOINED = "\n    ".join(f"LEFT JOIN recorded{nth} AS c{nth} ON c{nth}.day = b.day AND c{nth}.actor_id = b.id" for nth in range(len(RECORDED)))
_COUNTED = ", ".join(f"count(c{nth}.actor_id)" for nth in range(len(RECORDED)))
# Of an actor that was dissolved on a day that nobody knows, the day before the registry learned it: since then it is read as dissolved.
_LEARNED = """SELECT CAST(max(e.time) AS date) - 1 FROM events AS e
        WHERE e.aggregatetype = 'actor' AND e.aggregateid = CAST(a.id AS text) AND e.before ->> 'status' = 'active'"""
_REVIEW = f"""
WITH days AS MATERIALIZED (
    SELECT day, least(day, CAST(:today AS date)) AS seen FROM unnest(CAST(:days AS date[])) AS day
), everyone AS MATERIALIZED (
    SELECT a.id, {_group("first")} AS g1, {_group("second")} AS g2,
           CASE WHEN a.status = 'active' THEN CAST('infinity' AS date) ELSE coalesce(a.dissolved_on, ({_LEARNED})) END AS last_day
    FROM actors AS a
    WHERE a.canonical_id IS NULL AND a.country = CAST(:country AS text) AND a.kind IN ({_KINDS})
), base AS MATERIALIZED (
    SELECT d.day, e.id, e.g1, e.g2 FROM days AS d JOIN everyone AS e ON e.last_day >= d.seen
){_RECORDS}, asked AS (
    SELECT b.day, b.g1, b.g2, json_build_array(count(*), {_COUNTED}) AS sums
    FROM base AS b
    {_JOINED}
    GROUP BY b.day, b.g1, b.g2
), present AS (
    SELECT g1, g2, count(*) AS actors FROM everyone WHERE last_day >= CAST(:today AS date) GROUP BY g1, g2
), reports AS (
    SELECT e.id AS of_id, e.g1, e.g2, e.last_day, c.*, CAST(extract(year FROM c.as_of) AS int) AS first,
           CAST(extract(year FROM lead(c.as_of) OVER (PARTITION BY e.id ORDER BY c.as_of, c.id)) AS int) AS next
    FROM capacity_reports AS c
    JOIN actors AS a ON a.id = c.actor_id
    JOIN everyone AS e ON e.id = coalesce(a.canonical_id, a.id)
    WHERE c.superseded_at IS NULL AND c.as_of <= CAST(:today AS date)
), said AS (
    SELECT r.*, y.year FROM reports AS r
    CROSS JOIN LATERAL generate_series(r.first, least(r.next - 1, r.first + CAST(:lasts AS int) - 1, CAST(:this_year AS int))) AS y (year)
    WHERE r.last_day >= least(make_date(y.year, 12, 31), CAST(:today AS date))
    ORDER BY r.of_id, y.year
), told AS (
    SELECT s.g1, s.g2, ARRAY[{_told()}] AS histories
    FROM said AS s CROSS JOIN LATERAL (SELECT CASE WHEN s.verified_at IS NULL THEN '' ELSE ' v' END AS mark) AS v
    GROUP BY s.of_id, s.g1, s.g2
), counted AS (
    SELECT t.g1, t.g2, h.nth - 1 AS nth, h.history, count(*) AS actors
    FROM told AS t CROSS JOIN LATERAL unnest(t.histories) WITH ORDINALITY AS h (history, nth)
    WHERE h.history IS NOT NULL AND h.nth - 1 = ANY(CAST(:measures AS int[]))
    GROUP BY t.g1, t.g2, h.nth, h.history
)
SELECT CAST(json_build_object(
    'asked', (SELECT coalesce(json_agg(json_build_array(day, g1, g2, sums)), '[]') FROM asked),
    'present', (SELECT coalesce(json_agg(json_build_array(g1, g2, actors)), '[]') FROM present),
    'histories', (SELECT coalesce(json_agg(json_build_array(g1, g2, nth, history, actors)), '[]') FROM counted)
) AS text) AS body
"""  # noqa: S608 - constants
REVIEW = Statement(cast(Any, text(_REVIEW)))
