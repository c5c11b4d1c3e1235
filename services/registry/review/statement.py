"""The one statement of the review: how many governments there are in each group, and what their reports add up to.

A government counts with its latest current report of the day or earlier. Beside each sum stands how many governments it comes from and
how many of them say something else than a year before, so that what may not be told can be found without reading any report again.
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


def _of(expression: str, report: str) -> str:
    return expression.replace("r.", f"{report}.")


def _columns() -> str:
    """What each report adds to each measure: above the line, below it, and whether it said something else a year before."""
    found = []
    for nth, measure in enumerate(REPORTED.values()):
        now, then = (f"({_of(measure.above, report)}), ({_of(measure.below, report)})" for report in ("now", "past"))
        found.append(f"({_of(measure.above, 'now')}) AS above{nth}, ({_of(measure.below, 'now')}) AS below{nth}")
        found.append(f"({now}) IS DISTINCT FROM ({then}) AS moved{nth}")
        seen, saw = (f"CASE WHEN {report}.verified_at IS NOT NULL THEN ROW({said}) END" for report, said in (("now", now), ("past", then)))
        found.append(f"({seen}) IS DISTINCT FROM ({saw}) AS verified_moved{nth}")
    return ",\n           ".join(found)


def _sums() -> str:
    found = []
    for nth in range(len(REPORTED)):
        every = f"count(below{nth}), coalesce(sum(above{nth}), 0), coalesce(sum(below{nth}), 0), count(*) FILTER (WHERE moved{nth})"
        verified = ", ".join(f"{call} FILTER (WHERE verified)" for call in (f"count(below{nth})", f"sum(above{nth})", f"sum(below{nth})"))
        found.append(f"json_build_array({every}, {verified}, count(*) FILTER (WHERE verified_moved{nth}))")
    return ", ".join(found)


_KINDS = ", ".join(f"'{kind.value}'" for kind in GOVERNMENTS)
_FOUND = "SELECT DISTINCT f.day, coalesce(a.canonical_id, a.id) AS actor_id FROM ({found}) AS f JOIN actors AS a ON a.id = f.actor_id"
_RECORDS = "".join(f", recorded{nth} AS (\n    {_FOUND.format(found=measure.found)}\n)" for nth, measure in enumerate(RECORDED.values()))
_JOINED = "\n    ".join(f"LEFT JOIN recorded{nth} AS c{nth} ON c{nth}.day = b.day AND c{nth}.actor_id = b.id" for nth in range(len(RECORDED)))
_COUNTED = ", ".join(f"count(c{nth}.actor_id)" for nth in range(len(RECORDED)))
_REVIEW = f"""
WITH days AS MATERIALIZED (
    SELECT day, least(day, CAST(:today AS date)) AS seen FROM unnest(CAST(:days AS date[])) AS day
), base AS MATERIALIZED (
    SELECT d.day, a.id, {_group("first")} AS g1, {_group("second")} AS g2
    FROM days AS d JOIN actors AS a ON a.status = 'active' OR a.dissolved_on >= d.day
    WHERE a.canonical_id IS NULL AND a.country = CAST(:country AS text) AND a.kind IN ({_KINDS})
){_RECORDS}, asked AS (
    SELECT b.day, b.g1, b.g2, json_build_array(count(*), {_COUNTED}) AS sums
    FROM base AS b
    {_JOINED}
    GROUP BY b.day, b.g1, b.g2
), latest AS MATERIALIZED (
    SELECT DISTINCT ON (d.day, who.id) d.day, who.id AS of_id, c.*
    FROM (SELECT day FROM days UNION SELECT CAST(day - interval '1 year' AS date) FROM days) AS d
    JOIN capacity_reports AS c ON c.superseded_at IS NULL AND c.as_of <= d.day
    JOIN actors AS a ON a.id = c.actor_id
    CROSS JOIN LATERAL (SELECT coalesce(a.canonical_id, a.id) AS id) AS who
    ORDER BY d.day, who.id, c.as_of DESC, c.id DESC
), said AS (
    SELECT b.day, b.g1, b.g2, now.verified_at IS NOT NULL AS verified,
           {_columns()}
    FROM base AS b
    JOIN latest AS now ON now.of_id = b.id AND now.day = b.day
    LEFT JOIN latest AS past ON past.of_id = b.id AND past.day = CAST(b.day - interval '1 year' AS date)
), summed AS (
    SELECT day, g1, g2, json_build_array({_sums()}) AS sums FROM said GROUP BY day, g1, g2
)
SELECT CAST(coalesce(json_agg(json_build_array(a.day, a.g1, a.g2, a.sums, s.sums) ORDER BY a.day, a.g1, a.g2), '[]') AS text) AS body
FROM asked AS a LEFT JOIN summed AS s ON s.day = a.day AND s.g1 IS NOT DISTINCT FROM a.g1 AND s.g2 IS NOT DISTINCT FROM a.g2
"""  # noqa: S608 - constants
REVIEW = Statement(cast(Any, text(_REVIEW)))
