"""`comity import`: what it prints about an import, and its exit code."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy import importing

PROBLEM = {"line": 3, "column": "kind", "value": "village", "message": "is not one of the values of this column", "remedy": "Use one of: county, state."}
DONE = {"state": "done", "failure": None, "rows_applied": {"created": 2, "changed": 1, "unchanged": 1200}, "validate_only": False}
FAILED = {"state": "failed", "failure": "1 problem was found; nothing was applied.", "rows_applied": None, "validate_only": False}


def platform(monkeypatch: pytest.MonkeyPatch, ended: dict[str, Any], problems: list[dict[str, Any]]) -> None:
    """An address at which an import has ended this way."""
    status = {"id": "1", "rows_total": 1, "rows_read": 1, **ended}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/session":
            return httpx.Response(201, json={"access_token": "a token"})
        return httpx.Response(202, json=status) if request.method == "POST" else httpx.Response(200, json={"items": problems})

    client = httpx.AsyncClient
    monkeypatch.setattr(httpx, "AsyncClient", lambda **options: client(transport=httpx.MockTransport(answer), **options))


@pytest.mark.parametrize(
    ("ended", "problems", "code", "said"),
    [
        (DONE, [], 0, ["Done: 2 created, 1 changed, 1,200 unchanged."]),
        (DONE | {"suggestions": 1_164}, [], 0, ["Done: 2 created, 1 changed, 1,200 unchanged. Left to people: 1,164, at /v1/imports/1/suggestions."]),
        (DONE | {"validate_only": True}, [], 0, ["A dry run, nothing was applied. It would be: 2 created, 1 changed, 1,200 unchanged."]),
        (
            FAILED,
            [PROBLEM, PROBLEM | {"column": None, "value": None, "message": "is not UTF-8 text"}],
            1,
            [
                "line 3, kind: 'village' is not one of the values of this column. Use one of: county, state.",
                "line 3: is not UTF-8 text. Use one of: county, state.",
                "Failed: 1 problem was found; nothing was applied.",
            ],
        ),
        (FAILED | {"state": "cancelled", "failure": None}, [], 1, ["Cancelled: nothing was applied."]),
    ],
)
async def test_the_outcome_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, ended: dict[str, Any], problems: list[Any], code: int, said: list[str]
) -> None:
    platform(monkeypatch, ended, problems)
    file = tmp_path / "actors.csv"
    file.write_text("kind\nvillage\n")
    assert await importing.import_file("http://comity.test", file, email="me@comity.example", password="x", dry_run=False) == code
    assert [line for line in capsys.readouterr().out.splitlines() if line.strip()] == said
