"""What binds the sample's actors, where a platform refuses it."""

import httpx
import pytest

from deploy.errors import StartRefused
from deploy.seed import relations

REFUSAL = {"title": "That is not allowed."}


def platform(refused: str) -> httpx.AsyncClient:
    """One that knows every actor, and refuses what is posted to this path."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(403, json=REFUSAL) if request.url.path == refused else httpx.Response(201, json={"id": "1"})
        keys = request.url.params.get_list("identifier")
        named = [{"id": key, "identifiers": [{"scheme": key.partition(":")[0], "value": key.partition(":")[2]}]} for key in keys]
        return httpx.Response(200, json={"items": named})

    return httpx.AsyncClient(base_url="http://comity.test", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("path", "said"), [("/v1/ties", "A tie of the sample was refused"), ("/v1/seats", "/v1/seats refused"), ("/v1/engagements", "/v1/engagements refused")]
)
async def test_a_refusal_is_said_in_one_line(path: str, said: str) -> None:
    async with platform(path) as http:
        with pytest.raises(StartRefused, match=f"{said}.*That is not allowed"):
            await relations.record_relations(http, operator="a token", coordinator="another")


async def test_what_a_part_of_the_sample_does_not_have_is_left_out() -> None:
    posted = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            posted.append(request.url.path)
            return httpx.Response(201, json={"id": "1"})
        keys = [
            key
            for key in request.url.params.get_list("identifier")
            if key in {"iso3166-1:US", "comity-sample:ibwc"} | {seat["actor"] for seat in relations.seats()}
        ]
        named = [{"id": key, "identifiers": [{"scheme": key.partition(":")[0], "value": key.partition(":")[2]}]} for key in keys]
        return httpx.Response(200, json={"items": named})

    async with httpx.AsyncClient(base_url="http://comity.test", transport=httpx.MockTransport(answer)) as http:
        await relations.record_relations(http, operator="a token", coordinator="another")
    assert sorted(set(posted)) == ["/v1/seats", "/v1/ties"]
    assert posted.count("/v1/ties") == 1
