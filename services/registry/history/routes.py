"""The routes of histories: the same three for every kind of record."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.registry.access import Anyone
from services.registry.errors import StateNotFound
from services.registry.history import service
from services.registry.history.schemas import ChangeRead, HistoryFilters, StateRead, StateView
from services.registry.history.service import KINDS, Kind
from shared.pages import PageOf
from shared.problems import problems
from shared.routes import Router

router = Router(tags=["history"])


def _tell(kind: Kind) -> None:
    """Add the routes of one kind."""
    named = f"{kind.aggregate}_id"
    path, unseen = f"/{kind.segment}/{{{named}}}/history", kind.records.not_found

    @router.get(path, name=f"list_changes_of_{kind.aggregate}", response_model=PageOf[ChangeRead], responses=problems(unseen))
    async def list_changes(record_id: Annotated[UUID, Path(alias=named)], filters: Annotated[HistoryFilters, Query()], work: Anyone) -> Response:
        """List what happened to a record: what was before and after, who did it, when and why, as far as you may see it."""
        return await service.list_changes(work, kind, record_id, filters)

    @router.get(f"{path}/state", name=f"read_{kind.aggregate}_at", response_model=StateRead, responses=problems(unseen, StateNotFound))
    async def read_state_at(record_id: Annotated[UUID, Path(alias=named)], view: Annotated[StateView, Query()], work: Anyone) -> Response:
        """Read the record as it stood at an instant, from its events."""
        return await service.read_state(work, kind, record_id, at=view.at)

    @router.get(f"{path}/{{event_id}}/state", name=f"read_{kind.aggregate}_after", response_model=StateRead, responses=problems(unseen, StateNotFound))
    async def read_state_after(record_id: Annotated[UUID, Path(alias=named)], event_id: UUID, work: Anyone) -> Response:
        """Read the record as it stood after one of its changes."""
        return await service.read_state(work, kind, record_id, event=event_id)


for _kind in KINDS.values():
    _tell(_kind)
