import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy import embedded
from deploy.databases import ensure_databases
from deploy.embedded import EmbeddedServer, default_folder
from deploy.errors import StartRefused
from deploy.folders import check_folder
from deploy.processes import processes_titled


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: PostgreSQL's own account cannot enter that one when root runs the tests.
    made = Path(tempfile.mkdtemp(prefix="comity-embedded-"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(folder, durable=False) as started:
        yield started


async def connected(server: EmbeddedServer, database: str) -> "asyncpg.Connection[asyncpg.Record]":
    """The first connection that the server takes; bounded by the test run, not by a duration."""
    while True:
        try:
            return await asyncpg.connect(server.dsn(database))
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.01)


async def write(server: EmbeddedServer, value: str) -> None:
    connection = await asyncpg.connect(server.dsn("notes"))
    await connection.execute("CREATE TABLE IF NOT EXISTS notes (value text)")
    await connection.execute("INSERT INTO notes VALUES ($1)", value)
    await connection.close()


async def read(server: EmbeddedServer) -> list[str]:
    connection = await connected(server, "notes")
    rows = await connection.fetch("SELECT value FROM notes ORDER BY value")
    await connection.close()
    return [row["value"] for row in rows]


async def test_databases_are_made_once_and_speak_utf_8(server: EmbeddedServer) -> None:
    assert server.ensure_databases(["registry", "agreements"]) == ["registry", "agreements"]
    assert server.ensure_databases(["registry", "agreements", "briefings"]) == ["briefings"]

    engine = create_async_engine(server.url("registry"))
    async with engine.connect() as connection:
        facts = (
            await connection.execute(text("SELECT current_setting('server_encoding'), upper('ñ'), 'z' < 'é', to_tsvector('spanish', '«Málaga»')::text"))
        ).one()
        limit = (await connection.execute(text("SHOW max_connections"))).scalar_one()
    await engine.dispose()

    assert tuple(facts) == ("UTF8", "Ñ", True, "'malag':1")
    assert limit == "200"


async def test_an_external_server_is_asked_the_same_way(server: EmbeddedServer) -> None:
    assert await ensure_databases(server.url("missing"), ['odd "name"']) == ['odd "name"']
    assert await ensure_databases(server.dsn("postgres"), ['odd "name"']) == []


async def test_an_external_server_that_is_down_is_one_line_without_the_password() -> None:
    with pytest.raises(StartRefused) as refused:
        await ensure_databases("postgresql+asyncpg://someone:secret@127.0.0.1:1/postgres", ["registry"])

    assert "127.0.0.1:1" in str(refused.value)
    assert "DATABASE_URL" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_rows_are_there_after_a_stop(server: EmbeddedServer) -> None:
    server.ensure_databases(["notes"])
    await write(server, "kept")
    server.stop()
    server.start()

    assert await read(server) == ["kept"]


async def test_a_killed_postmaster_comes_back_with_its_rows(server: EmbeddedServer) -> None:
    server.ensure_databases(["notes"])
    await write(server, "committed")
    # A backend that computes does not notice by itself that its postmaster is gone.
    busy = await asyncpg.connect(server.dsn("notes"))
    computing = asyncio.create_task(busy.execute("DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$"))
    stop = asyncio.Event()
    supervision = asyncio.create_task(server.supervise(stop, every=0.01))

    killed = server.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    with suppress(asyncpg.PostgresError, OSError):
        await computing

    assert await read(server) == ["committed"]
    assert server.pid != killed
    busy.terminate()
    stop.set()
    await supervision


async def test_supervision_ends_when_it_is_told_to(server: EmbeddedServer) -> None:
    stop = asyncio.Event()
    stop.set()
    await server.supervise(stop)

    assert server.alive


def test_a_server_whose_owner_was_killed_is_replaced(folder: Path) -> None:
    program = (
        "import sys, pathlib, deploy.embedded as embedded\n"
        "server = embedded.EmbeddedServer(pathlib.Path(sys.argv[1]), durable=False)\n"
        "server.start(); server.ensure_databases(['notes']); print(server.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        orphan = int(owner.stdout.readline())
        owner.kill()
    with EmbeddedServer(folder, durable=False) as server:
        assert server.ensure_databases(["notes"]) == []
        assert server.pid != orphan
        assert orphan not in processes_titled(server.title)


def test_two_owners_of_one_folder_are_one_too_many(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "LOCK_WITHIN", 0.0)
    with pytest.raises(StartRefused, match="already runs"):
        EmbeddedServer(server.folder).start()

    joined = EmbeddedServer(server.folder)
    joined.start(join=True)
    assert joined.url("notes") == server.url("notes")
    joined.stop()
    assert server.alive
    assert server.ensure_databases(["notes"]) == ["notes"]


def test_a_process_id_taken_by_another_program_is_no_obstacle(server: EmbeddedServer) -> None:
    server.stop()
    (server.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.cluster}\n1\n5432\n\n\n1 1\nready\n")
    server.start()

    assert server.pid != os.getpid()


def test_an_interrupted_first_start_leaves_nothing_in_the_way(folder: Path) -> None:
    (folder / "postgres.partial").mkdir()
    (folder / "postgres.partial" / "PG_VERSION").write_text("18\n")
    (folder / "lock").touch()
    with EmbeddedServer(folder, durable=False) as server:
        assert server.alive
        assert not (folder / "postgres.partial").exists()


def test_a_deep_folder_gets_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / "a-folder-of-a-very-deep-checkout" / "with-a-name-beyond-what-sockets-take" / "and, a comma: a colon" / "data"
    deep.parent.mkdir(parents=True)
    folder.chmod(0o711)
    with EmbeddedServer(deep, durable=False) as server:
        assert server.ensure_databases(["notes"]) == ["notes"]
        elsewhere = Path("/tmp") / server.title
        assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    assert not elsewhere.exists()


def test_nobody_else_can_read_or_connect(server: EmbeddedServer) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in server.folder.iterdir()}

    assert modes == {"postgres": 0o700, "run": 0o700, "lock": 0o600, "postgres.log": 0o600}
    assert stat.S_IMODE(server.folder.stat().st_mode) in {0o700, 0o711}


def test_a_folder_that_others_use_keeps_its_permissions(folder: Path) -> None:
    (folder / "theirs").touch()
    folder.chmod(0o755)
    with EmbeddedServer(folder, durable=False):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_data_of_another_version_is_refused(server: EmbeddedServer) -> None:
    server.stop()
    (server.cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartRefused, match=r"PostgreSQL 16; this is 18"):
        server.start()


def test_a_broken_cluster_says_why(server: EmbeddedServer) -> None:
    server.stop()
    (server.cluster / "global" / "pg_control").unlink()
    with pytest.raises(StartRefused) as refused:
        server.start()

    assert "pg_control" in str(refused.value)
    assert str(server.folder / "postgres.log") in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_in_the_place_of_the_folder_is_explained(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(StartRefused, match="there is a file in its place"):
        check_folder(folder / "file")
    with pytest.raises(StartRefused, match="COMITY_DATA"):
        EmbeddedServer(folder / "file" / "below").start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL under another account")
def test_root_runs_it_under_another_account_and_changes_nothing_above(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    folder.chmod(0o711)
    with pytest.raises(StartRefused, match="cannot enter"):
        EmbeddedServer(closed / "data").start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    with EmbeddedServer(folder / "open", durable=False) as server:
        account = pwd.getpwuid(server.cluster.stat().st_uid).pw_name
        assert server.alive
    assert account != "root"


def test_data_lies_where_its_account_can_reach_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMITY_DATA", str(tmp_path / "named"))
    assert default_folder(tmp_path) == tmp_path / "named"

    monkeypatch.delenv("COMITY_DATA")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert default_folder(tmp_path) == tmp_path / ".comity" / "data"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_folder(tmp_path) == Path("/var/lib/comity")
