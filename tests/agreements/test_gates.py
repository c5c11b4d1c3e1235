"""Gates: who files, who decides, what blocks, and what is said about it."""

from uuid import UUID

import httpx
import pytest

from services.agreements import errors as states
from services.agreements.gates.schemas import GateRead
from shared import errors
from shared.database import Database
from shared.ids import new_id
from shared.pages import PageOf
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer, caller

LCT7 = "Ley sobre la Celebración de Tratados, art. 7"


async def decide(client: httpx.AsyncClient, gate_id: str, outcome: str) -> httpx.Response:
    return await make.decision(client, gate_id, outcome=outcome, reasons="Considered.")


async def test_a_gate_explains_itself(client: httpx.AsyncClient, database: Database) -> None:
    made = await make.open_agreement(client)
    with queries(database, at_most=1):
        answer = await client.get(f"/v1/gates/{made['gates'][0]['id']}", headers=bearer(make.sre) | {"Accept-Language": "es"})
    GateRead.model_validate(answer.json())
    body = answer.json()
    assert (body["rulebook_version"], body["citation"], body["applies"], body["decides_country"]) == ("2026-11-22", LCT7, "true", "MX")
    assert body["outcomes"] == ["procedente", "con_observaciones", "no_procedente"]
    assert body["facts"]["counterpart.foreign_governmental"] is True
    assert body["facts"]["party.country"] == "MX"
    assert "La parte es mexicana: sí, es MX." in body["explanation"]
    assert "Al menos una contraparte es un órgano gubernamental extranjero: sí." in body["explanation"]
    assert body["agreement"]["title"] == "Contaminación transfronteriza del agua"


async def test_the_party_or_the_coordinator_of_its_state_files_and_nobody_else(client: httpx.AsyncClient) -> None:
    made = await make.open_agreement(client)
    gate_id = made["gates"][0]["id"]
    body = assert_problem(await make.filing(client, made["id"], gate_id, make.san_diego), states.NotYoursToFile)
    assert body["may_file"] == ["party", "state_coordinator"]
    assert_problem(await make.filing(client, made["id"], gate_id, make.sonora), states.AgreementNotFound)
    california = caller(*make.COORDINATOR, organization=make.CALIFORNIA, country="US", subdivision="US-CA")
    assert_problem(await make.filing(client, made["id"], gate_id, california), states.NotYoursToFile)
    reader = caller(*make.MEMBER, organization=make.TIJUANA, country="MX", subdivision="MX-BCN")
    assert_problem(await make.filing(client, made["id"], gate_id, reader), errors.Forbidden)
    for who in (make.tijuana, make.baja_california):
        again = await make.open_agreement(client)
        filed = await make.filing(client, again["id"], again["gates"][0]["id"], who, reason="As the law asks.")
        assert (filed.status_code, filed.json()["state"], filed.json()["filed_by_id"]) == (201, "filed", str(who.organization))
        assert_problem(await make.filing(client, again["id"], again["gates"][0]["id"], who), states.GateNotOpen, state="filed")
        action = (await make.read(client, again["id"])).json()["actions"][-1]
        assert (action["kind"], action["party_id"], action["gate_id"]) == ("file", again["parties"][1]["id"], again["gates"][0]["id"])


async def test_filing_needs_a_text_and_a_gate_of_this_agreement(client: httpx.AsyncClient) -> None:
    bare = (await make.agreement(client)).json()
    assert_problem(await make.filing(client, bare["id"], bare["gates"][0]["id"]), states.TextMissing)
    assert_problem(await make.decision(client, bare["gates"][0]["id"]), states.TextMissing)
    other = await make.open_agreement(client)
    assert_problem(await make.filing(client, bare["id"], other["gates"][0]["id"]), states.GateNotFound)
    assert_problem(await make.filing(client, bare["id"], str(new_id())), states.GateNotFound)


async def test_only_the_country_of_the_rule_decides(client: httpx.AsyncClient) -> None:
    made = await make.adopted_agreement(client)
    gate_id = made["gates"][0]["id"]
    assert_problem(await make.decision(client, gate_id, make.state_department), states.GateNotFound)
    both = caller(*make.SIGNATORY, "gates:decide", organization=make.SAN_DIEGO, country="US", subdivision="US-CA")
    assert_problem(await make.decision(client, gate_id, both), states.NotYoursToDecide, country="MX", citation=LCT7)
    assert_problem(await make.decision(client, gate_id, make.tijuana), errors.Forbidden)
    assert_problem(await make.decision(client, str(new_id())), states.GateNotFound)


