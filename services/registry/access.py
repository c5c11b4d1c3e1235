"""Who may do what here: the scopes of this service and the aliases its routes use."""

from typing import Annotated

from shared.access import Admits, Caller, Public, PublicCaller, Requires
from shared.work import Work

ACTORS_WRITE = "actors:write"
SEATS_MANAGE = "seats:manage"
CONTACTS_READ = "contacts:read"
IMPORTS_RUN = "imports:run"
TIES_MANAGE = "ties:manage"
SEATS_CLAIM = "seats:claim"
PEOPLE_ERASE = "people:erase"
ENGAGEMENTS_MANAGE = "engagements:manage"
ENGAGEMENTS_READ = "engagements:read"
DILIGENCE_READ = "diligence:read"
DILIGENCE_WRITE = "diligence:write"
APPROACHES_REPORT = "approaches:report"
APPROACHES_READ = "approaches:read"
CAPACITY_REPORT = "capacity:report"
CAPACITY_VERIFY = "capacity:verify"
CAPACITY_READ = "capacity:read"
EVENTS_AUDIT = "events:audit"

Anyone = Annotated[Work, Public]
CanWriteActors = Annotated[Work, Requires(ACTORS_WRITE)]
CanManageSeats = Annotated[Work, Requires(SEATS_MANAGE, ACTORS_WRITE)]
CanClaimSeats = Annotated[Work, Requires(SEATS_CLAIM)]
CanErasePeople = Annotated[Work, Requires(PEOPLE_ERASE)]
CanManageTies = Annotated[Work, Requires(TIES_MANAGE)]
CanManageEngagements = Annotated[Work, Requires(ENGAGEMENTS_MANAGE)]
CanReportCapacity = Annotated[Work, Requires(CAPACITY_REPORT)]
CanVerifyCapacity = Annotated[Work, Requires(CAPACITY_VERIFY)]
CanReadCapacity = Annotated[Work, Requires(CAPACITY_READ)]
CanReadDiligence = Annotated[Work, Requires(DILIGENCE_READ)]
# Who keeps a list reads it as well: a new version goes under the ETag of what it replaces.
CanReadWatchlists = Annotated[Work, Requires(DILIGENCE_READ, IMPORTS_RUN)]
CanWriteDiligence = Annotated[Work, Requires(DILIGENCE_WRITE)]
CanReportApproaches = Annotated[Work, Requires(APPROACHES_REPORT)]
CanReadApproaches = Annotated[Work, Requires(APPROACHES_REPORT, APPROACHES_READ)]
CanImport = Annotated[Work, Requires(IMPORTS_RUN)]
MayUpload = Annotated[Caller, Admits(IMPORTS_RUN)]
MayExport = Annotated[Caller, PublicCaller]
