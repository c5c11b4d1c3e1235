"""The same story as an integrating system reads it: one feed, from the start, without a word of the AMBER briefing."""

from typing import Any

from deploy.story.teller import Teller

FIRST, LAST = "agreement.proposed", "agreement.entered_into_force"
# Events come into the feed soon after the change, not with it. Who has read to the end waits there, as integrators do.
WAITS, WAIT_MS = 30, 2_000


async def tell(teller: Teller, agreement: dict[str, Any], briefing: dict[str, Any]) -> None:
    """Read the merged feed from the start until it has told of the agreement, and look for what must and must not be there."""
    teller.chapter("The event feed, read from the start by an integrator")
    seen: list[dict[str, Any]] = []
    ours: list[dict[str, Any]] = []
    raw, waits = "", 0
    cursor: str | None = None
    while True:
        batch, text = await _read(teller, cursor, WAIT_MS if waits else 0)
        seen, raw = seen + batch, raw + text
        ours += [event for event in batch if event["data"].get("agreement_id") == agreement["id"]]
        if batch:
            cursor = batch[-1]["cursor"]
        elif waits == WAITS or any(event["type"] == LAST for event in ours):
            break
        else:
            waits += 1
    await teller.get("integrator", "/v1/events", "Nothing more to read: an empty array", lastEventId=cursor)
    teller.show(f"{len(seen):,} events read")
    for event in ours:
        teller.show(f"{event['time'][:19]}  {event['type']}")
    kinds = [event["type"] for event in ours]
    teller.require(FIRST in kinds and LAST in kinds, f"the feed tells only {kinds}")
    teller.require(briefing["id"] not in raw and briefing["title"] not in raw, "the AMBER briefing leaked into the feed")
    teller.show("and not a word of the AMBER briefing")


async def _read(teller: Teller, cursor: str | None, wait_ms: int) -> tuple[list[dict[str, Any]], str]:
    parameters: dict[str, Any] = {"limit": 1000, "timeout": wait_ms, **({"lastEventId": cursor} if cursor else {})}
    answer = await teller.http.get("/v1/events", params=parameters, headers=await teller.headers_of("integrator"))
    answer.raise_for_status()
    return answer.json(), answer.text
