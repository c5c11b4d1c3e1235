"""Who is tied to whom: search as people type, what is near, neighbours, and the way from one city to another."""

import csv
import io
from typing import Any

from deploy.seed import cast
from deploy.seed.load import actor_of
from deploy.story.teller import Teller

JUAREZ = "inegi:08037"
NUEVO_LAREDO = "inegi:28027"
C40 = "comity-sample:c40-cities"


async def tell(teller: Teller) -> dict[str, Any]:
    """Search, near as GeoJSON, neighbours, paths, members as CSV; gives the tie between San Diego and Tijuana."""
    teller.chapter("Sister cities, networks and the ways between them")
    juarez = await _found(teller)
    await _near(teller, juarez)
    neighbours = await teller.get(None, f"/v1/actors/{juarez['id']}/neighbours", "To whom it is tied")
    for item in neighbours["items"]:
        since = f", last activity {item['last_activity_on']}" if item["last_activity_on"] else ""
        teller.show(f"{item['actor']['name']}: {item['type']}{since}")
    teller.require("El Paso" in {item["actor"]["name"] for item in neighbours["items"]}, "El Paso is no neighbour of Ciudad Juárez")
    tie = await _path(teller)
    await _members(teller)
    return tie


async def _found(teller: Teller) -> dict[str, Any]:
    page = await teller.get(None, "/v1/actors", "Typed in a hurry, abbreviated and without an accent", q="cd juarez", include="identifiers", limit=3)
    first: dict[str, Any] = page["items"][0]
    found = {f"{identifier['scheme']}:{identifier['value']}" for identifier in first["identifiers"]}
    teller.require(JUAREZ in found, f"cd juarez finds {first['name']} first")
    teller.show(f"{first['name']} ({first['kind']}, {first['subdivision']}), {first['population']:,} people")
    return first


async def _near(teller: Teller, juarez: dict[str, Any]) -> None:
    around = {"near": f"{juarez['lat']},{juarez['lon']}", "within_km": 25, "kind": "municipality"}
    answer = await teller.file(None, "/v1/actors", "The cities within 25 km of it, as a layer for a map", form="application/geo+json", **around)
    features = answer.json()["features"]
    for feature in features[:3]:
        teller.show(f"{feature['properties']['name']} at {feature['geometry']['coordinates']}")
    countries = {feature["properties"]["country"] for feature in features}
    teller.require(countries == {"US", "MX"}, f"they lie in {countries}")


async def _path(teller: Teller) -> dict[str, Any]:
    start, end = await actor_of(teller.http, cast.SAN_DIEGO_CITY), await actor_of(teller.http, NUEVO_LAREDO)
    found = await teller.get(None, f"/v1/actors/{start['id']}/paths", "Who could introduce San Diego to Nuevo Laredo?", to=end["id"])
    teller.require(found["length"] == 3, f"the way has the length {found['length']}")
    names = {actor["id"]: actor["name"] for actor in found["actors"]}
    for path in found["paths"]:
        teller.show(" ↔ ".join(names[actor] for actor in path["actors"]))
    first = found["paths"][0]["ties"][0]
    tie: dict[str, Any] = await teller.get(None, f"/v1/ties/{first}", "Each of these ties says where it was read")
    teller.show(f"{tie['from_actor']['name']} ↔ {tie['to_actor']['name']}: {tie['source']}")
    return tie


async def _members(teller: Teller) -> None:
    network = await actor_of(teller.http, C40)
    answer = await teller.file(None, "/v1/actors", "The members of C40 Cities, for a spreadsheet", form="text/csv", network=network["id"])
    members = list(csv.DictReader(io.StringIO(answer.text)))
    teller.show(f"{len(members)} members: {', '.join(member['name'] for member in members[:4])}, …")
    teller.require(len(members) > 10, f"the file has {len(members)} members")
