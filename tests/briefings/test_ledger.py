"""What keeps the ledger true without foreign keys: one place that writes it, and releases that stay."""

import ast

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings.deliveries.models import Delivery, DeliveryState, Omission
from services.briefings.models import metadata
from tests.structure.tree import calls, trees
from tests.support.make import briefings as make
from tests.support.tokens import bearer

WRITTEN = {Delivery.__name__, Omission.__name__}


def writes(tree: ast.Module) -> bool:
    """Whether a module makes rows of the ledger: entities of it, or an INSERT beside its name."""
    called = {name for name, _ in calls(tree)}
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(WRITTEN & called) or ("insert" in called and bool(WRITTEN & named))


def test_one_place_writes_the_ledger() -> None:
    assert [path for path, tree in trees("services").items() if writes(tree)] == ["services/briefings/releases/fanout.py"]


def test_the_ledger_has_no_key_that_is_checked_row_by_row() -> None:
    tables = [table for table in metadata.tables.values() if "release_id" in table.columns]
    assert {table.name for table in tables} == {"deliveries", "omissions"}
    assert [key for table in tables for key in table.foreign_keys] == []


# For each town the instants its delivery has; acknowledged without having been opened counts as acknowledged.
STANDING = {
    "San Diego": ("queued", "delivered_at = NULL"),
    "Los Angeles": ("delivered", "opened_at = NULL"),
    "Brewster": ("opened", "opened_at = queued_at, opened_by = 'x'"),
    "Tijuana": ("acknowledged", "acknowledged_at = queued_at, acknowledged_by = 'x'"),
}


async def test_state_filter_and_counts_say_the_same(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    made = await make.released(briefings, audience={"seats": [str(seat) for seat in seats.values()]})
    async with briefings_app.state.database.session(read_only=False) as session:
        for name, (_, instants) in STANDING.items():
            await session.execute(text(f"UPDATE deliveries SET {instants} WHERE actor_name = :name"), {"name": name})
        await session.commit()
    for name, (state, _) in STANDING.items():
        answer = await briefings.get("/v1/deliveries", params={"briefing": made["id"], "state": state}, headers=bearer(make.RELEASER))
        assert [(line["actor_name"], line["state"]) for line in answer.json()["items"]] == [(name, state)]
    releases = await briefings.get(f"/v1/briefings/{made['id']}/releases", headers=bearer(make.RELEASER))
    assert releases.json()["items"][0]["deliveries"] == {"total": 4} | {state.value: 1 for state in DeliveryState}
