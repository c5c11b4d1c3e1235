"""The load: the demo's story told side by side many times, each telling with an office, a seat and an import of its own besides."""

import asyncio
import io
from collections.abc import Iterator

from rich.console import Console

from deploy.credentials import Credentials
from deploy.importing import run_import
from deploy.seed import cast
from deploy.seed.load import actor_of
from deploy.story import book
from deploy.story.teller import Teller
from tests.support.make.registry import csv_file, import_row
from tests.support.patient import Patient, Progress

AT_ONCE = 4
ROWS = 25


async def tell_all(address: str, credentials: Credentials, progress: Progress, count: int) -> None:
    """Tell the story so many times, AT_ONCE at a time."""
    numbers = iter(range(1, count + 1))
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(_tell_on(address, credentials, progress, numbers))


async def _tell_on(address: str, credentials: Credentials, progress: Progress, numbers: Iterator[int]) -> None:
    for number in numbers:
        async with Patient(address, progress) as http:
            teller = Teller(http, credentials, Console(file=io.StringIO()), mark=f" ({number})")
            await _found_an_office(http, teller, number)
            await book.tell(teller)
            await _import_offices(http, teller, number)


async def _found_an_office(http: Patient, teller: Teller, number: int) -> None:
    """Changes in the registry, and the other services come to know of them."""
    operator, author = await teller.headers_of("operator"), await teller.headers_of("author")
    name = f"Office {number}"
    body = {"kind": "office", "preferred_language": "en", "names": [{"language": "en", "name": name}], "identifiers": [{"scheme": "kill-test", "value": name}]}
    made = await teller.post("operator", "/v1/actors", body, "An office is registered")
    await http.change(f"/v1/actors/{made['id']}", {"population": number, "website": f"https://office-{number}.example"}, operator)
    san_diego = await actor_of(http, cast.SAN_DIEGO)
    seat = {"actor_id": san_diego["id"], "role": "liaison", "title": f"Liaison {number}"}
    answer = await teller.send("san-diego", "POST", "/v1/seats", "San Diego County has another seat", status=201, json=seat)
    await http.change(f"/v1/seats/{answer.json()['id']}", {"title": f"Liaison of office {number}"}, await teller.headers_of("san-diego"))
    for path in ("/v1/register", "/v1/briefings"):
        known = await http.get(path, headers={**author, "Comity-After": answer.headers["comity-event"]})
        teller.require(known.status_code == 200, f"{path} answers {known.status_code} to who asks for the seat's event")


async def _import_offices(http: Patient, teller: Teller, number: int) -> None:
    own = {"key_scheme": "kill-test", "kind": "office", "source_kind": "office", "seat_role": "head", "seat_title": "Head"}
    rows = [import_row(row, **own, key_value=f"{number}-{row}", **{"name:en": f"Imported {number}-{row}"}) for row in range(ROWS)]
    http.headers.update(await teller.headers_of("operator"))
    status = await run_import(http, csv_file(rows), Console(quiet=True))
    teller.require((status["state"], status["rows_applied"]["created"]) == ("done", ROWS), f"the import ended as {status}")
