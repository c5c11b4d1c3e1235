"""Releases with real commits: killed anywhere, beside a directory that moves, kept for good, and as light for many as for few."""

import asyncio
import hashlib
import itertools
import signal
import sys
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.briefings import errors as states
from services.briefings.app import create_app
from services.briefings.audiences.schemas import AudiencePreview
from services.briefings.settings import Settings
from shared.web import Clock
from tests.briefings.conftest import NOW
from tests.conftest import client_of
from tests.live.test_briefings_commits import rows_of
from tests.support import tokens
from tests.support.database import Templates
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer

pytestmark = pytest.mark.live
MADE = """
    SELECT (SELECT count(*) FROM releases), (SELECT count(*) FROM deliveries), (SELECT count(*) FROM omissions),
           (SELECT count(released_at) FROM briefings), (SELECT count(*) FROM events WHERE type = 'briefing.released')
"""
SWAP = """
    UPDATE directory_actors SET border_m = CASE WHEN (border_m ->> 'MX')::int > 100000 THEN '{"MX": 5}' ELSE '{"MX": 500000}' END::jsonb,
           position = position + 1
    WHERE name IN ('San Diego', 'Los Angeles')
"""


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[FastAPI]:
    """The briefings service on a database of its own."""
    async with templates.clone("briefings") as url:
        app = create_app(Settings(database_url=url), tokens.verifier(), Clock(NOW))
        async with app.router.lifespan_context(app):
            yield app


@pytest.fixture
async def client(live: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(live) as made:
        yield made


async def run(app: FastAPI, sql: str) -> None:
    async with app.state.database.engine.begin() as connection:
        await connection.execute(text(sql))


@pytest.mark.parametrize(
    ("point", "kept"),
    [
        ("after:SELECT briefings", False),
        ("before:INSERT INTO releases", False),
        ("after:INSERT INTO releases", False),
        ("after:UPDATE briefings", False),
        ("before:WITH members", False),
        ("after:WITH members", False),
        ("after:UPDATE releases", False),
        ("before:INSERT INTO events", False),
        ("after:INSERT INTO events", False),
        ("before:COMMIT", False),
        ("after:COMMIT", True),
    ],
)
async def test_a_release_killed_anywhere_is_whole_or_has_not_been(client: httpx.AsyncClient, live: FastAPI, point: str, kept: bool) -> None:
    await make.border_towns(live.state.database)
    draft = await make.briefing(client)
    url = live.state.database.url.render_as_string(hide_password=False)
    child = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.live.release_child", point, url, draft.json()["id"], draft.headers["etag"])
    assert await child.wait() == -signal.SIGKILL
    assert await rows_of(live, MADE) == [(1, 1, 1, 1, 1) if kept else (0, 0, 0, 0, 0)]
    again = await make.release(client, draft, unknown="leave_out")
    if kept:
        assert_problem(again, states.AlreadyReleased)
    else:
        assert again.status_code == 201, again.text
    assert await rows_of(live, MADE) == [(1, 1, 1, 1, 1)]


async def test_beside_a_directory_that_moves_the_audience_is_one_moment_of_it(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.border_towns(live.state.database)
    for _ in range(12):
        draft = await make.briefing(client)
        moves = asyncio.gather(*(run(live, SWAP) for _ in range(4)))
        answer = await make.release(client, draft, unknown="include")
        await moves
        assert answer.status_code == 201, answer.text
    released = await rows_of(live, "SELECT id, recipients, unknown, recipients_digest FROM releases")
    assert len(released) == 12
    for release, recipients, unknown, digest in released:
        rows = await rows_of(live, f"SELECT seat_id, actor_name FROM deliveries WHERE release_id = '{release}' ORDER BY seat_id")
        assert (len(rows), unknown) == (recipients, 1)
        assert hashlib.sha256(",".join(str(seat) for seat, _ in rows).encode()).hexdigest() == digest
        names = {name for _, name in rows}
        assert len(names & {"San Diego", "Los Angeles"}) == 1, "the two change places in one transaction: never both, never neither"


async def test_of_two_who_release_what_they_previewed_one_wins_and_nobody_else_gets_it(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.border_towns(live.state.database)
    draft = await make.briefing(client)
    answer = await client.get(f"/v1/briefings/{draft.json()['id']}/audience", headers=bearer(make.RELEASER))
    expected = AudiencePreview.model_validate(answer.json()).expected_digests.leave_out
    hands = [make.person("briefing_releaser", subject=name) for name in ("one", "two")]
    answers = await asyncio.gather(*(make.release(client, draft, who, unknown="leave_out", expected_digest=expected) for who in hands))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert_problem(next(answer for answer in answers if answer.status_code == 409), states.AlreadyReleased)
    assert await rows_of(live, MADE) == [(1, 1, 1, 1, 1)]


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM releases", "UPDATE releases SET id = gen_random_uuid()", "UPDATE releases SET briefing_id = gen_random_uuid()", "TRUNCATE releases"],
)
async def test_what_deliveries_point_to_is_kept_by_the_database(client: httpx.AsyncClient, live: FastAPI, change: str) -> None:
    await make.border_towns(live.state.database)
    await make.released(client)
    with pytest.raises(IntegrityError, match="a release is a record"):
        await run(live, change)
    with pytest.raises(IntegrityError, match="fk_releases_briefing_id"):
        await run(live, "DELETE FROM briefings")
    copies = "(r.id, r.briefing_id, r.organization_id, r.marking, r.released_at) = (d.release_id, d.briefing_id, d.organization_id, d.marking, d.queued_at)"
    assert await rows_of(live, f"SELECT count(*), count(r.id) FROM deliveries AS d LEFT JOIN releases AS r ON {copies}") == [(1, 1)]


async def test_ids_of_one_release_lie_together_and_count_nobody(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.directory(live.state.database, *(make.government(f"Town {number}") for number in range(200)))
    draft = await make.briefing(client)
    assert (await make.release(client, draft, expected_count=200)).status_code == 201
    ids = [found for (found,) in await rows_of(live, "SELECT id FROM deliveries ORDER BY actor_name")]
    assert {(found.version, found.variant, found.bytes[:9]) for found in ids} == {(7, "specified in RFC 4122", ids[0].bytes[:9])}
    steps = [abs(later.int - former.int) for former, later in itertools.pairwise(ids)]
    assert len(set(ids)) == 200
    assert min(steps) > 1_000, "nobody finds a neighbour by counting on"
    assert ids != sorted(ids)


async def peak_of_a_release(client: httpx.AsyncClient) -> tuple[int, int]:
    """Recipients, and the most memory that Python's objects took meanwhile, in bytes."""
    draft = await make.briefing(client)
    tracemalloc.start()
    try:
        answer = await make.release(client, draft)
        return answer.json()["recipients"], tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_a_release_to_many_takes_no_more_memory_than_one_to_few(client: httpx.AsyncClient, live: FastAPI) -> None:
    await make.directory(live.state.database, *(make.government(f"Town {number}") for number in range(3)))
    await peak_of_a_release(client)
    few, small = await peak_of_a_release(client)
    await make.directory(live.state.database, *(make.government(f"City {number}") for number in range(10_000)))
    many, large = await peak_of_a_release(client)
    assert (few, many) == (3, 10_003)
    assert large < small + 200_000, "ten thousand rows in Python would be a megabyte and more"
