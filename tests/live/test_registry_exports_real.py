"""The files of real governments, of what is known of them, of ties and domains go round, where COMITY_REAL_DATA names the folder that has them.

Of the governments and their domains those of a few states, unless COMITY_REAL_STATES is `all`: what differs from file to file is in them.
"""

import asyncio
import csv
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import Templates
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import PATHS, exported, imported

REAL = Path(os.environ.get("COMITY_REAL_DATA", "absent")) / "registry"
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(not (REAL / "actors_us_mx_ca.csv").exists(), reason="COMITY_REAL_DATA names no folder with real data"),
]
# In the order in which one needs the other.
FILES = {
    "actors-us-mx-ca": "actors_us_mx_ca.csv",
    "countries": "country_codes.csv",
    "bodies": "commissions_and_bodies.csv",
    "body-members": "commissions_and_bodies.csv",
    "network-members": "networks.csv",
    "offices-abroad": "offices_abroad.csv",
    "office-owners": "offices_abroad.csv",
    "dotgov-divisions": "dotgov_ocd_match.csv",
    "dotgov": "dotgov_current_full.csv",
    "geonames-cities": "geonames_cities15000.csv",
    "unlocode": "unlocode_mx_us_2023-2.csv",
    "sister-cities": "sister_city_pairs.csv",
}
STATES = (
    "us/state:ca",
    "us/state:va",
    "us/district:dc",
    "us/territory:pr",
    "us/territory:dt",
    "mx/state:bc",
    "mx/state:ch",
    "ca/province:qc",
    "ca/territory:nu",
)
WHOLE = os.environ.get("COMITY_REAL_STATES") == "all"
LEAST = (200, 12_000, 100_000) if WHOLE else (30, 1_000, 5_000)
HELD = """
    SELECT count(*), count(source), count(licence) FROM ties UNION ALL SELECT count(*), count(source), count(licence) FROM actor_domains
    UNION ALL SELECT count(*), count(source), count(licence) FROM actor_identifiers
"""


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


def content_of(file: str) -> bytes:
    """The rows of countries and of the chosen states, and all rows of a file that does not go by divisions."""
    content = (REAL / file).read_bytes()
    if WHOLE or file not in ("actors_us_mx_ca.csv", "dotgov_ocd_match.csv"):
        return content
    rows = csv.DictReader(io.StringIO(content.decode()))
    made = io.StringIO()
    writer = csv.DictWriter(made, rows.fieldnames or ())
    writer.writeheader()
    for row in rows:
        _, country, *state = (row["ocd_id"] or row["parent_ocd_id"]).split("/")
        if not state or f"{country}/{state[0]}".removeprefix("country:") in STATES:
            writer.writerow(row)
    return made.getvalue().encode()


async def test_real_files_go_round(live: LiveRegistry, templates: Templates) -> None:
    """Each file of the registry changes nothing in it, and in an empty registry all of them make the same records and the same files."""
    for preset, file in FILES.items():
        await imported(live, await asyncio.to_thread(content_of, file), preset)
    files = {kind: await exported(live, kind) for kind in PATHS}
    for kind, content in files.items():
        applied = (await imported(live, content, kind, query="&validate_only=true"))["rows_applied"]
        assert (kind, applied["created"], applied["changed"]) == (kind, 0, 0)
    async with live_registry(templates) as empty:
        for kind in PATHS:
            await imported(empty, files[kind], kind)
        for kind, content in files.items():
            assert await exported(empty, kind) == content
        held = [tuple(row) for row in await empty.rows(HELD)]
        assert held == [tuple(row) for row in await live.rows(HELD)]
        assert all(row[0] > least for row, least in zip(held, LEAST, strict=True)), held
