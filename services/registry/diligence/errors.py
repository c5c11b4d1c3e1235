"""The states in which checks of counterparts and flags are refused."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class DiligenceNotFound(NotFound):
    code, title = "diligence_not_found", "There is no such check that you may see."


class DiligenceActorUnknown(Invalid):
    code, title = "diligence_actor_unknown", "The counterpart is not an actor of this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class DiligenceOfOneself(Invalid):
    code, title = "diligence_of_oneself", "An organisation neither checks nor flags itself."
    mend = "Name another actor as the counterpart."


class DiligenceOfAnother(Forbidden):
    code, title = "diligence_of_another", "The record belongs to another organisation."


class RecordNeedsOrganization(Forbidden):
    code, title = "record_needs_organization", "This record belongs to an organisation of the registry, and your token names none."
    mend = "Sign in with an account that belongs to an organisation."


class DiligenceUnderWay(Conflict):
    code, title = "diligence_under_way", "Your organisation has an open check of this counterpart for the same agreement."
    mend = "Go on with that check, or conclude it first; /v1/diligence?state=open lists it."


class DiligenceFrozen(Conflict):
    code, title = "diligence_frozen", "The check is concluded and stays as it is."
    mend = "Re-open it: that makes a new version, and this one remains to be read."


class DiligenceIncomplete(Conflict):
    code, title = "diligence_incomplete", "The check has items that nobody has answered."


class DiligenceUnconcluded(Conflict):
    code, title = "diligence_unconcluded", "Only a concluded check is re-opened."
    mend = "This check is open: change its answers."


class DiligenceReopened(Conflict):
    code, title = "diligence_reopened", "The check was re-opened already."
    mend = "Go on with the latest version of the check; its previous_id leads here."


class FlagNotFound(NotFound):
    code, title = "flag_not_found", "There is no such flag that you may see."


class FlagOnNationality(Invalid):
    code, title = "flag_on_nationality", "A nationality alone is no reason for a flag."
    mend = "Say what the actor did, or what about it is to be looked into. Where it is from is no ground by itself."


class FlagWithdrawn(Conflict):
    code, title = "flag_withdrawn", "The flag was withdrawn."
    mend = "Raise a new flag if there is a new reason; what was stays as it was."


class FlagWasShown(Conflict):
    code, title = "flag_was_shown", "Whoever was shown the flag goes on seeing it."
    mend = "Leave it shown. A flag that was wrong is withdrawn, with the reason."


class FlagRepliesFull(Conflict):
    code, title = "flag_replies_full", "The flag takes no more replies."
    mend = "What was replied is kept; talk to the organisation that raised the flag."
