"""The gateway with real commits: simultaneous refreshes and attempts, revocations across processes, rotation, restarts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest
from sqlalchemy import text

from gateway.app import Gateway, create_app
from gateway.bootstrap import ensure_account, ensure_client
from gateway.settings import Settings
from gateway.worker import forget_over
from shared.database import Database
from shared.relay import relay_once
from shared.settings import ServiceSettings
from shared.web import Service, build_app
from tests.support import toy
from tests.support.database import Templates
from tests.support.make import gateway as make
from tests.support.tokens import verifier

pytestmark = pytest.mark.live


@contextlib.asynccontextmanager
async def running(url: str) -> AsyncIterator[Gateway]:
    """A gateway process on this database."""
    app = create_app(Settings(database_url=url), {})
    async with app.own.router.lifespan_context(app.own):
        await asyncio.wait_for(app.own.state.database.signals.listening.wait(), 10)
        yield app


def client_of(app: Gateway) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.fixture
async def url(templates: Templates) -> AsyncIterator[str]:
    async with templates.clone("gateway") as made:
        yield made


async def sign_in(http: httpx.AsyncClient, password: str = make.PASSWORD) -> httpx.Response:
    return await http.post("/v1/session", json={"email": "ana@example.org", "password": password})


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token})


async def until(holds: Callable[[], bool]) -> None:
    """Look again until it holds; what is waited for arrives by signal, in milliseconds."""
    for _ in range(1_500):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never held")


async def test_of_two_simultaneous_refreshes_one_wins_and_the_session_ends(url: str) -> None:
    async with running(url) as app, client_of(app) as http:
        await make.account(app, email="ana@example.org")
        token = (await sign_in(http)).json()["refresh_token"]
        answers = await asyncio.gather(*(refresh(http, token) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
        winner = next(answer for answer in answers if answer.status_code == 200).json()
        assert (await refresh(http, winner["refresh_token"])).json()["error"] == "invalid_grant"
        await until(lambda: bool(app.own.state.revocations.sessions))
        who = await http.get("/v1/session", headers={"Authorization": f"Bearer {winner['access_token']}"})
        assert who.status_code == 401
        async with app.own.state.database.session(read_only=True) as session:
            revoked = (await session.execute(text("SELECT count(*) FROM events WHERE type = 'session.revoked'"))).scalar_one()
        assert revoked == 1


async def test_many_attempts_at_once_do_not_slip_past_the_count(url: str) -> None:
    async with running(url) as app, client_of(app) as http:
        await make.account(app, email="ana@example.org")
        answers = await asyncio.gather(*(sign_in(http, "wrong") for _ in range(12)))
        statuses = [answer.status_code for answer in answers]
        # Five are checked, and one more for each second that the machine lets pass.
        assert statuses.count(429) >= 5, statuses
        async with app.own.state.database.session(read_only=True) as session:
            failures = (await session.execute(text("SELECT failures FROM login_attempts"))).scalar_one()
        assert failures == statuses.count(401)


async def test_two_accounts_of_one_address_made_at_once_are_one(url: str) -> None:
    database = Database(url)
    wanted = {"email": "op@example.org", "password": make.PASSWORD, "roles": ["operator"]}
    made = await asyncio.gather(*(ensure_account(database, **wanted) for _ in range(4)))  # type: ignore[arg-type]  # a table of arguments
    assert ([item.created for item in made].count(True), len({item.id for item in made})) == (1, 1)
    clients = await asyncio.gather(*(ensure_client(database, client_id="follower", roles=["follower"]) for _ in range(4)))
    assert ([item.created for item in clients].count(True), len({item.id for item in clients})) == (1, 1)
    await database.dispose()


async def test_replicas_that_start_together_share_one_key(url: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        apps = await asyncio.gather(*(stack.enter_async_context(running(url)) for _ in range(3)))
        assert len({app.own.state.keys.signer.key_id for app in apps}) == 1


async def test_tokens_and_sessions_outlive_a_restart(url: str) -> None:
    async with running(url) as app, client_of(app) as http:
        await make.account(app, email="ana@example.org")
        session = (await sign_in(http)).json()
    async with running(url) as app, client_of(app) as http:
        assert (await http.get("/v1/session", headers={"Authorization": f"Bearer {session['access_token']}"})).status_code == 200
        assert (await refresh(http, session["refresh_token"])).status_code == 200


async def test_a_disabled_account_is_out_at_every_replica(url: str) -> None:
    async with running(url) as here, running(url) as there, client_of(here) as http, client_of(there) as elsewhere:
        made = await make.account(here, email="ana@example.org")
        mine = {"Authorization": f"Bearer {(await sign_in(http)).json()['access_token']}"}
        assert (await elsewhere.get("/v1/session", headers=mine)).status_code == 200
        path, operator = f"/v1/accounts/{made.id}", make.bearer(here)
        tag = (await http.get(path, headers=operator)).headers["etag"]
        assert (await http.patch(path, json={"status": "disabled"}, headers=operator | {"If-Match": tag})).status_code == 200
        for app, client in ((here, http), (there, elsewhere)):
            await until(partial(_knows_epoch, app, str(made.id), 2))
            assert (await client.get("/v1/session", headers=mine)).status_code == 401


def _knows_epoch(app: Gateway, subject: str, epoch: int) -> bool:
    return bool(app.own.state.revocations.epochs.get(subject) == epoch)


async def test_what_is_over_is_forgotten(url: str) -> None:
    async with running(url) as app, client_of(app) as http:
        await make.account(app, email="ana@example.org")
        await sign_in(http)
        await sign_in(http, "wrong")
        database = app.own.state.database
        tables = ("sessions", "refresh_tokens", "login_attempts")

        async def rows() -> list[int]:
            async with database.session(read_only=True) as session:
                return [int((await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()) for table in tables]

        await forget_over(database, datetime.now(UTC))
        assert await rows() == [1, 1, 1]
        await forget_over(database, datetime.now(UTC).replace(year=datetime.now(UTC).year + 2))
        assert await rows() == [0, 0, 0]


async def test_the_merged_feed_over_two_services(templates: Templates, url: str) -> None:
    async with templates.clone("toy") as first_url, templates.clone("toy") as second_url:
        first = toy.app(first_url)
        second = build_app(Service("second", "Second", [], toy.metadata, ServiceSettings(database_url=second_url), verifier()))
        app = create_app(Settings(database_url=url), {"toy": first, "second": second}, table={"boxes": "toy"})
        for service in (first, second):
            service.state.verifier.keys = app.own.state.keys.jwks
        async with app.own.router.lifespan_context(app.own), client_of(app) as http:
            reader = make.bearer(app, roles=["member"])
            for service in (first, second):
                async with service.state.database.engine.begin() as connection:
                    for number in range(3):
                        await connection.execute(_EVENT, {"number": number})
                await relay_once(service.state.database)
            seen, query = [], {"limit": "2"}
            while batch := (await http.get("/v1/events", params=query, headers=reader)).json():
                seen += [(event["source"], event["data"]["number"]) for event in batch]
                query["lastEventId"] = batch[-1]["cursor"]
            assert seen == [(f"/v1/events/{name}", number) for name in ("toy", "second") for number in range(3)]


_EVENT = text(
    """
    INSERT INTO events (id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, request_id)
    SELECT gen_random_uuid(), 'box', '1', 'box.made', now(), made.data, made.data, 'public', '{}', 'somebody', 'r'
    FROM (SELECT jsonb_build_object('number', CAST(:number AS int)) AS data) AS made
    """
)
