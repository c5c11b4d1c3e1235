"""The account of PostgreSQL is made once, however many processes of root start at the same moment."""

import contextlib
import os
import pwd
import subprocess
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from deploy import postgres_wheel


class Accounts:
    """The machine's accounts. As useradd does, adding looks for the name first, and gives a name that came meanwhile another number."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.at_once = threading.Barrier(2)

    def named(self, name: str) -> Any:
        if not self.numbers:
            raise KeyError(name)
        return SimpleNamespace(pw_uid=self.numbers[-1], pw_gid=self.numbers[-1])

    def add(self, *_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        if self.numbers:
            return subprocess.CompletedProcess([], 9, stderr="exists")
        with contextlib.suppress(threading.BrokenBarrierError):
            self.at_once.wait(0.2)  # whoever else comes has looked as well
        self.numbers.append(999 - len(self.numbers))
        return subprocess.CompletedProcess([], 0, stderr="")


def test_two_that_start_together_run_under_the_same_account(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = Accounts()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", accounts.named)
    monkeypatch.setattr(subprocess, "run", accounts.add)
    place = SimpleNamespace(stat=lambda: SimpleNamespace(st_uid=0, st_gid=0))
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(postgres_wheel.account_for(place))) for _ in range(2)]  # type: ignore[arg-type]  # a folder of root's
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert accounts.numbers == [999]
    assert found == [postgres_wheel.Account(999, 999)] * 2
