"""One row of the registry's bulk import: an actor, its names and identifiers, its place, its one seat and where the row comes from."""

from collections.abc import Mapping

Row = dict[str, str]

COLUMNS = (
    "key_scheme", "key_value", "kind", "source_kind", "preferred_language", "name:en", "name:es", "name:fr",
    "id:ocd", "id:geonames", "id:gnis", "id:fips", "id:geoid-place", "id:iso3166-1-alpha3", "id:iso3166-1-numeric",
    "id:body-name", "id:office-abroad", "id:us-federal-agency", "id:us-federal-bureau",
    "parent_scheme", "parent_value", "country", "subdivision", "lat", "lon", "population", "website",
    "border_m:MX", "border_m:US", "border_m:CA", "seat_role", "seat_title", "seat_email", "source", "licence", "read_on",
)  # fmt: skip


def filled(cells: Mapping[str, str], *, role: str, title: str) -> Row:
    """The row with every column, its seat and the seat's address; what is not given is empty, which the import reads as absent."""
    unknown = set(cells) - set(COLUMNS)
    if unknown:
        raise ValueError(f"columns the import does not know: {sorted(unknown)}")
    address = seat_address(role, cells["key_scheme"], cells["key_value"], cells.get("country", ""))
    given = {**cells, "seat_role": role, "seat_title": title, "seat_email": address}
    return {column: given.get(column, "").strip() for column in COLUMNS}


def seat_address(role: str, scheme: str, value: str, country: str) -> str:
    """An address that can never reach anyone: `.example` is reserved (RFC 2606), and the sample must not write to real officials."""
    host = f"{scheme}-{value}.{country}" if country else f"{scheme}-{value}"
    return f"{role.replace('_', '-')}@{host}.example".lower()
