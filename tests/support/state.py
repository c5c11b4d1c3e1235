"""What a platform's databases hold, in a form in which two runs of the same story can be compared.

A run is what its databases have that they did not have before it. Ids are replaced by digests of what they name, instants by a
word, so that two runs are equal when the same facts are there equally often, whoever was faster and whatever died on the way.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

Rows = dict[str, Counter[str]]  # "<part>.<table>" to the JSON of its rows, with how often each is there

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1"
NO_BUSINESS = {
    "alembic_version",
    "followed_events",  # what a follower remembers for a day; the directories are what it made of it
    "followers",
    "idempotency_keys",
    "relay_state",
    # Whoever repeats a sign-in has two sessions, and followers take another secret at each start of the one-process platform.
    "clients",
    "login_attempts",
    "refresh_tokens",
    "sessions",
    "signing_keys",
}
# What is different in every run and says nothing about what happened.
DROPPED = {"id", "seq", "position", "request_id", "trace", "traceparent"}
DROPPED_OF = {"imports": {"key"}}  # of the upload that the file came by, however often it was begun
KEPT = {"parts": {"position"}}
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?")
REFERENCE = re.compile(r"(?<=\")20\d\d-\d{6}(?=\")")


async def rows_of(urls: Mapping[str, str]) -> Rows:
    """Every business row of every part."""
    found: Rows = {}
    for part, url in urls.items():
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            for name in await connection.fetch(TABLES):
                table = name["table_name"]
                if table not in NO_BUSINESS:
                    rows = await connection.fetch(f'SELECT row_to_json(t)::text FROM "{table}" AS t')
                    found[f"{part}.{table}"] = Counter(row[0] for row in rows)
        finally:
            await connection.close()
    return found


@dataclass
class _Naming:
    """Names for ids, by what the row that has the id says."""

    owners: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, found: re.Match[str]) -> str:
        identifier = found[0]
        if identifier not in self.owners:
            return identifier  # it was there before the run
        if identifier not in self.names:
            self.names[identifier] = "itself"
            table, row = self.owners[identifier]
            self.names[identifier] = f"{table} {hashlib.sha256(self.said(table, row).encode()).hexdigest()[:16]}"
        return self.names[identifier]

    def said(self, table: str, row: dict[str, Any]) -> str:
        """The row without what differs between runs."""
        bare = table.partition(".")[2]
        dropped = DROPPED - KEPT.get(bare, set()) | DROPPED_OF.get(bare, set())
        text = json.dumps({name: value for name, value in row.items() if name not in dropped}, sort_keys=True, ensure_ascii=False)
        return UUID.sub(self.name, REFERENCE.sub("reference", INSTANT.sub("instant", text)))


def normal(before: Rows, after: Rows) -> Counter[str]:
    """What the run has added (and, with a minus, taken away), as lines with how often each is there."""
    naming = _Naming()
    added = {table: [json.loads(text) for text in (rows - before[table]).elements()] for table, rows in after.items()}
    removed = {table: [json.loads(text) for text in (rows - after[table]).elements()] for table, rows in before.items()}
    for table, rows in added.items():
        own = [row for row in rows if UUID.fullmatch(str(row.get("id")))]
        naming.owners |= {row["id"]: (table, row) for row in own if not table.endswith(".events")}
        if table.endswith(".events"):
            _number(rows)
    lines = Counter(f"{table} {naming.said(table, row)}" for table, rows in added.items() for row in rows)
    return lines + Counter(f"-{table} {naming.said(table, row)}" for table, rows in removed.items() for row in rows)


def _number(events: list[dict[str, Any]]) -> None:
    """Give each event its place among those of the same record."""
    places: dict[str, int] = defaultdict(int)
    for event in sorted(events, key=lambda event: event["position"] or 0):
        places[event["aggregateid"]] += 1
        event["nth"] = places[event["aggregateid"]]


def differences(wanted: Counter[str], found: Counter[str]) -> list[str]:
    """One line for each fact that is not there as often as it should be."""
    return [f"{found[line]} instead of {wanted[line]}: {line}" for line in sorted(wanted.keys() | found.keys()) if wanted[line] != found[line]]
