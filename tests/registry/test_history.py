"""Histories: what was before and after, who did it, when and why; each as the caller may see it."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from services.registry import errors
from services.registry.history.schemas import ChangeRead, StateRead
from services.registry.history.service import KINDS
from shared.errors import Invalid
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

AUDITOR = caller("events:audit", "contacts:read", "engagements:read", subject="auditor", roles=("auditor",))
NOBODY = "01890000-0000-7000-8000-000000000000"


async def history(client: httpx.AsyncClient, path: str, who: Any = None, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/{path}/history?sort=oldest{query}", headers=bearer(who) if who else {})
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ChangeRead.model_validate(item)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def renamed(client: httpx.AsyncClient) -> dict[str, Any]:
    actor = await make.actor(client, "Springfield", population=7, website="https://old.example/")
    for body in ({"population": 8, "website": "https://new.example/", "reason": "The census."}, {"website": None}):
        answer = await make.with_match(client, "PATCH", f"/v1/actors/{actor['id']}", make.WRITER, **body)
        assert answer.status_code == 200, answer.text
    return actor


async def test_everybody_sees_what_everybody_may_know(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    actor = await renamed(registry)
    for who in (None, make.manager(NOBODY)):
        with queries(registry_app.state.database, at_most=2):
            made, census, silent = await history(registry, f"actors/{actor['id']}", who)
        assert [one["type"] for one in (made, census, silent)] == ["actor.registered", "actor.changed", "actor.changed"]
        assert [(one["subject"], one["reason"]) for one in (made, census, silent)] == [(None, None)] * 3
        assert (made["before"], made["after"]["name"], made["after"]["population"]) == (None, "Springfield", 7)
        assert (census["before"], census["after"]) == ({"population": 7}, {"population": 8})
        assert (silent["before"], silent["after"]) == (None, None)


@pytest.mark.parametrize("who", ["auditor", "own"])
async def test_whom_it_concerns_sees_all(registry: httpx.AsyncClient, who: str) -> None:
    actor = await renamed(registry)
    made, census, silent = await history(registry, f"actors/{actor['id']}", AUDITOR if who == "auditor" else make.manager(actor["id"]))
    assert (made["before"], made["after"]["website"], made["subject"]) == (None, "https://old.example/", make.WRITER.subject)
    assert census["before"] == {"population": 7, "website": "https://old.example/"}
    assert census["after"] == {"population": 8, "website": "https://new.example/"}
    assert (census["subject"], census["reason"], census["organization"]) == (make.WRITER.subject, "The census.", None)
    assert (silent["before"], silent["after"]) == ({"website": "https://new.example/"}, {"website": None})
