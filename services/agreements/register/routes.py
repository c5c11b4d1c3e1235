"""The public register. No token is needed."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from services.agreements.access import Anyone
from services.agreements.errors import RegisterEntryNotFound, TextNotFound, TextWithheld
from services.agreements.register import service
from services.agreements.register.repository import Register
from services.agreements.register.schemas import RegisterEntry, RegisterFilters, RegisterText
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router
from shared.schemas import LanguageCode

router = Router(tags=["register"])


@router.get("/register", response_model=PageOf[RegisterEntry])
async def list_register(filters: Annotated[RegisterFilters, Query()], work: Anyone) -> Response:
    """Search the agreements that are, or were, in force."""
    return await Register(work).page(RegisterEntry, filters)


@router.get("/register/{agreement_id}", response_model=RegisterEntry, responses=problems(RegisterEntryNotFound))
async def read_register_entry(agreement_id: UUID, work: Anyone) -> Response:
    """Read an entry: parties, dates, decisions, and the hashes of its texts."""
    return await Register(work).read(RegisterEntry, agreement_id)


@router.get("/register/{agreement_id}/texts/{language}", response_model=RegisterText, responses=problems(TextNotFound, TextWithheld))
async def read_register_text(agreement_id: UUID, language: LanguageCode, work: Anyone) -> Response:
    """Read a text, to compare its hash or simply to read it."""
    return await service.read_text(work, agreement_id, language)
