"""Signing."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import select

from services.agreements.agreements.models import Agreement
from services.agreements.agreements.repository import Agreements
from services.agreements.agreements.service import opened
from services.agreements.agreements.stamps import Stamp
from services.agreements.events import AgreementSigned, EnteredIntoForce
from services.agreements.gates.models import Gate, GateDecision
from services.agreements.gates.service import require_cleared
from services.agreements.gates.states import Stage
from services.agreements.signatures.models import Signature
from services.agreements.signatures.repository import Signatures
from services.agreements.signatures.schemas import SignatureCreate, SignatureRead
from shared.ids import new_id
from shared.work import Work


async def sign(work: Work, agreement_id: UUID, request: SignatureCreate) -> Response:
    """Sign for the caller's organisation, once, over the hash of every authentic text; the last signature brings it in force."""
    agreement = await Agreements(work).changed(agreement_id)
    party = agreement.party_of(work.caller.organization)
    agreement.require_negotiated()
    await require_cleared(work, agreement, before=Stage.sign)
    hashes = agreement.require_hashes(request.text_hashes)
    authority = request.authority.model_dump()
    bound = {"text_hashes": hashes, "legal_characterisation": request.legal_characterisation, "authority": authority}
    by = {"signed_at": work.now, "subject": work.caller.subject, "organization_id": work.caller.organization}
    signature = Signature(id=new_id(), agreement_id=agreement.id, party_id=party.id, **bound, **by)
    stamp = Stamp.of(work, request.reason)
    last = agreement.sign(stamp, party)
    work.add(signature)  # twice: 409, by constraint
    await work.flush()
    party.characterise(request.legal_characterisation, authority)
    signed = {"party_id": party.id, "legal_characterisation": request.legal_characterisation.value, "text_hashes": hashes}
    work.record(AgreementSigned(**opened(agreement, "agreement signed"), **signed), reason=request.reason, after={"status": agreement.status.value})
    if last:
        await _enter_into_force(work, agreement)
    await work.flush()
    return await Signatures(work).read(SignatureRead, signature.id, status=201)


async def _enter_into_force(work: Work, agreement: Agreement) -> None:
    taken = select(GateDecision.outcome, GateDecision.decided_at, Gate.citation, Gate.rulebook_id).join(Gate, Gate.id == GateDecision.gate_id)
    rows = await work.execute(taken.where(GateDecision.agreement_id == agreement.id).order_by(GateDecision.decided_at, GateDecision.id))
    decisions = [
        {"rulebook_id": row.rulebook_id, "outcome": row.outcome, "decided_on": row.decided_at.date().isoformat(), "citation": row.citation} for row in rows
    ]
    told = {"reference": agreement.reference, "titles": agreement.titles, "kind": agreement.kind.value, "text_hashes": agreement.text_hashes()}
    days = {"signed_on": agreement.signed_on, "in_force_on": agreement.in_force_on}
    event = EnteredIntoForce(**opened(agreement, "agreement entered into force"), **told, **days, decisions=decisions)
    work.record(event, after={"status": agreement.status.value})
