"""San Diego County and Tijuana agree on cross-border water pollution: from the proposal to the public register."""

from typing import Any

import httpx
from sqlalchemy import text

from services.agreements.agreements.schemas import AgreementRead
from services.agreements.errors import GateOpen
from services.agreements.gates.schemas import GateRead
from services.agreements.register.schemas import RegisterEntry
from services.agreements.signatures.schemas import SignatureRead
from shared.database import Database
from shared.pages import PageOf
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer

STORY = [
    "agreement.proposed",
    "gate.opened",
    "text.attached",
    "text.attached",
    "text.adopted",
    "text.adopted",
    "gate.filed",
    "gate.decided",
    "agreement.signed",
    "agreement.signed",
    "agreement.entered_into_force",
]


async def recorded(database: Database) -> list[Any]:
    async with database.session(read_only=True) as session:
        return list((await session.execute(text("SELECT * FROM events ORDER BY seq"))).all())


async def test_the_story(client: httpx.AsyncClient, database: Database) -> None:
    proposed = await make.agreement(client)
    assert proposed.status_code == 201, proposed.text
    AgreementRead.model_validate(proposed.json())
    agreement_id = proposed.json()["id"]
    assert (proposed.json()["status"], proposed.json()["reference"][:5]) == ("proposed", "2026-")
    (gate,) = proposed.json()["gates"]
    assert (gate["rulebook_id"], gate["kind"], gate["before"], gate["state"], gate["actor_id"]) == ("mx-lct", "opinion", "sign", "open", str(make.TIJUANA))

    for language, body in (("en", make.ENGLISH), ("es", make.SPANISH)):
        assert (await make.text(client, agreement_id, language=language, body=body)).status_code == 201
    for who, status in ((make.san_diego, "text_open"), (make.tijuana, "text_adopted")):
        adopted = await make.adoption(client, agreement_id, who)
        assert (adopted.status_code, adopted.json()["status"]) == (201, status)

    refused = assert_problem(await make.signature(client, agreement_id, make.san_diego), GateOpen, citation="Ley sobre la Celebración de Tratados, art. 7")
    assert refused["trace"][0]["outcome"] == "true"
    assert any("art. 2-II" in (entry["citation"] or "") for entry in refused["trace"])
    assert any("has not been filed" in line for line in refused["sentences"])
    assert any("Ministry of Foreign Affairs" in line for line in refused["would_change"])

    filed = await make.filing(client, agreement_id, gate["id"], make.baja_california)
    assert (filed.status_code, filed.json()["state"], filed.json()["filed_by_id"]) == (201, "filed", str(make.BAJA_CALIFORNIA))
    work_list = await client.get("/v1/gates?waiting=true&country=MX", headers=bearer(make.sre))
    PageOf[GateRead].model_validate(work_list.json())
    assert [item["id"] for item in work_list.json()["items"]] == [gate["id"]]
    decided = await make.decision(client, gate["id"], make.sre)
    GateRead.model_validate(decided.json())
    assert (decided.status_code, decided.json()["state"], decided.json()["outcome"], decided.json()["cleared"]) == (201, "decided", "procedente", True)

    for who, status in ((make.san_diego, "partly_signed"), (make.tijuana, "in_force")):
        signed = await make.signature(client, agreement_id, who)
        SignatureRead.model_validate(signed.json())
        assert (signed.status_code, signed.json()["agreement_status"]) == (201, status)

    entry = (await client.get(f"/v1/register/{agreement_id}", headers={"Accept-Language": "es"})).json()
    RegisterEntry.model_validate(entry)
    assert (entry["status"], entry["title"], entry["in_force_on"]) == ("in_force", "Contaminación transfronteriza del agua", "2026-11-22")
    assert [(party["name"], party["legal_characterisation"]) for party in entry["parties"]] == [
        ("Condado de San Diego", "non_binding"),
        ("Tijuana", "interinstitutional_agreement_international_law"),
    ]
    assert [(item["outcome"], item["citation"]) for item in entry["decisions"]] == [("procedente", "Ley sobre la Celebración de Tratados, art. 7")]
    spanish = (await client.get(entry["texts"][1]["href"])).json()
    assert (spanish["language"], spanish["body"], spanish["sha256"]) == ("es", make.SPANISH, entry["texts"][1]["sha256"])

    rows = await recorded(database)
    assert [row.type for row in rows] == STORY
    assert all(row.organizations == [make.SAN_DIEGO, make.TIJUANA] for row in rows)
    for row in rows[:-1]:
        assert row.visibility == "public"
        assert not set(row.payload_open) & {"titles", "sha256", "text_hashes", "outcome", "trace", "legal_characterisation"}
        assert row.payload_open["parties"] == [str(make.SAN_DIEGO), str(make.TIJUANA)]
    assert rows[-1].payload_open == rows[-1].payload
    assert rows[-1].payload["titles"]["en"] == "Cross-border water pollution"
