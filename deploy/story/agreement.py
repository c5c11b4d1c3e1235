"""San Diego County and Tijuana agree on cross-border water pollution, and the law of one side has its say first."""

from pathlib import Path
from typing import Any

from deploy.seed import cast
from deploy.story.teller import Teller

TEXTS = Path(__file__).parents[1] / "seed" / "agreement"
AUTHORITIES = {
    "san-diego": ("non_binding", {"instrument": "Decision of the Board of Supervisors", "citation": "illustration, no real decision"}),
    "tijuana": (
        "interinstitutional_agreement_international_law",
        {"instrument": "Ley sobre la Celebración de Tratados", "citation": "art. 2, fracción II, y art. 7"},
    ),
}
SIGNERS = (
    ("san-diego", "San Diego County signs, as a non-binding instrument"),
    ("tijuana", "Tijuana signs the same texts, as an inter-institutional agreement under international law"),
)


async def tell(teller: Teller, actors: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Propose, attach, gate, refused signature, filing, decision, two signatures, public register; gives the agreement."""
    teller.chapter("An MOU on cross-border water pollution")
    await _route_check(teller, actors)
    made = await _propose(teller, actors)
    path = f"/v1/agreements/{made['id']}"
    hashes = await _texts(teller, path)
    await _adopt(teller, path, hashes)
    await _refused(teller, path, hashes)
    await _decide(teller, path)
    for who, text in SIGNERS:
        signed = await teller.send(who, "POST", f"{path}/signatures", text, status=201, json=_signature(who, hashes))
        teller.show(f"the agreement is now: {signed.json()['agreement_status']}")
    await teller.send("tijuana", "POST", f"{path}/signatures", "Signing twice is refused", status=409, json=_signature("tijuana", hashes))
    await _register(teller, made)
    await _review(teller, after=signed.headers["comity-event"])
    return made


async def _route_check(teller: Teller, actors: dict[str, dict[str, Any]]) -> None:
    body = {"parties": [{"actor_id": actor["id"]} for actor in actors.values()], "instrument_kind": "mou"}
    answer = await teller.post(None, "/v1/route-checks", body, "Before anyone drafts: which rules apply?", status=200)
    for route in answer["routes"]:
        for rule in route["rulebooks"]:
            if rule["applies"] != "false":
                gates = ", ".join(gate["title"] for gate in rule["gates"]) or "no gate"
                teller.show(f"{route['party']['name']}: {rule['title']} applies ({gates}; {rule['citation']})")


async def _propose(teller: Teller, actors: dict[str, dict[str, Any]]) -> dict[str, Any]:
    titles = {
        "en": "Memorandum of Understanding on Cross-Border Water Pollution",
        "es": "Memorándum de Entendimiento sobre la Contaminación Transfronteriza del Agua",
    }
    parties = [{"actor_id": actors[cast.SAN_DIEGO]["id"]}, {"actor_id": actors[cast.TIJUANA]["id"]}]
    titles = {language: title + teller.mark for language, title in titles.items()}
    body = {"titles": titles, "kind": "mou", "topics": ["water_pollution"], "proposed_term_months": 60, "parties": parties}
    made = await teller.post("san-diego", "/v1/agreements", body, "San Diego County proposes the agreement")
    teller.show(f"{made['reference']}: {' and '.join(party['name'] for party in made['parties'])}")
    await teller.get("los-angeles", f"/v1/agreements/{made['id']}", "For an organisation that is no party it does not exist", status=404)
    return dict(made)


async def _texts(teller: Teller, path: str) -> list[str]:
    hashes = []
    for who, language, name in (("san-diego", "en", "English"), ("tijuana", "es", "Spanish")):
        body = {"language": language, "body": (TEXTS / f"mou.{language}.md").read_text(encoding="utf-8")}
        text = await teller.post(who, f"{path}/texts", body, f"The {name} text is attached, as authentic")
        teller.show(f"sha256 {text['sha256']}")
        hashes.append(text["sha256"])
    return hashes


async def _adopt(teller: Teller, path: str, hashes: list[str]) -> None:
    for who in ("san-diego", "tijuana"):
        await teller.post(who, f"{path}/adoptions", {"text_hashes": hashes}, f"{who} adopts both texts")


async def _refused(teller: Teller, path: str, hashes: list[str]) -> None:
    refusal = await teller.send(
        "tijuana", "POST", f"{path}/signatures", "Tijuana may not sign yet: the dictamen is missing", status=409, json=_signature("tijuana", hashes)
    )
    body = refusal.json()
    teller.show(body["title"])
    for sentence in body["sentences"]:
        teller.show(sentence)
    teller.require("art. 7" in refusal.text, "the refusal carries no citation of LCT art. 7")


async def _decide(teller: Teller, path: str) -> None:
    gate = (await teller.get("sre", "/v1/gates", "The foreign ministry's work list", waiting=True, agreement=path.rpartition("/")[2]))["items"][0]
    teller.show(f"{gate['title']}, {gate['citation']}; no statutory deadline")
    filing = {"gate_id": gate["id"], "reason": "Relayed for the municipality"}
    await teller.post("baja-california", f"{path}/filings", filing, "Baja California files for its municipality")
    decision = {"outcome": "procedente", "reasons": "The subject lies within the municipality's own powers."}
    decide = f"/v1/gates/{gate['id']}/decisions"
    etag = (await teller.send("sre", "GET", f"/v1/gates/{gate['id']}", "The ministry reads the file", status=200)).headers["etag"]
    answer = await teller.send("sre", "POST", decide, "and decides: procedente", status=201, json=decision, headers={"If-Match": etag})
    teller.show(f"gate: {answer.json()['state']}, {answer.json()['outcome']}")


def _signature(who: str, hashes: list[str]) -> dict[str, Any]:
    characterisation, authority = AUTHORITIES[who]
    return {"text_hashes": hashes, "legal_characterisation": characterisation, "authority": authority}


async def _register(teller: Teller, made: dict[str, Any]) -> None:
    entry = await teller.get(None, f"/v1/register/{made['id']}", "Anyone reads it in the public register, without a token")
    teller.require(entry["status"] == "in_force", f"the register says {entry['status']}")
    teller.show(f"{entry['title']}: in force since {entry['in_force_on']}")
    for decision in entry["decisions"]:
        teller.show(f"decision: {decision['gate_title']}: {decision['outcome']} on {decision['decided_on']} ({decision['citation']})")
    for party in entry["parties"]:
        teller.show(f"{party['name']} sees it as {party['legal_characterisation']}, signed {party['signed_on']}")
    text = await teller.send(None, "GET", f"/v1/register/{made['id']}/texts/es", "with its texts", status=200)
    teller.show(f"{len(text.content):,} bytes in Spanish")


async def _review(teller: Teller, *, after: str) -> None:
    """The registry follows the agreements: who names the event of the signature waits until it has come there."""
    asked = {"country": "MX", "kind": "municipality", "measure": "recorded_agreements"}
    text = "The national review counts who is bound, and nobody is asked for it"
    review = (await teller.send(None, "GET", "/v1/review", text, status=200, params=asked, headers={"Comity-After": after})).json()
    share = next(item["shares"][0] for item in review["items"] if item["group"] == {})
    teller.require(share["n"] >= 1, f"the review counts {share['n']} municipalities")
    teller.show(f"{review['measures'][0]['label']}: {share['n']} of {share['denominator']} municipalities of Mexico on record")
