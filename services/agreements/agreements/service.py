"""Proposing, changing, adopting and leaving agreements."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.agreements.agreements.lifecycle import ActionKind, Status
from services.agreements.agreements.models import Agreement, Party, agreement_numbers
from services.agreements.agreements.repository import ALL_INCLUDES, Agreements
from services.agreements.agreements.schemas import (
    AdoptionCreate,
    AgreementChange,
    AgreementCreate,
    AgreementRead,
    PartyChange,
    ProposalCreate,
    PublicationCreate,
    WithdrawalCreate,
    WithholdingCreate,
    folded,
)
from services.agreements.agreements.stamps import Stamp
from services.agreements.errors import NotAParty, UnknownActor
from services.agreements.events import (
    AgreementChanged,
    AgreementDeclined,
    AgreementDrafted,
    AgreementProposed,
    AgreementStep,
    AgreementTerminated,
    AgreementWithdrawn,
    DraftChanged,
    PartyCharacterised,
    PartyLeft,
    TextAdopted,
    TextsPublished,
    TextsWithheld,
)
from services.agreements.gates.assessing import assess
from shared.directory import actors_named
from shared.events import Event
from shared.ids import new_id
from shared.translations import Sentence
from shared.work import Work

ENDINGS: dict[ActionKind, type[AgreementStep]] = {
    ActionKind.withdraw: AgreementWithdrawn,
    ActionKind.decline: AgreementDeclined,
    ActionKind.leave: PartyLeft,
    ActionKind.terminate: AgreementTerminated,
}


async def propose(work: Work, request: AgreementCreate) -> Response:
    """Begin an agreement and, unless it is a draft, propose it to the others: the gates that their law asks for open at once."""
    organization = work.caller.organization
    actors = [party.actor_id for party in request.parties]
    if organization is None or organization not in actors:
        raise NotAParty("Name your own organisation among the parties: who proposes is one of them.", errors=[{"in": "body", "pointer": "/parties"}])
    await _require_known(work, actors)
    number = (await work.execute(select(agreement_numbers.next_value()))).scalar_one()
    agreement = Agreement(
        id=new_id(),
        reference=f"{work.now.year}-{number:06}",
        titles=request.titles,
        titles_folded=folded(" ".join(request.titles.values())),
        kind=request.kind,
        topics=sorted(set(request.topics)),
        proposed_term_months=request.proposed_term_months,
        proposer_id=organization,
        status=Status.draft,
        parties=[Party(id=new_id(), nth=nth, **party.model_dump()) for nth, party in enumerate(request.parties, start=1)],
        actions=[],
        texts=[],
    )
    work.add(agreement)
    await work.flush()
    if request.draft:
        work.record(AgreementDrafted(agreement_id=agreement.id, proposer_id=organization, reference=agreement.reference), reason=request.reason)
    else:
        await _put_forward(work, agreement, request.reason)
    await work.flush()
    return await Agreements(work).read(AgreementRead, agreement.id, include=ALL_INCLUDES, status=201)


async def propose_draft(work: Work, agreement_id: UUID, request: ProposalCreate) -> Response:
    """Show a draft to the other parties."""
    agreement = await Agreements(work).changed(agreement_id)
    await _put_forward(work, agreement, request.reason)
    return await _answered(work, agreement)


async def change(work: Work, agreement_id: UUID, request: AgreementChange) -> Response:
    """Change title, topics or term, until a party has adopted the text."""
    agreement = await Agreements(work).changed(agreement_id, match=True)
    agreement.change(Stamp.of(work, request.reason))
    wanted: dict[str, Any] = {name: getattr(request, name) for name in ("titles", "topics", "proposed_term_months") if name in request.model_fields_set}
    before = {name: getattr(agreement, name) for name in wanted}
    for name, value in wanted.items():
        setattr(agreement, name, sorted(set(value)) if name == "topics" else value)
    agreement.titles_folded = folded(" ".join(agreement.titles.values()))
    after = {name: getattr(agreement, name) for name in wanted}
    event = step_or_draft(agreement, AgreementChanged(**opened(agreement, "agreement changed"), what=sorted(wanted)))
    work.record(event, reason=request.reason, before=before, after=after)
    return await _answered(work, agreement, status=200)


async def characterise(work: Work, agreement_id: UUID, party_id: UUID, request: PartyChange) -> Response:
    """Say how your own organisation sees the text, and under which authority it acts."""
    agreement = await Agreements(work).changed(agreement_id, match=True)
    party = agreement.party(party_id)
    before = {"legal_characterisation": party.legal_characterisation, "authority": party.authority}
    authority = request.authority.model_dump() if request.authority else None
    agreement.characterise(Stamp.of(work, request.reason), party, request.legal_characterisation, authority)
    said = {"party_id": party.id, "legal_characterisation": request.legal_characterisation.value}
    event = step_or_draft(agreement, PartyCharacterised(**opened(agreement, "party characterised"), **said))
    work.record(event, reason=request.reason, before=before, after={**said, "party_id": str(party.id), "authority": authority})
    return await _answered(work, agreement, status=200)


async def adopt(work: Work, agreement_id: UUID, request: AdoptionCreate) -> Response:
    """Adopt the text as it stands, for your organisation; when all have, it can be signed."""
    agreement = await Agreements(work).changed(agreement_id)
    stamp = Stamp.of(work, request.reason)
    by_all = agreement.adopt(stamp, request.text_hashes)
    await assess(work, agreement)
    party = agreement.party_of(stamp.organization)
    event = TextAdopted(**opened(agreement, "text adopted"), party_id=party.id, by_all=by_all, text_hashes=agreement.text_hashes())
    work.record(event, reason=request.reason, after={"status": agreement.status.value})
    return await _answered(work, agreement)


async def leave(work: Work, agreement_id: UUID, request: WithdrawalCreate) -> Response:
    """Withdraw as the proposer, decline as another party, or leave what is in force."""
    agreement = await Agreements(work).changed(agreement_id)
    before = {"status": agreement.status.value}
    stamp = Stamp.of(work, request.reason)
    kind = agreement.leave(stamp)
    told: dict[str, Any] = {"ended_on": stamp.at.date()} if kind in (ActionKind.leave, ActionKind.terminate) else {}
    if kind is ActionKind.leave:
        told["left_id"] = stamp.organization
    event = ENDINGS[kind](**opened(agreement, f"agreement: {kind.value}"), **told)
    work.record(step_or_draft(agreement, event), reason=request.reason, before=before, after={"status": agreement.status.value})
    return await _answered(work, agreement)


async def withhold(work: Work, agreement_id: UUID, request: WithholdingCreate) -> Response:
    """Keep the texts from the public, with a reason and a day of review; that there is an agreement stays public."""
    agreement = await Agreements(work).changed(agreement_id)
    agreement.withhold(Stamp.of(work, request.reason), request.reason_code, request.review_on)
    told = {"reason_code": request.reason_code.value, "review_on": request.review_on.isoformat()}
    work.record(step_or_draft(agreement, TextsWithheld(**opened(agreement, "texts withheld"), **told)), reason=request.reason, after=told)
    return await _answered(work, agreement)


async def publish(work: Work, agreement_id: UUID, request: PublicationCreate) -> Response:
    """End the withholding of the texts."""
    agreement = await Agreements(work).changed(agreement_id)
    agreement.publish(Stamp.of(work, request.reason))
    work.record(step_or_draft(agreement, TextsPublished(**opened(agreement, "texts published"))), reason=request.reason)
    return await _answered(work, agreement)


def opened(agreement: Agreement, step: str) -> dict[str, object]:
    """The open fields of an event about an agreement."""
    return {"agreement_id": agreement.id, "parties": agreement.actor_ids(), "step": step}


def step_or_draft(agreement: Agreement, event: AgreementStep) -> Event:
    """The event, or for what was never proposed one that only its proposer learns of."""
    if not agreement.unseen:
        return event
    return DraftChanged(agreement_id=agreement.id, proposer_id=agreement.proposer_id, reference=agreement.reference, what=event.step)


async def _put_forward(work: Work, agreement: Agreement, reason: str | None) -> None:
    agreement.propose(Stamp.of(work, reason))
    told = {"reference": agreement.reference, "titles": agreement.titles, "kind": agreement.kind.value}
    work.record(AgreementProposed(**opened(agreement, "agreement proposed"), **told), reason=reason, after={"status": agreement.status.value})
    await assess(work, agreement)


async def _require_known(work: Work, actors: Sequence[UUID]) -> None:
    known = await actors_named(work, actors)
    wrong = [(place, actor, known.get(actor)) for place, actor in enumerate(actors) if actor not in known or known[actor].status != "active"]
    if not wrong:
        return
    items = [
        {"in": "body", "pointer": f"/parties/{place}/actor_id", "detail": Sentence("is {status}", status=found.status) if found else "is not in the directory"}
        for place, _, found in wrong
    ]
    raise UnknownActor(
        "The directory follows the registry and may be a moment behind: send the actor's Comity-Event as Comity-After, and this request waits for it.",
        errors=items,
    )


async def _answered(work: Work, agreement: Agreement, *, status: int = 201) -> Response:
    await work.flush()
    return await Agreements(work).read(AgreementRead, agreement.id, include=ALL_INCLUDES, status=status)
