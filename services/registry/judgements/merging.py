"""Makes identity follow the judgements: which actor is known by which, in a fixed number of statements.

One lock for all judgements: two that cross are one after the other, and the second sees what the first has made the same. Judgements are
made by people, a few a minute; a lock of each component would have to be taken in an order that nobody knows before it is held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from services.registry.actors.hierarchy import PARENTS_LOCK, above
from services.registry.judgements.errors import JudgementContradicts, MergeClosesRing
from services.registry.judgements.graph import Edge, canonical_of, components, path_of
from services.registry.judgements.models import Verdict
from shared.work import Work

JUDGEMENTS_LOCK = 0x6A756467656D74
IDS = ARRAY(PGUUID(as_uuid=True))

# Who is reached from these actors over standing `same` judgements, or was the same as they until now.
_REACHED = text(
    """
    WITH RECURSIVE reached (id) AS (
        SELECT member.id FROM actors AS asked
        JOIN actors AS known ON known.id = coalesce(asked.canonical_id, asked.id)
        CROSS JOIN LATERAL unnest(array_append(known.merged_ids, known.id)) AS member (id)
        WHERE asked.id = ANY (:seeds)
        UNION
        SELECT CASE WHEN j.left_id = r.id THEN j.right_id ELSE j.left_id END
        FROM reached AS r JOIN judgements AS j ON (j.left_id = r.id OR j.right_id = r.id)
        WHERE j.verdict = 'same' AND j.withdrawn_at IS NULL
    )
    SELECT array_agg(id) FROM reached
    """
).bindparams(bindparam("seeds", type_=IDS))
_EDGES = text(
    """
    SELECT id, left_id, right_id, verdict, canonical_id, updated_at FROM judgements
    WHERE withdrawn_at IS NULL AND verdict IN ('same', 'different') AND left_id = ANY (:ids) AND right_id = ANY (:ids) ORDER BY id
    """
).bindparams(bindparam("ids", type_=IDS))
_SETTLE = text(
    """
    WITH wanted AS (
        SELECT w.id, nullif(w.canonical_id, w.id) AS canonical_id,
               coalesce(array_agg(m.id ORDER BY m.id) FILTER (WHERE m.id IS NOT NULL), CAST('{}' AS uuid[])) AS merged_ids
        FROM unnest(:ids, :canonical) AS w (id, canonical_id)
        LEFT JOIN unnest(:ids, :canonical) AS m (id, canonical_id) ON m.canonical_id = w.id AND m.id <> w.id
        GROUP BY w.id, w.canonical_id
    ), stood AS MATERIALIZED (
        SELECT a.id, a.canonical_id FROM actors AS a WHERE a.id = ANY (:ids) ORDER BY a.id FOR UPDATE
    )
    UPDATE actors AS a
    SET canonical_id = w.canonical_id, merged_ids = w.merged_ids, updated_at = :now, version = a.version + 1
    FROM wanted AS w JOIN stood ON stood.id = w.id
    WHERE a.id = w.id AND (a.canonical_id IS DISTINCT FROM w.canonical_id OR a.merged_ids <> w.merged_ids)
    RETURNING a.id, a.canonical_id, stood.canonical_id AS former_canonical_id
    """
).bindparams(bindparam("ids", type_=IDS), bindparam("canonical", type_=IDS))
# Whether one of these actors is above itself by way of others. That it was its own merged one's parent is none: the two are one now.
_RINGS = text(
    above(
        """
        SELECT a.id, parent.id, daterange(p.valid_from, p.valid_through, '[]') FROM actors AS a
        JOIN actor_parents AS p ON p.actor_id = a.id JOIN actors AS raw ON raw.id = p.parent_id
        CROSS JOIN LATERAL (SELECT coalesce(raw.canonical_id, raw.id) AS id) AS parent
        WHERE a.id = ANY (:ids) AND a.canonical_id IS NULL AND parent.id <> a.id
        """,
        "SELECT start FROM above WHERE start = id LIMIT 1",
    )
).bindparams(bindparam("ids", type_=IDS))


@dataclass(frozen=True, slots=True)
class Settled:
    """An actor whose canonical one is another now; null: it is known by itself."""

    id: UUID
    canonical_id: UUID | None
    former_canonical_id: UUID | None


async def lock(work: Work) -> None:
    """Taken before anything about judgements is read that is to be changed."""
    await _hold(work, JUDGEMENTS_LOCK)


async def _hold(work: Work, lock: int) -> None:
    await work.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


async def settle(work: Work, seeds: Sequence[UUID]) -> list[Settled]:
    """Make identity follow the judgements around these actors; who changed. Refuses what contradicts or would be inside itself."""
    await work.flush()
    ids = list((await work.execute(_REACHED, {"seeds": list(seeds)})).scalar_one() or [])
    found = await work.execute(_EDGES, {"ids": ids})
    edges = [Edge(row.id, row.left_id, row.right_id, Verdict(row.verdict), row.canonical_id, row.updated_at) for row in found]
    known: dict[UUID, UUID] = {}
    for members, holding in components(ids, edges):
        chosen = canonical_of(members, holding)
        known |= dict.fromkeys(members, chosen)
    _require_consistent(known, edges)
    values = {"ids": list(known), "canonical": list(known.values()), "now": work.now}
    changed = [Settled(row.id, row.canonical_id, row.former_canonical_id) for row in await work.execute(_SETTLE, values)]
    await _hold(work, PARENTS_LOCK)  # after the actors, as those take it who change one
    ring = (await work.execute(_RINGS, {"ids": list(known)})).scalar_one_or_none()
    if ring is not None:
        raise MergeClosesRing(actor_id=str(ring))
    return sorted((actor for actor in changed if actor.canonical_id != actor.former_canonical_id), key=lambda actor: actor.id)


def _require_consistent(known: dict[UUID, UUID], edges: Sequence[Edge]) -> None:
    for edge in edges:
        if edge.verdict is Verdict.different and known[edge.left_id] == known[edge.right_id]:
            path = path_of(edge.left_id, edge.right_id, edges)
            told = [{"judgement_id": str(step.id), "left_id": str(step.left_id), "right_id": str(step.right_id)} for step in path]
            raise JudgementContradicts(different={"judgement_id": str(edge.id), "left_id": str(edge.left_id), "right_id": str(edge.right_id)}, path=told)
