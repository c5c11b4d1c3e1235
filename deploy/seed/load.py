"""Loads the sample through the platform's own API: the governments by bulk import, the accounts that act for them, what binds them."""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from deploy.credentials import Credentials
from deploy.errors import StartRefused
from deploy.importing import run_import, sign_in
from deploy.seed.actors import actors, bodies, cities, write_csv
from deploy.seed.cast import CAST, Player
from deploy.seed.relations import record_relations, recorded
from deploy.seed.rows import Row

OPERATOR = CAST[0]
COORDINATOR = "coordinator@comity.example"


async def load_sample(address: str, credentials: Credentials, console: Console, *, governments: Iterable[Row] | None = None) -> None:
    """Load what is not there yet; a second call finds everything and changes nothing. StartRefused says what went wrong.

    `governments`, parents first, takes the place of all those of the sample.
    """
    async with httpx.AsyncClient(base_url=address, timeout=120) as http:
        token = await sign_in(http, OPERATOR.email, credentials.of(OPERATOR.email))
        http.headers["Authorization"] = f"Bearer {token}"
        if await recorded(http):
            return
        if await _known(http, CAST[-1]):  # loaded by an earlier version, whose people may have changed the governments since
            await _load_governments(http, console, [*cities(), *bodies()])
        else:
            await _load_governments(http, console, actors() if governments is None else governments)
        for player in CAST[1:]:
            if not await _known(http, player):
                await _add(http, player, credentials)
        await record_relations(http, operator=token, coordinator=await sign_in(http, COORDINATOR, credentials.of(COORDINATOR)))
        await _directories_filled(http, credentials)


async def _load_governments(http: httpx.AsyncClient, console: Console, rows: Iterable[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sample.csv"
        await asyncio.to_thread(write_csv, file, rows)
        status = await run_import(http, await asyncio.to_thread(file.read_bytes), console, title="Loading the governments of the sample")
    if status["state"] != "done":
        raise StartRefused(f"The sample data was not loaded: the import ended as {status['state']}. See {http.base_url}/v1/imports/{status['id']}/problems")


async def _known(http: httpx.AsyncClient, player: Player) -> bool:
    path, query = ("/v1/clients", {"client_id": player.name}) if player.machine else ("/v1/accounts", {"email": player.email})
    found = await http.get(path, params=query)
    return bool(found.raise_for_status().json()["items"])


async def _add(http: httpx.AsyncClient, player: Player, credentials: Credentials) -> None:
    principal: dict[str, Any] = {"roles": list(player.roles), "clearance": player.clearance, **await _acting_for(http, player)}
    if player.machine:
        answer = await http.post("/v1/clients", json={"client_id": player.name, "name": player.says, **principal})
    else:
        names = {"email": player.email, "display_name": player.says, "password": credentials.of(player.email)}
        answer = await http.post("/v1/accounts", json={**names, **principal})
    if answer.status_code != 201:
        raise StartRefused(f"The sample account {player.email} was refused: {answer.text}")
    if player.machine:
        credentials.keep(player.name, answer.json()["client_secret"])


async def _acting_for(http: httpx.AsyncClient, player: Player) -> dict[str, Any]:
    if player.acts_for is None:
        return {}
    actor = await actor_of(http, player.acts_for)
    seats = (await http.get("/v1/seats", params={"actor": actor["id"], "role": "chief_executive"})).raise_for_status().json()["items"]
    return {
        "organization_id": actor["id"],
        "country": actor["country"],
        "subdivision": actor["subdivision"],
        "seats": [seat["id"] for seat in seats] if player.holds_seat else [],
    }


async def _directories_filled(http: httpx.AsyncClient, credentials: Credentials) -> None:
    """Wait until the other services know the governments: they follow the registry, and `Comity-After` asks whether they have come this far."""
    last: dict[str, str] = {}
    while batch := (await http.get("/v1/events/registry", params={"limit": 1000, **last})).raise_for_status().json():
        last = {"lastEventId": batch[-1]["id"]}
    author = await sign_in(http, "author@comity.example", credentials.of("author@comity.example"))
    for path in ("/v1/register", "/v1/briefings"):
        for _ in range(60):
            answer = await http.get(path, headers={"Comity-After": last["lastEventId"], "Authorization": f"Bearer {author}"})
            if answer.status_code == 200:
                break
        else:
            raise StartRefused(f"{path} does not come up to the registry: {answer.text}")


async def actor_of(http: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    """The actor with this identifier (`scheme:value`)."""
    found = (await http.get("/v1/actors", params={"identifier": identifier})).raise_for_status().json()["items"]
    if len(found) != 1:
        raise StartRefused(f"{identifier} names {len(found)} actors at {http.base_url}; load the sample data first: comity seed")
    return dict(found[0])