async def test_a_decision_needs_the_gate_as_read_an_outcome_and_reasons(client: httpx.AsyncClient) -> None:
    made = await make.adopted_agreement(client)
    path, good = f"/v1/gates/{made['gates'][0]['id']}/decisions", {"outcome": "procedente", "reasons": "Within its powers."}
    headers = bearer(make.sre)
    assert_problem(await client.post(path, json=good, headers=headers), errors.PreconditionRequired)
    etag = (await client.get(f"/v1/gates/{made['gates'][0]['id']}", headers=headers)).headers["etag"]
    await make.filing(client, made["id"], made["gates"][0]["id"])
    assert_problem(await client.post(path, json=good, headers=headers | {"If-Match": etag}), errors.PreconditionFailed)
    headers["If-Match"] = (await client.get(f"/v1/gates/{made['gates'][0]['id']}", headers=headers)).headers["etag"]
    body = assert_problem(await client.post(path, json=good | {"outcome": "approved"}, headers=headers), states.OutcomeUnknown)
    assert "procedente, con_observaciones, no_procedente" in body["detail"]
    assert_problem(await client.post(path, json=good | {"outcome": "not_applicable"}, headers=headers), states.OutcomeUnknown)
    for bad in ({"outcome": "procedente"}, good | {"reasons": " "}, good | {"outcome": "Procedente!"}):
        assert_problem(await client.post(path, json=bad, headers=headers), errors.Invalid)
    decided = await client.post(path, json=good, headers=headers)
    assert (decided.status_code, decided.json()["state"]) == (201, "decided")
    assert decided.json()["decisions"][0]["reasons"] == "Within its powers."
    headers["If-Match"] = decided.headers["etag"]
    assert_problem(await client.post(path, json=good, headers=headers), states.GateDecided, outcome="procedente")


@pytest.mark.parametrize("outcome", ["con_observaciones", "no_procedente"])
async def test_a_decision_that_does_not_clear_keeps_blocking_and_may_be_taken_anew(client: httpx.AsyncClient, outcome: str) -> None:
    made = await make.adopted_agreement(client)
    gate_id = made["gates"][0]["id"]
    assert (await decide(client, gate_id, outcome)).json()["cleared"] is False
    body = assert_problem(await make.signature(client, made["id"], make.tijuana), states.GateOpen)
    assert (body["gates"][0]["state"], body["gates"][0]["outcome"]) == ("decided", outcome)
    assert any("new version of the text" in line for line in body["would_change"])
    assert (await decide(client, gate_id, "procedente")).json()["cleared"] is True
    assert (await make.signature(client, made["id"], make.tijuana)).status_code == 201
    decisions = (await client.get(f"/v1/gates/{gate_id}", headers=bearer(make.sre))).json()["decisions"]
    assert [item["outcome"] for item in decisions] == [outcome, "procedente"]


@pytest.mark.parametrize(
    ("language", "first", "clears"),
    [
        ("en", "The party is Mexican: yes, it is MX.", "Mexico's Ministry of Foreign Affairs (SRE) decides: May be signed."),
        ("es", "La parte es mexicana: sí, es MX.", "la Secretaría de Relaciones Exteriores de México (SRE) decide: Procedente."),
        ("fr", "La partie est mexicaine : oui, c'est MX.", "du Mexique (SRE) : Peut être signé."),
    ],
)
async def test_a_refusal_speaks_the_readers_language(client: httpx.AsyncClient, language: str, first: str, clears: str) -> None:
    made = await make.adopted_agreement(client)
    answer = await client.post(
        f"/v1/agreements/{made['id']}/signatures",
        json={"text_hashes": await make.hashes(client, made["id"]), "legal_characterisation": "non_binding", "authority": make.US_AUTHORITY},
        headers=bearer(make.san_diego) | {"Accept-Language": language},
    )
    body = assert_problem(answer, states.GateOpen, citation=LCT7)
    assert any(first in line for line in body["sentences"])
    assert any(clears in line for line in body["would_change"])
    assert any(first in entry["clause"] for entry in body["trace"])
    assert body["gates"][0]["rulebook"] == {"id": "mx-lct", "version": "2026-11-22"}
    assert {change["fact"] for change in body["gates"][0]["flip"]["changes"]} <= {"party.country", "party.governmental", "party.kind"}


async def test_a_missing_fact_blocks_until_a_person_says_whether_the_rule_applies(client: httpx.AsyncClient) -> None:
    parties = [{"actor_id": str(make.UNIVERSITY)}, {"actor_id": str(make.TIJUANA)}]
    university = caller(*make.SIGNATORY, organization=make.UNIVERSITY, country="US", subdivision="US-CA")
    made = (await make.agreement(client, university, parties=parties)).json()
    (gate,) = made["gates"]
    assert gate["state"] == "unknown"
    await make.text(client, made["id"], university)
    for who in (university, make.tijuana):
        await make.adoption(client, made["id"], who)
    body = assert_problem(await make.signature(client, made["id"], make.tijuana), states.GateOpen)
    assert any("a fact is missing" in line for line in body["sentences"])
    assert "unknown" in [entry["outcome"] for entry in body["trace"]]
    assert any("For it to hold" in line or "not known" in line for line in body["sentences"])
    assert (await make.filing(client, made["id"], gate["id"])).json()["state"] == "filed"
    decided = await make.decision(client, gate["id"], outcome="not_applicable", reasons="A private university.")
    assert (decided.json()["state"], decided.json()["outcome"], decided.json()["decisions"][0]["outcome"]) == ("not_applicable", None, "not_applicable")
    assert (await make.signature(client, made["id"], make.tijuana)).status_code == 201


