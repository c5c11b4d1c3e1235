"""Where the embedded PostgreSQL's Unix socket lies. Only its own account and root may enter that folder: nobody is asked for a password."""

import os
import stat
import tempfile
from pathlib import Path
from socket import AF_UNIX, socket

from deploy.errors import StartRefused
from deploy.postgres_wheel import Account

PORT = 5432  # a part of the socket's name: the server listens on no network address


def choose_sockets(folder: Path, title: str, account: Account | None) -> Path:
    """A folder beside the cluster; a short private one where that path is too long for a socket, or its file system has none."""
    for candidate in (folder / "run", short_sockets(title)):
        _prepare(candidate, account)
        if _takes_sockets(candidate):
            return candidate
    raise StartRefused(f"The path of {folder} is too long for a socket. Use a shorter one: COMITY_DATA=/path make up")


def short_sockets(title: str) -> Path:
    """Not TMPDIR: that can be long itself."""
    return Path("/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()) / title  # noqa: S108 (private, and its owner is checked)


def _prepare(candidate: Path, account: Account | None) -> None:
    candidate.mkdir(mode=0o700, exist_ok=True)
    found = candidate.lstat()
    ours = {os.geteuid()} | ({account.uid} if account else set())
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise StartRefused(f"{candidate} belongs to somebody else. Remove it and start again.")
    candidate.chmod(0o700)
    if account is not None:
        os.chown(candidate, account.uid, account.gid)


def _takes_sockets(folder: Path) -> bool:
    if set(str(folder)) & set(",:"):  # both separate hosts in a database address
        return False
    probe = folder / f".s.PGSQL.{PORT}"
    probe.unlink(missing_ok=True)
    with socket(AF_UNIX) as end:
        try:
            end.bind(str(probe))
        except OSError:
            return False
        finally:
            probe.unlink(missing_ok=True)
    return True
