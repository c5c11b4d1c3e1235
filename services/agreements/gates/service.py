"""Filing, deciding, and asking whether a step may be taken."""

from uuid import UUID

from fastapi import Response

from services.agreements.access import EDIT, FILE
from services.agreements.agreements.lifecycle import ActionKind
from services.agreements.agreements.models import Agreement
from services.agreements.agreements.repository import Agreements
from services.agreements.agreements.stamps import Stamp
from services.agreements.errors import GateNotFound, GateOpen, NotYoursToDecide, NotYoursToFile
from services.agreements.events import GateDecided, GateFiled
from services.agreements.gates.assessing import named, rulebook_of, verdict_of
from services.agreements.gates.models import Gate, GateDecision, blocking
from services.agreements.gates.phrases import filers, why_blocked, would_clear
from services.agreements.gates.repository import Gates
from services.agreements.gates.schemas import FilingCreate, GateDecisionCreate, GateRead
from services.agreements.gates.states import Filer, Stage
from services.agreements.rulebooks.routing import language_of, said, sentences, trace
from shared.directory import actors_named
from shared.predicates import Language
from shared.translations import Sentence
from shared.work import Work


async def file(work: Work, agreement_id: UUID, request: FilingCreate) -> Response:
    """Put a gate before those who decide it: the party itself, or the coordinator of its state."""
    agreement = await Agreements(work).changed(agreement_id)
    gate = await Gates(work).get(request.gate_id, lock=True)
    if gate.agreement_id != agreement.id:
        raise GateNotFound
    await _require_filer(work, agreement, gate)
    agreement.require_negotiated()
    hashes = agreement.require_texts()
    gate.file(work.caller.organization, at=work.now)
    agreement.act(ActionKind.file, Stamp.of(work, request.reason), party=agreement.party(gate.party_id), gate_id=gate.id)
    event = GateFiled(**named(agreement, gate, "gate filed"), filed_by=gate.filed_by_id, text_hashes=hashes)
    work.record(event, reason=request.reason, after={"state": gate.state.value})
    await work.flush()
    return await Gates(work).read(GateRead, gate.id, status=201)


async def decide(work: Work, gate_id: UUID, request: GateDecisionCreate) -> Response:
    """Decide a gate for the country whose rule it is, on the authentic texts as they stand."""
    agreement = await Agreements(work).changed(await Gates(work).agreement_of(gate_id))
    gate = await Gates(work).get(gate_id, match=True)
    if work.caller.country != gate.decides_country:
        raise NotYoursToDecide(
            Sentence("Decision makers of {country} decide it.", country=gate.decides_country), country=gate.decides_country, citation=gate.citation
        )
    agreement.require_negotiated()
    hashes = agreement.require_texts()
    before = {"state": gate.state.value, "outcome": gate.outcome}
    titles = gate.decide(request.outcome, at=work.now)
    taken = {"outcome": request.outcome, "outcome_titles": titles, "clears": not gate.blocks, "reasons": request.reasons, "text_hashes": hashes}
    by = {"decided_at": work.now, "subject": work.caller.subject, "organization_id": work.caller.organization}
    work.add(GateDecision(gate_id=gate.id, agreement_id=agreement.id, **taken, **by))
    agreement.act(ActionKind.decide, Stamp.of(work, request.reasons), party=agreement.party(gate.party_id), gate_id=gate.id)
    event = GateDecided(**named(agreement, gate, "gate decided"), outcome=request.outcome, clears=not gate.blocks, text_hashes=hashes)
    work.record(event, reason=request.reasons, before=before, after={"state": gate.state.value, "outcome": gate.outcome})
    await work.flush()
    return await Gates(work).read(GateRead, gate.id, status=201)


async def require_cleared(work: Work, agreement: Agreement, *, before: Stage) -> None:
    """GateOpen (409) while a gate before this step is not cleared: the rule, how it came to apply, and what would change the answer."""
    standing = blocking(await Gates(work).all_of(agreement.id), before)
    if not standing:
        return
    language = language_of(work)
    first, clearing = standing[0], [line for gate in standing for line in would_clear(gate, language)]
    lines = [line for gate in standing for line in (*why_blocked(gate, language), *sentences(verdict_of(gate), rulebook_of(gate), language))]
    raise GateOpen(
        " ".join([*why_blocked(first, language)[:2], *clearing]),
        citation=first.citation,
        sentences=lines,
        would_change=clearing,
        trace=[entry.model_dump(mode="json") for gate in standing for entry in trace(verdict_of(gate), rulebook_of(gate), language)],
        gates=[_told(gate, language) for gate in standing],
    )


def _told(gate: Gate, language: Language) -> dict[str, object]:
    flip = said(verdict_of(gate), rulebook_of(gate), language).flip
    return {
        "gate_id": str(gate.id),
        "party_id": str(gate.party_id),
        "title": gate.rule.title.text(language),
        "kind": gate.kind.value,
        "state": gate.state.value,
        "outcome": gate.outcome,
        "decided_by": {"role": gate.rule.decided_by.role, "country": gate.decides_country},
        "rulebook": {"id": gate.rulebook_id, "version": gate.rulebook_version},
        "citation": gate.citation,
        "flip": flip.model_dump(mode="json", by_alias=True) if flip else None,
    }


async def _require_filer(work: Work, agreement: Agreement, gate: Gate) -> None:
    caller, party, rule = work.caller, agreement.party(gate.party_id), gate.rule
    if Filer.party in rule.may_file and caller.organization == party.actor_id and caller.may(EDIT):
        return
    if Filer.state_coordinator in rule.may_file and caller.may(FILE) and caller.subdivision is not None:
        actor = (await actors_named(work, [party.actor_id])).get(party.actor_id)
        if actor is not None and (actor.country, actor.subdivision) == (caller.country, caller.subdivision):
            return
    who = filers(rule, language_of(work))
    raise NotYoursToFile(Sentence("It may be filed by {who}.", who=who), may_file=[filer.value for filer in rule.may_file], citation=gate.citation)
