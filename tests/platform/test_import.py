"""A bulk import through the gateway: other requests go on meanwhile, a broken row in the middle applies nothing and is named."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from deploy import importing
from deploy.errors import StartRefused
from deploy.importing import Account, Wanted
from deploy.seed.actors import write_csv
from shared.languages import SPOKEN
from tests.platform.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("platform")]
ENDED = {"done", "failed", "cancelled"}


async def ended(http: httpx.AsyncClient, status: dict[str, Any]) -> dict[str, Any]:
    for _ in range(3_000):
        if status["state"] in ENDED:
            return status
        await asyncio.sleep(0.02)
        status = (await http.get(f"/v1/imports/{status['id']}")).raise_for_status().json()
    raise AssertionError(f"the import does not end: {status}")


async def test_the_platform_answers_while_it_imports(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    await asyncio.to_thread(write_csv, file)
    content = (await asyncio.to_thread(file.read_text)).replace("San Diego County", "San Diego County ")
    async with await platform.signed_in("operator") as http, platform.client() as other:
        answer = await http.post("/v1/imports?preset=actors", content=content.encode(), headers={"Content-Type": "text/csv"})
        assert answer.status_code == 202, answer.text
        importing = asyncio.create_task(ended(http, answer.json()))
        answered = 0
        while not importing.done():
            for path in ("/healthz", "/v1/actors?limit=5", "/v1/register"):
                assert (await other.get(path)).status_code == 200
                answered += 1
        assert (await importing)["state"] == "done"
        assert answered >= 3


async def test_a_broken_row_in_the_middle_applies_nothing_and_is_named(platform: Platform) -> None:
    head = "key_scheme,key_value,kind,preferred_language,name:en,country,lat,lon"
    rows = [f"comity-test,row-{number},office,en,Office {number},US,," for number in range(200)]
    rows[120] = "comity-test,row-120,office,en,Office 120,US,95.0,10.0"
    async with await platform.signed_in("operator") as http:
        answer = await http.post("/v1/imports?preset=actors", content="\n".join([head, *rows, ""]).encode(), headers={"Content-Type": "text/csv"})
        status = await ended(http, answer.json())
        assert status["state"] == "failed"
        problems = (await http.get(f"/v1/imports/{status['id']}/problems")).json()["items"]
        assert [(item["line"], item["column"]) for item in problems] == [(122, "lat")]
        for number in (0, 119, 121, 199):
            assert (await http.get("/v1/actors", params={"identifier": f"comity-test:row-{number}"})).json()["items"] == []


async def test_the_steps_of_an_import_come_as_events_through_the_gateway(platform: Platform) -> None:
    rows = [f"comity-events,row-{number},office,en,Office {number},US" for number in range(3_000)]
    content = "\n".join(["key_scheme,key_value,kind,preferred_language,name:en,country", *rows, ""])
    async with await platform.signed_in("operator") as http:
        answer = await http.post("/v1/imports?preset=actors&validate_only=true", content=content.encode(), headers={"Content-Type": "text/csv"})
        assert answer.status_code == 202, answer.text
        told: list[dict[str, Any]] = []
        async with http.stream("GET", answer.headers["location"], headers={"Accept": "text/event-stream"}) as stream:
            assert (stream.status_code, stream.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    told.append(orjson.loads(line.removeprefix("data: ")))
        assert told[-1]["state"] == "done"
        assert told[-1] == (await http.get(answer.headers["location"])).json()
        assert [item["rows_read"] for item in told] == sorted(item["rows_read"] for item in told)


async def test_the_command_line_tells_the_same_problem_in_three_languages(platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "offices.csv"
    file.write_text("key_scheme,key_value,kind,preferred_language,name:en,read_on\ncomity-test,one,office,en,Office,2026-02-30\n")
    email = "operator@comity.example"
    told = {}
    for language in SPOKEN.values():
        account = Account(email, platform.credentials.password(email), language)
        assert await importing.import_file(platform.address, file, account, Wanted(source="offices")) == 1
        told[language] = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
        with pytest.raises(StartRefused) as refused:
            await importing.import_file(platform.address, file, account, Wanted(retire=True))
        told[language].append(str(refused.value).rpartition(": ")[2])
    assert told == {
        "en": [
            "line 2, read_on: '2026-02-30' is not a date. Write it as YYYY-MM-DD.",
            "Failed: 1 problem was found; nothing was applied. Mend the file and send it again.",
            "only what a source brought may be dissolved by it",
        ],
        "es": [
            "línea 2, read_on: '2026-02-30' no es una fecha. Escríbala como AAAA-MM-DD.",
            "Falló: Se encontró 1 problema; no se aplicó nada. Corrija el archivo y envíelo de nuevo.",
            "solo lo que trajo una fuente puede disolverse con ella",
        ],
        "fr": [
            "ligne 2, read_on : '2026-02-30' n'est pas une date. Écrivez-la sous la forme AAAA-MM-JJ.",
            "Échec : 1 problème a été trouvé ; rien n'a été appliqué. Corrigez le fichier et renvoyez-le.",
            "seul ce qu'une source a apporté peut être dissous par elle",
        ],
    }
