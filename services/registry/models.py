"""Every table of this service, so that migrations and constraints see them all."""

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent, TurnOfDay
from services.registry.agreements.models import AgreementParty
from services.registry.approaches.models import Approach, ApproachCorrection
from services.registry.base import metadata
from services.registry.capacity.models import CapacityReport
from services.registry.claims.models import Claim
from services.registry.diligence.models import Answer, Check, Flag, FlagReply
from services.registry.domains.models import ActorDomain
from services.registry.engagements.models import Deliverable, Engagement, EngagementTie, Participant
from services.registry.imports.links.models import ImportLink, ImportQuestion, ImportSuggestion, SuggestionDecision, TieSource
from services.registry.imports.models import ActorSource, Import, ImportChunk, ImportOrphan, ImportProblem, ImportRow, ImportSource
from services.registry.judgements.models import Judgement
from services.registry.memberships.models import Membership
from services.registry.people.models import Person
from services.registry.seats.models import ContactPoint, Seat, SeatHolder
from services.registry.ties.models import Tie
from services.registry.watchlists.models import Watchlist, WatchlistEntry, WatchlistName, WatchlistVersion

__all__ = [
    "Actor",
    "ActorDomain",
    "ActorIdentifier",
    "ActorName",
    "ActorParent",
    "ActorSource",
    "AgreementParty",
    "Answer",
    "Approach",
    "ApproachCorrection",
    "CapacityReport",
    "Check",
    "Claim",
    "ContactPoint",
    "Deliverable",
    "Engagement",
    "EngagementTie",
    "Flag",
    "FlagReply",
    "Import",
    "ImportChunk",
    "ImportLink",
    "ImportOrphan",
    "ImportProblem",
    "ImportQuestion",
    "ImportRow",
    "ImportSource",
    "ImportSuggestion",
    "Judgement",
    "Membership",
    "Participant",
    "Person",
    "Seat",
    "SeatHolder",
    "SuggestionDecision",
    "Tie",
    "TieSource",
    "TurnOfDay",
    "Watchlist",
    "WatchlistEntry",
    "WatchlistName",
    "WatchlistVersion",
    "metadata",
]
