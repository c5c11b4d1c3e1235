"""The kinds of engagements, one table of data.

The Multilevel Diplomacy Map counts its engagements in nine categories of which public text names the outgoing delegations only; what it
counts beside events, partnerships and memberships, are ties and agreements here. The kinds are therefore those that surveys of cities and
the platform's own tasks name: visits, delegations in both directions, missions, meetings, summits, events of networks, training, drills.
"""

from collections.abc import Mapping
from enum import StrEnum


class EngagementKind(StrEnum):
    visit = "visit"
    outgoing_delegation = "outgoing_delegation"
    incoming_delegation = "incoming_delegation"
    mission = "mission"
    meeting = "meeting"
    summit = "summit"
    network_event = "network_event"
    training = "training"
    drill = "drill"


LABELS: Mapping[EngagementKind, Mapping[str, str]] = {
    EngagementKind.visit: {"en": "Visit", "es": "Visita", "fr": "Visite"},
    EngagementKind.outgoing_delegation: {"en": "Outgoing delegation", "es": "Delegación saliente", "fr": "Délégation envoyée"},
    EngagementKind.incoming_delegation: {"en": "Incoming delegation", "es": "Delegación entrante", "fr": "Délégation reçue"},
    EngagementKind.mission: {"en": "Mission", "es": "Misión", "fr": "Mission"},
    EngagementKind.meeting: {"en": "Meeting", "es": "Reunión", "fr": "Réunion"},
    EngagementKind.summit: {"en": "Summit", "es": "Cumbre", "fr": "Sommet"},
    EngagementKind.network_event: {"en": "Network event", "es": "Evento de una red", "fr": "Événement d'un réseau"},
    EngagementKind.training: {"en": "Training", "es": "Capacitación", "fr": "Formation"},
    EngagementKind.drill: {"en": "Drill", "es": "Simulacro", "fr": "Exercice"},
}
