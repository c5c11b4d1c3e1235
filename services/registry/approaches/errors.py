"""The states in which approach reports are refused."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class ApproachNotFound(NotFound):
    code, title = "approach_not_found", "There is no such approach report that you may see."


class ApproachActorUnknown(Invalid):
    code, title = "approach_actor_unknown", "The actor of the report is not in this registry."
    mend = "Leave actor_id out and say in approached_by who it was, or look the id up at /v1/actors."


class ApproachOfAnother(Forbidden):
    code, title = "approach_of_another", "The report is another one's to change."


class ApproachWithdrawn(Conflict):
    code, title = "approach_withdrawn", "The report was withdrawn."
    mend = "File a new report; what was stays as it was."


class ApproachCorrectionsFull(Conflict):
    code, title = "approach_corrections_full", "The report takes no more corrections."
    mend = "Withdraw the report and file a new one that says it all."
