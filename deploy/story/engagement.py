"""What the two sides do together: recorded once, it is the tie's activity, belongs to the agreement, and stands in a calendar."""

from datetime import UTC, datetime
from typing import Any

from deploy.seed import cast
from deploy.seed.load import actor_of
from deploy.story.teller import Teller


async def tell(teller: Teller, tie: dict[str, Any], agreement: dict[str, Any]) -> None:
    """Record the signing as an engagement under the tie; the tie, the agreement and the calendar show it."""
    teller.chapter("The signing, as an engagement of two sister cities")
    made = await teller.post(
        "tijuana", "/v1/engagements", await _signing(teller, tie, agreement), "Tijuana records the signing, held under its tie with San Diego"
    )
    teller.show(f"{made['title']}: {', '.join(part['name'] for part in made['participants'])}")
    now = await teller.get(None, f"/v1/ties/{tie['id']}", "which is the last activity of the tie")
    teller.require(now["last_activity_on"] >= made["starts_on"], f"the tie's last activity is {now['last_activity_on']}")
    history = await teller.get(None, f"/v1/ties/{tie['id']}/history", "as anyone may read in the tie's history", type="tie.changed")
    told = [change for change in history["items"] if change["after"].get("last_activity_on") == now["last_activity_on"]]
    teller.require(len(told) == 1, f"{len(told)} changes say so")
    teller.show(f"last_activity_on: {told[0]['before']['last_activity_on']} → {told[0]['after']['last_activity_on']}, at {told[0]['time'][:19]}")
    found = await teller.get(None, "/v1/engagements", "What came of the agreement", agreement=agreement["id"])
    teller.require([item["id"] for item in found["items"]] == [made["id"]], f"the agreement has {len(found['items'])} engagements")
    calendar = await teller.send(None, "GET", "/v1/engagements/calendar.ics", "A calendar to subscribe to", status=200, params={"tie": tie["id"]})
    teller.require(f"UID:urn:uuid:{made['id']}" in calendar.text, "the calendar does not have the signing")
    teller.show(f"{calendar.text.count('BEGIN:VEVENT')} entries, {calendar.headers['content-type']}")


async def _signing(teller: Teller, tie: dict[str, Any], agreement: dict[str, Any]) -> dict[str, Any]:
    tijuana, county = await actor_of(teller.http, cast.TIJUANA), await actor_of(teller.http, cast.SAN_DIEGO)
    sides = {tie["from_id"], tie["to_id"]} - {tijuana["id"]}
    guests = [{"actor_id": actor_id, "role": "guest"} for actor_id in sorted(sides)]
    return {
        "kind": "meeting",
        "title": "Signing of the memorandum on cross-border water pollution" + teller.mark,
        "starts_on": datetime.now(UTC).date().isoformat(),
        "status": "held",
        "place": "Tijuana",
        "country": "MX",
        "subdivision": "MX-BCN",
        "topics": ["water"],
        "participants": [{"actor_id": tijuana["id"], "role": "host"}, {"actor_id": county["id"], "role": "participant"}, *guests],
        "tie_ids": [tie["id"]],
        "agreement_ids": [agreement["id"]],
        "source": "illustration, no real event",
    }
