"""Checks, flags, approach reports and watch lists for tests: plain functions over the API, with valid defaults."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx

from services.registry.diligence.items import ChecklistItem
from shared.access import Caller
from tests.support.tokens import bearer, caller

AUDITOR = caller("diligence:read", "approaches:read", "events:audit", subject="auditor", roles=("auditor",))


def auditor(organization_id: str, country: str) -> Caller:
    """The auditor of one country."""
    return replace(AUDITOR, organization=UUID(organization_id), country=country)


def manager(organization_id: str, subject: str = "manager", country: str = "US") -> Caller:
    scopes = ("diligence:read", "diligence:write", "approaches:report", "events:read")
    return caller(*scopes, organization=UUID(organization_id), subject=subject, roles=("manager",), country=country)


def member(organization_id: str, subject: str = "member", country: str = "US") -> Caller:
    return caller("approaches:report", "events:read", organization=UUID(organization_id), subject=subject, country=country)


def nation(organization_id: str, country: str = "US") -> Caller:
    """The national coordinator of a country."""
    scopes = ("diligence:read", "diligence:write", "approaches:report", "approaches:read", "actors:write", "imports:run", "events:read")
    return caller(*scopes, organization=UUID(organization_id), subject=f"nation-{country}", roles=("national_coordinator",), country=country)


async def check(client: httpx.AsyncClient, counterpart_id: str, *, who: Caller, **overrides: Any) -> dict[str, Any]:
    """An open check, as the answer shows it."""
    return _made(await client.post("/v1/diligence", json={"counterpart_id": counterpart_id, **overrides}, headers=bearer(who)))


async def tagged(client: httpx.AsyncClient, path: str, who: Caller) -> dict[str, str]:
    """The headers of a change of the record as it is now."""
    answer = await client.get(path, headers=bearer(who))
    assert answer.status_code == 200, answer.text
    return bearer(who) | {"If-Match": answer.headers["etag"]}


async def answer_all(client: httpx.AsyncClient, check_id: str, *, who: Caller, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Call every item clear, except those that are named."""
    path = f"/v1/diligence/{check_id}"
    given = [{"item": item, "status": "clear"} for item in ChecklistItem if item not in but]
    return _made(await client.patch(path, json={"answers": given}, headers=await tagged(client, path, who)), 200)


async def conclude(client: httpx.AsyncClient, check_id: str, *, who: Caller, **overrides: Any) -> httpx.Response:
    body = {"verdict": "proceed", "reason": "Nothing speaks against it.", **overrides}
    return await client.post(f"/v1/diligence/{check_id}/conclude", json=body, headers=await tagged(client, f"/v1/diligence/{check_id}", who))


def flag_body(actor_id: str, **overrides: Any) -> dict[str, Any]:
    body = {"actor_id": actor_id, "category": "secrecy", "severity": "caution", "reason": "Asked to keep the draft from the council."}
    return {**body, "source": "https://example.org/minutes", **overrides}


async def post_flag(client: httpx.AsyncClient, actor_id: str, *, who: Caller, **overrides: Any) -> httpx.Response:
    return await client.post("/v1/diligence/flags", json=flag_body(actor_id, **overrides), headers=bearer(who))


async def flag(client: httpx.AsyncClient, actor_id: str, *, who: Caller, **overrides: Any) -> dict[str, Any]:
    """A flag, as the answer shows it."""
    return _made(await post_flag(client, actor_id, who=who, **overrides))


async def post_report(client: httpx.AsyncClient, *, who: Caller, **overrides: Any) -> httpx.Response:
    body = {"approached_by": "Somebody of a trade office", "happened_on": "2026-11-20", "asked": "A letter of support.", "channel": "event", **overrides}
    return await client.post("/v1/approach-reports", json=body, headers=bearer(who))


async def report(client: httpx.AsyncClient, *, who: Caller, **overrides: Any) -> dict[str, Any]:
    """An approach report, as the answer shows it."""
    return _made(await post_report(client, who=who, **overrides))


async def watchlist(client: httpx.AsyncClient, *, who: Caller, **overrides: Any) -> dict[str, Any]:
    """A watch list without entries, as the answer shows it."""
    body = {"name": "Brokers", "publisher": "An inspectorate", "source": "https://example.org/brokers", "licence": "CC0", **overrides}
    return _made(await client.post("/v1/watchlists", json=body, headers=bearer(who)))


async def post_version(
    client: httpx.AsyncClient, watchlist_id: str, content: bytes | list[dict[str, Any]], *, who: Caller, version: str = "2026-11", etag: str | None = None
) -> httpx.Response:
    """Send a version: bytes as CSV, entries as JSON."""
    path = f"/v1/watchlists/{watchlist_id}"
    headers = bearer(who) | {"If-Match": etag} if etag else await tagged(client, path, who)
    body: dict[str, Any] = {"json": {"entries": content}} if isinstance(content, list) else {"content": content}
    if not isinstance(content, list):
        headers |= {"Content-Type": "text/csv"}
    return await client.post(f"{path}/versions?version={version}&read_on=2026-11-01", headers=headers, **body)


async def version(client: httpx.AsyncClient, watchlist_id: str, content: bytes | list[dict[str, Any]], *, who: Caller, **options: Any) -> dict[str, Any]:
    """The list with its new version, as the answer shows it."""
    return _made(await post_version(client, watchlist_id, content, who=who, **options))


def entry(*names: str, **overrides: Any) -> dict[str, Any]:
    return {"names": list(names), "reason": "Named in a ruling.", **overrides}


def _made(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body
