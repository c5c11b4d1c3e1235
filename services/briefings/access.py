"""Who may do what here: the scopes of this service and the aliases its routes use."""

from typing import Annotated

from shared.access import Requires
from shared.feed import AUDIT
from shared.work import Work

READ = "briefings:read"
DRAFT = "briefings:draft"
RELEASE = "briefings:release"
INBOX = "inbox:read"
ACKNOWLEDGE = "inbox:acknowledge"
LEDGER = "deliveries:read"

# The people of the issuing organisation who work on its briefings; every other reader is a recipient or an auditor.
DESK = frozenset({READ, DRAFT, RELEASE})

# The issuer's people and the recipients read the same record; `visible()` and the includes decide what each finds.
CanReadBriefings = Annotated[Work, Requires(READ, INBOX)]
CanStudyAudiences = Annotated[Work, Requires(READ)]
CanDraft = Annotated[Work, Requires(DRAFT)]
CanRelease = Annotated[Work, Requires(RELEASE)]
CanReadInbox = Annotated[Work, Requires(INBOX)]
CanAcknowledge = Annotated[Work, Requires(ACKNOWLEDGE)]
CanReadLedger = Annotated[Work, Requires(LEDGER)]

__all__ = [
    "ACKNOWLEDGE",
    "AUDIT",
    "DESK",
    "DRAFT",
    "INBOX",
    "LEDGER",
    "READ",
    "RELEASE",
    "CanAcknowledge",
    "CanDraft",
    "CanReadBriefings",
    "CanReadInbox",
    "CanReadLedger",
    "CanRelease",
    "CanStudyAudiences",
]
