import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from deploy.seed import actors, border, cast, relations, touching
from deploy.seed.rows import COLUMNS, Row, filled
from services.registry.engagements.schemas import EngagementCreate
from services.registry.seats.schemas import SeatCreate
from services.registry.ties.schemas import TieCreate
from services.registry.ties.types import TYPES
from shared.ids import new_id

SEED = Path(actors.__file__).parent
GOVERNMENTS = {"nation", "state", "county", "county_subdivision", "municipality", "indigenous_government"}
BODIES = {"agency", "commission", "network", "office", "university", "organisation"}

Key = tuple[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(actors.actors())


@pytest.fixture(scope="module")
def by_key(rows: list[Row]) -> dict[Key, Row]:
    return {key_of(row): row for row in rows}


def key_of(row: Row) -> Key:
    return row["key_scheme"], row["key_value"]


def read_facts(name: str) -> list[dict[str, str]]:
    with (SEED / "facts" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_keys_are_unique(rows: list[Row]) -> None:
    assert [key for key, times in Counter(map(key_of, rows)).items() if times > 1] == []


def test_further_identifiers_are_unique(rows: list[Row]) -> None:
    for column in (column for column in COLUMNS if column.startswith("id:")):
        scheme = column.removeprefix("id:")
        values = [row[column] for row in rows if row[column]] + [row["key_value"] for row in rows if row["key_scheme"] == scheme]
        assert values
        assert len(values) == len(set(values)), column


def test_parents_come_first(rows: list[Row]) -> None:
    seen: set[Key] = set()
    for row in rows:
        parent = row["parent_scheme"], row["parent_value"]
        assert parent == ("", "") or parent in seen, key_of(row)
        seen.add(key_of(row))


def test_local_governments_hang_from_their_state(by_key: dict[Key, Row]) -> None:
    for (scheme, _), row in by_key.items():
        if scheme in {"fips", "geoid-place", "inegi", "sgc"}:
            assert (row["parent_scheme"], row["parent_value"]) == ("iso3166-2", row["subdivision"])
            assert row["subdivision"].startswith(f"{row['country']}-")


def test_every_row_is_well_formed(rows: list[Row]) -> None:
    for row in rows:
        assert tuple(row) == COLUMNS
        assert all(value == value.strip() for value in row.values()), row
        assert row["kind"] in GOVERNMENTS | BODIES
        assert row[f"name:{row['preferred_language']}"], row
        assert row["source"] and row["licence"] and re.fullmatch(r"\d{4}-\d\d-\d\d", row["read_on"]), row
        assert bool(row["lat"]) == bool(row["lon"])
        assert not row["lat"] or (-90 <= float(row["lat"]) <= 90 and -180 <= float(row["lon"]) <= 180)
        assert not row["population"] or int(row["population"]) > 0


def test_a_government_has_a_country_and_one_chief_executive(rows: list[Row]) -> None:
    for row in rows:
        if row["kind"] in GOVERNMENTS:
            assert re.fullmatch(r"[A-Z]{2}", row["country"]), row
            assert row["seat_role"] == "chief_executive"
        else:
            assert row["seat_role"] in {"secretariat", "head"}
        assert row["seat_title"]


def test_addresses_are_unique_and_reach_nobody(rows: list[Row]) -> None:
    addresses = [row["seat_email"] for row in rows]
    assert len(addresses) == len(set(addresses))
    assert [address for address in addresses if not re.fullmatch(r"[a-z-]+@(?:[a-z0-9-]{1,63}\.)+example", address)] == []


def test_a_county_is_told_from_its_city(by_key: dict[Key, Row]) -> None:
    county, city = by_key["fips", "06073"], by_key["geoid-place", "0666000"]
    assert (county["name:en"], county["seat_title"]) == ("San Diego County", "Chair of the Board of Supervisors")
    assert (city["name:en"], city["seat_title"]) == ("San Diego", "Mayor")
    assert by_key["fips", "48141"]["seat_title"] == "County Judge"
    assert by_key["fips", "22051"]["name:en"] == "Jefferson Parish"
    assert by_key["inegi", "08037"]["name:es"] == "Juárez"


def test_a_city_and_county_under_one_government_is_one_actor(by_key: dict[Key, Row]) -> None:
    for city, county in (("4260000", "42101"), ("2255000", "22071")):
        assert by_key["geoid-place", city]["id:fips"] == county
        assert ("fips", county) not in by_key


def test_a_county_of_the_border_replaces_the_plain_one(by_key: dict[Key, Row]) -> None:
    assert by_key["fips", "06073"]["border_m:MX"] == "0"
    assert by_key["fips", "06037"]["border_m:MX"] == ""


def test_names_are_in_running_order(by_key: dict[Key, Row]) -> None:
    assert by_key["iso3166-2", "ES-CT"]["name:es"] == "Cataluña"
    assert by_key["iso3166-2", "ES-MD"]["name:es"] == "Comunidad de Madrid"
    assert by_key["iso3166-2", "GB-NMD"]["name:en"] == "Newry, Mourne and Down"
    assert by_key["iso3166-1", "MX"]["name:es"] == "México"


def test_no_distance_is_claimed_for_what_lies_beyond_the_zone(by_key: dict[Key, Row]) -> None:
    assert by_key["geoid-place", "0644000"]["border_m:MX"] == ""  # Los Angeles
    for row in by_key.values():
        for column in ("border_m:MX", "border_m:US"):
            assert not row[column] or 0 <= int(row[column]) <= border.ZONE_M
    assert all(row["border_m:CA"] == "" for row in by_key.values())


def test_border_facts_say_where_they_come_from() -> None:
    facts = read_facts("border_governments.csv")
    assert len(facts) > 200
    for fact in facts:
        assert int(fact["border_m"]) >= 0
        assert all(fact[column] for column in ("border_source", "source", "licence", "read_on", "population", "population_year", "lat", "lon")), fact
        assert (fact["border_m"] == "0") == (fact["border_source"] == "touches")
        assert fact["border_country"] == {"US": "MX", "MX": "US"}[fact["country"]]


def test_all_that_touch_are_there() -> None:
    touches = {(fact["key_scheme"], fact["key_value"]) for fact in read_facts("border_governments.csv") if fact["border_m"] == "0"}
    assert touches == {(scheme, code) for scheme, codes in border.TOUCHING.items() for code in codes}
    assert (len(touching.COUNTIES), len(touching.MUNICIPIOS)) == (23, 38)


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        (("fips", "06073"), 0, 0),  # San Diego County
        (("geoid-place", "4824000"), 0, 0),  # El Paso
        (("geoid-place", "0613392"), 6_000, 13_000),  # Chula Vista
        (("geoid-place", "3539380"), 50_000, 70_000),  # Las Cruces
        (("geoid-place", "0477000"), 85_000, 105_000),  # Tucson
        (("inegi", "02004"), 0, 0),  # Tijuana
        (("inegi", "08037"), 0, 0),  # Juárez
        (("inegi", "02005"), 10_000, 30_000),  # Playas de Rosarito
        (("inegi", "02001"), 70_000, 100_000),  # Ensenada
    ],
)
def test_known_distances_are_plausible(by_key: dict[Key, Row], key: Key, least: int, most: int) -> None:
    row = by_key[key]
    assert least <= int(row["border_m:US" if row["country"] == "MX" else "border_m:MX"]) <= most


