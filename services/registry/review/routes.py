"""The routes of the national review."""

from typing import Annotated

from fastapi import Query, Response

from services.registry.access import Anyone
from services.registry.review import service
from services.registry.review.measures import MeasureName
from services.registry.review.schemas import DrawingFilters, ReviewFilters, ReviewRead
from shared.exports import CSV
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["review"])


@router.get("/review", response_model=ReviewRead, responses={200: {"content": {CSV: {}}}})
async def review_capacity(filters: Annotated[ReviewFilters, Query()], work: Anyone) -> Response:
    """Review the capacity of a country's governments: shares of the whole and of each group, as JSON or, by `Accept`, as CSV."""
    return await service.review(work, filters)


@router.get("/review/{measure}.svg", response_class=Response, responses={200: {"content": {service.SVG: {}}}, **problems()})
async def draw_review(measure: MeasureName, filters: Annotated[DrawingFilters, Query()], work: Anyone) -> Response:
    """Draw one measure of the review, with the published benchmarks beside it."""
    return await service.draw(work, measure, filters)
