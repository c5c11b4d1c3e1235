"""What the containers rely on: secret files, first accounts, signing keys, health."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy import health
from deploy.accounts import bootstrap, rotate_keys
from deploy.errors import StartRefused
from deploy.options import CHECKOUT
from deploy.platform import SERVICES
from gateway.tokens.keys import KeyRing
from shared.database import Database
from tests.support.database import Templates
from tests.support.processes import until

pytestmark = pytest.mark.live
EMAIL, PASSWORD = "first@city.example", "the first password of a test"


async def secrets(folder: Path) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec("sh", CHECKOUT / "deploy/compose-secrets.sh", str(folder))
    assert await process.wait() == 0
    return {file.name: file.read_text() for file in folder.iterdir()}


async def test_secrets_are_made_once_and_are_their_owners(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "secrets"
    made = await secrets(folder)
    followers = {f"{service}_client_secret" for service in SERVICES}
    assert set(made) == {"postgres_password", "operator_password", *followers, "credentials.json"}
    assert made["operator_password"] in made["credentials.json"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE((folder / name).stat().st_mode) for name in made} == {0o444, 0o600}
    assert stat.S_IMODE((folder / "credentials.json").stat().st_mode) == 0o600
    assert len(set(made.values())) == len(made)
    (folder / "briefings_client_secret").unlink()
    again = await secrets(folder)
    assert again.pop("briefings_client_secret") != made.pop("briefings_client_secret")
    assert again == made


@pytest.fixture
async def gateway(templates: Templates, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    async with templates.clone("gateway") as url:
        for part in ("GATEWAY", "REGISTRY", "AGREEMENTS", "BRIEFINGS"):
            monkeypatch.setenv(f"COMITY_{part}_DATABASE_URL", url)
        monkeypatch.setenv("COMITY_REGISTRY_CLIENT_SECRET", "r" * 64)
        monkeypatch.setenv("COMITY_AGREEMENTS_CLIENT_SECRET", "a" * 64)
        monkeypatch.setenv("COMITY_BRIEFINGS_CLIENT_SECRET", "b" * 64)
        monkeypatch.setenv("COMITY_OPERATOR_EMAIL", EMAIL)
        monkeypatch.setenv("COMITY_OPERATOR_PASSWORD", PASSWORD)
        database = Database(url)
        yield database
        await database.dispose()


async def test_the_first_accounts_are_made_once(gateway: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await bootstrap() == [f"{EMAIL}: made", "registry-follower: made", "agreements-follower: made", "briefings-follower: made"]
    assert await bootstrap() == [f"{EMAIL}: was there", "registry-follower: was there", "agreements-follower: was there", "briefings-follower: was there"]
    monkeypatch.setenv("COMITY_BRIEFINGS_CLIENT_SECRET", "c" * 64)
    assert (await bootstrap())[3] == "briefings-follower: took another secret"


async def test_a_weak_secret_makes_nothing(gateway: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_AGREEMENTS_CLIENT_SECRET", "short")
    with pytest.raises(StartRefused, match="COMITY_AGREEMENTS_CLIENT_SECRET must be random"):
        await bootstrap()
    monkeypatch.delenv("COMITY_OPERATOR_PASSWORD")
    with pytest.raises(StartRefused, match="COMITY_OPERATOR_PASSWORD"):
        await bootstrap()


async def test_a_running_gateway_hears_of_a_new_key(gateway: Database) -> None:
    ring = KeyRing(gateway)
    await ring.load()
    old = ring.signer.key_id
    async with gateway.running():
        await gateway.signals.listening.wait()
        following = asyncio.create_task(ring.forever())
        await asyncio.sleep(0)
        said = await rotate_keys()
        await until(lambda: len(ring.published["keys"]) == 2)
        waiting = next(key["kid"] for key in ring.published["keys"] if key["kid"] != old)
        assert (said.startswith(f"{waiting} is published and signs from "), ring.signer.key_id) == (True, old)
        assert await rotate_keys() == said, "a second rotation waits for the first"
        said = await rotate_keys(now=True)
        await until(lambda: ring.signer.key_id != old)
        following.cancel()
    assert said.startswith(f"Signing with {ring.signer.key_id}.")
    assert [key["kid"] for key in ring.published["keys"]] == [ring.signer.key_id], "no token of another key is believed"


async def healthy(**environment: str) -> bool:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "deploy.health", env={**os.environ, **environment}, cwd=CHECKOUT)
    return await process.wait() == 0


async def test_a_worker_is_healthy_while_its_heart_beats(tmp_path: Path) -> None:
    beat = tmp_path / "heartbeat"
    assert not await healthy(COMITY_HEARTBEAT=str(beat))
    beat.touch()
    assert await healthy(COMITY_HEARTBEAT=str(beat))
    long_ago = beat.stat().st_mtime - health.OLDEST - 1
    os.utime(beat, (long_ago, long_ago))
    assert not await healthy(COMITY_HEARTBEAT=str(beat))


@pytest.mark.parametrize(("status", "expected"), [(200, True), (503, False)])
async def test_a_server_is_healthy_while_it_is_ready(status: int, expected: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        assert asked.startswith(b"GET /readyz ")
        writer.write(f"HTTP/1.1 {status} {httpx.codes.get_reason_phrase(status)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await healthy(COMITY_PORT=str(port)) is expected
    assert not await healthy(COMITY_PORT=str(port)), "nothing listens there any more"
