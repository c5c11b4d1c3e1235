"""Random callers see exactly what the rule says, in every way of asking: list, record, children, gates, texts."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from shared.access import Caller
from shared.database import Database
from tests.support.make import agreements as make
from tests.support.tokens import bearer

PLACES = {
    make.SAN_DIEGO: ("US", "US-CA"),
    make.TIJUANA: ("MX", "MX-BCN"),
    make.TORONTO: ("CA", "CA-ON"),
    make.UNIVERSITY: ("US", "US-CA"),
}
NOWHERE = "0192f000-0000-7000-8000-0000000000ff"
SCOPES = ["agreements:propose", "agreements:edit", "agreements:sign", "agreements:file", "gates:decide", "events:audit"]
callers = st.builds(
    Caller,
    subject=st.just("anybody"),
    organization=st.sampled_from([None, *PLACES, make.SONORA, make.SRE]),
    country=st.sampled_from([None, "US", "MX", "CA"]),
    subdivision=st.sampled_from([None, "US-CA", "MX-BCN", "MX-SON", "CA-ON"]),
    roles=st.just(frozenset({"member"})),
    scopes=st.sets(st.sampled_from(SCOPES)).map(lambda scopes: frozenset({"agreements:read", *scopes})),
)


@dataclass(frozen=True)
class Known:
    """An agreement as the test knows it."""

    id: str
    draft: bool
    proposer: UUID
    parties: tuple[UUID, ...]
    text: str | None
    gate: str | None

    def places(self) -> set[tuple[str, str]]:
        return {PLACES[party] for party in self.parties}

    def seen_by(self, who: Caller) -> bool:
        if "events:audit" in who.scopes:
            return True
        if self.draft:
            return who.organization == self.proposer
        if who.organization in self.parties:
            return True
        coordinates = "agreements:file" in who.scopes and (who.country, who.subdivision) in self.places()
        decides = "gates:decide" in who.scopes and who.country in {country for country, _ in self.places()}
        return coordinates or decides

    def gate_seen_by(self, who: Caller) -> bool:
        if self.gate is None or not self.seen_by(who):
            return False
        as_decider_only = who.organization not in self.parties and "events:audit" not in who.scopes
        coordinates = "agreements:file" in who.scopes and (who.country, who.subdivision) in self.places()
        return not as_decider_only or coordinates or who.country == "MX"


async def population(client: httpx.AsyncClient) -> list[Known]:
    found = []
    for parties, draft, given_up in (
        ((make.SAN_DIEGO, make.TIJUANA), False, False),
        ((make.SAN_DIEGO, make.TIJUANA), True, False),
        ((make.SAN_DIEGO, make.TIJUANA), True, True),
        ((make.SAN_DIEGO, make.TIJUANA), False, True),
        ((make.SAN_DIEGO, make.TORONTO), False, False),
        ((make.SAN_DIEGO, make.UNIVERSITY, make.TIJUANA), False, False),
    ):
        made = (await make.agreement(client, parties=[{"actor_id": str(party)} for party in parties], draft=draft)).json()
        text = (await make.text(client, made["id"])).json()["id"]
        if given_up:
            assert (await make.withdrawal(client, made["id"])).json()["status"] == "withdrawn"
        gate = made["gates"][0]["id"] if made["gates"] else None
        found.append(Known(made["id"], draft, make.SAN_DIEGO, parties, text, gate))
    return found


async def test_random_callers_see_what_the_rule_says_and_nothing_else(client: httpx.AsyncClient) -> None:
    everything = await population(client)
    loop = asyncio.get_running_loop()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(callers)
    def check(who: Caller) -> None:
        asyncio.run_coroutine_threadsafe(_check(client, everything, who), loop).result()

    await asyncio.to_thread(check)


async def _check(client: httpx.AsyncClient, everything: list[Known], who: Caller) -> None:
    async def get(path: str) -> Any:
        return await client.get(path, headers=bearer(who))

    listed = (await get("/v1/agreements?include=gates&include=texts&include=actions&count=exact")).json()
    assert {item["id"] for item in listed["items"]} == {each.id for each in everything if each.seen_by(who)}
    assert listed["total"] == len(listed["items"])
    gates = {item["id"] for item in (await get("/v1/gates")).json()["items"]}
    assert gates == {each.gate for each in everything if each.gate_seen_by(who)}
    for item in listed["items"]:
        known = next(each for each in everything if each.id == item["id"])
        assert {gate["id"] for gate in item["gates"]} == ({known.gate} if known.gate_seen_by(who) else set())
        assert len(item["texts"]) == 1
    for each in everything:
        seen = each.seen_by(who)
        assert (await get(f"/v1/agreements/{each.id}")).status_code == (200 if seen else 404)
        told = await get(f"/v1/agreements/{each.id}/texts/{each.text}")
        assert told.status_code == (200 if seen else 404)
        if not seen:  # what is hidden answers word for word as what never was
            absent = await get(f"/v1/agreements/{each.id}/texts/{NOWHERE}")
            assert (told.json()["title"], told.json()["detail"]) == (absent.json()["title"], absent.json()["detail"])
        if each.gate is not None:
            assert (await get(f"/v1/gates/{each.gate}")).status_code == (200 if each.gate_seen_by(who) else 404)
        assert (await get(f"/v1/register/{each.id}")).status_code == 404


async def test_what_is_done_to_a_draft_that_was_given_up_stays_unheard(client: httpx.AsyncClient, database: Database) -> None:
    made = (await make.agreement(client, draft=True, titles={"en": "A secret draft"})).json()
    await make.withdrawal(client, made["id"], reason="They must not know.")
    body = {"reason_code": "security", "review_on": "2030-01-01", "reason": "Still secret."}
    assert (await client.post(f"/v1/agreements/{made['id']}/withholdings", json=body, headers=bearer(make.san_diego))).status_code == 201
    async with database.session(read_only=True) as session:
        rows = (await session.execute(text("SELECT type, visibility, organizations FROM events"))).all()
    assert {(row.visibility, tuple(row.organizations)) for row in rows} == {("organizations", (make.SAN_DIEGO,))}, rows
