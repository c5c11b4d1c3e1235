"""Actors by place: near a point, in a box, around the 180th meridian and the poles."""

import math

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.registry.actors.places import near_values
from services.registry.actors.schemas import ActorRead
from shared.errors import Invalid
from tests.support.make import registry as make
from tests.support.problems import assert_problem
from tests.support.queries import queries

TIJUANA, SAN_DIEGO, MEXICALI, EL_PASO = (32.5331, -117.0381), (32.7157, -117.1611), (32.6245, -115.4523), (31.7619, -106.4850)
SUVA, APIA = (-18.1416, 178.4419), (-13.8333, -171.7667)


async def towns(client: httpx.AsyncClient) -> None:
    named = {"Tijuana": TIJUANA, "San Diego": SAN_DIEGO, "Mexicali": MEXICALI, "El Paso": EL_PASO, "Suva": SUVA, "Apia": APIA}
    for name, (lat, lon) in named.items():
        await make.actor(client, name, lat=lat, lon=lon)
    await make.actor(client, "Nowhere")


async def found(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/v1/actors?{query}")
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        ActorRead.model_validate(item)
    return [item["name"] for item in answer.json()["items"]]


async def test_the_nearest_come_first_with_their_distance(registry: httpx.AsyncClient, registry_app: FastAPI) -> None:
    await towns(registry)
    near = f"near={TIJUANA[0]},{TIJUANA[1]}"
    with queries(registry_app.state.database, at_most=1):
        items = (await registry.get(f"/v1/actors?{near}&within_km=1000&count=exact&limit=3")).json()
    assert [item["name"] for item in items["items"]] == ["Tijuana", "San Diego", "Mexicali"]
    for item in items["items"]:
        assert abs(item["distance_m"] - _apart(TIJUANA, (item["lat"], item["lon"]))) <= 1
    assert items["total"] == 4
    rest = (await registry.get(f"/v1/actors?{near}&within_km=1000&count=exact&limit=3&cursor={items['next']}")).json()
    assert [item["name"] for item in rest["items"]] == ["El Paso"]
    assert await found(registry, f"{near}&within_km=100") == ["Tijuana", "San Diego"]
    assert await found(registry, f"{near}&within_km=150&sort=name") == ["Mexicali", "San Diego", "Tijuana"]
    assert await found(registry, f"{near}&within_km=150&q=mexicali") == ["Mexicali"]
    assert "distance_m" not in (await registry.get("/v1/actors?limit=1")).json()["items"][0]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("bbox=-118,32,-114,33", ["Mexicali", "San Diego", "Tijuana"]),
        ("bbox=-118,32,-117,32.6", ["Tijuana"]),
        ("bbox=170,-20,-170,-10", ["Apia", "Suva"]),
        ("bbox=-180,-90,180,90", ["Apia", "El Paso", "Mexicali", "San Diego", "Suva", "Tijuana"]),
        ("bbox=0,0,1,1", []),
        ("near=-18,-179.9&within_km=200&sort=name", ["Suva"]),
        ("near=-16,-176.5&within_km=700&sort=name", ["Apia", "Suva"]),
        ("near=90,0&within_km=6500&sort=name", ["El Paso", "Mexicali", "San Diego", "Tijuana"]),
        ("near=0,0&within_km=20016&sort=name", ["Apia", "El Paso", "Mexicali", "San Diego", "Suva", "Tijuana"]),
    ],
    ids=["box", "small box", "over the meridian", "world", "nobody", "near the meridian", "on both sides of it", "from a pole", "the whole earth"],
)
async def test_boxes_and_circles_hold_who_is_in_them(registry: httpx.AsyncClient, query: str, names: list[str]) -> None:
    await towns(registry)
    assert await found(registry, query) == names


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("near=1,2", "/near"),
        ("within_km=2", "/within_km"),
        ("near=91,0&within_km=1", "/near"),
        ("near=1&within_km=1", "/near"),
        ("near=nan,1&within_km=1", "/near"),
        ("near=a,b&within_km=1", "/near"),
        ("near=1,1&within_km=0", "/within_km"),
        ("near=1,1&within_km=30000", "/within_km"),
        ("bbox=1,2,3", "/bbox"),
        ("bbox=1,3,2,2", "/bbox"),
        ("bbox=-181,0,0,1", "/bbox"),
        ("sort=distance", "/sort"),
    ],
    ids=range(12),
)
async def test_a_bad_place_is_named(registry: httpx.AsyncClient, query: str, named: str) -> None:
    body = assert_problem(await registry.get(f"/v1/actors?{query}"), Invalid)
    assert [item["pointer"] or "/" for item in body["errors"]] == [named]


@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180), km=st.floats(0.1, 20_000), bearing=st.floats(0, 2 * math.pi), part=st.floats(0, 0.999))
def test_the_box_holds_the_circle(lat: float, lon: float, km: float, bearing: float, part: float) -> None:
    values = near_values(f"{lat},{lon}", km)
    there_lat, there_lon = _travelled(lat, lon, km * part, bearing)
    assert values["near_south"] - 1e-6 <= there_lat <= values["near_north"] + 1e-6
    sides = ((values["near_west"], values["near_east"]), (values["near_west_again"], values["near_east_again"]))
    assert any(west - 1e-6 <= turned <= east + 1e-6 for west, east in sides for turned in (there_lon, there_lon - 360, there_lon + 360))


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres on a sphere, by the law of cosines."""
    (lat, lon), (other_lat, other_lon) = (tuple(map(math.radians, place)) for place in (one, other))
    cosine = math.sin(lat) * math.sin(other_lat) + math.cos(lat) * math.cos(other_lat) * math.cos(lon - other_lon)
    return 6_371_008.8 * math.acos(min(1.0, cosine))


def _travelled(lat: float, lon: float, km: float, bearing: float) -> tuple[float, float]:
    """Where one arrives on a sphere, going straight on."""
    phi, reach = math.radians(lat), km * 1000 / 6_371_008.8
    sine = math.sin(phi) * math.cos(reach) + math.cos(phi) * math.sin(reach) * math.cos(bearing)
    there = math.asin(max(-1.0, min(1.0, sine)))
    east = math.atan2(math.sin(bearing) * math.sin(reach) * math.cos(phi), math.cos(reach) - math.sin(phi) * math.sin(there))
    return math.degrees(there), (lon + math.degrees(east) + 180) % 360 - 180
