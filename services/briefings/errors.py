"""The states in which this service refuses, each with its problem type."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class BriefingNotFound(NotFound):
    code, title = "briefing_not_found", "There is no such briefing that you may see."


class DeliveryNotFound(NotFound):
    code, title = "delivery_not_found", "There is no such delivery that you may see."


class ReleaseNotFound(NotFound):
    code, title = "release_not_found", "There is no such release that you may see."


class RecipientNotFound(NotFound):
    code, title = "recipient_not_found", "The directory knows no such seat."


class OrganizationNeeded(Forbidden):
    code, title = "briefing_needs_organization", "A briefing is issued by an organisation, and your token names none."


class SameHandRefused(Forbidden):
    code, title = "same_hand_refused", "Whoever wrote a briefing marked TLP:AMBER or above may not release it."
    mend = "Ask another releaser of your organisation, who has neither written nor edited it."


class MarkingAboveClearance(Forbidden):
    code, title = "marking_above_clearance", "Nobody writes what they would not be cleared to read."
    mend = "Mark the part no higher than your clearance, or ask somebody of your organisation with a higher one to write it."


class BriefingClosed(Conflict):
    code, title = "briefing_closed", "A released briefing no longer changes."


class AlreadyReleased(Conflict):
    code, title = "briefing_already_released", "This briefing has been released."
    mend = "It goes out once; its recipients are in the delivery ledger."


class PartsUnmarked(Conflict):
    code, title = "briefing_parts_unmarked", "Every part needs a TLP marking before the briefing can be released."


class PartsMissing(Conflict):
    code, title = "briefing_parts_missing", "A briefing without parts cannot be released."


class BriefingExpired(Conflict):
    code, title = "briefing_expired", "The briefing has expired before its release."


class ExpiryOutOfBounds(Invalid):
    code, title = "expiry_out_of_bounds", "A briefing expires after the present moment and within one year."
    mend = "Give an expires_at after now and at most one year ahead."


class StatusMixed(Invalid):
    code, title = "message_status_mixed", "A briefing of type exercise has the status Exercise or Test, never Actual."
    mend = "Give it the status Exercise or Test, or another type if it is meant for real."


class ClassifiedTextRefused(Invalid):
    code, title = "classified_text_refused", "Text that carries a classification marking is not taken."


class AudienceInvalid(Invalid):
    code, title = "audience_invalid", "The audience is not a predicate over the facts of a seat."


class AudienceEmpty(Conflict):
    code, title = "audience_empty", "Nobody would receive this briefing."


class AudienceChanged(Conflict):
    code, title = "audience_changed", "The audience is not the one you expected."


class UnknownUndecided(Conflict):
    code, title = "audience_unknown_undecided", "For some seats it is not known whether they belong to the audience; say what becomes of them."


class SeatsMissing(Conflict):
    code, title = "audience_seats_missing", "The audience names seats that are not active in the directory."


class NamesNeeded(Conflict):
    code, title = "red_needs_names", "A briefing marked TLP:RED goes to named seats only, not to a predicate."
    mend = "Name each seat in audience.seats and leave audience.predicate null."
