"""Every table of this service, so that migrations and constraints see them all."""

from services.registry.actors.models import Actor, ActorIdentifier, ActorName, ActorParent
from services.registry.base import metadata
from services.registry.engagements.models import Deliverable, Engagement, EngagementTie, Participant
from services.registry.imports.models import ActorSource, Import, ImportChunk, ImportOrphan, ImportProblem, ImportRow
from services.registry.judgements.models import Judgement
from services.registry.seats.models import ContactPoint, Person, Seat, SeatHolder
from services.registry.ties.models import Tie

__all__ = [
    "Actor",
    "ActorIdentifier",
    "ActorName",
    "ActorParent",
    "ActorSource",
    "ContactPoint",
    "Deliverable",
    "Engagement",
    "EngagementTie",
    "Import",
    "ImportChunk",
    "ImportOrphan",
    "ImportProblem",
    "ImportRow",
    "Judgement",
    "Participant",
    "Person",
    "Seat",
    "SeatHolder",
    "Tie",
    "metadata",
]
