"""The states in which this service refuses, each with its problem type."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class AgreementNotFound(NotFound):
    code, title = "agreement_not_found", "There is no such agreement that you may see."


class PartyNotFound(NotFound):
    code, title = "party_not_found", "The agreement has no such party."
    mend = "Read the agreement: its parties are listed there with their ids."


class TextNotFound(NotFound):
    code, title = "text_not_found", "There is no such text that you may see."
    mend = "Read the agreement, or its entry in the register: the texts that you may see are listed there."


class SignatureNotFound(NotFound):
    code, title = "signature_not_found", "There is no such signature that you may see."


class GateNotFound(NotFound):
    code, title = "gate_not_found", "There is no such gate that you may see."
    mend = "Read the agreement: the gates before its steps are listed there with their ids."


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
    mend = "Name each actor once among the parties."


class AlreadyProposed(Conflict):
    code, title = "already_proposed", "The agreement has been proposed already."
    mend = "Nothing is left to do here: read the agreement to see how far it has come since."


class NotProposed(Conflict):
    code, title = "not_proposed", "The agreement is still a draft that nobody else has seen."
    mend = "Propose it first, at /proposals."


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
    mend = "Read the texts again, compare yours with the version that is there now, and send it again if it is still wanted."


class TextsDiffer(Conflict):
    code, title = "texts_differ", "These are not the hashes of the authentic texts as they stand."


class TextNotAdopted(Conflict):
    code, title = "text_not_adopted", "Not every party has adopted the text."


class AlreadyAdopted(Conflict):
    code, title = "already_adopted", "Your organisation has adopted this text already."
    mend = "Nothing is left to do; only a new version of the text would have to be adopted again."


class AlreadySigned(Conflict):
    code, title = "already_signed", "Your organisation has signed already."
    mend = "One signature is enough: read the agreement to see which parties have still to sign."


class EntersIntoForceOnce(Conflict):
    code, title = "enters_into_force_once", "An agreement enters into force once."
    mend = "Nothing is left to do: read the agreement, which is in force."


class GateOpen(Conflict):
    code, title = "gate_open", "A gate stands before this step and has not been cleared."


class GateTaken(Conflict):
    code, title = "gate_taken", "The gate was opened by another request at the same moment."
    mend = "Read the agreement again, where the gate now stands, and repeat the request if it is still needed."


class GateNotOpen(Conflict):
    code, title = "gate_not_open", "The gate takes no filing in its present state."


class GateDecided(Conflict):
    code, title = "gate_decided", "The gate has been decided."


class AlreadyWithheld(Conflict):
    code, title = "already_withheld", "The texts are withheld already."
    mend = "To state another reason or another day of review, end this withholding first, at /publications."


class NotWithheld(Conflict):
    code, title = "not_withheld", "The texts are not withheld."
    mend = "Nothing is left to do: no withholding keeps the texts from the public."
