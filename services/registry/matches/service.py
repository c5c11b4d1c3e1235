"""Matches examples with actors."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from services.registry.matches.candidates import Candidate, candidates
from services.registry.matches.schemas import CandidateRead, Decision, Example, MatchAnswer, MatchQuery, MatchRead
from services.registry.matches.scoring import MARGIN, THRESHOLD, Scored, decide, ranked
from shared.repository import answered
from shared.work import Work


async def match(work: Work, request: MatchQuery) -> Response:
    """The candidates of each example with their scores and reasons, and the one that is meant where that is clear."""
    results = [_told(work, example, scored) for example, scored in zip(request.examples, await matched(work, request.examples), strict=True)]
    return answered(work, MatchAnswer(threshold=THRESHOLD, margin=MARGIN, results=results).model_dump_json().encode())


async def matched(work: Work, examples: Sequence[Example]) -> list[list[Scored]]:
    """Every candidate of each example, scored, the best first."""
    return [ranked(example, found) for example, found in zip(examples, await candidates(work, examples), strict=True)]


def name_in(work: Work, candidate: Candidate) -> str:
    """The candidate's name in the first language of the request that it has a name in."""
    return said_in(work, candidate.names, candidate.name)


def said_in(work: Work, names: str, name: str) -> str:
    """Of names by language, as JSON, that in the first language of the request; else the name."""
    known: dict[str, Any] = orjson.loads(names)
    return str(next((known[language] for language in work.asked.languages if language in known), name))


def _told(work: Work, example: Example, scored: Sequence[Scored]) -> MatchRead:
    decision = decide(scored)
    found = [_candidate(work, one) for one in scored[: example.limit]]
    return MatchRead(match=found[0].id if decision is Decision.clear else None, decision=decision, candidates=found)


def _candidate(work: Work, scored: Scored) -> CandidateRead:
    one = scored.candidate
    place = {"country": one.country, "subdivision": one.subdivision}
    return CandidateRead.model_validate(
        {"id": one.id, "name": name_in(work, one), "kind": one.kind, **place, "score": scored.score, "features": [item._asdict() for item in scored.features]}
    )
