"""The states in which a judgement is refused."""

from shared.errors import Conflict, Invalid, NotFound

WITHDRAW_FIRST = (
    "The record of an actor that was merged stays as it was while it is merged. To correct it, withdraw the judgement, which /v1/judgements?actor= finds,"
    " change the record, and judge anew. What is to be said of both is said of the actor that canonical_id names."
)


class JudgementNotFound(NotFound):
    code, title = "judgement_not_found", "There is no such judgement."


class JudgementActorUnknown(Invalid):
    code, title = "judgement_actor_unknown", "A side of the judgement is not an actor of this registry."
    mend = "Look the id up at /v1/actors, or register the actor first."


class JudgementOfOne(Invalid):
    code, title = "judgement_of_one", "An actor is always itself."
    mend = "Name two different actors."


class JudgementExists(Conflict):
    code, title = "judgement_exists", "The two actors have been judged already."
    mend = "Change that judgement, or withdraw it: /v1/judgements?actor= finds it."


class JudgementWithdrawn(Conflict):
    code, title = "judgement_withdrawn", "The judgement was withdrawn."
    mend = "Make a new judgement of the two; what was judged before stays on record."


class JudgementContradicts(Conflict):
    code, title = "judgement_contradicts", "Two actors would be the same that were judged different."
    mend = "Look at the path, and withdraw or change the judgement in it that is wrong."


class MergeClosesRing(Conflict):
    code, title = "merge_closes_ring", "The merged actor would be inside itself."
    mend = "Correct the parents first, or name the outer actor in canonical_id."


class ActorMerged(Conflict):
    code, title = "actor_merged", "The actor was merged into another."
    mend = "Change the actor it was merged into: canonical_id names it. What was recorded of this one stays as it was."
