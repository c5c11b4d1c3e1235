"""Texts: canonical form and hash, versions, and what a new version takes back."""

import hashlib
import unicodedata
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from services.agreements import errors as states
from services.agreements.texts.canonical import canonical, digest
from services.agreements.texts.schemas import TextAttached, TextRead
from shared import errors
from shared.database import Database
from shared.events import ReasonMissing
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer


@given(st.text())
def test_the_canonical_form_is_stable_and_differs_only_in_lines_and_composition(body: str) -> None:
    once = canonical(body)
    assert canonical(once) == once
    assert "\r" not in once
    assert unicodedata.normalize("NFD", once) == unicodedata.normalize("NFD", body.replace("\r\n", "\n").replace("\r", "\n"))
    if not any(0xD800 <= ord(char) <= 0xDFFF for char in body):
        assert digest(body) == hashlib.sha256(once.encode("utf-8")).hexdigest()


async def test_a_text_is_stored_and_hashed_in_its_canonical_form(client: httpx.AsyncClient, database: Database) -> None:
    made = (await make.agreement(client)).json()
    attached = await make.text(client, made["id"], language="es", body="Cooperacio\u0301n\r\nen el agua\r", media_type="text/plain")
    assert attached.status_code == 201, attached.text
    TextAttached.model_validate(attached.json())
    canonical_text = "Cooperaci\u00f3n\nen el agua\n"
    with queries(database, at_most=2):
        read = await client.get(f"/v1/agreements/{made['id']}/texts/{attached.json()['id']}", headers=bearer(make.tijuana))
    TextRead.model_validate(read.json())
    assert read.json()["body"] == canonical_text
    assert read.json()["sha256"] == hashlib.sha256(canonical_text.encode()).hexdigest()
    assert (read.json()["size_bytes"], read.json()["version"], read.json()["standing"]) == (len(canonical_text.encode()), 1, True)
    composed = await make.text(client, made["id"], language="es", body=canonical_text, media_type="text/plain")
    assert_problem(composed, states.TextUnchanged, text_id=attached.json()["id"])


@pytest.mark.parametrize(
    ("overrides", "error", "pointer"),
    [
        ({"body": ""}, errors.Invalid, "/body"),
        ({"body": "a\x00b"}, errors.Invalid, "/body"),
        ({"body": "á" * 250_001}, errors.Invalid, "/body"),
        ({"body": "a" * 500_001}, errors.Invalid, "/body"),
        ({"language": "english"}, errors.Invalid, "/language"),
        ({"media_type": "text/html"}, errors.Invalid, "/media_type"),
        ({"version": 3}, errors.Invalid, "/version"),
    ],
)
async def test_bad_texts_are_refused(client: httpx.AsyncClient, overrides: Any, error: type[errors.Problem], pointer: str) -> None:
    made = (await make.agreement(client)).json()
    body = assert_problem(await make.text(client, made["id"], **overrides), error)
    assert [item["pointer"] for item in body["errors"]] == [pointer]


async def test_the_largest_text_is_taken(client: httpx.AsyncClient) -> None:
    made = (await make.agreement(client)).json()
    attached = await make.text(client, made["id"], body="á" * 250_000)
    assert (attached.status_code, attached.json()["size_bytes"]) == (201, 500_000)
    assert_problem(await make.text(client, made["id"], body="a" * 1_100_000), errors.TooLarge)


async def test_a_text_belongs_to_its_agreement(client: httpx.AsyncClient) -> None:
    one, other = await make.open_agreement(client), await make.open_agreement(client)
    path = f"/v1/agreements/{other['id']}/texts/{one['texts'][0]['id']}"
    assert_problem(await client.get(path, headers=bearer(make.san_diego)), states.TextNotFound)
    stranger = await client.get(f"/v1/agreements/{one['id']}/texts/{one['texts'][0]['id']}", headers=bearer(make.toronto))
    assert_problem(stranger, states.TextNotFound)
    assert_problem(await make.text(client, one["id"], make.toronto), states.AgreementNotFound)


