"""Agreements, their texts and the people around them: fixed valid defaults, overridden by name."""

from typing import Any
from uuid import UUID

import httpx

from shared import directory
from shared.access import Caller
from shared.database import Database
from tests.support.tokens import bearer, caller

SAN_DIEGO = UUID("0192f000-0000-7000-8000-000000000001")
TIJUANA = UUID("0192f000-0000-7000-8000-000000000002")
BAJA_CALIFORNIA = UUID("0192f000-0000-7000-8000-000000000003")
SRE = UUID("0192f000-0000-7000-8000-000000000004")
STATE_DEPARTMENT = UUID("0192f000-0000-7000-8000-000000000005")
CALIFORNIA = UUID("0192f000-0000-7000-8000-000000000006")
SONORA = UUID("0192f000-0000-7000-8000-000000000007")
UNIVERSITY = UUID("0192f000-0000-7000-8000-000000000008")
FOUNDATION = UUID("0192f000-0000-7000-8000-000000000009")
TORONTO = UUID("0192f000-0000-7000-8000-00000000000a")
GONE = UUID("0192f000-0000-7000-8000-00000000000b")

MEMBER = ("agreements:read", "inbox:read", "inbox:acknowledge", "events:read")
SIGNATORY = (*MEMBER, "agreements:propose", "agreements:edit", "agreements:sign")
COORDINATOR = (*MEMBER, "agreements:propose", "agreements:file")
DECIDER = (*MEMBER, "gates:decide")

san_diego = caller(*SIGNATORY, organization=SAN_DIEGO, subject="san-diego", country="US", subdivision="US-CA")
tijuana = caller(*SIGNATORY, organization=TIJUANA, subject="tijuana", country="MX", subdivision="MX-BCN")
baja_california = caller(*COORDINATOR, organization=BAJA_CALIFORNIA, subject="baja-california", country="MX", subdivision="MX-BCN")
sonora = caller(*COORDINATOR, organization=SONORA, subject="sonora", country="MX", subdivision="MX-SON")
sre = caller(*DECIDER, organization=SRE, subject="sre", country="MX")
state_department = caller(*DECIDER, organization=STATE_DEPARTMENT, subject="state-department", country="US")
toronto = caller(*SIGNATORY, organization=TORONTO, subject="toronto", country="CA", subdivision="CA-ON")
auditor = caller("agreements:read", "events:read", "events:audit", subject="auditor", roles=("auditor",))
integrator = caller("agreements:read", "events:read", subject="integrator", roles=("integrator",))

ENGLISH = "# Memorandum of Understanding\n\nThe Participants intend to monitor the water that crosses the boundary.\n"
SPANISH = "# Memorando de entendimiento\n\nLos Participantes tienen la intención de vigilar el agua que cruza la frontera.\n"
US_AUTHORITY = {"instrument": "California Government Code", "citation": "§ 23004"}
MX_AUTHORITY = {"instrument": "Constitución Política de los Estados Unidos Mexicanos", "citation": "art. 115"}


def actor(actor_id: UUID, kind: str, name: str, country: str | None, subdivision: str | None = None, **more: Any) -> dict[str, Any]:
    """An `actor.registered` event of the registry, as its feed carries it."""
    place: dict[str, Any] = {"country": country, "subdivision": subdivision, "parent_id": None, "lat": None, "lon": None, "population": None, "border_m": {}}
    fields = {"actor_id": str(actor_id), "kind": kind, "status": "active", "name": name, "names": {"en": name}, **place, **more}
    return {"type": "actor.registered", "sequence": actor_id.int & 0xFFFF, "data": fields}


ACTORS = [
    actor(SAN_DIEGO, "county", "San Diego County", "US", "US-CA", names={"en": "San Diego County", "es": "Condado de San Diego"}),
    actor(TIJUANA, "municipality", "Tijuana", "MX", "MX-BCN"),
    actor(BAJA_CALIFORNIA, "state", "Baja California", "MX", "MX-BCN"),
    actor(SRE, "agency", "Secretaría de Relaciones Exteriores", "MX"),
    actor(STATE_DEPARTMENT, "agency", "Department of State", "US"),
    actor(CALIFORNIA, "state", "California", "US", "US-CA"),
    actor(SONORA, "state", "Sonora", "MX", "MX-SON"),
    actor(UNIVERSITY, "university", "University of California San Diego", "US", "US-CA"),
    actor(FOUNDATION, "organisation", "Border Water Foundation", "US", "US-CA"),
    actor(TORONTO, "municipality", "Toronto", "CA", "CA-ON"),
    actor(GONE, "municipality", "Dissolved City", "US", "US-CA", status="dissolved"),
]


async def actors(database: Database, *events: dict[str, Any]) -> None:
    """Let the directory know these actors, or the usual ones."""
    async with database.session(read_only=False) as session:
        await directory.project(await session.connection(), list(events) or ACTORS)
        await session.commit()


