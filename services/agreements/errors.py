"""The states in which this service refuses, each with its problem type."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class AgreementNotFound(NotFound):
    code, title = "agreement_not_found", "There is no such agreement that you may see."


class PartyNotFound(NotFound):
    code, title = "party_not_found", "The agreement has no such party."


class TextNotFound(NotFound):
    code, title = "text_not_found", "There is no such text that you may see."


class SignatureNotFound(NotFound):
    code, title = "signature_not_found", "There is no such signature that you may see."


class GateNotFound(NotFound):
    code, title = "gate_not_found", "There is no such gate that you may see."


class RegisterEntryNotFound(NotFound):
    code, title = "register_entry_not_found", "The register has no such entry; it shows what is, or was, in force."


class RulebookNotFound(NotFound):
    code, title = "rulebook_not_found", "There is no such rulebook."


class NotAParty(Forbidden):
    code, title = "not_a_party", "Only a party does this, for itself."


class NotYoursToFile(Forbidden):
    code, title = "not_yours_to_file", "The rule names who may file, and you are not among them."


class NotYoursToDecide(Forbidden):
    code, title = "not_yours_to_decide", "The rule names who decides, and it is somebody else."


class TextWithheld(Forbidden):
    code, title = "text_withheld", "The text is withheld from the public, for the reason given."


class UnknownActor(Invalid):
    code, title = "actor_unknown", "The directory does not know an active actor with this id."


class OutcomeUnknown(Invalid):
    code, title = "outcome_unknown", "The rule does not know this outcome."


class PartyTwice(Conflict):
    code, title = "party_twice", "An actor is a party once."


class AlreadyProposed(Conflict):
    code, title = "already_proposed", "The agreement has been proposed already."


class NotProposed(Conflict):
    code, title = "not_proposed", "The agreement is still a draft that nobody else has seen."


class AgreementClosed(Conflict):
    code, title = "agreement_closed", "The agreement takes no more of this: it is in force or over."


class AgreementFixed(Conflict):
    code, title = "agreement_fixed", "Its terms are fixed, because a party has adopted the text."


class TextMissing(Conflict):
    code, title = "text_missing", "The agreement has no authentic text yet."


class TextFrozen(Conflict):
    code, title = "text_frozen", "The texts are frozen: a party has signed them."


class TextUnchanged(Conflict):
    code, title = "text_unchanged", "This is the text that stands already."


class TextVersionTaken(Conflict):
    code, title = "text_version_taken", "Another version of this text was attached at the same moment."


class TextsDiffer(Conflict):
    code, title = "texts_differ", "These are not the hashes of the authentic texts as they stand."


class TextNotAdopted(Conflict):
    code, title = "text_not_adopted", "Not every party has adopted the text."


class AlreadyAdopted(Conflict):
    code, title = "already_adopted", "Your organisation has adopted this text already."


class AlreadySigned(Conflict):
    code, title = "already_signed", "Your organisation has signed already."


class EntersIntoForceOnce(Conflict):
    code, title = "enters_into_force_once", "An agreement enters into force once."


class GateOpen(Conflict):
    code, title = "gate_open", "A gate stands before this step and has not been cleared."


class GateTaken(Conflict):
    code, title = "gate_taken", "The gate was opened by another request at the same moment."


class GateNotOpen(Conflict):
    code, title = "gate_not_open", "The gate takes no filing in its present state."


class GateDecided(Conflict):
    code, title = "gate_decided", "The gate has been decided."


class AlreadyWithheld(Conflict):
    code, title = "already_withheld", "The texts are withheld already."


class NotWithheld(Conflict):
    code, title = "not_withheld", "The texts are not withheld."
