"""Signing: what is bound, in which order, once."""

import httpx
import pytest

from services.agreements import errors as states
from services.agreements.signatures.schemas import SignatureRead
from shared import errors
from shared.ids import new_id
from tests.support.make import agreements as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer, caller


async def test_a_signature_binds_texts_characterisation_and_authority(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    right = await make.hashes(client, made["id"])
    answer = await make.signature(client, made["id"], make.tijuana, reason="By resolution of the cabildo.")
    SignatureRead.model_validate(answer.json())
    body = answer.json()
    assert (body["text_hashes"], body["authority"], body["agreement_status"]) == (sorted(right), make.MX_AUTHORITY, "partly_signed")
    assert (body["actor_id"], body["name"], body["legal_characterisation"]) == (
        str(make.TIJUANA),
        "Tijuana",
        "interinstitutional_agreement_international_law",
    )
    now = (await make.read(client, made["id"])).json()
    assert now["parties"][1]["signed_at"] == body["signed_at"]
    assert (now["parties"][1]["authority"], now["parties"][0]["authority"]) == (make.MX_AUTHORITY, None)
    assert (now["in_force_on"], [item["id"] for item in now["signatures"]]) == (None, [body["id"]])


async def test_wrong_or_missing_hashes_are_answered_with_the_right_ones(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    right = await make.hashes(client, made["id"])
    for wrong in (right[:1], [*right, "0" * 64], ["0" * 64]):
        body = assert_problem(await make.signature(client, made["id"], make.tijuana, text_hashes=wrong), states.TextsDiffer)
        assert sorted(item["sha256"] for item in body["expected"]) == sorted(right)
    repeated = await make.signature(client, made["id"], make.tijuana, text_hashes=[*right, right[0]])
    assert repeated.status_code == 201


async def test_twice_is_a_conflict(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    assert (await make.signature(client, made["id"], make.tijuana)).status_code == 201
    assert_problem(await make.signature(client, made["id"], make.tijuana), states.AlreadySigned)
    assert (await make.signature(client, made["id"], make.san_diego)).json()["agreement_status"] == "in_force"
    assert_problem(await make.signature(client, made["id"], make.tijuana), states.AgreementClosed)


async def test_signing_waits_for_the_adoption_by_all(client: httpx.AsyncClient) -> None:
    parties = [{"actor_id": str(make.SAN_DIEGO)}, {"actor_id": str(make.TORONTO)}]
    made = (await make.agreement(client, parties=parties)).json()
    assert_problem(await make.signature(client, made["id"], make.san_diego, text_hashes=["0" * 64]), states.TextMissing)
    await make.text(client, made["id"])
    await make.adoption(client, made["id"], make.san_diego)
    assert_problem(await make.signature(client, made["id"], make.san_diego), states.TextNotAdopted)
    await make.adoption(client, made["id"], make.toronto)
    assert (await make.signature(client, made["id"], make.san_diego)).status_code == 201


async def test_only_a_party_signs_and_a_stranger_sees_nothing(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    right = await make.hashes(client, made["id"])
    assert_problem(await make.signature(client, made["id"], make.toronto, text_hashes=right), states.AgreementNotFound)
    assert_problem(await make.signature(client, made["id"], make.baja_california, text_hashes=right), errors.Forbidden)
    assert_problem(await make.signature(client, str(new_id()), make.tijuana, text_hashes=right), states.AgreementNotFound)
    auditor = caller(*make.SIGNATORY, "events:audit", subject="both", organization=make.TORONTO)
    assert_problem(await make.signature(client, made["id"], auditor, text_hashes=right), states.NotAParty)


@pytest.mark.parametrize(
    ("overrides", "pointer"),
    [
        ({"text_hashes": []}, "/text_hashes"),
        ({"text_hashes": ["A" * 64]}, "/text_hashes/0"),
        ({"legal_characterisation": "binding"}, "/legal_characterisation"),
        ({"authority": None}, "/authority"),
        ({"authority": {"instrument": "Charter"}}, "/authority/citation"),
        ({"authority": {"instrument": " ", "citation": "1"}}, "/authority/instrument"),
        ({"delegate": "x"}, "/delegate"),
    ],
)
async def test_bad_signatures_say_where_they_are_wrong(client: httpx.AsyncClient, overrides: dict[str, object], pointer: str) -> None:
    made = await make.cleared_agreement(client)
    body = assert_problem(await make.signature(client, made["id"], make.tijuana, **overrides), errors.Invalid)
    assert pointer in [item["pointer"] for item in body["errors"]]


async def test_an_idempotent_signature_is_given_once(client: httpx.AsyncClient) -> None:
    made = await make.cleared_agreement(client)
    body = {"text_hashes": await make.hashes(client, made["id"]), "legal_characterisation": "non_binding", "authority": make.US_AUTHORITY}
    headers = bearer(make.san_diego) | {"Idempotency-Key": "signature-of-san-diego"}
    first = await client.post(f"/v1/agreements/{made['id']}/signatures", json=body, headers=headers)
    again = await client.post(f"/v1/agreements/{made['id']}/signatures", json=body, headers=headers)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