async def agreement(client: httpx.AsyncClient, who: Caller = san_diego, **overrides: Any) -> httpx.Response:
    body = {
        "titles": {"en": "Cross-border water pollution", "es": "Contaminación transfronteriza del agua"},
        "kind": "mou",
        "topics": ["water_pollution"],
        "proposed_term_months": 60,
        "parties": [{"actor_id": str(SAN_DIEGO)}, {"actor_id": str(TIJUANA)}],
        **overrides,
    }
    return await client.post("/v1/agreements", json=body, headers=bearer(who))


async def text(client: httpx.AsyncClient, agreement_id: str, who: Caller = san_diego, **overrides: Any) -> httpx.Response:
    body = {"language": "en", "body": ENGLISH, **overrides}
    return await client.post(f"/v1/agreements/{agreement_id}/texts", json=body, headers=bearer(who))


async def read(client: httpx.AsyncClient, agreement_id: str, who: Caller = san_diego) -> httpx.Response:
    return await client.get(f"/v1/agreements/{agreement_id}", headers=bearer(who))


async def hashes(client: httpx.AsyncClient, agreement_id: str, who: Caller = san_diego) -> list[str]:
    """The hashes of the authentic texts as they stand."""
    texts = (await read(client, agreement_id, who)).json()["texts"]
    return [item["sha256"] for item in texts if item["authentic"] and item["standing"]]


async def adoption(client: httpx.AsyncClient, agreement_id: str, who: Caller, **overrides: Any) -> httpx.Response:
    body = {"text_hashes": await hashes(client, agreement_id, who), **overrides}
    return await client.post(f"/v1/agreements/{agreement_id}/adoptions", json=body, headers=bearer(who))


async def filing(client: httpx.AsyncClient, agreement_id: str, gate_id: str, who: Caller = baja_california, **overrides: Any) -> httpx.Response:
    return await client.post(f"/v1/agreements/{agreement_id}/filings", json={"gate_id": gate_id, **overrides}, headers=bearer(who))


async def decision(client: httpx.AsyncClient, gate_id: str, who: Caller = sre, **overrides: Any) -> httpx.Response:
    body = {"outcome": "procedente", "reasons": "Within the powers of the municipality.", **overrides}
    gate = await client.get(f"/v1/gates/{gate_id}", headers=bearer(who))
    match = {"If-Match": gate.headers["etag"]} if gate.status_code == 200 else {"If-Match": '"1-0"'}
    return await client.post(f"/v1/gates/{gate_id}/decisions", json=body, headers=bearer(who) | match)


async def signature(client: httpx.AsyncClient, agreement_id: str, who: Caller, **overrides: Any) -> httpx.Response:
    """A signature as the party would give it; a Mexican party under its own characterisation."""
    seen = ("interinstitutional_agreement_international_law", MX_AUTHORITY) if who.country == "MX" else ("non_binding", US_AUTHORITY)
    body = {"legal_characterisation": seen[0], "authority": seen[1], **overrides}
    if "text_hashes" not in body:
        body["text_hashes"] = await hashes(client, agreement_id, who)
    return await client.post(f"/v1/agreements/{agreement_id}/signatures", json=body, headers=bearer(who))


async def withdrawal(client: httpx.AsyncClient, agreement_id: str, who: Caller = san_diego, reason: str = "Plans have changed.") -> httpx.Response:
    return await client.post(f"/v1/agreements/{agreement_id}/withdrawals", json={"reason": reason}, headers=bearer(who))


async def open_agreement(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    """Proposed, with both texts attached."""
    made = await agreement(client, **overrides)
    assert made.status_code == 201, made.text
    agreement_id = made.json()["id"]
    for language, body in (("en", ENGLISH), ("es", SPANISH)):
        attached = await text(client, agreement_id, language=language, body=body)
        assert attached.status_code == 201, attached.text
    found: dict[str, Any] = (await read(client, agreement_id)).json()
    return found


async def adopted_agreement(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    """Adopted by San Diego and Tijuana; its gate is open."""
    made = await open_agreement(client, **overrides)
    for who in (san_diego, tijuana):
        adopted = await adoption(client, made["id"], who)
        assert adopted.status_code == 201, adopted.text
    found: dict[str, Any] = (await read(client, made["id"])).json()
    return found


async def cleared_agreement(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    """Adopted, filed and decided: ready to be signed."""
    made = await adopted_agreement(client, **overrides)
    (gate,) = made["gates"]
    for answer in (await filing(client, made["id"], gate["id"]), await decision(client, gate["id"])):
        assert answer.status_code == 201, answer.text
    found: dict[str, Any] = (await read(client, made["id"])).json()
    return found


async def agreement_in_force(client: httpx.AsyncClient, **overrides: Any) -> dict[str, Any]:
    """Signed by both."""
    made = await cleared_agreement(client, **overrides)
    for who in (san_diego, tijuana):
        signed = await signature(client, made["id"], who)
        assert signed.status_code == 201, signed.text
    found: dict[str, Any] = (await read(client, made["id"])).json()
    return found
