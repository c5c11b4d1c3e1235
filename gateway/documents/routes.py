"""`/`, `/docs`, `/openapi.json` and `/problems`: for readers, so outside the API document."""

from fastapi import Request, Response

from gateway.access import Anyone
from gateway.documents.library import Library
from shared.routes import Router

router = Router(tags=["documentation"], include_in_schema=False)


@router.get("/")
async def read_landing(request: Request, _caller: Anyone) -> Response:
    """Read where things are."""
    library: Library = request.app.state.library
    return await library.answer(request, "/", library.landing)


@router.get("/openapi.json")
async def read_openapi(request: Request, _caller: Anyone) -> Response:
    """Read the API document."""
    library: Library = request.app.state.library
    return await library.answer(request, "/openapi.json", library.openapi)


@router.get("/docs")
async def read_reference(request: Request, _caller: Anyone) -> Response:
    """Read the API document as a page."""
    library: Library = request.app.state.library
    return await library.answer(request, "/docs", library.reference)


@router.get("/problems")
async def read_problems(request: Request, _caller: Anyone) -> Response:
    """Read which problems there are."""
    library: Library = request.app.state.library
    return await library.answer(request, "/problems", library.problem_index)


@router.get("/problems/{code}")
async def read_problem(code: str, request: Request, _caller: Anyone) -> Response:
    """Read what a problem means."""
    library: Library = request.app.state.library
    return await library.answer(request, f"/problems/{code}", lambda: library.problem(code))
