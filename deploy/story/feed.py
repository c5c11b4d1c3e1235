"""The same story as an integrating system reads it: one feed, from the start, without a word of the AMBER briefing."""

from typing import Any

from deploy.story.teller import Teller


async def tell(teller: Teller, agreement: dict[str, Any], briefing: dict[str, Any]) -> None:
    """Read the merged feed to its end and look for what must and must not be there."""
    teller.chapter("The event feed, read from the start by an integrator")
    cursor: str | None = None
    seen: list[dict[str, Any]] = []
    raw = ""
    while True:
        parameters: dict[str, Any] = {"limit": 1000, **({"lastEventId": cursor} if cursor else {})}
        answer = await teller.http.get("/v1/events", params=parameters, headers=await teller._as("integrator"))
        answer.raise_for_status()
        if not answer.json():
            break
        raw += answer.text
        seen += answer.json()
        cursor = seen[-1]["cursor"]
    await teller.get("integrator", "/v1/events", "Nothing more to read: an empty array", lastEventId=cursor)
    teller.show(f"{len(seen):,} events read")
    ours = [event for event in seen if event["data"].get("agreement_id") == agreement["id"]]
    for event in ours:
        teller.show(f"{event['time'][:19]}  {event['type']}")
    kinds = [event["type"] for event in ours]
    teller.require("agreement.proposed" in kinds and "agreement.entered_into_force" in kinds, f"the feed tells only {kinds}")
    teller.require(briefing["id"] not in raw and briefing["title"] not in raw, "the AMBER briefing leaked into the feed")
    teller.show("and not a word of the AMBER briefing")
