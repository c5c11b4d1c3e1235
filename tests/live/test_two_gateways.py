"""Two gateways on one database: keys, revocations and refresh tokens mean the same at both, whoever did what and whoever died."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from gateway import errors
from gateway.settings import Settings
from gateway.tokens import keys, revocations
from gateway.tokens.keys import promote, replace, rotate
from gateway.worker import loops
from shared import worker
from shared.access import KEYS_FOR, LEEWAY, Verifier
from shared.database import Database
from shared.errors import Unauthorized
from tests.support.database import Templates
from tests.support.gateways import EMAIL, Replica, changed, child, deaf, replica, until
from tests.support.make import gateway as make
from tests.support.problems import assert_problem

pytestmark = pytest.mark.live


@pytest.fixture
async def url(templates: Templates) -> AsyncIterator[str]:
    async with templates.clone("gateway") as made:
        yield made


@pytest.fixture
async def two(url: str) -> AsyncIterator[tuple[Replica, Replica]]:
    async with replica(url) as here, replica(url) as there:
        await make.account(here.app, email=EMAIL, roles=["operator"])
        yield here, there


PASS = text(
    """
    UPDATE signing_keys SET created_at = created_at - passed, signs_from = signs_from - passed, not_after = not_after - passed
    FROM make_interval(secs => :seconds) AS passed
    """
)


async def fast_forward(database: Database, by: timedelta) -> None:
    """Let this much time have passed for every key."""
    async with database.engine.begin() as connection:
        await connection.execute(PASS, {"seconds": by.total_seconds()})


async def states(database: Database) -> dict[str, list[str]]:
    async with database.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT state, id FROM signing_keys ORDER BY state, created_at"))).all()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.state, []).append(row.id)
    return found


# Keys


async def test_a_token_of_one_is_believed_by_the_other_at_once(two: tuple[Replica, Replica]) -> None:
    here, there = two
    token = (await here.sign_in())["access_token"]
    assert (await there.who(token)).status_code == 200
    assert await here.published() == await there.published() == [here.ring.signer.key_id]


async def test_a_key_is_published_everywhere_before_it_signs_anywhere(two: tuple[Replica, Replica]) -> None:
    here, there = two
    old = there.ring.signer.key_id
    begun = await rotate(here.database)
    tokens = []
    for gateway in two:
        await until(partial(publishes, gateway, [begun.key_id, old]))
        assert gateway.ring.signer.key_id == old
        tokens.append((await gateway.sign_in())["access_token"])
    assert await promote(here.database) is None, "its time has not come"
    await fast_forward(here.database, keys.PUBLISHED_BEFORE)
    assert await promote(there.database) == begun.key_id
    assert await promote(here.database) is None, "once"
    for gateway in two:
        await until(partial(signs_with, gateway, begun.key_id))
        assert await gateway.published() == [begun.key_id, old]
        tokens.append((await gateway.sign_in())["access_token"])
    for gateway in two:
        assert [(await gateway.who(token)).status_code for token in tokens] == [200] * 4
    await fast_forward(here.database, keys.PUBLISHED_FOR)
    assert await promote(here.database) is None
    assert await states(here.database) == {"active": [begun.key_id]}
    for gateway in two:
        await until(partial(publishes, gateway, [begun.key_id]))


async def publishes(gateway: Replica, expected: list[str]) -> bool:
    return await gateway.published() == expected


async def signs_with(gateway: Replica, key_id: str) -> bool:
    return gateway.ring.signer.key_id == key_id


def test_the_windows_hold_what_they_are_for() -> None:
    assert keys.PUBLISHED_BEFORE.total_seconds() > keys.POLL + keys.CACHED_FOR + KEYS_FOR + 300
    longest = next(rule.le for rule in Settings.model_fields["access_token_seconds"].metadata if hasattr(rule, "le"))
    assert keys.PUBLISHED_FOR.total_seconds() > longest + keys.POLL + 2 * LEEWAY
    assert 2 * revocations.POLL <= revocations.WITHIN == 1.0


async def test_a_token_of_a_key_that_one_has_not_heard_of_is_believed_all_the_same(url: str) -> None:
    async with deaf(url) as here, deaf(url) as there:
        await make.account(here.app, email=EMAIL)
        await replace(here.database)
        await here.ring.load()
        token = (await here.sign_in())["access_token"]
        assert there.ring.signer.key_id != here.ring.signer.key_id
        assert (await there.who(token)).status_code == 200
        assert there.ring.signer.key_id == here.ring.signer.key_id


async def test_one_that_missed_the_signal_catches_up_by_poll(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "POLL", 0.01)
    async with deaf(url) as there:
        database = Database(url)
        begun = await rotate(database)
        await fast_forward(database, keys.PUBLISHED_BEFORE)
        await promote(database)
        await database.dispose()
        following = asyncio.create_task(there.ring.forever())
        await until(partial(signs_with, there, begun.key_id))
        following.cancel()


async def test_keys_that_others_may_know_are_replaced_everywhere_and_their_tokens_die(two: tuple[Replica, Replica]) -> None:
    here, there = two
    waiting = await rotate(here.database)
    token = (await there.sign_in())["access_token"]
    assert (await there.who(token)).status_code == 200
    made = await replace(here.database)
    for gateway in two:
        await until(partial(publishes, gateway, [made]))
        with pytest.raises(Unauthorized):
            await gateway.app.passports.admit(token)
        assert (await gateway.who(token)).status_code == 401
    assert waiting.key_id not in await there.published()
    again = await there.sign_in()
    assert (await here.who(again["access_token"])).status_code == 200


async def test_the_worker_lets_a_key_sign_when_its_time_has_come(two: tuple[Replica, Replica]) -> None:
    here, there = two
    begun = await rotate(here.database)
    await fast_forward(here.database, keys.PUBLISHED_BEFORE)
    working = asyncio.create_task(worker.run({"promote_keys": loops(here.database)["promote_keys"]}))
    await until(partial(signs_with, there, begun.key_id))
    working.cancel()


async def test_rotations_that_begin_together_are_one(two: tuple[Replica, Replica]) -> None:
    begun = await asyncio.gather(*(rotate(gateway.database) for gateway in two * 3))
    assert len({each.key_id for each in begun}) == 1
    await fast_forward(two[0].database, keys.PUBLISHED_BEFORE)
    promoted = await asyncio.gather(*(promote(gateway.database) for gateway in two * 3))
    assert sorted(each is not None for each in promoted) == [False] * 5 + [True]
    assert {state: len(ids) for state, ids in (await states(two[0].database)).items()} == {"active": 1, "retired": 1}


@pytest.mark.parametrize("state", ["active", "next"])
async def test_the_database_allows_one_key_of_a_kind(url: str, state: str) -> None:
    async with deaf(url) as here:
        await rotate(here.database)
        copy = text(f"INSERT INTO signing_keys SELECT id || 'x', private_pem, public_jwk, '{state}', created_at, not_after, now() FROM signing_keys LIMIT 1")
        with pytest.raises(IntegrityError, match=f"uq_signing_keys_{state}"):
            async with here.database.engine.begin() as connection:
                await connection.execute(copy)


@pytest.mark.parametrize("ahead", [-25, 25])
async def test_clocks_that_differ_refuse_nobody(url: str, ahead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One gateway's clock is off; what it signs is believed at the other one and by the services."""
    async with deaf(url) as here, deaf(url) as there:
        await make.account(here.app, email=EMAIL)
        skewed = here.app.own.state.clock.now() + timedelta(seconds=ahead)
        here.app.own.state.clock.fixed = skewed
        token = (await here.sign_in())["access_token"]
        assert (await there.who(token)).status_code == 200
        monkeypatch.setattr("gateway.tokens.passports.time", _Clock(skewed.timestamp()))
        passport = await here.app.passports.admit(token)
        caller = await Verifier(there.ring.jwks).caller(passport.header.decode().removeprefix("Bearer "))
        assert caller.roles == {"operator"}


