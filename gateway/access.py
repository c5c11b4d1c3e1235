"""Who may do what at the gateway itself: its scopes and the aliases its routes use."""

from typing import Annotated

from shared.access import Admits, Caller, PublicCaller, Requires
from shared.feed import READ
from shared.work import Work

CanManageAccounts = Annotated[Work, Requires("accounts:manage")]
CanManageClients = Annotated[Work, Requires("clients:manage")]
CanReadEvents = Annotated[Caller, Admits(READ)]
# No session is held: passwords are hashed, pages are written and tokens are signed while nothing is open.
Anyone = Annotated[Caller, PublicCaller]
