"""The routes of official domains."""

from typing import Annotated

from fastapi import Query, Response

from services.registry.access import Anyone
from services.registry.domains import service
from services.registry.domains.schemas import OfficialDomainFilters, OfficialDomainRead
from shared.exports import offered
from shared.pages import PageOf
from shared.routes import Router

router = Router(tags=["actors"])


@router.get("/official-domains", response_model=PageOf[OfficialDomainRead], responses=offered())
async def list_official_domains(filters: Annotated[OfficialDomainFilters, Query()], work: Anyone) -> Response:
    """List internet domains that a source gives as an actor's own: evidence of who writes from there, and no more."""
    return await service.list_domains(work, filters)