class _Clock:
    """A clock that stands."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("role", "point"),
    [
        ("rotate", "after:INSERT INTO signing_keys"),
        ("rotate", "after:COMMIT"),
        ("promote", "after:UPDATE signing_keys"),
        ("promote", "before:COMMIT"),
        ("promote", "after:COMMIT"),
        ("replace", "after:DELETE FROM signing_keys"),
        ("replace", "before:COMMIT"),
        ("replace", "after:COMMIT"),
    ],
)
async def test_whoever_dies_while_keys_change_leaves_one_that_signs(url: str, role: str, point: str) -> None:
    async with deaf(url) as there:
        if role == "promote":
            await rotate(there.database)
            await fast_forward(there.database, keys.PUBLISHED_BEFORE)
        before = await states(there.database)
        assert (await child(role, point, url))[0] == -signal.SIGKILL
        after = await states(there.database)
        assert (after == before) == (point != "after:COMMIT")
        assert len(after["active"]) == 1
        await rotate(there.database)
        await fast_forward(there.database, keys.PUBLISHED_BEFORE)
        assert await promote(there.database) is not None, "the next one goes on from there"


# Revocations


async def ended(gateway: Replica, session: dict[str, Any]) -> None:
    answer = await gateway.http.delete("/v1/session", headers={"Authorization": f"Bearer {session['access_token']}"})
    assert answer.status_code == 204


async def disabled(gateway: Replica, session: dict[str, Any]) -> None:
    await changed(gateway, f"/v1/accounts/{session['account']['id']}", {"status": "disabled"})


async def given_other_roles(gateway: Replica, session: dict[str, Any]) -> None:
    await changed(gateway, f"/v1/accounts/{session['account']['id']}", {"roles": ["member"]})


async def given_another_password(gateway: Replica, session: dict[str, Any]) -> None:
    await changed(gateway, f"/v1/accounts/{session['account']['id']}", {"password": "quite another password"})


WAYS = {"ended": ended, "disabled": disabled, "other roles": given_other_roles, "another password": given_another_password}


@pytest.mark.parametrize("way", sorted(WAYS))
async def test_what_was_revoked_at_one_is_refused_at_the_other(two: tuple[Replica, Replica], way: str) -> None:
    here, there = two
    session = await here.sign_in()
    for gateway in two:
        assert (await gateway.who(session["access_token"])).status_code == 200
    await WAYS[way](here, session)
    for gateway in two:
        await until(partial(refuses, gateway, session["access_token"]))
        assert_problem(await gateway.who(session["access_token"]), errors.SignedOut)
    refreshed = await there.refresh(session["refresh_token"])
    if way == "other roles":
        assert (await there.who(refreshed.json()["access_token"])).json()["roles"] == ["member"]
    else:
        assert refreshed.json()["error"] == "invalid_grant"


async def refuses(gateway: Replica, token: str) -> bool:
    return (await gateway.who(token)).status_code == 401


async def test_a_clients_tokens_die_with_its_secret_at_both(two: tuple[Replica, Replica]) -> None:
    here, there = two
    made = await make.client(here.app, client_id="our-system")
    form = {"grant_type": "client_credentials", "client_id": "our-system", "client_secret": str(made.secret)}
    token = (await there.http.post("/oauth/token", data=form)).json()["access_token"]
    path, operator = f"/v1/clients/{made.id}", make.bearer(here.app)
    tag = (await here.http.get(path, headers=operator)).headers["etag"]
    assert (await here.http.post(f"{path}/secrets", headers=operator | {"If-Match": tag})).status_code == 200
    for gateway in two:
        await until(partial(refuses, gateway, token))
        assert (await gateway.http.post("/oauth/token", data=form)).status_code == 401


async def test_one_that_hears_no_signal_sees_a_revocation_at_its_second_read(url: str) -> None:
    """Two polls are within a second (see the windows above); the first may have begun before the commit."""
    async with deaf(url) as here, deaf(url) as there:
        await make.account(here.app, email=EMAIL)
        session = await here.sign_in()
        passport = await there.app.passports.admit(session["access_token"])
        assert not there.database.signals.listening.is_set()
        following = asyncio.create_task(there.app.own.state.revocations.forever())
        reads = _counted(there.database, "FROM sessions")
        await until(partial(_any, reads))
        await ended(here, session)
        before = len(reads)
        await until(partial(_knows, there, passport.claims["sid"]))
        assert len(reads) - before <= 2
        following.cancel()
        assert_problem(await there.who(session["access_token"]), errors.SignedOut)


async def _any(found: list[str]) -> bool:
    return bool(found)


async def _knows(gateway: Replica, session_id: str) -> bool:
    return session_id in gateway.app.own.state.revocations.sessions


def _counted(database: Database, what: str) -> list[str]:
    """Statements about this, from now on."""
    sent: list[str] = []

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if what in statement:
            sent.append(statement)

    event.listen(database.engine.sync_engine, "after_cursor_execute", on_statement)
    return sent


async def test_connections_that_are_cut_are_made_again_and_nothing_was_missed(two: tuple[Replica, Replica], url: str) -> None:
    here, there = two
    session = await here.sign_in()
    assert (await there.who(session["access_token"])).status_code == 200
    admin = await asyncpg.connect(url.replace("+asyncpg", ""))
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    await admin.execute("UPDATE sessions SET revoked_at = now()")
    await admin.close()
    for gateway in two:
        await until(partial(refuses, gateway, session["access_token"]))


async def test_a_sign_in_with_the_old_password_does_not_outlive_its_change(two: tuple[Replica, Replica], url: str) -> None:
    """The sign-in has looked at the account, and begins its session while the change waits for it."""
    here, there = two
    account = (await here.sign_in())["account"]["id"]
    slow = await asyncpg.connect(url.replace("+asyncpg", ""))
    begun = slow.transaction()
    await begun.start()
    await slow.execute("SELECT 1 FROM accounts FOR SHARE")
    change = asyncio.create_task(given_another_password(there, {"account": {"id": account}}))
    watching = await asyncpg.connect(url.replace("+asyncpg", ""))
    await until(partial(_waits, watching))
    await slow.execute("INSERT INTO sessions (id, account_id, created_at, expires_at) VALUES (gen_random_uuid(), $1, now(), now() + interval '1 day')", account)
    await begun.commit()
    await change
    assert await watching.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0
    await slow.close()
    await watching.close()


async def _waits(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))
