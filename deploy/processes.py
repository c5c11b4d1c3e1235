"""Finding processes by the title they carry. Titles, unlike working folders, are readable across users."""

import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from signal import Signals


def processes_titled(title: str) -> list[int]:
    """The ids of PostgreSQL's living processes that carry `title`: the postmaster in its arguments, its children as their name."""
    return [pid for pid, words in _titles() if title in words and _is_postgres(words) and pid != os.getpid()]


def signal_all(pids: Iterable[int], kind: Signals) -> None:
    """Sends a signal; those who are gone or belong to others are passed over."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, kind)


def _is_postgres(words: str) -> bool:
    first = words.split(maxsplit=1)[0]
    return first == "postgres:" or Path(first).name == "postgres" or "/postgres -D " in words


def _titles() -> Iterable[tuple[int, str]]:
    if sys.platform == "linux":
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    # The dead that nobody has waited for yet have no arguments left.
                    words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    if words:
                        yield int(folder.name), words
        return
    listed = subprocess.run(["ps", "-axww", "-o", "pid=,args="], capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        pid, _, words = line.strip().partition(" ")
        if words.strip():
            yield int(pid), words.strip()
