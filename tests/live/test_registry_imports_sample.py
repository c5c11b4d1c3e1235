"""The files of others over the sample: they find its actors, and make no second ones."""

import csv
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from deploy.seed import actors as sample
from deploy.seed.rows import Row
from services.registry.actors.words import folded
from services.registry.imports import rows, staging
from services.registry.imports.presets import SHELF
from tests.support.database import Templates
from tests.support.make import registry as make
from tests.support.registry import LiveRegistry, live_registry
from tests.support.rounds import imported

pytestmark = pytest.mark.live
REAL = Path(os.environ.get("COMITY_REAL_DATA", "absent")) / "registry"
FILES = {
    "actors-us-mx-ca": "actors_us_mx_ca.csv",
    "countries": "country_codes.csv",
    "subdivisions": "iso_3166_2_world.csv",
    "bodies": "commissions_and_bodies.csv",
    "offices-abroad": "offices_abroad.csv",
    "us-federal-departments": "us_federal_agencies_and_bureaus.csv",
    "us-federal-bureaus": "us_federal_agencies_and_bureaus.csv",
}
# What no key joins: the county got a new code with its new name in 2015, and the file has the old code beside the new name.
APART = {("fips", "46102")}
# A few records in the forms of these files, in the columns that their presets read.
PART = {
    "actors-us-mx-ca": """ocd_id,kind,name_en,country,iso_3166_2,national_code,parent_ocd_id,official_name,kind_detail
ocd-division/country:us,country,United States,US,,840,,United States of America,sovereign state
ocd-division/country:us/state:md,state,Maryland,US,US-MD,24,ocd-division/country:us,Maryland,state
ocd-division/country:us/state:va,state,Virginia,US,US-VA,51,ocd-division/country:us,Virginia,state
ocd-division/country:us/state:nv,state,Nevada,US,US-NV,32,ocd-division/country:us,Nevada,state
ocd-division/country:us/state:md/place:baltimore,municipality,Baltimore,US,,2404000,ocd-division/country:us/state:md,Baltimore city,city
ocd-division/country:us/state:va/place:richmond,municipality,Richmond,US,,5167000,ocd-division/country:us/state:va,Richmond city,city
ocd-division/country:us/state:nv/place:carson_city,municipality,Carson City,US,,3209700,ocd-division/country:us/state:nv,Carson City,city
""",
    "bodies": """name,kind,country,source
C40 Cities,city_network,,a list
MEXLA commission,city_to_nation_commission,US;MX,a list
U.S. Department of State,federal_agency,US,a list
National Security Council,federal_agency,US,a list
""",
    "offices-abroad": """name,city,host_iso_3166_2,status_as_reported,source_url
Texas state office,Mexico City,MX-CMX,in operation 2013,https://a.example
""",
    "us-federal-departments": """Agency
Department of State
""",
    "us-federal-bureaus": """Agency,Bureau
Executive Office of the President,National Security Council
""",
}


@pytest.fixture
async def live(templates: Templates) -> AsyncIterator[LiveRegistry]:
    async with live_registry(templates) as registry:
        yield registry


def chosen(row: Row) -> bool:
    """The cities that are counties as well, the bodies, and whoever is above them."""
    above = row["kind"] in ("nation", "state") and row["country"] in ("US", "MX", "CA")
    return above or bool(row["id:geoid-place"]) or row["key_scheme"] == "comity-sample"


def written(preset: str, part: str) -> bytes:
    """The part, with the columns that the preset reads besides left empty."""
    records = list(csv.DictReader(io.StringIO(part)))
    return make.csv_file([{**dict.fromkeys(SHELF[preset].columns(), ""), **record} for record in records])


async def test_files_of_others_find_the_actors_of_the_sample(live: LiveRegistry) -> None:
    mine = [row for row in sample.actors() if chosen(row)]
    assert sum(bool(row["id:geoid-place"]) for row in mine) == 41
    await imported(live, make.csv_file(mine))
    for preset, part in PART.items():
        above = "Executive Office of the President" if preset == "us-federal-bureaus" else None
        if above:  # the department itself is none of the sample's
            await imported(live, written("us-federal-departments", f"Agency\n{above}\n"), "us-federal-departments")
        done = await imported(live, written(preset, part), preset)
        assert (preset, done["rows_applied"]["created"], done["rows_applied"]["changed"] > 0) == (preset, 0, True)
    assert await live.count("actors") == len(mine) + 1
    (city,) = await live.rows("SELECT count(*), min(a.name) FROM actors AS a JOIN actor_names AS n ON n.actor_id = a.id WHERE n.name = 'Richmond city'")
    assert tuple(city) == (1, "Richmond")


@pytest.mark.skipif(not REAL.exists(), reason="COMITY_REAL_DATA names no folder with real data")
@pytest.mark.parametrize("preset", FILES)
def test_nobody_of_a_whole_file_is_in_the_sample_by_another_key(preset: str) -> None:
    """Of the same name, kind and place, and found by no key."""
    held: dict[tuple[str, str], Row] = {}
    named: dict[tuple[str, str, str, str], set[tuple[str, str]]] = {}
    for row in sample.actors():
        key = (row["key_scheme"], row["key_value"])
        held |= {(title[3:], cell): row for title, cell in row.items() if title.startswith("id:") and cell} | {key: row}
        for language in ("en", "es", "fr"):
            for name in {row[f"name:{language}"], row[f"name:{language}"].removesuffix(" city")} - {""}:
                named.setdefault((folded(name), row["kind"], row["country"], row["subdivision"]), set()).add(key)
    content = (REAL / FILES[preset]).read_bytes()
    titles, faults = rows.header(content, SHELF[preset])
    read = rows.read(content, 1, titles, skip_header=True, preset=SHELF[preset])
    assert (faults, read.faults, read.valid > 0) == ([], [], True)
    staged = [dict(zip(staging.FIELDS, row, strict=True)) for row in read.rows]
    keys = {(row["key_scheme"], row["key_value"]) for row in staged}
    found = {(held[key]["key_scheme"], held[key]["key_value"]) for key in keys & held.keys()}
    twice: set[tuple[str, str]] = set()
    for row in staged:
        if (row["key_scheme"], row["key_value"]) not in held:
            for name in orjson.loads(row["folded"]).values():
                twice |= named.get((name, row["kind"], row["country"] or "", row["subdivision"] or ""), set())
    assert twice - found <= APART
    assert found
