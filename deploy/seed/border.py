"""Measure how far the governments near the boundary between the United States and Mexico are from it.

    python -m deploy.seed.border INPUT_FOLDER OUT.csv --read-on 2026-11-22

INPUT_FOLDER holds two files that are not part of the project: `actors_us_mx_ca.csv` (codes, names, coordinates, populations) and
`states_us_mx_ca_simplified.geojson` (state outlines: the United States from Natural Earth 1:50m, Mexico from INEGI, both simplified
to 0.03 degrees). OUT.csv gets every county, incorporated municipality and municipio that touches the boundary or has its point within
100 km of it, the width of the border zone in the La Paz Agreement of 1983. Distances are whole metres along the great circle, from the
one point the source gives (an interior point, or a municipio's seat) to the nearest point of the line where the four states meet Mexico.
"""

import argparse
import csv
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from deploy.seed import touching

Point = tuple[float, float]
Segment = tuple[Point, Point]

EARTH_RADIUS_M = 6_371_008.8
ZONE_M = 100_000
# The two outlines of the same line lie up to 6.0 km apart; the first edge that belongs to a coast is 8.4 km away from the other outline.
SAME_LINE_M = 7_000
MEASURED = "computed from coordinates to the Natural Earth 1:50m boundary, about 3 km accurate, 6 km at worst"

US_STATES = {"04": "US-AZ", "06": "US-CA", "35": "US-NM", "48": "US-TX"}
MX_STATES = {"02": "MX-BCN", "05": "MX-COA", "08": "MX-CHH", "19": "MX-NLE", "26": "MX-SON", "28": "MX-TAM"}
TOUCHING = {"fips": touching.COUNTIES, "geoid-place": touching.PLACES, "inegi": touching.MUNICIPIOS}

SOURCES = {
    "census_gazetteer_2010": "U.S. Census Bureau Gazetteer 2010",
    "census_gazetteer_2017": "U.S. Census Bureau Gazetteer 2017",
    "usgs_gnis_via_the-pudding": "U.S. Geological Survey GNIS",
    "inegi_ageeml_cabecera": "INEGI AGEEML",
    "census_2010": "Census 2010",
    "census_popest_2021": "population estimates 2021",
    "census_popest_base2020": "population estimates base 2020",
    "inegi_censo_2020": "Censo 2020",
}
LICENCES = {
    "US": "US public domain; OCD division id CC0 1.0; GeoNames id CC-BY 4.0",
    "MX": "INEGI free-use terms (Términos de libre uso), source to be cited",
}
COLUMNS = (
    "key_scheme", "key_value", "kind", "source_kind", "name_en", "name_es", "country", "subdivision", "ocd_id", "gnis_id", "geonames_id",
    "lat", "lon", "population", "population_year", "border_country", "border_m", "border_source", "source", "licence", "read_on",
)  # fmt: skip


def great_circle_m(a: Point, b: Point) -> float:
    """Metres between two (longitude, latitude) points on a sphere of the mean radius."""
    lon_a, lat_a, lon_b, lat_b = (math.radians(degrees) for degrees in (*a, *b))
    chord = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(chord))


def nearest_on(segment: Segment, point: Point) -> Point:
    """The nearest point of a segment, found on a plane around `point`: good to a few metres at the distances kept here."""
    (ax, ay), (bx, by) = segment
    narrowing = math.cos(math.radians(point[1]))
    dx, dy = (bx - ax) * narrowing, by - ay
    along = (point[0] - ax) * narrowing * dx + (point[1] - ay) * dy
    length = dx * dx + dy * dy
    share = min(1.0, max(0.0, along / length)) if length else 0.0
    return ax + share * (bx - ax), ay + share * (by - ay)


def distance_m(point: Point, line: Iterable[Segment]) -> float:
    """Metres from a (longitude, latitude) point to the nearest point of a line."""
    return min(great_circle_m(point, nearest_on(segment, point)) for segment in line)


def outline(collection: dict[str, list[dict[str, object]]], states: Iterable[str]) -> list[Segment]:
    """Every edge of the outlines of the given ISO 3166-2 states."""
    wanted = set(states)
    return [
        segment
        for feature in collection["features"]
        if str(_mapping(feature["properties"])["iso_3166_2"]) in wanted
        for ring in _rings(_mapping(feature["geometry"]))
        for segment in pairwise(ring)
    ]


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict), "a GeoJSON feature has properties and a geometry"
    return value


