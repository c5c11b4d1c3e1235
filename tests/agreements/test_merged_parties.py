"""A party that was merged: its people keep what was theirs, the other record's people get none of it, and both ids find it."""

from typing import Any
from uuid import UUID

import httpx

from shared.database import Database
from tests.support.make import agreements as make
from tests.support.tokens import bearer, caller

COUNTY = UUID("0192f000-0000-7000-8000-0000000000f1")


def identity(kind: str, canonical: UUID | None, former: UUID | None, sequence: int) -> dict[str, Any]:
    """An event of the registry about San Diego's record, as its feed carries it."""
    said = {"canonical_id": canonical and str(canonical), "former_canonical_id": former and str(former), "judgement_id": str(COUNTY)}
    return {"type": kind, "sequence": sequence, "data": {"actor_id": str(make.SAN_DIEGO), **said}}


async def test_a_party_that_was_merged_keeps_what_is_its_own(client: httpx.AsyncClient, database: Database) -> None:
    draft = (await make.agreement(client)).json()
    registered = make.actor(COUNTY, "county", "County of San Diego", "US", "US-CA")
    await make.actors(database, registered, identity("actor.merged", COUNTY, None, 100_000))
    own, other = make.san_diego, caller(*make.SIGNATORY, organization=COUNTY, subject="county", country="US", subdivision="US-CA")

    async def listed(who: Any, party: UUID) -> list[str]:
        answer = await client.get(f"/v1/agreements?party={party}", headers=bearer(who))
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    for party in (make.SAN_DIEGO, COUNTY):
        assert await listed(own, party) == [draft["id"]]
        assert await listed(other, party) == []
    seen = (await make.read(client, draft["id"], own)).json()
    first = seen["parties"][0]
    assert (first["actor_id"], first["name"]) == (str(make.SAN_DIEGO), "County of San Diego")
    assert (await make.read(client, draft["id"], other)).status_code == 404
    assert (await make.text(client, draft["id"], own)).status_code == 201

    await make.actors(database, identity("actor.split", None, COUNTY, 100_001))
    assert await listed(own, COUNTY) == []
    assert await listed(own, make.SAN_DIEGO) == [draft["id"]]
    assert (await make.read(client, draft["id"], own)).json()["parties"][0]["name"] == "San Diego County"
