"""A federal briefing reaches the chief executives along the border, and nobody else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.seed import cast
from deploy.seed.load import actor_of
from deploy.story.teller import Teller

TEXT = Path(__file__).parents[1] / "seed" / "briefing.json"
WITHIN_100_KM = {
    "op": "all",
    "of": [
        {"op": "compare", "fact": "role", "is": "eq", "value": "chief_executive", "label": "holds the seat of the chief executive"},
        {"op": "one_of", "fact": "kind", "values": ["county", "municipality"]},
        {"op": "within", "place": "US"},
        {"op": "near", "country": "MX", "within_m": 100_000},
    ],
}


async def tell(teller: Teller) -> dict[str, Any]:
    """Draft, preview, refused release, release, inbox, acknowledgement, ledger, explanation; gives the briefing."""
    teller.chapter("A briefing to the border, marked TLP:AMBER")
    text = json.loads(TEXT.read_text(encoding="utf-8"))
    parts = [{"heading": part["heading"], "body": part["text"], "language": "en", "marking": part["tlp"]} for part in text["parts"]]
    expires = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    body = {"title": text["title"] + teller.mark, "summary": text["summary"], "type": "bulletin", "status": "Actual", "topics": ["water", "public-health"]}
    body |= {"countries": ["US", "MX"], "expires_at": expires, "parts": parts, "audience": {"predicate": WITHIN_100_KM, "seats": []}}
    made = await teller.post("author", "/v1/briefings", body, "The federal author drafts a briefing for every US county and city within 100 km of Mexico")
    teller.show(f"{made['marking']}, the highest marking of its parts")
    path = f"/v1/briefings/{made['id']}"
    counts = await _preview(teller, path)
    await _release(teller, path, counts)
    delivery = await _receive(teller, made)
    await _others_see_nothing(teller, made, delivery)
    await _account_for_it(teller, made)
    return {**text, **made}


async def _preview(teller: Teller, path: str) -> dict[str, int]:
    preview = await teller.get("author", f"{path}/audience", "Who would receive it, and why", outcome="included", limit=3)
    counts = preview["counts"]
    teller.show(f"{counts['included']} seats included, {counts['unknown']} unknown, {counts['excluded']} excluded")
    for seat in preview["items"]:
        teller.show(f"{seat['actor_name']}: {' '.join(seat['reasons'])}")
    unknown = await teller.get("author", f"{path}/audience", "Where no distance is recorded: unknown, not silently out", outcome="unknown", limit=2)
    for seat in unknown["items"]:
        teller.show(f"{seat['actor_name']}: {' '.join(seat['reasons'])}")
    teller.require(counts["included"] > 100 and counts["unknown"] > 1_000, f"the counts are {counts}")
    return dict(counts)


async def _release(teller: Teller, path: str, counts: dict[str, int]) -> None:
    decision = {"expected_count": counts["included"], "unknown": "leave_out"}
    etag = (await teller.send("author", "GET", path, "The author reads the draft once more", status=200)).headers["etag"]
    headers = {"If-Match": etag}
    refused = await teller.send("author", "POST", f"{path}/releases", "The author may not release the own draft", status=403, json=decision, headers=headers)
    teller.show(refused.json()["detail"])
    released = await teller.send("releaser", "POST", f"{path}/releases", "A second person releases it", status=201, json=decision, headers=headers)
    teller.show(f"{released.json()['recipients']} recipients, frozen; digest {released.json()['recipients_digest'][:16]}…")


async def _receive(teller: Teller, made: dict[str, Any]) -> dict[str, Any]:
    inbox = await teller.get("san-diego", "/v1/inbox", "It stands in the inbox of San Diego County's chief executive", acknowledged=False)
    delivery = next(item for item in inbox["items"] if item["briefing_id"] == made["id"])
    await teller.post("san-diego", f"/v1/inbox/{delivery['id']}/openings", {}, "San Diego County opens it", status=200)
    done = await teller.post("san-diego", f"/v1/inbox/{delivery['id']}/acknowledgements", {}, "and acknowledges it", status=200)
    teller.show(f"acknowledged at {done['acknowledged_at']}")
    return dict(delivery)


async def _others_see_nothing(teller: Teller, made: dict[str, Any], delivery: dict[str, Any]) -> None:
    for who in ("los-angeles", "tijuana"):
        await teller.get(who, f"/v1/briefings/{made['id']}", "For another organisation it does not exist", status=404)
        await teller.get(who, f"/v1/inbox/{delivery['id']}", "nor does its delivery", status=404)


async def _account_for_it(teller: Teller, made: dict[str, Any]) -> None:
    ledger: dict[str, Any] = {"briefing": made["id"], "count": "exact", "limit": 3}
    waiting = await teller.get("author", "/v1/deliveries", "The ledger: who has not acknowledged", acknowledged=False, **ledger)
    done = await teller.get("author", "/v1/deliveries", "and who has", acknowledged=True, **ledger)
    teller.show(f"{done['total']} acknowledged ({done['items'][0]['actor_name']}), {waiting['total']} not yet ({waiting['items'][0]['actor_name']}, …)")
    for identifier, text in ((cast.SAN_DIEGO, "Why San Diego County received it"), (cast.LOS_ANGELES, "Why Los Angeles County did not")):
        actor = await actor_of(teller.http, identifier)
        seats = (await teller.http.get("/v1/seats", params={"actor": actor["id"], "role": "chief_executive"})).json()["items"]
        why = await teller.get("author", f"/v1/briefings/{made['id']}/recipients/{seats[0]['id']}/explain", text)
        for sentence in why["sentences"]:
            teller.show(sentence)
