"""The facts about identity."""

from datetime import datetime
from uuid import UUID

from shared.events import Event


class JudgementState(Event):
    """What somebody judged of two actors, whole."""

    reason_required = True
    judgement_id: UUID
    left_id: UUID
    right_id: UUID
    verdict: str
    canonical_id: UUID | None
    withdrawn_at: datetime | None

    def concerns(self) -> list[UUID]:
        """Both of whom it is judged may know by whom, and why."""
        return sorted((self.left_id, self.right_id))


class JudgementMade(JudgementState):
    type, aggregate, visibility = "judgement.made", "judgement", "public"


class JudgementRevised(JudgementState):
    type, aggregate, visibility = "judgement.revised", "judgement", "public"


class JudgementRetracted(JudgementState):
    type, aggregate, visibility = "judgement.withdrawn", "judgement", "public"


class IdentityState(Event):
    """By which actor this one is known. What was recorded of it is read as that one's; no right of anybody changes."""

    reason_required = True
    actor_id: UUID
    canonical_id: UUID | None
    former_canonical_id: UUID | None
    judgement_id: UUID

    def concerns(self) -> list[UUID]:
        """The actor, and by whom it is known or was: each may know who judged so, and why."""
        return sorted({one for one in (self.actor_id, self.canonical_id, self.former_canonical_id) if one is not None})


class ActorWasMerged(IdentityState):
    """`canonical_id` is the actor it was merged into; `former_canonical_id` one into which it was merged until now."""

    type, aggregate, visibility = "actor.merged", "actor", "public"


class ActorWasSplit(IdentityState):
    """The actor is known by itself again: `canonical_id` is null."""

    type, aggregate, visibility = "actor.split", "actor", "public"
