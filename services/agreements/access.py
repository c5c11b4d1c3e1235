"""Who may do what here: the scopes of this service and the aliases its routes use."""

from typing import Annotated

from shared.access import Public, Requires
from shared.work import Work

EDIT = "agreements:edit"
FILE = "agreements:file"
DECIDE = "gates:decide"
AUDIT = "events:audit"

Anyone = Annotated[Work, Public]
CanRead = Annotated[Work, Requires("agreements:read")]
CanReadGates = Annotated[Work, Requires("agreements:read", DECIDE)]
CanPropose = Annotated[Work, Requires("agreements:propose")]
CanEdit = Annotated[Work, Requires(EDIT)]
CanSign = Annotated[Work, Requires("agreements:sign")]
CanFile = Annotated[Work, Requires(FILE, EDIT)]
CanDecide = Annotated[Work, Requires(DECIDE)]
