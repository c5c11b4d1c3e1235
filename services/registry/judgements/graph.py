"""The graph of judgements: actors joined by `same` are one, whatever lies between them. Pure functions over edges."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.registry.judgements.models import Verdict


@dataclass(frozen=True, slots=True)
class Edge:
    """A standing judgement."""

    id: UUID
    left_id: UUID
    right_id: UUID
    verdict: Verdict
    canonical_id: UUID | None
    updated_at: datetime


def canonical_of(members: Iterable[UUID], edges: Sequence[Edge]) -> UUID:
    """Whom the members of a component are known by: the latest choice that a judgement among them made, else the smallest id, which is the oldest."""
    chosen = [edge for edge in edges if edge.canonical_id is not None]
    if not chosen:
        return min(members)
    latest = max(chosen, key=lambda edge: (edge.updated_at, edge.id))
    assert latest.canonical_id is not None
    return latest.canonical_id


def components(actor_ids: Iterable[UUID], edges: Sequence[Edge]) -> list[tuple[set[UUID], list[Edge]]]:
    """The actors that are the same, each set with the judgements that hold it together; an actor by itself is a set as well."""
    near = _neighbours(edges)
    found: list[tuple[set[UUID], list[Edge]]] = []
    waiting = set(actor_ids)
    while waiting:
        members: set[UUID] = set()
        ahead = [waiting.pop()]
        while ahead:
            here = ahead.pop()
            members.add(here)
            ahead += [other for other, _ in near.get(here, ()) if other not in members]
        waiting -= members
        found.append((members, [edge for edge in edges if edge.verdict is Verdict.same and edge.left_id in members]))
    return found


def path_of(start: UUID, goal: UUID, edges: Sequence[Edge]) -> list[Edge]:
    """The fewest `same` judgements that lead from one actor to another; empty when none do."""
    near = _neighbours(edges)
    came: dict[UUID, tuple[UUID, Edge] | None] = {start: None}
    level = [start]
    while level and goal not in came:
        following: list[UUID] = []
        for here in level:
            for other, edge in near.get(here, ()):
                if other not in came:
                    came[other] = (here, edge)
                    following.append(other)
        level = following
    found: list[Edge] = []
    step = came.get(goal)
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found[::-1]


def _neighbours(edges: Sequence[Edge]) -> dict[UUID, list[tuple[UUID, Edge]]]:
    near: dict[UUID, list[tuple[UUID, Edge]]] = {}
    for edge in edges:
        if edge.verdict is Verdict.same:
            near.setdefault(edge.left_id, []).append((edge.right_id, edge))
            near.setdefault(edge.right_id, []).append((edge.left_id, edge))
    return near
