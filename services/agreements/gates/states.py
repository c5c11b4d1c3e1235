"""The words of gates, shared by rulebooks and the gates they open."""

from enum import StrEnum


class GateKind(StrEnum):
    """An opinion is not an approval: it says whether a step may be taken under a law, not whether it is wanted."""

    approve = "approve"
    opinion = "opinion"
    notify = "notify"
    consult = "consult"
    object = "object"


class Stage(StrEnum):
    """The step that a gate stands before."""

    negotiate = "negotiate"
    sign = "sign"
    in_force = "in_force"


class GateState(StrEnum):
    """`unknown`: a fact that the rule asks for is not known; `deemed`: the time ran out and the rule says what that means."""

    open = "open"
    filed = "filed"
    decided = "decided"
    deemed = "deemed"
    not_applicable = "not_applicable"
    unknown = "unknown"


class OnExpiry(StrEnum):
    """What silence means when the time runs out."""

    none = "none"
    deemed_approved = "deemed_approved"
    deemed_refused = "deemed_refused"
    lapse = "lapse"
    escalate = "escalate"


class Filer(StrEnum):
    party = "party"
    state_coordinator = "state_coordinator"


class EffectIfMissed(StrEnum):
    """What the law attaches to passing a gate by; `unknown` where the texts that were read do not say."""

    nullity = "nullity"
    unlawful = "unlawful"
    breach = "breach"
    unknown = "unknown"


class Calendar(StrEnum):
    calendar_days = "calendar_days"
    business_days = "business_days"


# A person found that the rule does not bind this party: offered for gates whose applicability is unknown.
NOT_APPLICABLE = "not_applicable"
