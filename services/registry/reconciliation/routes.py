"""The routes of the reconciliation service."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from services.registry.access import Anyone
from services.registry.reconciliation import service
from services.registry.reconciliation.schemas import Asked, Named, Proposals, Proposed, Suggested, Suggestions
from shared.errors import UnsupportedMedia
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["reconciliation"])
FIELDS = {"queries": {"type": "string"}, "extend": {"type": "string"}}
FORM: dict[str, Any] = {"requestBody": {"required": True, "content": {service.FORM: {"schema": {"type": "object", "properties": FIELDS}}}}}


@router.get("/reconciliation", response_model=Named)
async def read_reconciliation(asked: Annotated[Asked, Query()], work: Anyone, request: Request) -> Response:
    """The manifest of the reconciliation service (W3C Reconciliation Service API 0.2), or the answer to `queries` or `extend`."""
    return await service.answer(work, asked, request.app.state.public_url)


@router.post("/reconciliation", response_model=Named, responses=problems(UnsupportedMedia), openapi_extra=FORM)
async def reconcile(work: Anyone, request: Request) -> Response:
    """The same for a batch that is too long for an address: `queries` or `extend` in a form."""
    return await service.answer(work, service.form(request.headers.get("content-type", ""), await request.body()), request.app.state.public_url)


@router.get("/reconciliation/suggest/entity", response_model=Suggestions)
async def suggest_entities(asked: Annotated[Suggested, Query()], work: Anyone) -> Response:
    """Actors whose names answer what was typed so far."""
    return await service.suggest_entities(work, asked)


@router.get("/reconciliation/suggest/type", response_model=Suggestions)
async def suggest_types(asked: Annotated[Suggested, Query()], work: Anyone) -> Response:
    """Kinds of actors that begin so."""
    return await service.suggest_types(work, asked)


@router.get("/reconciliation/suggest/property", response_model=Suggestions)
async def suggest_properties(asked: Annotated[Suggested, Query()], work: Anyone) -> Response:
    """Properties that begin so."""
    return await service.suggest_properties(work, asked)


@router.get("/reconciliation/properties", response_model=Proposals)
async def propose_properties(asked: Annotated[Proposed, Query()], work: Anyone) -> Response:
    """What a table can be extended by."""
    return await service.propose_properties(work, asked)
