"""What would apply to an agreement between these parties, before anyone drafts it. Nothing is written."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.agreements.errors import UnknownActor
from services.agreements.gates.states import Stage
from services.agreements.route_checks.schemas import PartyChecked, PartyRoute, RouteCheckCreate, RouteCheckRead, RouteParty, RuleChecked
from services.agreements.rulebooks.answers import gate_read, notes_read
from services.agreements.rulebooks.routing import Finding, findings, language_of, said, sentences, trace
from services.agreements.rulebooks.vocabulary import Side
from shared.directory import actors_named
from shared.predicates import Language, Truth
from shared.work import Work

STAGES = list(Stage)


async def check(work: Work, request: RouteCheckCreate) -> RouteCheckRead:
    """Ask every rulebook about every party."""
    named = [party.actor_id for party in request.parties if party.actor_id is not None]
    actors = await actors_named(work, named) if named else {}
    _require_known(request, actors)
    language = language_of(work)
    sides = [_side(party, actors) for party in request.parties]
    told: list[list[RuleChecked]] = [[] for _ in sides]
    for place, finding in findings(sides, request.instrument_kind.value if request.instrument_kind else None):
        told[place].append(_told(finding, language))
    parties = [_checked(place, party, side, actors) for place, (party, side) in enumerate(zip(request.parties, sides, strict=True))]
    routes = [PartyRoute(party=party, rulebooks=rules) for party, rules in zip(parties, told, strict=True)]
    return RouteCheckRead(instrument_kind=request.instrument_kind, routes=routes)


def _require_known(request: RouteCheckCreate, actors: Mapping[UUID, Any]) -> None:
    wrong = [place for place, party in enumerate(request.parties) if party.actor_id is not None and party.actor_id not in actors]
    if wrong:
        items = [{"in": "body", "pointer": f"/parties/{place}/actor_id", "detail": "is not in the directory"} for place in wrong]
        raise UnknownActor(
            "The directory follows the registry and may be a moment behind: send the actor's Comity-Event as Comity-After, and this request waits for it.",
            errors=items,
        )


def _side(party: RouteParty, actors: Mapping[UUID, Any]) -> Side:
    if party.actor_id is not None:
        actor = actors[party.actor_id]
        return Side(actor.country, actor.subdivision, actor.kind)
    return Side(party.country, party.subdivision, party.kind, party.governmental, party.international)


def _checked(place: int, party: RouteParty, side: Side, actors: Mapping[UUID, Any]) -> PartyChecked:
    name = actors[party.actor_id].name if party.actor_id is not None else None
    return PartyChecked(position=place, actor_id=party.actor_id, name=name, country=side.country, subdivision=side.subdivision, kind=side.kind)


def _told(finding: Finding, language: Language) -> RuleChecked:
    rulebook, verdict = finding.rulebook, finding.verdict
    stands = finding.applies is not Truth.false
    gates = sorted(rulebook.gates, key=lambda gate: STAGES.index(gate.before)) if stands else []
    return RuleChecked(
        rulebook_id=rulebook.id,
        version=rulebook.version,
        title=rulebook.title.text(language),
        citation=rulebook.citation,
        applies=finding.applies,
        facts=finding.facts,
        sentences=sentences(verdict, rulebook, language),
        trace=trace(verdict, rulebook, language),
        flip=said(verdict, rulebook, language).flip,
        gates=[gate_read(gate, language) for gate in gates],
        duties=notes_read(rulebook.duties, language) if stands else [],
        advice=notes_read(rulebook.advice, language) if stands else [],
        notice=rulebook.notice.text(language),
    )