async def test_a_new_version_takes_back_adoptions_and_decisions_openly(client: httpx.AsyncClient, database: Database) -> None:
    made = await make.cleared_agreement(client)
    body = "# Memorandum\n\nThe Participants intend to monitor the water every month.\n"
    assert_problem(await make.text(client, made["id"], make.tijuana, body=body), ReasonMissing)
    assert (await make.read(client, made["id"])).json()["status"] == "text_adopted", "a refusal takes nothing back"

    attached = await make.text(client, made["id"], make.tijuana, body=body, reason="The board wants monthly samples.")
    assert (attached.status_code, attached.json()["version"]) == (201, 2)
    now = (await make.read(client, made["id"])).json()
    assert (now["status"], [party["adopted_at"] for party in now["parties"]]) == ("text_open", [None, None])
    assert (now["gates"][0]["state"], now["gates"][0]["outcome"], now["gates"][0]["cleared"]) == ("open", None, False)
    assert [(item["language"], item["version"], item["standing"]) for item in now["texts"]] == [("en", 1, False), ("en", 2, True), ("es", 1, True)]
    gate = (await client.get(f"/v1/gates/{now['gates'][0]['id']}", headers=bearer(make.sre))).json()
    assert [(item["outcome"], len(item["text_hashes"])) for item in gate["decisions"]] == [("procedente", 2)], "the decision stays on record"
    async with database.session(read_only=True) as session:
        (reopened,) = (await session.execute(text("SELECT * FROM events WHERE type = 'gate.reopened'"))).all()
    assert (reopened.payload["former_state"], reopened.payload["former_outcome"], reopened.reason) == (
        "decided",
        "procedente",
        "The board wants monthly samples.",
    )
    assert reopened.payload["trace"][0]["outcome"] == "true"
    assert "trace" not in reopened.payload_open
    assert_problem(await make.signature(client, made["id"], make.san_diego), states.GateOpen)


async def test_a_translation_that_is_not_authentic_takes_nothing_back(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    assert (await make.text(client, made["id"], language="fr", body="Mémorandum", authentic=False)).status_code == 201
    now = (await make.read(client, made["id"])).json()
    assert (now["status"], now["gates"][0]["state"]) == ("text_adopted", "decided")
    assert len(await make.hashes(client, made["id"])) == 2
    promoted = await make.text(client, made["id"], language="fr", body="Mémorandum", authentic=True)
    assert_problem(promoted, ReasonMissing)
    demoted = await make.text(client, made["id"], language="es", body=make.SPANISH, authentic=False)
    assert_problem(demoted, ReasonMissing)


async def test_a_second_language_before_any_adoption_needs_no_reason(client: httpx.AsyncClient) -> None:
    made = await make.open_agreement(client)
    assert [action["kind"] for action in made["actions"]] == ["propose", "open_text", "attach_text"]
    one = await make.adoption(client, made["id"], make.tijuana)
    assert one.json()["status"] == "text_open"
    added: dict[str, Any] = {"language": "fr", "body": "Mémorandum"}
    assert_problem(await make.text(client, made["id"], **added), ReasonMissing)
    assert (await make.text(client, made["id"], **added, reason="A third authentic language.")).status_code == 201
    assert (await make.read(client, made["id"])).json()["parties"][1]["adopted_at"] is None


async def test_texts_are_frozen_by_the_first_signature(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    await make.signature(client, made["id"], make.san_diego)
    for authentic in (True, False):
        refused = await make.text(client, made["id"], make.tijuana, body="Other", authentic=authentic, reason="A better one.")
        assert_problem(refused, states.TextFrozen)


async def test_adoption_names_what_is_adopted(client: httpx.AsyncClient) -> None:
    made = (await make.agreement(client)).json()
    assert_problem(await make.adoption(client, made["id"], make.tijuana, text_hashes=["0" * 64]), states.TextMissing)
    await make.text(client, made["id"])
    body = assert_problem(await make.adoption(client, made["id"], make.tijuana, text_hashes=["0" * 64]), states.TextsDiffer)
    assert body["expected"] == [{"language": "en", "version": 1, "sha256": digest(make.ENGLISH)}]
    assert_problem(await make.adoption(client, made["id"], make.tijuana, text_hashes=["xyz"]), errors.Invalid)
    assert (await make.adoption(client, made["id"], make.tijuana)).status_code == 201
    assert_problem(await make.adoption(client, made["id"], make.tijuana), states.AlreadyAdopted)
    assert_problem(await make.adoption(client, made["id"], make.baja_california, text_hashes=["0" * 64]), errors.Forbidden)