def test_distance_to_a_line() -> None:
    equator = [((-10.0, 0.0), (10.0, 0.0))]
    assert border.distance_m((3.0, 1.0), equator) == pytest.approx(111_195, abs=5)
    assert border.distance_m((11.0, 0.0), equator) == pytest.approx(111_195, abs=5)
    assert border.great_circle_m((-118.41, 34.02), (-117.12, 32.53)) > border.ZONE_M  # Los Angeles to the Pacific end of the boundary


def test_bodies_leave_out_projects_and_the_unsettled(by_key: dict[Key, Row]) -> None:
    names = " ".join(row["name:en"] for row in by_key.values() if row["kind"] in BODIES)
    assert "Platinum Corridor" not in names and "Special Representative" not in names and "Great Lakes" not in names
    assert by_key["comity-sample", "sre-coordinacion-politica"]["parent_value"] == "sre"


def test_every_tie_is_a_fact_with_a_source_between_actors_of_the_sample(by_key: dict[Key, Row]) -> None:
    ties = relations.ties()
    seen = set()
    for tie in ties:
        sides = [key_from(tie["from"]), key_from(tie["to"])]
        assert all(side in by_key for side in sides), tie
        assert tie["source"] and tie["licence"] and re.fullmatch(r"\d{4}-\d\d-\d\d", tie["read_on"]), tie
        request = TieCreate(**{name: value for name, value in tie.items() if name not in ("from", "to")}, from_id=new_id(), to_id=new_id())
        pair = (request.type, frozenset(sides) if TYPES[request.type].symmetric else tuple(sides))
        assert pair not in seen, tie
        seen.add(pair)
        if request.type == "network_membership":
            assert by_key[sides[1]]["kind"] == "network", tie
        if request.type == "office_of":
            assert by_key[sides[0]]["kind"] in {"office", "agency"}, tie
    assert {"sister_city", "network_membership", "commission_membership", "office_of", "counterpart"} <= {tie["type"] for tie in ties}


