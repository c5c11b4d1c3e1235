"""The file of official domains: what each source says of each."""

from services.registry.domains.repository import OfficialDomains
from services.registry.domains.schemas import OfficialDomainFilters
from services.registry.imports.exports.files import KNOWN, File, How, origin, side
from services.registry.imports.sql import statement

ROWS = f"""
    WITH meant AS MATERIALIZED (<meant>),
    chosen AS MATERIALIZED (SELECT * FROM actor_domains WHERE id IN (SELECT id FROM meant)),
    named AS MATERIALIZED (SELECT DISTINCT actor_id AS id FROM chosen),
    {KNOWN}
    SELECT <columns> FROM chosen AS d JOIN known ON known.id = d.actor_id ORDER BY d.domain COLLATE "C", known.key, d.source COLLATE "C"
"""  # noqa: S608 - constants


def columns(how: How) -> dict[str, str]:
    """The titles of an import of official domains."""
    return {"domain": "d.domain", "domain_type": how.shown.format("d.type"), **side("actor", "known", how), **origin("d", how)}


DOMAINS = File("official-domains", OfficialDomains, OfficialDomainFilters, columns, str(statement(ROWS)))
