"""deploy/bootstrap.sh in a checkout of its own, with the Pythons it is told to find."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ["awk", "basename", "cat", "cksum", "cp", "dirname", "grep", "make", "mkdir", "rm", "sed", "sh", "tail"]

# Answers what bootstrap.sh asks of a Python, and writes down what pip is told.
PYTHON = """#!/bin/sh
case "$*" in
*ensurepip*) {ensurepip} ;;
*version_info\\ \\<*) {new_enough} ;;
*version_info*) echo {version} ;;
"-m venv "*)
    {venv}
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    echo "VIRTUAL_ENV=$(pwd -P)/$3" >"$3/bin/activate" ;;
"-m pip --version") ;;
"-m pip "*)
    echo "$*" >>pip-calls
    {pip} ;;
esac
"""


class Checkout:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a checkout"
        self.bin = folder / "bin"
        (self.folder / "deploy").mkdir(parents=True)
        (self.folder / "requirements").mkdir()
        self.bin.mkdir()
        for path in ("deploy/bootstrap.sh", "Makefile"):
            shutil.copy(ROOT / path, self.folder / path)
        for path in ("pyproject.toml", "requirements/run.lock", "requirements/dev.lock"):
            (self.folder / path).write_text(f"{path} as it was\n")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is needed by the test"
            (self.bin / tool).symlink_to(found)

    def python(self, name: str, version: str, *, ensurepip: str = "true", venv: str = "true", pip: str = "true") -> None:
        new_enough = tuple(map(int, version.split("."))) >= (3, 11)
        text = PYTHON.format(version=version, ensurepip=ensurepip, venv=venv, pip=pip, new_enough=str(new_enough).lower())
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command or ("sh", "deploy/bootstrap.sh", "run"),
            cwd=self.folder,
            env={"PATH": str(self.bin), "LC_ALL": "C"} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def refusal(self, *command: str, **environment: str) -> str:
        done = self.run(*command, **environment)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1, done.stderr
        return done.stderr.strip()

    def pip_calls(self) -> list[str]:
        calls = self.folder / "pip-calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_run_installs_from_hashed_pins_and_says_so(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    done = checkout.run()

    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "Making a virtual environment with Python 3.11.2",
        "Installing the packages of requirements/run.lock (about a minute, once)",
    ]
    requirements, editable = checkout.pip_calls()
    assert requirements.endswith("--require-hashes -r requirements/run.lock")
    assert editable.endswith("--no-build-isolation --no-deps -e .")


def test_the_second_run_has_nothing_to_do(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    checkout.run()
    calls = checkout.pip_calls()
    done = checkout.run()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert checkout.pip_calls() == calls


@pytest.mark.parametrize("changed", ["requirements/run.lock", "pyproject.toml"])
def test_a_changed_pin_is_installed_into_what_is_there(checkout: Checkout, changed: str) -> None:
    checkout.python("python3", "3.11.2")
    checkout.run()
    (checkout.folder / changed).write_text("renewed\n")
    done = checkout.run()

    assert done.stdout.splitlines() == ["Installing the packages of requirements/run.lock (about a minute, once)"]
    assert len(checkout.pip_calls()) == 4


def test_what_is_installed_to_develop_is_enough_to_run(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    checkout.run("sh", "deploy/bootstrap.sh", "dev")
    done = checkout.run("sh", "deploy/bootstrap.sh", "run")

    assert done.stdout == ""
    assert "requirements/dev.lock" in checkout.pip_calls()[0]


def test_the_first_python_that_will_do_is_taken(checkout: Checkout) -> None:
    checkout.python("python3", "3.9.2")
    checkout.python("python3.12", "3.12.4", ensurepip="false")
    checkout.python("python3.11", "3.11.9")

    assert checkout.run().stdout.startswith("Making a virtual environment with Python 3.11.9\n")


def test_the_one_that_is_named_is_taken(checkout: Checkout) -> None:
    checkout.python("python3", "3.12.4")
    checkout.python("mine", "3.13.1")

    assert checkout.run(PYTHON=str(checkout.bin / "mine")).stdout.startswith("Making a virtual environment with Python 3.13.1\n")


def test_a_python_that_is_too_old_is_one_line(checkout: Checkout) -> None:
    checkout.python("python3", "3.9.2")

    assert checkout.refusal() == (
        "Comity needs Python 3.11 or newer; found 3.9.2. Install it (Debian: apt-get install python3.11 python3.11-venv) "
        "or name one: make up PYTHON=/path/to/python3.11"
    )


def test_no_python_at_all_is_one_line(checkout: Checkout) -> None:
    assert "found none" in checkout.refusal()


def test_a_named_python_that_does_not_run_is_one_line(checkout: Checkout) -> None:
    assert checkout.refusal(PYTHON="/nowhere/python").startswith("PYTHON=/nowhere/python is no Python that runs.")


def test_a_python_without_venv_names_the_package(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2", ensurepip="false")

    assert "Python 3.11.2" in checkout.refusal()
    assert "apt-get install python3-venv" in checkout.refusal()
    assert not (checkout.folder / ".venv").exists()


def test_a_venv_that_fails_leaves_nothing_behind(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2", venv='echo "Traceback"; echo "OSError: disk full"; exit 1')

    assert checkout.refusal() == "The virtual environment could not be made: OSError: disk full"
    assert not (checkout.folder / ".venv").exists()


def test_a_failed_installation_gives_pips_reason_and_heals(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2", pip='echo "WARNING: noise"; echo "ERROR: No matching distribution found for orjson"; exit 1')
    said = checkout.refusal()
    assert said.startswith("Installing failed: No matching distribution found for orjson. Check the network")

    checkout.python("python3", "3.11.2")
    healed = checkout.run()
    assert healed.returncode == 0
    assert healed.stdout.startswith("Making a virtual environment")


def test_an_interrupted_installation_heals(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2", pip="kill -9 $PPID")
    assert checkout.run().returncode != 0
    assert (checkout.folder / ".venv" / ".unfinished").exists()

    checkout.python("python3", "3.11.2")
    assert checkout.run().returncode == 0
    assert not (checkout.folder / ".venv" / ".unfinished").exists()


def test_two_installations_at_once_do_not_meet(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    (checkout.folder / ".venv").mkdir()
    (checkout.folder / ".venv" / ".unfinished").write_text(f"{os.getpid()}\n")

    assert checkout.refusal().startswith(f"Process {os.getpid()} is installing into .venv. Wait for it")


def test_a_moved_checkout_is_installed_again(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    checkout.run()
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved"))

    assert checkout.run().stdout.startswith("Making a virtual environment")


def test_a_python_that_went_away_is_replaced(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    checkout.run()
    (checkout.folder / ".venv" / "bin" / "python").unlink()

    assert checkout.run().stdout.startswith("Making a virtual environment")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_checkout_is_one_line(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")
    checkout.folder.chmod(0o555)
    try:
        assert "is read-only" in checkout.refusal()
    finally:
        checkout.folder.chmod(0o755)


def test_make_adds_one_line_at_most_to_a_refusal(checkout: Checkout) -> None:
    checkout.python("python3", "3.9.2")
    done = checkout.run("make", "up")

    ours, *more = done.stderr.splitlines()
    assert ours.startswith("Comity needs Python 3.11 or newer; found 3.9.2.")
    assert len(more) <= 1
    assert done.stdout == ""


def test_help_lists_every_target(checkout: Checkout) -> None:
    done = checkout.run("make")

    listed = re.findall(r"^  make (\w+) +\S", done.stdout, re.MULTILINE)
    assert listed == ["help", "up", "demo", "lint", "test", "check", "bench", "revision", "documents", "pins", "image", "clean"]
    assert done.stderr == ""


def test_a_revision_without_a_name_says_how(checkout: Checkout) -> None:
    checkout.python("python3", "3.11.2")

    assert 'make revision s=registry m="add seats"' in checkout.run("make", "revision").stderr
