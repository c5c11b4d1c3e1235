"""The states in which this service refuses, each with its problem type."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class ActorNotFound(NotFound):
    code, title = "actor_not_found", "There is no such actor."


class IdentifierTaken(Conflict):
    code, title = "identifier_taken", "An identifier belongs to another actor in that time."


class NameTwice(Invalid):
    code, title = "name_twice", "The same name was given twice in one language."


class PreferredNameTwice(Invalid):
    code, title = "preferred_name_twice", "A language has at most one preferred name."


class ParentUnknown(Invalid):
    code, title = "parent_unknown", "The parent is not an actor of this registry."


class ParentOverlaps(Conflict):
    code, title = "parent_overlaps", "The actor has another parent in that time."


class ParentCycle(Conflict):
    code, title = "parent_cycle", "An actor cannot be inside itself."


class SeatNotFound(NotFound):
    code, title = "seat_not_found", "There is no such seat."


class SeatActorUnknown(Invalid):
    code, title = "seat_actor_unknown", "The seat's actor is not in this registry."


class SeatOfAnother(Forbidden):
    code, title = "seat_of_another", "The seat belongs to another organisation."


class ChiefExecutiveExists(Conflict):
    code, title = "chief_executive_exists", "The actor has an active seat of its chief executive already."


class HolderOverlaps(Conflict):
    code, title = "holder_overlaps", "The seat has another holder in that time."


class PersonUnknown(Invalid):
    code, title = "person_unknown", "There is no such person."


class ContactPointTwice(Invalid):
    code, title = "contact_point_twice", "The seat has this address already."


class ImportNotFound(NotFound):
    code, title = "import_not_found", "There is no such import that you may see."


class ImportOver(Conflict):
    code, title = "import_over", "The import has ended."
