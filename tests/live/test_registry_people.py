"""Seats and people with real commits: two who take, vacate, claim or decide at the same moment, and an erasure that crosses a change."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest

from services.registry import errors
from services.registry.worker import import_once
from shared.errors import PreconditionFailed
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.registry import LiveRegistry, live_registry
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
ROUNDS = 8


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def city_with_seat(live: LiveRegistry) -> tuple[dict[str, Any], dict[str, Any], Any]:
    city = await make.actor(live.client, "City")
    return city, await make.seat(live.client, city["id"]), make.manager(city["id"])


async def both(*attempts: Awaitable[httpx.Response]) -> list[httpx.Response]:
    """The answers, the successful ones first."""
    return sorted(await asyncio.gather(*attempts), key=lambda answer: answer.status_code)


async def test_a_seat_is_handed_to_one_of_two_people(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        _, seat, who = await city_with_seat(live)
        handed = [make.hand_over(live.client, seat["id"], who, name=name, valid_from="2026-01-01") for name in ("Ana", "Bo")]
        won, lost = await both(*handed)
        assert won.status_code == 201, won.text
        assert_problem(lost, errors.HolderOverlaps)
        held = await live.rows("SELECT p.name FROM seat_holders AS h JOIN people AS p ON p.id = h.person_id WHERE h.seat_id = :seat", seat=seat["id"])
        assert [row.name for row in held] == [won.json()["holder"]["name"]]
    assert await live.count("people") == ROUNDS, "who lost leaves nobody behind"


async def test_the_database_itself_refuses_a_second_holder(live: LiveRegistry) -> None:
    _, seat, who = await city_with_seat(live)
    await make.hand_over(live.client, seat["id"], who, name="Ana", valid_from="2026-01-01")
    second = "INSERT INTO seat_holders (id, seat_id, person_id, valid_from) SELECT gen_random_uuid(), seat_id, person_id, '2026-06-01' FROM seat_holders"
    with pytest.raises(Exception, match="ex_seat_holders_overlap"):
        await live.rows(f"{second} RETURNING id")


async def test_a_seat_is_abolished_or_handed_over(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        _, seat, who = await city_with_seat(live)
        path = f"/v1/seats/{seat['id']}"
        etag = (await live.client.get(path)).headers["etag"]
        abolish = live.client.patch(path, json={"status": "abolished"}, headers=bearer(who) | {"If-Match": etag})
        handed, gone = await asyncio.gather(make.hand_over(live.client, seat["id"], who, name="Ana"), abolish)
        if gone.status_code == 200:
            assert_problem(handed, errors.SeatAbolished)
        else:
            assert_problem(gone, PreconditionFailed)
            assert handed.status_code == 201
        open_ = "SELECT count(*) FROM seat_holders AS h JOIN seats AS s ON s.id = h.seat_id WHERE s.status = 'abolished' AND h.valid_through IS NULL"
        assert [tuple(row) for row in await live.rows(open_)] == [(0,)]


async def test_of_two_who_vacate_or_correct_one_is_late(live: LiveRegistry) -> None:
    _, seat, who = await city_with_seat(live)
    handed = (await make.hand_over(live.client, seat["id"], who, name="Ana", valid_from="2020-01-01")).json()
    path = f"/v1/seats/{seat['id']}"
    headers = bearer(who) | {"If-Match": (await live.client.get(path, headers=bearer(who))).headers["etag"]}
    vacate = live.client.post(f"{path}/vacancy", json={"on": "2026-01-31"}, headers=headers)
    holder = f"{path}/holders/{handed['holder']['id']}"
    correct = live.client.patch(holder, json={"valid_from": "2021-01-01", "reason": "The decree."}, headers=headers)
    won, lost = await both(vacate, correct)
    assert won.status_code == 200, won.text
    assert_problem(lost, PreconditionFailed)


async def test_a_claim_waits_once_and_is_decided_once(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        city, seat, who = await city_with_seat(live)
        person = (await make.hand_over(live.client, seat["id"], who, name="Ana")).json()["holder"]["person_id"]
        path = f"/v1/seats/{seat['id']}/claims"
        claims = [live.client.post(path, json={"person_id": person}, headers=bearer(make.manager(city["id"], f"ana {n}"))) for n in (1, 2)]
        won, lost = await both(*claims)
        assert won.status_code == 201, won.text
        assert_problem(lost, errors.ClaimExists)
        decision = f"{path}/{won.json()['id']}/decision"
        said = [live.client.post(decision, json={"status": word, "reason": "Known."}, headers=bearer(who)) for word in ("verified", "refused")]
        won, lost = await both(*said)
        assert won.status_code == 200, won.text
        assert_problem(lost, errors.ClaimDecided)
    assert await live.count("seat_claims") == ROUNDS


async def test_a_membership_is_recorded_once(live: LiveRegistry) -> None:
    for _ in range(ROUNDS):
        city, _, who = await city_with_seat(live)
        person = await make.person(live.client, city["id"])
        body = {"person_id": person["id"], "organization_id": city["id"], "role": "adviser"}
        won, lost = await both(*(live.client.post("/v1/memberships", json=body, headers=bearer(who)) for _ in range(2)))
        assert won.status_code == 201, won.text
        assert_problem(lost, errors.MembershipExists)


async def test_an_erasure_that_crosses_a_change_leaves_no_name(live: LiveRegistry) -> None:
    """Whichever comes first: nobody keeps a name, and nobody who was erased takes a seat later."""
    for _ in range(ROUNDS):
        city, seat, who = await city_with_seat(live)
        person = await make.person(live.client, city["id"], "Ximena Paz")
        path = f"/v1/people/{person['id']}"
        headers = bearer(who) | {"If-Match": (await live.client.get(path, headers=bearer(who))).headers["etag"]}
        body = {"person_id": person["id"], "organization_id": city["id"], "note": "Ximena Paz speaks French."}
        erased, renamed, handed, member = await asyncio.gather(
            live.client.post(f"{path}/erasure", json={"reason": "Asked."}, headers=bearer(who)),
            live.client.patch(path, json={"name": "Ximena Paz"}, headers=headers),
            make.hand_over(live.client, seat["id"], who, person_id=person["id"]),
            live.client.post("/v1/memberships", json=body, headers=bearer(who) | {"Idempotency-Key": person["id"]}),
        )
        assert erased.status_code == 200, erased.text
        assert renamed.status_code in {200, 409, 412}
        assert {handed.status_code, member.status_code} <= {201, 409}
    named = "SELECT (SELECT count(*) FROM people WHERE name IS NOT NULL), (SELECT count(*) FROM memberships WHERE note IS NOT NULL)"
    assert [tuple(row) for row in await live.rows(named)] == [(0, 0)]
    answers = await live.rows("SELECT encode(body, 'escape') AS body FROM idempotency_keys")
    assert not [row for row in answers if "Ximena" in row.body]


async def test_an_import_that_would_bring_the_erased_back_stops(live: LiveRegistry) -> None:
    """Whoever sent it: a row of the own seat does not bring back who was erased. Rows of others are for others."""
    known = [make.import_row(number, seat_email=f"office{number}@city.example") for number in (1, 2)]
    await make.imported(live.client, live.database, make.csv_file(known))
    (seat, actor_id), _ = await live.rows("SELECT id, actor_id FROM seats ORDER BY (SELECT sort_name FROM actors WHERE id = actor_id)")
    who = make.manager(actor_id)
    person = (await make.hand_over(live.client, str(seat), who, name="Ximena Paz")).json()["holder"]["person_id"]
    sent = [
        make.import_row(number, seat_email=address) for number, address in ((1, "ximena@own.example"), (2, "ximena@own.example"), (1, "maximena@own.example"))
    ]
    jobs = [(await make.post_import(live.client, make.csv_file([row]))).json()["id"] for row in sent]
    erased = await live.client.post(f"/v1/people/{person}/erasure", json={"reason": "Asked.", "addresses": ["Ximena@own.example"]}, headers=bearer(who))
    assert erased.status_code == 200, erased.text
    while await import_once(live.database):
        pass
    assert [(await make.import_status(live.client, job))["state"] for job in jobs] == ["failed", "done", "done"]
    own = await live.rows("SELECT address FROM contact_points WHERE seat_id = :seat", seat=seat)
    assert [row.address for row in own] == ["maximena@own.example"]


async def test_an_import_leaves_the_addresses_of_people_alone(live: LiveRegistry) -> None:
    await make.imported(live.client, live.database, make.csv_file([make.import_row(1, seat_email="office@city.example")]))
    (seat,) = await live.rows("SELECT id, actor_id FROM seats")
    who = make.manager(seat.actor_id)
    person = (await make.hand_over(live.client, str(seat.id), who, name="Ana Pérez")).json()["holder"]["person_id"]
    own = {"channel": "email", "address": "ana@own.example", "kind": "personal", "person_id": person}
    path = f"/v1/seats/{seat.id}"
    assert (await make.with_match(live.client, "PATCH", path, who, contact_points=[own])).status_code == 200
    for address, expected in (("ana@own.example", {"ana@own.example"}), ("new@city.example", {"ana@own.example", "new@city.example"})):
        done = await make.imported(live.client, live.database, make.csv_file([make.import_row(1, seat_email=address)]))
        assert done["state"] == "done", done
        assert {row.address for row in await live.rows("SELECT address FROM contact_points")} == expected
    assert [row.address for row in await live.rows("SELECT address FROM contact_points WHERE kind = 'personal'")] == ["ana@own.example"]
