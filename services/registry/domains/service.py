"""What can be done with official domains."""

from fastapi import Response

from services.registry.domains.repository import OfficialDomains
from services.registry.domains.schemas import OfficialDomainFilters, OfficialDomainRead
from shared import exports
from shared.work import Work


async def list_domains(work: Work, filters: OfficialDomainFilters) -> Response:
    return await exports.listed(OfficialDomains(work), OfficialDomainRead, filters, "official-domains")
