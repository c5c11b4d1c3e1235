"""Registry data for tests: plain functions over the API, with valid defaults."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from gateway.roles import SCOPES_OF
from services.registry.imports.schemas import ImportProblemRead, ImportRead
from services.registry.worker import import_once
from shared.access import Caller
from shared.database import Database
from tests.support.tokens import bearer, caller

IMPORTER = caller("imports:run", subject="importer", roles=("operator",))
WRITER = caller("actors:write", subject="coordinator", roles=("national_coordinator",))


async def actor(client: httpx.AsyncClient, name: str = "San Diego County", *, who: Caller = WRITER, **overrides: Any) -> dict[str, Any]:
    """A registered actor, as the answer shows it."""
    answer = await post_actor(client, name, who=who, **overrides)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def post_actor(client: httpx.AsyncClient, name: str = "San Diego County", *, who: Caller = WRITER, **overrides: Any) -> httpx.Response:
    return await client.post("/v1/actors", json=actor_body(name, **overrides), headers=bearer(who))


def actor_body(name: str = "San Diego County", **overrides: Any) -> dict[str, Any]:
    body = {"kind": "county", "preferred_language": "en", "country": "US", "names": [{"language": "en", "name": name}]}
    return {**body, **({} if "country" in overrides else {"subdivision": "US-CA"}), **overrides}


async def seat(client: httpx.AsyncClient, actor_id: str | UUID, *, who: Caller = WRITER, **overrides: Any) -> dict[str, Any]:
    """A seat of an actor, as the answer shows it."""
    body = {"actor_id": str(actor_id), "role": "chief_executive", "title": "Chair of the Board of Supervisors", **overrides}
    answer = await client.post("/v1/seats", json=body, headers=bearer(who))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def import_row(number: int, **overrides: str) -> dict[str, str]:
    """A row of an import of actors; `name_en` stands for the column name:en, and so on."""
    row = {
        "key_scheme": "fips",
        "key_value": f"{number:05}",
        "kind": "county",
        "source_kind": "county",
        "preferred_language": "en",
        "name:en": f"County {number}",
        "parent_scheme": "",
        "parent_value": "",
        "country": "US",
        "subdivision": "US-CA",
        "population": str(1_000 + number),
        "border_m:MX": str(number * 10),
        "seat_role": "chief_executive",
        "seat_title": "Chair",
        "seat_email": f"chair@{number}.example",
        "source": "a list",
        "licence": "CC0",
        "read_on": "2026-11-22",
    }
    return {**row, **overrides}


def csv_file(rows: list[dict[str, str]]) -> bytes:
    """The rows as a file; a column that some row has is empty in the others."""
    file = io.StringIO(newline="")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


async def post_import(
    client: httpx.AsyncClient, content: bytes | AsyncIterator[bytes], *, who: Caller = IMPORTER, key: str | None = None, query: str = "preset=actors"
) -> httpx.Response:
    headers = bearer(who) | {"Content-Type": "text/csv"} | ({"Idempotency-Key": key} if key else {})
    return await client.post(f"/v1/imports?{query}", content=content, headers=headers)


async def imported(client: httpx.AsyncClient, database: Database, content: bytes, **options: Any) -> dict[str, Any]:
    """The status of an import that a worker has brought to its end."""
    return await imported_status(client, database, await post_import(client, content, **options))


async def imported_status(client: httpx.AsyncClient, database: Database, answer: httpx.Response) -> dict[str, Any]:
    """The status of what was sent, once a worker has brought it to its end."""
    assert answer.status_code == 202, answer.text
    while await import_once(database):
        pass
    return await import_status(client, answer.json()["id"])


async def import_status(client: httpx.AsyncClient, import_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/imports/{import_id}", headers=bearer(IMPORTER))
    assert answer.status_code == 200, answer.text
    status: dict[str, Any] = answer.json()
    ImportRead.model_validate(status)
    return status


async def import_problems(client: httpx.AsyncClient, import_id: str) -> list[tuple[int, str | None, str]]:
    """Line, column and message of what is wrong with a file."""
    answer = await client.get(f"/v1/imports/{import_id}/problems?limit=200", headers=bearer(IMPORTER))
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ImportProblemRead.model_validate(item)
        assert item["remedy"]
    return [(item["line"], item["column"], item["message"]) for item in answer.json()["items"]]


TIER = caller("ties:manage", "actors:write", subject="tier", roles=("national_coordinator",))


async def post_tie(client: httpx.AsyncClient, from_id: str, to_id: str, *, who: Caller = TIER, **overrides: Any) -> httpx.Response:
    body = {"type": "sister_city", "from_id": from_id, "to_id": to_id, **overrides}
    return await client.post("/v1/ties", json=body, headers=bearer(who))


async def tie(client: httpx.AsyncClient, from_id: str, to_id: str, *, who: Caller = TIER, **overrides: Any) -> dict[str, Any]:
    """A recorded tie, as the answer shows it: sister cities unless said."""
    answer = await post_tie(client, from_id, to_id, who=who, **overrides)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def post_engagement(client: httpx.AsyncClient, *actor_ids: str, who: Caller | None = None, **overrides: Any) -> httpx.Response:
    participants = [{"actor_id": actor_id, "role": role} for actor_id, role in zip(actor_ids, ("host", *["guest"] * len(actor_ids)), strict=False)]
    body = {"kind": "meeting", "title": "Annual meeting", "starts_on": "2026-10-05", "participants": participants, **overrides}
    who = who or caller("engagements:manage", "engagements:read", "actors:write", subject="engager", roles=("national_coordinator",), country="US")
    return await client.post("/v1/engagements", json=body, headers=bearer(who))


async def engagement(client: httpx.AsyncClient, *actor_ids: str, who: Caller | None = None, **overrides: Any) -> dict[str, Any]:
    """A recorded engagement of these actors, the first as host, as the answer shows it: a public meeting held in October unless said."""
    answer = await post_engagement(client, *actor_ids, who=who, **overrides)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def post_judgement(client: httpx.AsyncClient, left_id: str, right_id: str, verdict: str = "same", **overrides: Any) -> httpx.Response:
    body = {"left_id": left_id, "right_id": right_id, "verdict": verdict, "reason": "Both have the same seat of government.", **overrides}
    return await client.post("/v1/judgements", json=body, headers=bearer(WRITER))


async def judgement(client: httpx.AsyncClient, left_id: str, right_id: str, verdict: str = "same", **overrides: Any) -> dict[str, Any]:
    """A judgement of two actors, as the answer shows it: that they are the same, unless said."""
    answer = await post_judgement(client, left_id, right_id, verdict, **overrides)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def withdraw(client: httpx.AsyncClient, judgement_id: str, **overrides: Any) -> httpx.Response:
    """Take a judgement back as it stands now."""
    path = f"/v1/judgements/{judgement_id}"
    etag = (await client.get(path)).headers["etag"]
    return await client.post(f"{path}/withdrawal", json={"reason": "They have different mayors.", **overrides}, headers=bearer(WRITER) | {"If-Match": etag})


def manager(actor_id: str | UUID, subject: str = "manager") -> Caller:
    """Who runs an actor's presence."""
    return caller(*SCOPES_OF["manager"], organization=UUID(str(actor_id)), subject=subject, roles=("manager",), country="US")


