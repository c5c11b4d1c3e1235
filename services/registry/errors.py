"""The states in which this service refuses, each with its problem type."""

from services.registry.approaches.errors import ApproachActorUnknown as ApproachActorUnknown
from services.registry.approaches.errors import ApproachCorrectionsFull as ApproachCorrectionsFull
from services.registry.approaches.errors import ApproachNotFound as ApproachNotFound
from services.registry.approaches.errors import ApproachOfAnother as ApproachOfAnother
from services.registry.approaches.errors import ApproachWithdrawn as ApproachWithdrawn
from services.registry.diligence.errors import DiligenceActorUnknown as DiligenceActorUnknown
from services.registry.diligence.errors import DiligenceFrozen as DiligenceFrozen
from services.registry.diligence.errors import DiligenceIncomplete as DiligenceIncomplete
from services.registry.diligence.errors import DiligenceNotFound as DiligenceNotFound
from services.registry.diligence.errors import DiligenceOfAnother as DiligenceOfAnother
from services.registry.diligence.errors import DiligenceOfOneself as DiligenceOfOneself
from services.registry.diligence.errors import DiligenceReopened as DiligenceReopened
from services.registry.diligence.errors import DiligenceUnconcluded as DiligenceUnconcluded
from services.registry.diligence.errors import DiligenceUnderWay as DiligenceUnderWay
from services.registry.diligence.errors import FlagNotFound as FlagNotFound
from services.registry.diligence.errors import FlagOnNationality as FlagOnNationality
from services.registry.diligence.errors import FlagRepliesFull as FlagRepliesFull
from services.registry.diligence.errors import FlagWasShown as FlagWasShown
from services.registry.diligence.errors import FlagWithdrawn as FlagWithdrawn
from services.registry.diligence.errors import RecordNeedsOrganization as RecordNeedsOrganization
from services.registry.judgements.errors import ActorMerged as ActorMerged
from services.registry.judgements.errors import JudgementActorUnknown as JudgementActorUnknown
from services.registry.judgements.errors import JudgementContradicts as JudgementContradicts
from services.registry.judgements.errors import JudgementExists as JudgementExists
from services.registry.judgements.errors import JudgementNotFound as JudgementNotFound
from services.registry.judgements.errors import JudgementOfOne as JudgementOfOne
from services.registry.judgements.errors import JudgementWithdrawn as JudgementWithdrawn
from services.registry.judgements.errors import MergeClosesRing as MergeClosesRing
from services.registry.watchlists.errors import WatchlistEntriesWrong as WatchlistEntriesWrong
from services.registry.watchlists.errors import WatchlistExists as WatchlistExists
from services.registry.watchlists.errors import WatchlistNotFound as WatchlistNotFound
from services.registry.watchlists.errors import WatchlistOfAnother as WatchlistOfAnother
from services.registry.watchlists.errors import WatchlistVersionExists as WatchlistVersionExists
from services.registry.watchlists.errors import WatchlistVersionNotFound as WatchlistVersionNotFound
from services.registry.watchlists.errors import WatchlistWithdrawn as WatchlistWithdrawn
from shared.errors import Conflict, Forbidden, Invalid, NotFound


class ActorNotFound(NotFound):
    code, title = "actor_not_found", "There is no such actor."


class IdentifierTaken(Conflict):
    code, title = "identifier_taken", "An identifier belongs to another actor in that time."
    mend = "If it is the same actor, change that one; else give a time (valid_from, valid_through) in which nobody else has the identifier."


class NameTwice(Invalid):
    code, title = "name_twice", "The same name was given twice in one language."
    mend = "Give each name once in each language."


class PreferredNameTwice(Invalid):
    code, title = "preferred_name_twice", "A language has at most one preferred name."
    mend = "Keep one preferred name in each language and give the others the kind former or alternative."


class ParentUnknown(Invalid):
    code, title = "parent_unknown", "The parent is not an actor of this registry."
    mend = "Register the parent first, or look its id up at /v1/actors."


