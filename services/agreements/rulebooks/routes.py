"""Rulebooks, for anyone to read."""

from typing import Annotated

from fastapi import Path, Response

from services.agreements.access import Anyone
from services.agreements.errors import RulebookNotFound
from services.agreements.rulebooks import service
from services.agreements.rulebooks.answers import RulebookBrief, RulebookRead
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["rulebooks"])


@router.get("/rulebooks", response_model=PageOf[RulebookBrief])
async def list_rulebooks(work: Anyone) -> Response:
    """List the rulebooks."""
    return await service.listed(work)


@router.get("/rulebooks/{rulebook_id}", response_model=RulebookRead, responses=problems(RulebookNotFound))
async def read_rulebook(rulebook_id: Annotated[str, Path(max_length=61)], work: Anyone) -> Response:
    """Read a rulebook: whom it binds, its gates, duties and advice, each with its citation."""
    return await service.read(work, rulebook_id)
