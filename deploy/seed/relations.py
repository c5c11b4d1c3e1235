"""What binds the sample's actors: ties, what they did together, and seats beside those of the import.

Every tie and engagement is a fact with its source in `facts/`; an engagement is held under each tie both sides of which took part. The
seats' addresses reach nobody: `example.org` is reserved (RFC 2606).
"""

import asyncio
import csv
import json
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import httpx

from deploy.errors import StartRefused

FACTS = Path(__file__).with_name("facts")
AT_ONCE = 8
# How many identifiers and answers one list of actors takes.
LIST = 200

Fact = dict[str, Any]


def ties() -> list[Fact]:
    """Rows of `facts/ties.csv`; `from` and `to` are `scheme:value`."""
    return [{name: value or None for name, value in row.items()} for row in _rows("ties.csv")]


def engagements() -> list[Fact]:
    """Entries of `facts/engagements.json`; `participants` are `scheme:value` to the role."""
    return list(json.loads((FACTS / "engagements.json").read_text(encoding="utf-8")))


def seats() -> list[Fact]:
    """Rows of `facts/seats.csv`."""
    return list(_rows("seats.csv"))


async def recorded(http: httpx.AsyncClient) -> bool:
    """Whether the last of the sample's relations is there, so that nothing is left to do."""
    return await _engagement(http, engagements()[-1]) is not None


async def record_relations(http: httpx.AsyncClient, *, operator: str, coordinator: str) -> None:
    """Record what is not there yet among the actors that are, with the tokens of who keeps the registry and of who coordinates nationally."""
    keeper, nation = ({"Authorization": f"Bearer {token}"} for token in (operator, coordinator))
    ids = await _ids(http, _keys())
    known = [tie for tie in ties() if tie["from"] in ids and tie["to"] in ids]

    async def record_tie(tie: Fact) -> tuple[frozenset[str], str]:
        return frozenset((tie["from"], tie["to"])), await _record_tie(http, keeper, tie, ids)

    held = await _each(record_tie, known)
    await _each(lambda seat: _add_seat(http, keeper, seat, ids[seat["actor"]]), seats())
    for entry in engagements():  # in their order: the last one says that all are there
        if entry["participants"].keys() <= ids.keys() and await _engagement(http, entry) is None:
            under = [tie_id for sides, tie_id in held if sides <= entry["participants"].keys()]
            participants = [{"actor_id": ids[key], "role": role} for key, role in entry["participants"].items()]
            await _post(http, nation, "/v1/engagements", {**entry, "participants": participants, "tie_ids": under})


async def _record_tie(http: httpx.AsyncClient, headers: dict[str, str], tie: Fact, ids: dict[str, str]) -> str:
    """The id of the tie, which may have been there."""
    sides = {"from_id": ids[tie["from"]], "to_id": ids[tie["to"]]}
    told = {name: value for name, value in tie.items() if name not in ("from", "to")}
    answer = await http.post("/v1/ties", json={**told, **sides}, headers=headers)
    if answer.status_code == 201:
        return str(answer.json()["id"])
    if answer.status_code != 409:
        raise StartRefused(f"A tie of the sample was refused: {answer.text}")
    there = (await http.get("/v1/ties", params={"actor": sides["from_id"], "type": tie["type"], "limit": LIST})).raise_for_status().json()["items"]
    return next(str(found["id"]) for found in there if {found["from_id"], found["to_id"]} == set(sides.values()))


async def _add_seat(http: httpx.AsyncClient, headers: dict[str, str], seat: Fact, actor_id: str) -> None:
    there = (await http.get("/v1/seats", params={"actor": actor_id, "role": seat["role"]})).raise_for_status().json()["items"]
    if not there:
        point = {"channel": "email", "address": seat["address"], "language": seat["language"]}
        body = {"actor_id": actor_id, "role": seat["role"], "title": seat["title"], "contact_points": [point]}
        await _post(http, headers, "/v1/seats", body)


async def _engagement(http: httpx.AsyncClient, entry: Fact) -> Fact | None:
    """This one as the registry has it, whatever people have made of its words since."""
    day = {"from": entry["starts_on"], "to": entry["starts_on"], "limit": LIST}
    found = (await http.get("/v1/engagements", params=day)).raise_for_status().json()["items"]
    return next((item for item in found if item["source"] == entry["source"]), None)


def _keys() -> set[str]:
    """Whomever the files name."""
    sides = {key for tie in ties() for key in (tie["from"], tie["to"])}
    return sides | {key for entry in engagements() for key in entry["participants"]} | {seat["actor"] for seat in seats()}


async def _ids(http: httpx.AsyncClient, keys: Collection[str]) -> dict[str, str]:
    """The ids of those actors among these that are there, by `scheme:value`."""
    parameters: dict[str, Any] = {"identifier": sorted(keys), "include": "identifiers", "limit": LIST}
    found = (await http.get("/v1/actors", params=parameters)).raise_for_status().json()["items"]
    named = {f"{identifier['scheme']}:{identifier['value']}": str(actor["id"]) for actor in found for identifier in actor["identifiers"]}
    return {key: named[key] for key in keys if key in named}


async def _post(http: httpx.AsyncClient, headers: dict[str, str], path: str, body: Fact) -> None:
    answer = await http.post(path, json=body, headers=headers)
    if answer.status_code != 201:
        raise StartRefused(f"{path} refused what the sample says: {answer.text}")


async def _each(do: Callable[[Fact], Awaitable[Any]], facts: Iterable[Fact]) -> list[Any]:
    """Do it for each, several at a time; what came of each, in order, or what the first of them failed with."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(fact: Fact) -> Any:
        async with free:
            return await do(fact)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(fact), name="sample") for fact in facts]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _rows(name: str) -> Iterable[Fact]:
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
