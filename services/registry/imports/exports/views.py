"""What the export of each kind may be asked for: the filters of its list, and a form."""

from typing import Literal

from pydantic import Field

from services.registry.actors.filters import ActorChoice
from services.registry.actors.models import ActorStatus
from services.registry.domains.schemas import OfficialDomainChoice
from services.registry.ties.schemas import TieChoice
from shared.schemas import Request


class ExportView(Request):
    format: Literal["csv", "ndjson"] = Field("csv", description="NDJSON has an object a line, null where a cell is empty.")


class ActorExport(ActorChoice, ExportView):
    """A file of some actors names parents that it does not have; the registry that takes it has to know them."""

    status: Literal[ActorStatus.active, ActorStatus.dissolved] | None = None


class DetailExport(ActorExport):
    """What is known of these actors."""


class TieExport(TieChoice, ExportView):
    pass


class DomainExport(OfficialDomainChoice, ExportView):
    pass
