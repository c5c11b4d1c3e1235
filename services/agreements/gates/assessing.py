"""From an agreement to its gates: the rulebooks are asked about every party, and their answers are kept."""

from typing import Any

from services.agreements.agreements.models import Agreement, Party
from services.agreements.events import GateOpened, GateReassessed, GateReopened
from services.agreements.gates.models import STATE_OF, Gate
from services.agreements.gates.repository import Gates
from services.agreements.rulebooks.packs import RULEBOOKS
from services.agreements.rulebooks.routing import Finding, findings, sentences, trace
from services.agreements.rulebooks.schemas import LANGUAGES, GateRule, Rulebook
from services.agreements.rulebooks.vocabulary import Side
from services.agreements.texts.models import Text
from shared.directory import actors_named
from shared.ids import new_id
from shared.predicates import Truth, Verdict
from shared.work import Work


async def assess(work: Work, agreement: Agreement) -> None:
    """Open the gates that the rulebooks ask for, and follow what has changed since: a fact became known, a rule was renewed.

    A party that a rule does not speak to has no gate under it; one that it speaks to but that is out of its scope has a gate
    that is not applicable, which says why. What a person decided is left alone.
    """
    known = {(gate.party_id, gate.rulebook_id, gate.key): gate for gate in await Gates(work).all_of(agreement.id)}
    sides = await sides_of(work, agreement)
    for place, finding in findings(sides, agreement.kind.value):
        party = agreement.parties[place]
        for rule in finding.rulebook.gates:
            gate = known.get((party.id, finding.rulebook.id, rule.key))
            if gate is not None:
                _follow(work, agreement, gate, finding)
            elif finding.bound is not Truth.false:
                _open(work, agreement, party, finding, rule)


async def sides_of(work: Work, agreement: Agreement) -> list[Side]:
    """The parties as the directory knows them; one that it does not know yet has no facts."""
    actors = await actors_named(work, agreement.actor_ids())
    found = [actors.get(actor_id) for actor_id in agreement.actor_ids()]
    return [Side(actor.country, actor.subdivision, actor.kind) if actor else Side() for actor in found]


async def reopen(work: Work, agreement: Agreement, text: Text, reason: str | None) -> None:
    """A new authentic text: what was filed or decided was about another one, and whoever read a gate before has not read this text."""
    for gate in await Gates(work).all_of(agreement.id):
        state, outcome = gate.state.value, gate.outcome
        if not gate.reopen(at=work.now):
            gate.touch(work.now)  # so that a decision on the gate as it was read meets a 412
            continue
        said = {"former_state": state, "former_outcome": outcome, "text_id": text.id, "trace": stored_trace(gate)}
        work.record(GateReopened(**named(agreement, gate, "gate reopened"), **said), reason=reason, before={"state": state}, after={"state": gate.state.value})


def named(agreement: Agreement, gate: Gate, step: str) -> dict[str, Any]:
    """The open fields of an event about a gate."""
    rule = {"gate_id": gate.id, "rulebook_id": gate.rulebook_id, "rulebook_version": gate.rulebook_version, "citation": gate.citation}
    return {"agreement_id": agreement.id, "parties": agreement.actor_ids(), "step": step, **rule}


def rulebook_of(gate: Gate) -> Rulebook:
    return RULEBOOKS[gate.rulebook_id]


def verdict_of(gate: Gate) -> Verdict:
    """The verdict as it was stored; it can be said again in another language."""
    return Verdict.model_validate(gate.evaluation["verdict"])


def stored_trace(gate: Gate) -> list[dict[str, Any]]:
    return [entry.model_dump(mode="json") for entry in trace(verdict_of(gate), rulebook_of(gate), "en")]


def _evaluation(finding: Finding) -> dict[str, Any]:
    explained = {language: "\n".join(sentences(finding.verdict, finding.rulebook, language)) for language in LANGUAGES}
    return {
        "applies": finding.applies.value,
        "facts": finding.facts,
        "verdict": finding.verdict.model_dump(mode="json", by_alias=True),
        "explanations": explained,
    }


def _open(work: Work, agreement: Agreement, party: Party, finding: Finding, rule: GateRule) -> None:
    named_by = {"rulebook_id": finding.rulebook.id, "rulebook_version": finding.rulebook.version, "key": rule.key, "citation": rule.citation}
    gate = Gate(
        id=new_id(),
        agreement_id=agreement.id,
        party_id=party.id,
        **named_by,
        kind=rule.kind,
        before=rule.before,
        decides_country=rule.decided_by.country,
        definition=rule.model_dump(mode="json"),
        evaluation=_evaluation(finding),
        state=STATE_OF[finding.applies],
        cleared=False,
        opened_at=work.now,
    )
    work.add(gate)
    work.record(GateOpened(**named(agreement, gate, "gate opened"), state=gate.state.value, trace=stored_trace(gate)))


def _follow(work: Work, agreement: Agreement, gate: Gate, finding: Finding) -> None:
    if gate.decided_at is not None:
        return
    evaluation = _evaluation(finding)
    if evaluation == gate.evaluation and gate.rulebook_version == finding.rulebook.version:
        return
    rule = finding.rulebook.gate(gate.key)
    assert rule is not None, "the caller walks the rulebook's own gates"
    gate.evaluation, gate.definition, gate.rulebook_version = evaluation, rule.model_dump(mode="json"), finding.rulebook.version
    before = gate.state.value
    gate.assessed(finding.applies, at=work.now)
    event = GateReassessed(**named(agreement, gate, "gate reassessed"), state=gate.state.value, trace=stored_trace(gate))
    work.record(event, before={"state": before}, after={"state": gate.state.value})
