"""Engagements as iCalendar (RFC 5545): days without hours, a UID that never changes, a SEQUENCE that grows with every change.

Written here and not by a library: two thousand engagements would take one a second and a half, in which the service answers nobody.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.registry.engagements.kinds import LABELS, EngagementKind

MEDIA_TYPE = "text/calendar"
TASK_STATUS = {"open": "NEEDS-ACTION", "done": "COMPLETED", "dropped": "CANCELLED"}
STATUS = {"planned": "TENTATIVE", "held": "CONFIRMED", "cancelled": "CANCELLED"}
CLASS = {"public": "PUBLIC", "restricted": "CONFIDENTIAL"}
NAME = {"en": "Engagements", "es": "Actividades", "fr": "Activités"}
FOLDED_AT = 75  # octets of a line (§3.1)
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f]")  # control characters have no place in a text, escaped or not


def calendar(entries: Sequence[Mapping[str, Any]], language: str) -> bytes:
    """The file of these entries (`CalendarEntry`), each with what is owed on a day. A cancelled one stays in it as cancelled, so that calendars take it out."""
    spoken = language.partition("-")[0]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Comity//Engagements//EN", "METHOD:PUBLISH", f"X-WR-CALNAME:{NAME.get(spoken, NAME['en'])}"]
    for entry in entries:
        lines += _event(entry, spoken)
        for task in entry["deliverables"]:
            if task["due_on"] is not None:
                lines += _task(task, entry)
    return b"".join(_folded(line) + b"\r\n" for line in (*lines, "END:VCALENDAR"))


def _event(entry: Mapping[str, Any], language: str) -> Iterator[str]:
    changed, made = (_instant(entry[name]) for name in ("updated_at", "created_at"))
    label = LABELS[EngagementKind(entry["kind"])]
    place = ", ".join(part for part in (entry["place"], entry["country"]) if part)
    names = "; ".join(dict.fromkeys(part["name"] for part in entry["participants"]))
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(entry)}"
    yield f"SEQUENCE:{entry['sequence']}"
    yield f"DTSTAMP:{changed}"
    yield f"CREATED:{made}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"DTSTART;VALUE=DATE:{_day(entry['starts_on'])}"
    yield f"DTEND;VALUE=DATE:{_day(entry['ends_on'], after=1)}"  # §3.6.1: the day after the last
    yield f"SUMMARY:{_text(entry['title'])}"
    yield f"STATUS:{STATUS[entry['status']]}"
    yield f"CLASS:{CLASS[entry['visibility']]}"
    yield "TRANSP:TRANSPARENT"
    yield f"CATEGORIES:{','.join(map(_text, (label.get(language, label['en']), *entry['topics'])))}"
    if place:
        yield f"LOCATION:{_text(place)}"
    yield "DESCRIPTION:" + _text("\n\n".join(part for part in (names, entry["outcomes"]) if part))
    yield "END:VEVENT"


def _task(task: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[str]:
    """A deliverable (§3.6.2), which belongs to its engagement and changes with it."""
    changed = _instant(entry["updated_at"])
    yield "BEGIN:VTODO"
    yield f"UID:{_uid(task)}"
    yield f"RELATED-TO:{_uid(entry)}"
    yield f"SEQUENCE:{entry['sequence']}"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"DUE;VALUE=DATE:{_day(task['due_on'])}"
    yield f"SUMMARY:{_text(task['title'])}"
    yield f"STATUS:{TASK_STATUS[task['status']]}"
    yield f"CLASS:{CLASS[entry['visibility']]}"
    yield "DESCRIPTION:" + _text("\n\n".join(part for part in (task["owner_name"], entry["title"]) if part))
    yield "END:VTODO"


def _uid(record: Mapping[str, Any]) -> str:
    return f"urn:uuid:{record['id']}"


def _text(value: str) -> str:
    """A text as §3.3.11 escapes it: a line end is `\\n`."""
    plain = _NO_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _day(written: str, *, after: int = 0) -> str:
    return (date.fromisoformat(written) + timedelta(after)).isoformat().replace("-", "")


def _instant(written: str) -> str:
    return datetime.fromisoformat(written).strftime("%Y%m%dT%H%M%SZ")


def _folded(line: str) -> bytes:
    """A line of more octets than FOLDED_AT goes on after a blank; no character is cut in two."""
    whole = line.encode()
    pieces, start, room = [], 0, FOLDED_AT
    while len(whole) - start > room:
        end = start + room
        while whole[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(whole[start:end])
        start, room = end, FOLDED_AT - 1
    return b"\r\n ".join([*pieces, whole[start:]])
