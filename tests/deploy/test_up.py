"""`comity up` as whoever runs it sees it: it listens, it ends cleanly, and the next start finds everything as it was."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.ports import free_port

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("up")]
OPERATOR = "operator@comity.example"
UNSET = {"COMITY_HOST": "", "DATABASE_URL": ""}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that PostgreSQL's own account can pass through when the tests run as root."""
    made = Path(tempfile.mkdtemp(prefix="comity-up-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@dataclass
class Up:
    """A running `comity up`, and what is needed to talk to it."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient
    folder: Path

    def credentials(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "credentials.json").read_text()))

    async def sign_in(self) -> dict[str, str]:
        answer = await self.http.post("/v1/session", json={"email": OPERATOR, "password": self.credentials()[OPERATOR]})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def stop(self) -> tuple[int | None, str, str]:
        """End it as Ctrl-C does; the exit code and what it said. That it was not ready yet, which a busy machine may hear once, is left out."""
        self.process.send_signal(signal.SIGINT)
        out, err = await asyncio.wait_for(self.process.communicate(), 60)
        said = [line for line in err.decode().splitlines(keepends=True) if not ('"path":"/readyz"' in line and '"status":503' in line)]
        return self.process.returncode, out.decode(), "".join(said)


async def _start(folder: Path, port: int, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cli", "up", "--no-sample"),
        env={**os.environ, **UNSET, "COMITY_DATA": str(folder), "COMITY_PORT": str(port), **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@contextlib.asynccontextmanager
async def up(folder: Path, port: int) -> AsyncIterator[Up]:
    process = await _start(folder, port)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            await _listens(process, http)
            yield Up(process, http, folder)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _listens(process: asyncio.subprocess.Process, http: httpx.AsyncClient, services: dict[str, str] | None = None) -> None:
    """Returns once it is ready, and each of these services as it should be."""
    while process.returncode is None:
        with contextlib.suppress(httpx.HTTPError):
            answer = await http.get("/readyz")
            if answer.status_code == 200 and services in (None, answer.json()["services"]):
                return
        await asyncio.sleep(0.05)
    _, err = await process.communicate()
    raise AssertionError(f"comity up ended with {process.returncode}: {err.decode()}")


async def _refused(folder: Path, port: int, **environment: str) -> str:
    """The one line with which a start is refused."""
    process = await _start(folder, port, **environment)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1, err.decode()
    assert out.decode() == ""
    lines = err.decode().splitlines()
    assert len(lines) == 1, err.decode()
    return lines[0]


async def test_a_second_start_finds_everything_as_it_was(folder: Path) -> None:
    port = free_port()
    async with up(folder, port) as first:
        assert (await first.http.get("/healthz")).json() == {"status": "ok"}
        everyone = dict.fromkeys(("registry", "agreements", "briefings"), "ready")
        await _listens(first.process, first.http, services=everyone)
        session, credentials = await first.sign_in(), first.credentials()
        code, out, err = await first.stop()
    assert (code, err) == (0, "")
    assert credentials[OPERATOR] in out, "the password is printed for whoever started it"
    assert set(credentials) == {OPERATOR}, "no account of the sample is named that was not made"
    assert (folder / "credentials.json").stat().st_mode & 0o777 == 0o600

    async with up(folder, port) as second:
        read = await second.http.get("/v1/session", headers={"Authorization": f"Bearer {session['access_token']}"})
        assert (read.status_code, read.json()["roles"]) == (200, ["operator"])
        renewed = await second.http.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": session["refresh_token"]})
        assert renewed.status_code == 200, renewed.text
        assert second.credentials() == credentials
        await second.sign_in()
        code, out, err = await second.stop()
    assert (code, err) == (0, "")


async def test_what_is_taken_is_said_in_one_line(folder: Path) -> None:
    port, other = free_port(), free_port()
    async with up(folder, port) as running:
        assert await _refused(folder, port) == (
            f"Comity already runs at http://127.0.0.1:{port}. Use that one, stop it, or start a second one beside it: "
            f"COMITY_PORT={port + 1} COMITY_DATA=/path make up"
        )
        said = await _refused(folder, other)
        assert said == f"Comity already runs on the data in {folder.resolve()}. Stop it, or use another folder: COMITY_DATA=/path make up"
        assert (await running.http.get("/readyz")).status_code == 200, "the refused ones disturb nothing"


async def test_the_port_of_another_program_is_said_in_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0)  # it never answers
        port = taken.getsockname()[1]
        assert (await _refused(folder, port)).startswith(f"Port {port} is in use (by another program). Stop it or choose another: COMITY_PORT=")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DATABASE_URL", "nonsense", "DATABASE_URL is not the address of a database server."),
        ("DATABASE_URL", "postgresql://[bad", "does not answer: Invalid IPv6 URL. Check DATABASE_URL"),
        ("DATABASE_URL", "mysql://localhost/comity", "DATABASE_URL names a server of mysql; Comity needs PostgreSQL 15 or newer."),
        ("DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/postgres", "The database server at postgresql://me:***@127.0.0.1:1/postgres does not answer"),
        ("COMITY_HOST", "192.0.2.1", "Use an address of this machine."),
    ],
)
async def test_a_wrong_setting_is_said_in_one_line(folder: Path, setting: str, value: str, said: str) -> None:
    assert said in await _refused(folder, free_port(), **{setting: value})


async def test_a_wrong_setting_of_a_part_is_named(folder: Path) -> None:
    said = await _refused(folder, free_port(), COMITY_GATEWAY_ACCESS_TOKEN_SECONDS="1")
    assert said.startswith("COMITY_GATEWAY_ACCESS_TOKEN_SECONDS: ")
