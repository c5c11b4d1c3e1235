"""The route of matches."""

from fastapi import Response

from services.registry.access import Anyone
from services.registry.matches import service
from services.registry.matches.schemas import MatchAnswer, MatchQuery
from shared.routes import Router

router = Router(tags=["matches"])


@router.post("/actors/match", response_model=MatchAnswer)
async def match_actors(request: MatchQuery, work: Anyone) -> Response:
    """Ask who is meant: candidates for each example, with a score, its reasons, and a match only where one candidate is clear. Changes nothing."""
    return await service.match(work, request)