async def test_a_fact_that_becomes_known_is_followed(client: httpx.AsyncClient, database: Database) -> None:
    parties = [{"actor_id": str(make.UNIVERSITY)}, {"actor_id": str(make.TIJUANA)}]
    university = caller(*make.SIGNATORY, organization=make.UNIVERSITY, country="US", subdivision="US-CA")
    made = (await make.agreement(client, university, parties=parties)).json()
    await make.text(client, made["id"], university)
    known = make.actor(make.UNIVERSITY, "agency", "University of California San Diego", "US", "US-CA")
    await make.actors(database, known | {"sequence": 100_000})
    adopted = (await make.adoption(client, made["id"], make.tijuana)).json()
    assert adopted["gates"][0]["state"] == "open"


async def test_a_private_counterpart_is_out_of_scope_and_the_gate_says_why(client: httpx.AsyncClient) -> None:
    parties = [{"actor_id": str(make.TIJUANA)}, {"actor_id": str(make.FOUNDATION)}]
    made = (await make.agreement(client, make.tijuana, parties=parties)).json()
    (gate,) = made["gates"]
    assert gate["state"] == "not_applicable"
    read = (await client.get(f"/v1/gates/{gate['id']}", headers=bearer(make.tijuana))).json()
    assert "outside article 2" in read["explanation"]
    foundation = caller(*make.SIGNATORY, organization=make.FOUNDATION, country="US")
    await make.text(client, made["id"], make.tijuana)
    for who in (make.tijuana, foundation):
        await make.adoption(client, made["id"], who)
    assert (await make.signature(client, made["id"], make.tijuana)).status_code == 201
    assert_problem(await make.filing(client, made["id"], gate["id"], make.tijuana), states.GateNotOpen)


async def test_an_agreement_without_mexican_parties_has_no_gate(client: httpx.AsyncClient) -> None:
    made = (await make.agreement(client, parties=[{"actor_id": str(make.SAN_DIEGO)}, {"actor_id": str(make.TORONTO)}])).json()
    assert made["gates"] == []


async def test_the_work_list_shows_what_waits(client: httpx.AsyncClient, database: Database) -> None:
    waiting, cleared, withdrawn = await make.adopted_agreement(client), await make.cleared_agreement(client), await make.open_agreement(client)
    await make.withdrawal(client, withdrawn["id"])
    gates = {name: UUID(made["gates"][0]["id"]) for name, made in (("waiting", waiting), ("cleared", cleared), ("withdrawn", withdrawn))}

    async def listed(query: str, who: object = make.sre) -> set[UUID]:
        with queries(database, at_most=1):
            answer = await client.get(f"/v1/gates?{query}", headers=bearer(who))  # type: ignore[arg-type]  # any caller of make
        PageOf[GateRead].model_validate(answer.json())
        return {UUID(item["id"]) for item in answer.json()["items"]}

    assert await listed("waiting=true") == {gates["waiting"]}
    assert await listed("waiting=false") == {gates["cleared"], gates["withdrawn"]}
    assert await listed("state=open&sort=newest") == {gates["waiting"], gates["withdrawn"]}
    assert await listed(f"agreement={cleared['id']}") == {gates["cleared"]}
    assert await listed("country=US") == set()
    assert await listed("", make.tijuana) == set(gates.values())
    assert await listed("", make.baja_california) == set(gates.values())
    for stranger in (make.state_department, make.sonora, make.toronto, make.integrator):
        assert await listed("", stranger) == set()


async def test_decision_makers_of_another_party_see_the_agreement_and_not_the_gate(client: httpx.AsyncClient) -> None:
    made = await make.adopted_agreement(client)
    seen = await make.read(client, made["id"], make.state_department)
    assert (seen.status_code, seen.json()["gates"]) == (200, [])
    assert len((await make.read(client, made["id"], make.sre)).json()["gates"]) == 1


@pytest.mark.parametrize("adopted", [False, True])
async def test_a_text_attached_after_the_gate_was_read_is_not_decided_on_unread(client: httpx.AsyncClient, adopted: bool) -> None:
    made = await (make.adopted_agreement(client) if adopted else make.open_agreement(client))
    (gate,) = made["gates"]
    path = f"/v1/gates/{gate['id']}"
    seen = (await client.get(path, headers=bearer(make.sre))).headers["etag"]
    assert (await make.text(client, made["id"], make.tijuana, body="Another text.", reason="A better one.")).status_code == 201
    body = {"outcome": "procedente", "reasons": "Considered."}
    assert_problem(await client.post(f"{path}/decisions", json=body, headers=bearer(make.sre) | {"If-Match": seen}), errors.PreconditionFailed)
    decided = await make.decision(client, gate["id"])
    assert decided.status_code == 201, decided.text
    assert decided.json()["decisions"][0]["text_hashes"] == sorted(await make.hashes(client, made["id"]))
