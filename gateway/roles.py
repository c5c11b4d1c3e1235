"""The one table from roles to scopes. Access tokens carry roles; scopes are looked up here whenever a service is called."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_MEMBER = frozenset({"agreements:read", "inbox:read", "inbox:acknowledge", "events:read", "seats:claim", "approaches:report"})

SCOPES_OF: Mapping[str, frozenset[str]] = {
    "public": frozenset(),
    "member": _MEMBER,
    "manager": _MEMBER
    | {
        "agreements:propose",
        "agreements:edit",
        "seats:manage",
        "people:erase",
        "ties:manage",
        "engagements:manage",
        "capacity:report",
        "diligence:read",
        "diligence:write",
    },
    "signatory": _MEMBER | {"agreements:propose", "agreements:edit", "agreements:sign"},
    "state_coordinator": _MEMBER | {"agreements:propose", "agreements:file", "engagements:manage"},
    "national_coordinator": _MEMBER
    | {
        "actors:write",
        "imports:run",
        "contacts:read",
        "people:erase",
        "deliveries:read",
        "briefings:read",
        "ties:manage",
        "engagements:manage",
        "engagements:read",
        "capacity:read",
        "capacity:verify",
        "diligence:read",
        "diligence:write",
        "approaches:read",
    },
    "legal_reviewer": _MEMBER | {"diligence:read", "diligence:write"},
    "decision_maker": _MEMBER | {"gates:decide"},
    "briefing_author": _MEMBER | {"briefings:read", "briefings:draft", "deliveries:read"},
    "briefing_releaser": _MEMBER | {"briefings:read", "briefings:release", "deliveries:read"},
    "auditor": frozenset(
        {
            "agreements:read",
            "briefings:read",
            "deliveries:read",
            "events:read",
            "events:audit",
            "engagements:read",
            "capacity:read",
            "diligence:read",
            "approaches:read",
        }
    ),
    "integrator": frozenset({"agreements:read", "events:read"}),
    "follower": frozenset({"events:read", "events:follow"}),
    "operator": frozenset({"accounts:manage", "clients:manage", "actors:write", "imports:run", "ties:manage", "people:erase", "events:read"}),
}

MEANING_OF: Mapping[str, str] = {
    "public": "Everyone, with no token.",
    "member": "Belongs to an organisation and reads what concerns it.",
    "manager": "Runs an organisation's presence: proposes and edits agreements, keeps its seats and contacts.",
    "signatory": "Signs agreements for the organisation.",
    "state_coordinator": "Relays and acts for the municipalities of a state.",
    "national_coordinator": "Keeps the registry of its own country, reads its contacts and follows deliveries for a national government.",
    "legal_reviewer": "Reads agreements for legal review and checks counterparts.",
    "decision_maker": "Decides the gates that a rule assigns to the organisation.",
    "briefing_author": "Drafts briefings.",
    "briefing_releaser": "Releases briefings that somebody else drafted.",
    "auditor": "Reads records and events and changes nothing: those of its country, or everything where it names neither a country nor an organisation.",
    "integrator": "A machine of another system that reads agreements and events.",
    "follower": "A service of this platform that keeps a projection of another one's events.",
    "operator": "Keeps accounts, clients and the registry of one deployment, for all countries.",
}

MACHINE_ROLES = frozenset({"integrator", "follower"})
PERSON_ROLES = frozenset(SCOPES_OF) - MACHINE_ROLES - {"public"}
CLIENT_ROLES = frozenset(SCOPES_OF) - {"public"}
SCOPES: frozenset[str] = frozenset().union(*SCOPES_OF.values())


@dataclass(frozen=True)
class RoleDescription:
    """One row of the printed table."""

    role: str
    meaning: str
    scopes: tuple[str, ...]
    machine: bool


def scopes_of(roles: Iterable[str]) -> frozenset[str]:
    """Everything these roles carry; a role that the table does not know carries nothing."""
    return frozenset().union(*(SCOPES_OF.get(role, frozenset()) for role in roles))


def roles_with(scope: str) -> list[str]:
    """The roles that carry a scope, in the table's order."""
    return [role for role, scopes in SCOPES_OF.items() if scope in scopes]


def describe() -> list[RoleDescription]:
    """The table for the documentation."""
    return [RoleDescription(role, MEANING_OF[role], tuple(sorted(scopes)), role in MACHINE_ROLES) for role, scopes in SCOPES_OF.items()]
