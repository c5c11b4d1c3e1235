"""Governments, seats, callers and briefings for tests, with fixed valid defaults."""

from typing import Any
from uuid import UUID, uuid5

import httpx
from sqlalchemy import insert

from gateway.roles import scopes_of
from shared.access import Caller
from shared.database import Database
from shared.directory import directory_actors, directory_seats
from shared.ids import new_id
from tests.support.tokens import bearer, caller

STATE = UUID("01890000-0000-7000-8000-000000000001")
SEATS = UUID("01890000-0000-7000-8000-000000000002")
BORDER = {
    "op": "all",
    "of": [
        {"op": "compare", "fact": "role", "is": "eq", "value": "chief_executive"},
        {"op": "one_of", "fact": "kind", "values": ["county", "municipality"]},
        {"op": "within", "place": "US"},
        {"op": "near", "country": "MX", "within_m": 100_000},
    ],
}


def person(*roles: str, organization: UUID | None = STATE, subject: str = "somebody", seats: tuple[UUID, ...] = (), **more: Any) -> Caller:
    """A caller with the scopes of these roles, cleared for everything unless `clearance` says otherwise."""
    return caller(*scopes_of(roles), organization=organization, subject=subject, roles=roles, seats=seats, **{"clearance": "red"} | more)


AUTHOR = person("briefing_author", subject="author")
RELEASER = person("briefing_releaser", subject="releaser")
BOTH = person("briefing_author", "briefing_releaser", subject="both")
AUDITOR = person("auditor", subject="auditor", organization=None)
STRANGER = person("briefing_author", "briefing_releaser", "national_coordinator", subject="stranger", organization=new_id())


def government(name: str, **overrides: Any) -> dict[str, Any]:
    """A row of the directory: a county of California by default, ten kilometres from Mexico."""
    row: dict[str, Any] = {"id": uuid5(STATE, name), "kind": "county", "status": "active", "name": name, "names": {"en": name}, "country": "US"}
    row |= {"subdivision": "US-CA", "population": 50_000, "border_m": {"MX": 10_000}, "position": 1}
    return row | overrides


def seat_of(actor: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """The chief executive of a government."""
    row: dict[str, Any] = {"id": uuid5(SEATS, actor["name"]), "actor_id": actor["id"], "role": "chief_executive", "title": f"Head of {actor['name']}"}
    return row | {"status": "active", "position": 1} | overrides


async def directory(database: Database, *actors: dict[str, Any], seats: list[dict[str, Any]] | None = None) -> list[UUID]:
    """Put governments into the directory, with one seat each unless `seats` says otherwise; the seats' ids."""
    rows = [seat_of(actor) for actor in actors] if seats is None else seats
    async with database.session(read_only=False) as session:
        if actors:
            await session.execute(insert(directory_actors), list(actors))
        if rows:
            await session.execute(insert(directory_seats), rows)
        await session.commit()
    return [row["id"] for row in rows]


async def border_towns(database: Database) -> dict[str, UUID]:
    """San Diego is near, Los Angeles is not, of Brewster it is not recorded; and the State Department itself. Seats by name."""
    near = government("San Diego", border_m={"MX": 0}, population=3_298_634)
    far = government("Los Angeles", border_m={"MX": 180_000})
    unrecorded = government("Brewster", border_m={}, subdivision="US-TX")
    abroad = government("Tijuana", country="MX", subdivision="MX-BCN", kind="municipality", border_m={"US": 0})
    issuer = government("U.S. Department of State", id=STATE, kind="agency", subdivision=None, border_m={}, population=None)
    issuer["names"] = {"en": "U.S. Department of State", "es": "Departamento de Estado de EE. UU."}
    towns = [near, far, unrecorded, abroad]
    ids = await directory(database, *towns, issuer, seats=[seat_of(town) for town in towns])
    return dict(zip(("San Diego", "Los Angeles", "Brewster", "Tijuana"), ids, strict=True))


def part(**overrides: Any) -> dict[str, Any]:
    return {"heading": "What is known", "body": "Flows may reach the sea within a day.", "language": "en", "marking": "TLP:AMBER"} | overrides


def content(**overrides: Any) -> dict[str, Any]:
    """The body of a valid draft marked TLP:AMBER for the border's chief executives."""
    body: dict[str, Any] = {
        "title": "Sewage in the Tijuana River",
        "summary": "What local governments can tell the public.",
        "type": "alert",
        "status": "Actual",
    }
    body |= {"urgency": "Expected", "severity": "Moderate", "certainty": "Likely", "topics": ["water"], "countries": ["US", "MX"]}
    return body | {"expires_at": "2026-06-01T00:00:00Z", "parts": [part()], "audience": {"predicate": BORDER, "seats": []}} | overrides


async def briefing(client: httpx.AsyncClient, who: Caller = AUTHOR, **overrides: Any) -> httpx.Response:
    """A draft; the answer to making it."""
    answer = await client.post("/v1/briefings", json=content(**overrides), headers=bearer(who))
    assert answer.status_code == 201, answer.text
    return answer


async def release(client: httpx.AsyncClient, draft: httpx.Response, who: Caller = RELEASER, **request: Any) -> httpx.Response:
    """The answer to releasing a draft as it was answered."""
    headers = bearer(who) | {"If-Match": draft.headers["etag"]}
    return await client.post(f"/v1/briefings/{draft.json()['id']}/releases", json=request, headers=headers)


async def released(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    """A released briefing; unknown seats are left out."""
    draft = await briefing(client, **overrides)
    answer = await release(client, draft, unknown="leave_out")
    assert answer.status_code == 201, answer.text
    return {**draft.json(), "release": answer.json()}


def recipient(seat: UUID, name: str = "San Diego") -> Caller:
    """Whoever holds a seat, as a member of its government."""
    return person("member", organization=uuid5(STATE, name), subject=f"holder of {name}", seats=(seat,))
