"""Where an actor is: within a distance of a point, within a box of coordinates.

Both go through the index over points; a box that crosses the 180th meridian is two boxes there. Distances are those on a sphere of the
earth's mean radius, half a per cent off at most.
"""

import math
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, bindparam, cast, func, literal_column

from shared.reading import Entity
from shared.translations import Sentence

EARTH_M = 6_371_008.8  # mean radius in metres (IUGG)
FARTHEST_KM = 20_016
SIDES = ("west", "south", "east", "north", "west_again", "east_again")


def numbers(text: str, count: int) -> list[float]:
    """Numbers with commas between; ValueError for anything else."""
    found = [float(part) for part in text.split(",")] if text.count(",") == count - 1 else []
    if len(found) != count or not all(map(math.isfinite, found)):
        raise ValueError(Sentence("is not {count} numbers with commas between", count=count))
    return found


def near_point(text: str) -> str:
    """`lat,lon` in degrees as it was given; ValueError when it is no point of the earth."""
    lat, lon = numbers(text, 2)
    if abs(lat) > 90 or abs(lon) > 180:
        raise ValueError("is not lat,lon with lat from -90 to 90 and lon from -180 to 180")
    return text


def bounding_box(text: str) -> str:
    """`west,south,east,north` in degrees (RFC 7946: west of a box over the 180th meridian is greater than east); ValueError when it is none."""
    west, south, east, north = numbers(text, 4)
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90 or south > north:
        raise ValueError("is not west,south,east,north in degrees, with south below north")
    return text


def near_values(near: str, km: float) -> dict[str, Any]:
    """The point and the box around the circle, for the bind parameters of `within` and `distance`."""
    lat, lon = numbers(near, 2)
    reach = km * 1000 / EARTH_M
    south, north = lat - math.degrees(reach), lat + math.degrees(reach)
    over_a_pole = south <= -90 or north >= 90 or reach >= math.pi / 2
    aside = 180.0 if over_a_pole else math.degrees(math.asin(min(1.0, math.sin(reach) / math.cos(math.radians(lat)))))
    west, east = (-180.0, 180.0) if aside >= 180 else (_turned(lon - aside), _turned(lon + aside))
    return {"near_lat": lat, "near_lon": lon, "near_m": km * 1000, **_sides("near", west, max(south, -90.0), east, min(north, 90.0))}


def box_values(bbox: str) -> dict[str, Any]:
    return _sides("bbox", *numbers(bbox, 4))


def distance(row: Entity) -> ColumnElement[Any]:
    """Whole metres from the point of `near_values`, by the haversine formula."""
    half_lat = func.sin(func.radians(row.lat - _number("near_lat")) / _HALF)
    half_lon = func.sin(func.radians(row.lon - _number("near_lon")) / _HALF)
    chord = half_lat * half_lat + func.cos(func.radians(row.lat)) * func.cos(func.radians(_number("near_lat"))) * half_lon * half_lon
    metres = literal_column(str(2 * EARTH_M), Float) * func.asin(func.least(literal_column("1.0", Float), func.sqrt(chord)))
    return cast(func.round(metres), BigInteger)


def within(row: Entity) -> ColumnElement[bool]:
    return inside_box(row, "near") & (distance(row) <= _number("near_m"))


def inside_box(row: Entity, name: str) -> ColumnElement[bool]:
    """The row's point is in the box of these bind parameters, or in its part beyond the 180th meridian."""
    west, south, east, north, west_again, east_again = (_number(f"{name}_{side}") for side in SIDES)
    point = func.point(row.lon, row.lat)
    boxes = [func.box(func.point(one, south), func.point(other, north)) for one, other in ((west, east), (west_again, east_again))]
    return point.op("<@", is_comparison=True)(boxes[0]) | point.op("<@", is_comparison=True)(boxes[1])


_HALF = literal_column("2.0", Float)


def _number(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=Float())


def _turned(lon: float) -> float:
    return (lon + 180) % 360 - 180


def _sides(name: str, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """One box, or the two in which it lies; where one is enough it is named twice."""
    again = (-180.0, east) if west > east else (west, east)
    values = (west, south, 180.0 if west > east else east, north, *again)
    return {f"{name}_{side}": value for side, value in zip(SIDES, values, strict=True)}
