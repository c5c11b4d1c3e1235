"""Which country keeps an actor: whose coordinator and auditors read by office what it records in confidence and who sits in its seats.

A government is kept by the country in which it lies. Everybody else is kept by the country of whoever it belongs to, wherever it stands: an
office of Texas in Mexico City is Texas's. An office belongs to those whose office a tie says it is, on whichever days, and to what it is
inside; any other body to what it is inside, as far as that has a country. Where nobody is recorded, a body is of the country recorded of it.

Nothing is guessed where that says too little: an office of nobody, or of several countries, is kept by none, for the country in which it
stands may be the one about which it reports. A tie or a parent moves no government, so that nobody takes a city by saying that it is theirs.
"""

import re
from dataclasses import asdict, dataclass

GOVERNING = ("nation", "state", "county", "county_subdivision", "municipality", "indigenous_government")
MARK = re.compile("@([a-z]+)")


@dataclass(frozen=True)
class Records:
    """Where actors, ties and parents are found: tables, or SQL that makes one. Parents are pairs of `actor_id` and `parent_id`."""

    actors: str
    ties: str
    parents: str
    same: str  # all ids of the actor `whose`: what was recorded of who was merged with it is read through it


DIRECTORY = Records(
    "directory_actors",
    "directory_ties",
    "(SELECT id AS actor_id, parent_id FROM directory_actors)",
    "ARRAY(SELECT one.id FROM directory_actors AS one WHERE one.id = whose.id OR one.canonical_id = whose.id)",
)

_OWNERS = """
    SELECT whose_tie.to_id AS id FROM @ties AS whose_tie
    WHERE whose.kind = 'office' AND whose_tie.from_id = ANY (@same) AND whose_tie.type = 'office_of' AND whose_tie.status IN ('active', 'dormant', 'ended')
    UNION ALL
    SELECT whose_parent.parent_id FROM @parents AS whose_parent JOIN @actors AS whose_above ON whose_above.id = whose_parent.parent_id
    WHERE whose_parent.actor_id = ANY (@same) AND (whose.kind = 'office' OR whose_above.country IS NOT NULL) AND whose.kind NOT IN (@governments)
"""
# Up to those who belong to nobody. A union without duplicates ends also where offices are said to be each other's. An owner whom the
# directory does not know yet has no country, which makes the answer none.
_COUNTRY = """(
    WITH RECURSIVE kept (id, kind, country, owner_id) AS (
        SELECT whose.id, whose.kind, whose.country, owner.id FROM @actors AS whose LEFT JOIN LATERAL (@owners) AS owner ON true WHERE whose.id = @actor
        UNION
        SELECT whose.id, whose.kind, whose.country, owner.id
        FROM kept LEFT JOIN @actors AS whose ON whose.id = kept.owner_id LEFT JOIN LATERAL (@owners) AS owner ON true
        WHERE kept.owner_id IS NOT NULL
    )
    SELECT CASE WHEN bool_and(kept.country IS NOT NULL AND kept.kind <> 'office') AND min(kept.country) = max(kept.country) THEN min(kept.country) END
    FROM kept WHERE kept.owner_id IS NULL
)"""
# Of a government its own row answers, and nothing is followed.
_ANY = """EXISTS (
    SELECT FROM unnest(@ids) AS named (id) JOIN @actors AS known ON known.id = named.id
    WHERE CASE WHEN known.kind IN (@governments) THEN known.country ELSE @country END = @wanted
)"""


def country_keeping(actor_id: str, records: Records) -> str:
    """SQL for the country that keeps the actor whose id this SQL is; null for none."""
    return _of(_COUNTRY.replace("@owners", _OWNERS), records, actor=actor_id)


def any_kept(actor_ids: str, country: str, records: Records) -> str:
    """SQL that says whether this country keeps one of the actors whose ids are in this array."""
    return _of(_ANY, records, ids=actor_ids, country=country_keeping("known.id", records), wanted=country)


def _of(sql: str, records: Records, **more: str) -> str:
    places = asdict(records) | {"governments": ", ".join(f"'{kind}'" for kind in GOVERNING)}
    return MARK.sub(lambda found: {**places, **more}[found[1]], sql)