def coordinator(country: str | None = "US", subject: str = "reader") -> Caller:
    """Who keeps the registry for a nation and reads the contacts of its governments."""
    return caller(*SCOPES_OF["national_coordinator"], subject=subject, roles=("national_coordinator",), country=country)


async def person(client: httpx.AsyncClient, actor_id: str, name: str = "Ana Pérez", *, who: Caller | None = None, **overrides: Any) -> dict[str, Any]:
    """Somebody whose record an actor keeps, as the answer shows it."""
    body = {"name": name, "organization_id": actor_id, **overrides}
    answer = await client.post("/v1/people", json=body, headers=bearer(who or manager(actor_id)))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def domain(database: Database, actor_id: str, name: str) -> None:
    """An official domain of an actor, as an import leaves it."""
    row = "INSERT INTO actor_domains (actor_id, domain, type, source, licence, read_on) VALUES (:actor, :name, 'City', '.gov list', 'CC0', '2026-08-22')"
    async with database.session(read_only=False) as session:
        await session.execute(text(row), {"actor": actor_id, "name": name})
        await session.commit()


async def hand_over(client: httpx.AsyncClient, seat_id: str, who: Caller, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/seats/{seat_id}/holders", json=body, headers=bearer(who))


async def membership(client: httpx.AsyncClient, person_id: str, organization_id: str, who: Caller, **overrides: Any) -> dict[str, Any]:
    """Somebody's membership, as the answer shows it."""
    body = {"person_id": person_id, "organization_id": organization_id, "role": "delegate", **overrides}
    answer = await client.post("/v1/memberships", json=body, headers=bearer(who))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def with_match(client: httpx.AsyncClient, method: str, path: str, who: Caller, of: str | None = None, **body: Any) -> httpx.Response:
    """A change with the ETag of what is read at `of`, or at the path itself."""
    etag = (await client.get(of or path, headers=bearer(who))).headers["etag"]
    return await client.request(method, path, json=body, headers=bearer(who) | {"If-Match": etag})


async def dissolved(client: httpx.AsyncClient, actor_id: str, on: str | None = None) -> None:
    """Dissolve an actor, on a day that is known or not."""
    path = f"/v1/actors/{actor_id}"
    headers = bearer(WRITER) | {"If-Match": (await client.get(path)).headers["etag"]}
    answer = await client.patch(path, json={"status": "dissolved", "dissolved_on": on}, headers=headers)
    assert answer.status_code == 200, answer.text


def reporter(actor_id: str) -> Caller:
    """Who reports for this government."""
    return caller("capacity:report", organization=UUID(actor_id), subject="reporter", roles=("manager",))


async def post_capacity(client: httpx.AsyncClient, actor_id: str, *, who: Caller | None = None, **overrides: Any) -> httpx.Response:
    body = {"as_of": "2026-06-30", "respondent_role": "international_office", **overrides}
    return await client.post("/v1/capacity-reports", json=body, headers=bearer(who or reporter(actor_id)))


async def capacity(client: httpx.AsyncClient, actor_id: str, *, who: Caller | None = None, **overrides: Any) -> dict[str, Any]:
    """A government's own report of the end of June, as the answer shows it; it answers nothing unless said."""
    answer = await post_capacity(client, actor_id, who=who, **overrides)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made
