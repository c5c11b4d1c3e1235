"""Files that go round: from one registry into another, and out of that again."""

import re
from typing import Any

from services.registry.imports.cells import GUARDED_TEXT
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry
from tests.support.tokens import bearer

READER = make.coordinator()
MEDIA = {"csv": "text/csv", "ndjson": "application/x-ndjson"}
# In the order in which one needs the other.
PATHS = {
    "actors": "/v1/actors/export",
    **{kind: f"/v1/actors/{kind}/export" for kind in ("names", "identifiers", "parents", "seats")},
    "domains": "/v1/official-domains/export",
    "ties": "/v1/ties/export",
}
NASTY = [
    "=1+1", "+1", "-x", "@SUM(A1)", "'quoted'", "'=1", "''+1", "a,b", 'say "x"', "two\nlines", "\\N", "\\.", "NULL", "é😀", "a\tb", "a\r\nb",
    "#REF!", "'#N/A", "#N/A.",
]  # fmt: skip
UNCHANGED = {"created": 0, "changed": 0}


def guarded(cell: str) -> str:
    """The cell as an export writes it into a CSV file."""
    return f"'{cell}" if re.match(f"'*{GUARDED_TEXT}", cell) else cell


async def exported(live: LiveRegistry, kind: str = "actors", form: str = "csv", query: str = "") -> bytes:
    answer = await live.client.get(f"{PATHS[kind]}?format={form}{query}", headers=bearer(READER))
    assert answer.status_code == 200, answer.text
    return answer.content


async def imported(live: LiveRegistry, content: bytes, kind: str = "actors", form: str = "csv", query: str = "") -> dict[str, Any]:
    headers = bearer(make.IMPORTER) | {"Content-Type": MEDIA[form]}
    answer = await live.client.post(f"/v1/imports?preset={kind}{query}", content=content, headers=headers)
    status = await make.imported_status(live.client, live.database, answer)
    assert status["state"] == "done", await make.import_problems(live.client, status["id"])
    return status


async def taken_back(live: LiveRegistry, content: bytes, kind: str, form: str, rows: int) -> None:
    """A file of a registry changes nothing in that registry, and nobody is told of anything."""
    events = await live.count("events")
    for query in ("&validate_only=true", ""):
        status = await imported(live, content, kind, form, query)
        assert (status["rows_applied"], status["suggestions"] or 0) == ({**UNCHANGED, "unchanged": rows}, 0)
    assert await live.count("events") == events
    assert await exported(live, kind, form) == content