def test_the_carbon_market_of_california_is_tied_to_quebec() -> None:
    partners = {frozenset((tie["from"], tie["to"])) for tie in relations.ties() if tie["type"] == "cooperation" and "iso3166-2:US-CA" in tie.values()}
    assert partners == {frozenset(("iso3166-2:US-CA", "iso3166-2:CA-QC"))}


def test_engagements_are_past_facts_with_a_source_between_actors_of_the_sample(by_key: dict[Key, Row]) -> None:
    entries = relations.engagements()
    for entry in entries:
        assert entry["source"].startswith(("https://", "http://")), entry
        assert all(key_from(key) in by_key for key in entry["participants"]), entry
        participants = [{"actor_id": new_id(), "role": role} for role in entry["participants"].values()]
        request = EngagementCreate(**{**entry, "participants": participants})
        assert str(request.ends_on or request.starts_on) < "2026-11-22", entry
        sides = [{tie["from"], tie["to"]} for tie in relations.ties()]
        assert 1 <= sum(pair <= entry["participants"].keys() for pair in sides) <= 20, entry
    assert len({(entry["source"], entry["starts_on"]) for entry in entries}) == len(entries)
    named = {key for entry in entries for key in entry["participants"]} | {tie[side] for tie in relations.ties() for side in ("from", "to")}
    assert len(named) <= relations.LIST, "one list of actors is to find them all"


def test_the_seats_of_the_demonstration_reach_nobody(by_key: dict[Key, Row]) -> None:
    seats = relations.seats()
    for seat in seats:
        assert key_from(seat["actor"]) in by_key
        assert re.fullmatch(r"[a-z-]+@[a-z0-9.-]+\.example\.org", seat["address"]), seat
        point = {"channel": "email", "address": seat["address"], "language": seat["language"]}
        SeatCreate(actor_id=new_id(), role=seat["role"], title=seat["title"], contact_points=[point])
    assert len({(seat["actor"], seat["role"]) for seat in seats}) == len(seats)
    assert {seat["actor"] for seat in seats} == {player.acts_for for player in cast.CAST if player.acts_for is not None}


def key_from(text: str) -> Key:
    scheme, _, value = text.partition(":")
    return scheme, value


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ValueError, match="nickname"):
        filled({"key_scheme": "fips", "key_value": "06073", "nickname": "x"}, role="head", title="Head")


def test_the_file_reads_back_as_it_was(tmp_path: Path, rows: list[Row]) -> None:
    path = tmp_path / "actors.csv"
    assert actors.write_csv(path) == len(rows)
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == rows


def test_both_languages_of_the_agreement_have_the_same_clauses() -> None:
    english, spanish = ((SEED / "agreement" / f"mou.{language}.md").read_text(encoding="utf-8") for language in ("en", "es"))
    articles = re.findall(r"^## Article (\d+)\. \S", english, re.M)
    assert articles == re.findall(r"^## Artículo (\d+)\. \S", spanish, re.M) == [str(number) for number in range(1, 17)]
    assert shape(english) == shape(spanish)


def shape(text: str) -> list[str]:
    """What each line is, whatever its language: the mark of a heading, a number, a letter or a table row, empty for a paragraph."""
    return [mark[0] if (mark := re.match(r"\s*(?:#+|\d+\.|[a-z]\.|\|)", line)) else "" for line in text.splitlines()]


def test_the_briefing_is_a_marked_sample() -> None:
    briefing = json.loads((SEED / "briefing.json").read_text(encoding="utf-8"))
    assert set(briefing) == {"title", "summary", "parts"}
    assert sorted(part["tlp"] for part in briefing["parts"]) == ["TLP:AMBER", "TLP:GREEN"]
    assert all(set(part) == {"heading", "text", "tlp"} and "illustration" in part["text"] for part in briefing["parts"])
    assert "Illustrative" in briefing["summary"]