def _rings(geometry: dict[str, object]) -> Iterator[list[Point]]:
    coordinates = geometry["coordinates"]
    assert isinstance(coordinates, list)
    for polygon in coordinates if geometry["type"] == "MultiPolygon" else [coordinates]:
        for ring in polygon:
            yield [(float(lon), float(lat)) for lon, lat in ring]


def boundary(us: Sequence[Segment], mx: Sequence[Segment]) -> list[Segment]:
    """The edges of the United States' outline that run along Mexico's from end to end."""
    return [edge for edge in us if all(distance_m(point, mx) < SAME_LINE_M for point in _points_along(edge))]


def _points_along(edge: Segment, steps: int = 10) -> Iterator[Point]:
    (ax, ay), (bx, by) = edge
    for step in range(steps + 1):
        yield ax + (bx - ax) * step / steps, ay + (by - ay) * step / steps


def scheme_of(actor: dict[str, str]) -> str | None:
    """The identifier scheme of a local government in one of the ten border states, None for everything else."""
    state = actor["national_code"][:2]
    match actor["country"], actor["kind"]:
        case "US", "county" if state in US_STATES:
            return "fips"
        case "US", "municipality" if state in US_STATES:
            return "geoid-place"
        case "MX", "municipality" if state in MX_STATES:
            return "inegi"
    return None


def border_row(actor: dict[str, str], scheme: str, line: Sequence[Segment], read_on: date) -> dict[str, str] | None:
    """The row of a government that touches the boundary or lies within the zone, None for one that lies beyond it."""
    code, local = actor["national_code"], actor["name_local"]
    expected = TOUCHING[scheme].get(code)
    if expected is not None and expected not in (actor["name_en"], local):
        raise ValueError(f"{scheme} {code} is {actor['name_en']!r} in the input, {expected!r} in the list of those that touch")
    metres = 0 if expected else round(distance_m((float(actor["lon"]), float(actor["lat"])), line))
    if metres > ZONE_M:
        return None
    american = actor["country"] == "US"
    name = actor["official_name"] if scheme == "fips" else actor["name_en"]
    cells = (
        scheme, code, actor["kind"], actor["kind_detail"], name if american else "" if name == local else name, local,
        actor["country"], US_STATES[code[:2]] if american else MX_STATES[code[:2]], actor["ocd_id"], actor["gnis_id"], actor["geonameid"],
        actor["lat"], actor["lon"], actor["population"], actor["pop_year"],
        "MX" if american else "US", str(metres), "touches" if expected else MEASURED, _source(actor), LICENCES[actor["country"]],
        read_on.isoformat(),
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def _source(actor: dict[str, str]) -> str:
    return f"{SOURCES[actor['coord_source']]}; {SOURCES[actor['pop_source']]}"


def border_governments(folder: Path, read_on: date) -> list[dict[str, str]]:
    """Every government of the zone, ordered by country, kind and code."""
    collection = json.loads((folder / "states_us_mx_ca_simplified.geojson").read_text(encoding="utf-8"))
    line = boundary(outline(collection, US_STATES.values()), outline(collection, MX_STATES.values()))
    with (folder / "actors_us_mx_ca.csv").open(encoding="utf-8", newline="") as file:
        actors = [(actor, scheme) for actor in csv.DictReader(file) if (scheme := scheme_of(actor))]
    rows = [row for actor, scheme in actors if (row := border_row(actor, scheme, line, read_on))]
    missing = {code for codes in TOUCHING.values() for code in codes} - {row["key_value"] for row in rows}
    if missing:
        raise ValueError(f"the input lacks governments that touch the boundary: {sorted(missing)}")
    return sorted(rows, key=lambda row: (row["country"] != "US", row["kind"], row["key_value"]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the governments near the boundary between the United States and Mexico.")
    parser.add_argument("folder", type=Path, help="holds actors_us_mx_ca.csv and states_us_mx_ca_simplified.geojson")
    parser.add_argument("out", type=Path)
    parser.add_argument("--read-on", type=date.fromisoformat, required=True, help="the day the input was read, YYYY-MM-DD")
    arguments = parser.parse_args()
    rows = border_governments(arguments.folder, arguments.read_on)
    with arguments.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{len(rows)} governments, {sum(row['border_m'] == '0' for row in rows)} of them on the boundary")


if __name__ == "__main__":
    main()