class ParentOverlaps(Conflict):
    code, title = "parent_overlaps", "The actor has another parent in that time."
    mend = "Give a parent_valid_from after the day on which the present parent began, or all parents with their days in parents."


class ParentCycle(Conflict):
    code, title = "parent_cycle", "An actor cannot be inside itself."
    mend = "Choose a parent that is neither the actor itself nor inside it on any of those days."


class SeatNotFound(NotFound):
    code, title = "seat_not_found", "There is no such seat."


class SeatActorUnknown(Invalid):
    code, title = "seat_actor_unknown", "The seat's actor is not in this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class ActorOfAnother(Forbidden):
    code, title = "actor_of_another", "Another country keeps this actor's record."
    mend = "Ask the coordinator of that country, or whoever keeps this registry for all countries."


class SeatOfAnother(Forbidden):
    code, title = "seat_of_another", "The seat belongs to another organisation."


class ChiefExecutiveExists(Conflict):
    code, title = "chief_executive_exists", "The actor has an active seat of its chief executive already."
    mend = "Use that seat, or abolish it before you create another."


class HolderOverlaps(Conflict):
    code, title = "holder_overlaps", "The seat has another holder in that time."
    mend = "Give a valid_from after the first day of the present holder, and a time that ends before the next one begins."


class PersonUnknown(Invalid):
    code, title = "person_unknown", "There is no such person."
    mend = "Leave person_id out and give the name, or take the id from the holders of a seat."


class ContactPointTwice(Invalid):
    code, title = "contact_point_twice", "The seat has this address already."
    mend = "Give each address once for each channel. One that is valid on other days only is read and changed with as_of."


class ImportNotFound(NotFound):
    code, title = "import_not_found", "There is no such import that you may see."


class ExportTooWide(Conflict):
    code, title = "export_too_wide", "The file would have more columns than an import takes."
    mend = "Name fewer actors by the filters, or ask for NDJSON, which may have more."


class ImportOver(Conflict):
    code, title = "import_over", "The import has ended."


class ImportSourceOfAnother(Conflict):
    code, title = "import_source_of_another", "Files of this source are sent by another organisation."
    mend = "Give your file a source of its own, with the parameter source."


class SuggestionNotFound(NotFound):
    code, title = "suggestion_not_found", "There is no such suggestion that you may see."


class SuggestionOver(Conflict):
    code, title = "suggestion_over", "The suggestion has been decided."
    mend = "Read it again: a later file of its source, or somebody else, has answered it. Under its ETag it is decided otherwise."


class TieNotFound(NotFound):
    code, title = "tie_not_found", "There is no such tie."


class TieActorUnknown(Invalid):
    code, title = "tie_actor_unknown", "A side of the tie is not an actor of this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class TieWithItself(Invalid):
    code, title = "tie_with_itself", "An actor has no ties with itself."
    mend = "Name two different actors."


class TieExists(Conflict):
    code, title = "tie_exists", "The two actors have a tie of this type in that time."
    mend = "Change that tie, or give a valid_from after its last day. A symmetric tie is one record, whichever side wrote it."


class TieOver(Conflict):
    code, title = "tie_over", "The tie has ended."
    mend = "Record a new tie from the day after its last one; what was stays as it was."


class TieWithdrawn(Conflict):
    code, title = "tie_withdrawn", "The tie was withdrawn."
    mend = "Record it anew if it is there after all; what was withdrawn stays on record as it was."


class TieOfOthers(Forbidden):
    code, title = "tie_of_others", "The tie is between other organisations."


class EngagementNotFound(NotFound):
    code, title = "engagement_not_found", "There is no such engagement that you may see."


class DeliverableNotFound(NotFound):
    code, title = "deliverable_not_found", "The engagement has no such deliverable."


class EngagementActorUnknown(Invalid):
    code, title = "engagement_actor_unknown", "A participant or owner is not an actor of this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class EngagementTieUnknown(Invalid):
    code, title = "engagement_tie_unknown", "The engagement names a tie that is not in this registry."
    mend = "Record the tie first, or look its id up at /v1/ties."


