"""Whoever releases may hold the audience to what was previewed: by number, or by the seats themselves."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from services.briefings import errors as states
from services.briefings.audiences.previewed import Difference, Previewed, difference
from services.briefings.audiences.schemas import AudiencePreview, ExpectedDigests
from shared import errors
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.queries import queries
from tests.support.tokens import bearer

CHANGES = {
    "one moves near": ("UPDATE directory_actors SET border_m = '{\"MX\": 5}', position = 9 WHERE name = 'Los Angeles'", 1, 0),
    "one moves away": ("UPDATE directory_actors SET border_m = '{\"MX\": 500000}', position = 9 WHERE name = 'San Diego'", 0, 1),
    "one is abolished": ("UPDATE directory_seats SET status = 'abolished', position = 9 WHERE title = 'Head of San Diego'", 0, 1),
    "one becomes known": ("UPDATE directory_actors SET border_m = '{\"MX\": 5}', position = 9 WHERE name = 'Brewster'", 1, 0),
    "two change places": (
        "UPDATE directory_actors SET border_m = CASE name WHEN 'San Diego' THEN '{\"MX\": 500000}' ELSE '{\"MX\": 5}' END::jsonb, position = 9 "
        "WHERE name IN ('San Diego', 'Los Angeles')",
        1,
        1,
    ),
}


async def previewed(client: httpx.AsyncClient, draft: httpx.Response) -> ExpectedDigests:
    with queries_of(client, at_most=2):
        answer = await client.get(f"/v1/briefings/{draft.json()['id']}/audience", headers=bearer(make.RELEASER))
    return AudiencePreview.model_validate(answer.json()).expected_digests


def queries_of(client: httpx.AsyncClient, *, at_most: int) -> Any:
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    return queries(transport.app.state.database, at_most=at_most)  # type: ignore[attr-defined]


async def run(app: FastAPI, sql: str) -> None:
    async with app.state.database.session(read_only=False) as session:
        await session.execute(text(sql))
        await session.commit()


@pytest.fixture
async def draft(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> httpx.Response:
    """For three towns near the border, of one of which the distance is not recorded, and named Los Angeles not at all."""
    await make.border_towns(briefings_app.state.database)
    await make.directory(briefings_app.state.database, make.government("Imperial"))
    return await make.briefing(briefings)


@pytest.mark.parametrize("choice", ["leave_out", "include"])
async def test_what_was_previewed_goes_out_and_carries_its_digest(briefings: httpx.AsyncClient, draft: httpx.Response, choice: str) -> None:
    expected = getattr(await previewed(briefings, draft), choice)
    answer = await make.release(briefings, draft, unknown=choice, expected_digest=expected)
    assert answer.status_code == 201, answer.text
    seen = Previewed.read(expected)
    assert (answer.json()["recipients_digest"], answer.json()["recipients"]) == (seen.digest, seen.recipients)


@pytest.mark.parametrize("change", list(CHANGES))
async def test_a_change_since_the_preview_is_a_conflict_that_counts_it(
    briefings: httpx.AsyncClient, briefings_app: FastAPI, draft: httpx.Response, change: str
) -> None:
    sql, added, removed = CHANGES[change]
    expected = await previewed(briefings, draft)
    await run(briefings_app, sql)
    answer = await make.release(briefings, draft, unknown="leave_out", expected_digest=expected.leave_out)
    now = 2 + added - removed
    assert_problem(answer, states.AudienceChanged, added=added, removed=removed, exact=True, recipients=now)
    seats = "seat was" if added == 1 else "seats were"
    assert (
        answer.json()["detail"] == f"Since the preview {added} {seats} added and {removed} removed; now there are {now} recipients. Preview the audience again."
    )
    again = await previewed(briefings, draft)
    assert (await make.release(briefings, draft, unknown="leave_out", expected_digest=again.leave_out)).status_code == 201


async def test_what_changes_nobodys_membership_is_no_change(briefings: httpx.AsyncClient, briefings_app: FastAPI, draft: httpx.Response) -> None:
    expected = await previewed(briefings, draft)
    await run(briefings_app, "UPDATE directory_actors SET population = 1, position = 9")
    await run(briefings_app, "UPDATE directory_seats SET title = 'Mayor', position = 9")
    assert (await make.release(briefings, draft, unknown="leave_out", expected_digest=expected.leave_out, expected_count=2)).status_code == 201


async def test_the_digest_of_the_other_choice_is_not_expected(briefings: httpx.AsyncClient, draft: httpx.Response) -> None:
    expected = await previewed(briefings, draft)
    answer = await make.release(briefings, draft, unknown="include", expected_digest=expected.leave_out)
    assert_problem(answer, states.AudienceChanged, added=1, removed=0, exact=False, recipients=3)
    assert answer.json()["detail"].startswith("Since the preview at least 1 seat was added and 0 removed;")


async def test_the_number_still_guards_beside_the_digest(briefings: httpx.AsyncClient, draft: httpx.Response) -> None:
    expected = await previewed(briefings, draft)
    answer = await make.release(briefings, draft, unknown="leave_out", expected_count=3, expected_digest=expected.leave_out)
    assert_problem(answer, states.AudienceChanged, recipients=2)
    assert "added" not in answer.json()


@pytest.mark.parametrize("digest", ["", "abc", "0" * 64, f"{'0' * 64}-1-2-3", f"{'0' * 64}-{'9' * 10}-1", f"{'0' * 64}-1-{'9' * 19}", f"{'0' * 64}-1-1\n"])
async def test_a_digest_of_another_form_is_named(briefings: httpx.AsyncClient, digest: str) -> None:
    made = await make.briefing(briefings)
    problem = assert_problem(await make.release(briefings, made, expected_digest=digest), errors.Invalid)
    assert [item["pointer"] for item in problem["errors"]] == ["/expected_digest"]


def test_a_tie_that_changed_makes_it_the_least() -> None:
    assert difference(net=1, inside=1, outside=0, ties=1) == Difference(1, 0, False)


@pytest.mark.parametrize(
    ("net", "inside", "outside", "found"),
    [
        (1, 1, 0, Difference(1, 0, True)),
        (-2, 0, 2, Difference(0, 2, True)),
        (-1, 5, 1, Difference(0, 1, True)),
        (0, 1, 3, Difference(1, 1, True)),
        (0, 3, 3, Difference(1, 1, False)),
        (2, 4, 4, Difference(2, 0, False)),
        (-500, 0, 0, Difference(0, 500, False)),
        (0, 0, 0, Difference(1, 1, False)),
    ],
    ids=["joined", "left", "renamed and left", "swapped", "perhaps more", "perhaps more joined", "emptied", "another audience"],
)
def test_as_much_is_said_as_is_known(net: int, inside: int, outside: int, found: Difference) -> None:
    assert difference(net=net, inside=inside, outside=outside) == found
