"""The states in which capacity reports are refused, each with its problem type."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class CapacityReportNotFound(NotFound):
    code, title = "capacity_report_not_found", "There is no such capacity report that you may see."


class CapacityReporterUnknown(Forbidden):
    code, title = "capacity_reporter_unknown", "Your organisation cannot report here."
    mend = "A government reports for itself, with an account that acts for an actor of this registry."


class CapacityOfNoGovernment(Forbidden):
    code, title = "capacity_of_no_government", "Capacity reports are those of governments below the nation."
    mend = "States, counties and their subdivisions, municipalities and indigenous governments report, each with its own account: ask your members to."


class CapacityRespondentUnknown(Invalid):
    code, title = "capacity_respondent_unknown", "The seat that answered is not one of the government's own."
    mend = "Look your organisation's seats up at /v1/seats, or leave respondent_seat_id out."


class CapacityReportExists(Conflict):
    code, title = "capacity_report_exists", "The government has a report of this day."
    mend = "Correct that report, or report as of another day."


class CapacityReportSuperseded(Conflict):
    code, title = "capacity_report_superseded", "A correction has taken the place of this report."
    mend = "List the current reports and take the one of this day."


class CapacityReportVerified(Conflict):
    code, title = "capacity_report_verified", "The report was verified already."
    mend = "It is verified once; a correction of it can be verified anew."


class CapacityVerifiedByItself(Conflict):
    code, title = "capacity_verified_by_itself", "No organisation verifies its own report."
    mend = "Ask the national coordinator of another organisation."