class EngagementOfOthers(Forbidden):
    code, title = "engagement_of_others", "The engagement belongs to another organisation."


class EngagementWasPublic(Conflict):
    code, title = "engagement_was_public", "What was public stays public."
    mend = "Leave visibility out. An engagement that did not take place is cancelled; a wrong word is corrected."


class TieWithoutSides(Invalid):
    code, title = "tie_without_sides", "A side of the tie did not take part."
    mend = "Name both sides of the tie among the participants, or in on_behalf_of_id, or leave the tie out."


class ParticipantTwice(Invalid):
    code, title = "participant_twice", "A participant was named twice in one role."
    mend = "Name each actor once in each role."


class SeatAbolished(Conflict):
    code, title = "seat_abolished", "The seat was abolished and takes no holder."
    mend = "Create a seat for the new post, or set this one's status to active again."


class SeatVacant(Conflict):
    code, title = "seat_vacant", "Nobody holds the seat on that day."
    mend = "Read the seat with include=holders and give a day of the holder whose time is to end."


class HolderNotFound(NotFound):
    code, title = "holder_not_found", "The seat has no such holder that you may see."


class PreferredContactPointTwice(Invalid):
    code, title = "preferred_contact_point_twice", "A seat has at most one preferred address for each channel at a time."
    mend = "Mark one address of the channel as preferred; of those valid on other days, which as_of shows, one each."


class PersonNotFound(NotFound):
    code, title = "person_not_found", "There is no such person that you may see."


class PersonOfAnother(Forbidden):
    code, title = "person_of_another", "Another organisation keeps this person's record."


class PersonActorUnknown(Invalid):
    code, title = "person_actor_unknown", "The organisation that keeps the record is not in this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class PersonErased(Conflict):
    code, title = "person_erased", "The person was erased."
    mend = "Nothing is added to somebody who was erased; record a new person if it is somebody else."


class ReasonNamesPerson(Invalid):
    code, title = "reason_names_person", "The reason names the person or an address."
    mend = "Say why without naming anybody: reasons are kept for good, names are not."


class MembershipNotFound(NotFound):
    code, title = "membership_not_found", "There is no such membership that you may see."


class MembershipOfOthers(Forbidden):
    code, title = "membership_of_others", "The membership belongs to other organisations."


class MembershipActorUnknown(Invalid):
    code, title = "membership_actor_unknown", "An organisation of the membership is not in this registry."
    mend = "Register the actor first, or look its id up at /v1/actors."


class MembershipExists(Conflict):
    code, title = "membership_exists", "The person has this membership in that time already."
    mend = "Change that membership, or give a valid_from after its last day."


class MembershipOver(Conflict):
    code, title = "membership_over", "The membership has ended by that day."
    mend = "Change its valid_through if the day is wrong."


class ClaimNotFound(NotFound):
    code, title = "claim_not_found", "There is no such claim that you may see."


class ClaimOfAnother(Forbidden):
    code, title = "claim_of_another", "Seats of another organisation are not yours to claim."


class ClaimByStranger(Invalid):
    code, title = "claim_by_stranger", "The person neither holds the seat nor has an address there."
    mend = "Hand the seat over first, or add the person's address to the seat's contact points."


class ClaimExists(Conflict):
    code, title = "claim_exists", "A claim for this person and seat is waiting already."
    mend = "Wait until a manager of the organisation has decided it."


class ClaimDecided(Conflict):
    code, title = "claim_decided", "The claim was decided already."
    mend = "Make a new claim if something has changed since."


class ClaimNotVerified(Conflict):
    code, title = "claim_not_verified", "The claim is not verified, so there is nothing to take back."
    mend = "Refuse a claim that is waiting; one that was refused, or taken back, says so already."


class OwnClaim(Forbidden):
    code, title = "own_claim", "Nobody decides their own claim."
    mend = "Ask another manager of the organisation to decide it."


class StateNotFound(NotFound):
    code, title = "state_not_found", "The record has no state at that moment that you may see."
