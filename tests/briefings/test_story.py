"""The story the service is there for, from the draft to the acknowledgement."""

import httpx
from fastapi import FastAPI

from services.briefings.audiences.schemas import AudiencePreview
from services.briefings.briefings.schemas import BriefingRead
from services.briefings.deliveries.schemas import DeliveryRead, Explanation
from services.briefings.errors import BriefingNotFound, DeliveryNotFound, SameHandRefused
from services.briefings.inbox.schemas import InboxItem, InboxRead
from services.briefings.releases.schemas import ReleaseRead
from tests.support.make import briefings as make
from tests.support.problems import assert_problem
from tests.support.tokens import bearer


async def test_a_briefing_goes_to_those_it_concerns_and_comes_back_acknowledged(briefings: httpx.AsyncClient, briefings_app: FastAPI) -> None:
    seats = await make.border_towns(briefings_app.state.database)
    draft = await make.briefing(briefings, make.BOTH)
    path = f"/v1/briefings/{draft.json()['id']}"
    made = BriefingRead.model_validate(draft.json())
    assert (made.state, made.marking, made.languages, made.organization_name) == ("draft", "TLP:AMBER", ["en"], "U.S. Department of State")

    seen = await briefings.get(f"{path}/audience", headers=bearer(make.BOTH))
    assert seen.status_code == 200, (seen.status_code, seen.headers, seen.text)
    preview = AudiencePreview.model_validate(seen.json())
    assert preview.counts.model_dump() == {"included": 1, "unknown": 1, "excluded": 2}
    assert [(item.actor_name, item.outcome) for item in preview.items] == [("San Diego", "included"), ("Brewster", "unknown")]
    assert preview.items[1].reasons == ["The distance to the border with MX is at most 100 km: not known."]

    refused = assert_problem(await make.release(briefings, draft, make.BOTH, unknown="leave_out"), SameHandRefused, marking="TLP:AMBER")
    assert "different people" in refused["detail"]

    answer = await make.release(briefings, draft, make.RELEASER, expected_count=1, unknown="leave_out")
    assert answer.status_code == 201, answer.text
    release = ReleaseRead.model_validate(answer.json())
    assert (release.recipients, release.unknown, release.released_by, release.deliveries.delivered) == (1, 1, "releaser", 1)

    mayor = make.recipient(seats["San Diego"])
    inbox = (await briefings.get("/v1/inbox", headers=bearer(mayor))).json()
    item = InboxItem.model_validate(inbox["items"][0])
    assert (len(inbox["items"]), item.state, item.briefing and item.briefing.title) == (1, "delivered", "Sewage in the Tijuana River")
    opened = await briefings.post(f"/v1/inbox/{item.id}/openings", headers=bearer(mayor))
    assert (InboxRead.model_validate(opened.json()).state, opened.json()["briefing"]["parts"][0]["marking"]) == ("opened", "TLP:AMBER")
    acknowledged = await briefings.post(f"/v1/inbox/{item.id}/acknowledgements", headers=bearer(mayor))
    assert (acknowledged.status_code, acknowledged.json()["state"]) == (200, "acknowledged")
    received = (await briefings.get(path, headers=bearer(mayor))).json()
    assert (received["title"], received["issuing"]) == ("Sewage in the Tijuana River", None)

    other = make.recipient(seats["Los Angeles"], "Los Angeles")
    assert_problem(await briefings.get(path, headers=bearer(other)), BriefingNotFound)
    assert_problem(await briefings.get(f"/v1/inbox/{item.id}", headers=bearer(other)), DeliveryNotFound)
    assert (await briefings.get("/v1/inbox", headers=bearer(other))).json()["items"] == []

    ledger = (await briefings.get("/v1/deliveries", params={"briefing": str(made.id)}, headers=bearer(make.RELEASER))).json()["items"]
    line = DeliveryRead.model_validate(ledger[0])
    assert (line.actor_name, line.state, line.acknowledged_by) == ("San Diego", "acknowledged", "holder of San Diego")

    why = await briefings.get(f"{path}/recipients/{seats['Los Angeles']}/explain", headers=bearer(make.RELEASER))
    explained = Explanation.model_validate(why.json())
    assert (explained.outcome, explained.received, explained.based_on) == ("excluded", False, "directory")
    assert explained.would_change is not None
    assert explained.would_change.changes[0].needs == "<= 100000"
