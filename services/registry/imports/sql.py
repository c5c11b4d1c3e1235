"""SQL in which what recurs has a name: `@today`, `@now`, `@current(row)`, `@id(number)`, `@event`, `@who`."""

import re

from sqlalchemy import TextClause, text

_NAMED = {
    "today": "CAST(:today AS date)",
    "now": "CAST(:now AS timestamptz)",
    "event": "(id, aggregatetype, aggregateid, type, time, payload, payload_open, visibility, organizations, subject, organization, reason, request_id, trace)",
    "who": "'public', CAST('{}' AS uuid[]), CAST(:subject AS text), CAST(:organization AS uuid), CAST(:reason AS text), CAST(:request_id AS text),"
    " CAST(:trace AS text)",
    "current": "(#.valid_from IS NULL OR #.valid_from <= CAST(:today AS date)) AND (#.valid_through IS NULL OR #.valid_through >= CAST(:today AS date))",
    # A UUIDv7 (RFC 9562) from the millisecond :ms on: twelve bits count, and what does not fit in them counts milliseconds further.
    "id": "CAST(lpad(to_hex(CAST(:ms AS bigint) + # / 4096), 12, '0') || '7' || lpad(to_hex(# % 4096), 3, '0')"
    " || substr(CAST(gen_random_uuid() AS text), 20) AS uuid)",
}
_USED = re.compile(r"@([a-z]+)(?:\(([\w.]+)\))?")


def statement(sql: str) -> TextClause:
    """The statement with its names written out."""
    return text(_USED.sub(lambda used: _NAMED[used[1]].replace("#", used[2] or ""), sql))
