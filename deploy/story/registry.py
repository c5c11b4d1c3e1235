"""Who exists: the governments of the story, as anyone finds them."""

from typing import Any

from deploy.seed import cast
from deploy.story.teller import Teller


async def tell(teller: Teller) -> dict[str, dict[str, Any]]:
    """Search, lookup by identifier, seats; gives the actors of the story by identifier."""
    teller.chapter("The registry: who exists, and who speaks for whom")
    found = await teller.get(None, "/v1/actors", "Anyone searches the registry, with or without accents", q="tijuana", limit=5)
    for actor in found["items"]:
        teller.show(f"{actor['name']} ({actor['kind']}, {actor['subdivision'] or actor['country']})")
    total = await teller.get(None, "/v1/actors", "How many governments and bodies it holds", limit=1, count="exact")
    teller.show(f"{total['total']:,} actors")
    actors = {}
    for identifier in (cast.SAN_DIEGO, cast.TIJUANA):
        page = await teller.get(None, "/v1/actors", f"The one with the identifier {identifier}", identifier=identifier, include=["identifiers", "seats"])
        teller.require(len(page["items"]) == 1, f"{identifier} names {len(page['items'])} actors")
        actor = actors[identifier] = page["items"][0]
        seats = ", ".join(seat["title"] for seat in actor["seats"])
        teller.show(f"{actor['name']}: {actor['population']:,} people, {_borders(actor)}, seat: {seats}. Source: {actor['source']}")
    near: dict[str, Any] = {"border": "MX", "border_within_m": 0, "country": "US", "kind": "county", "count": "exact", "limit": 1}
    touching = await teller.get(None, "/v1/actors", "The US counties that touch Mexico", **near)
    teller.show(f"{touching['total']} counties")
    return actors


def _borders(actor: dict[str, Any]) -> str:
    """How far it is from its neighbours, in words."""
    return ", ".join(f"{metres:,} m from {country}" if metres else f"touches {country}" for country, metres in actor["border_m"].items())
