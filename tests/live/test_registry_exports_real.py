"""The files of real governments, ties, domains and identifiers go round, where COMITY_REAL_DATA names the folder that has them."""

import asyncio
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
HELD = """
    SELECT count(*), count(source), count(licence) FROM ties UNION ALL SELECT count(*), count(source), count(licence) FROM actor_domains
    UNION ALL SELECT count(*), count(source), count(licence) FROM actor_identifiers
"""


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


async def test_real_files_go_round(live: LiveRegistry, templates: Templates) -> None:
    """Each file of the registry changes nothing in it, and in an empty registry all of them make the same records and the same files."""
    for preset, file in FILES.items():
        await imported(live, await asyncio.to_thread((REAL / file).read_bytes), preset)
    files = {kind: await exported(live, kind) for kind in PATHS}
    for kind, content in files.items():
        applied = (await imported(live, content, kind, query="&validate_only=true"))["rows_applied"]
        assert (kind, applied["created"], applied["changed"]) == (kind, 0, 0)
    async with live_registry(templates) as empty:
        for kind in ("actors", "identifiers", "domains", "ties"):
            await imported(empty, files[kind], kind)
        for kind, content in files.items():
            assert await exported(empty, kind) == content
        held = [tuple(row) for row in await empty.rows(HELD)]
        assert held == [tuple(row) for row in await live.rows(HELD)]
        assert held[0][0] > 200 and held[1][0] > 12_000 and held[2][0] > 100_000
