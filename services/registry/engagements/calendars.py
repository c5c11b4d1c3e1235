"""Engagements as iCalendar (RFC 5545): days without hours, a UID that never changes, a SEQUENCE that grows with every change."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from services.registry.engagements.kinds import LABELS, EngagementKind

MEDIA_TYPE = "text/calendar"
STATUS = {"planned": "TENTATIVE", "held": "CONFIRMED", "cancelled": "CANCELLED"}
CLASS = {"public": "PUBLIC", "restricted": "CONFIDENTIAL"}
NAME = {"en": "Engagements", "es": "Actividades", "fr": "Activités"}


def calendar(entries: Sequence[Mapping[str, Any]], language: str) -> bytes:
    """The file of these entries (`CalendarEntry`). A cancelled one stays in it as cancelled, so that calendars take it out."""
    spoken = language.partition("-")[0]
    made = Calendar()
    made.add("prodid", "-//Comity//Engagements//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", NAME.get(spoken, NAME["en"]))
    for entry in entries:
        made.add_component(_event(entry, spoken))
    written: bytes = made.to_ical()
    return written


def _event(entry: Mapping[str, Any], language: str) -> Event:
    made = Event()
    made.add("uid", f"urn:uuid:{entry['id']}")
    made.add("sequence", entry["sequence"])
    made.add("dtstamp", datetime.fromisoformat(entry["updated_at"]))
    made.add("created", datetime.fromisoformat(entry["created_at"]))
    made.add("last-modified", datetime.fromisoformat(entry["updated_at"]))
    made.add("dtstart", date.fromisoformat(entry["starts_on"]))
    made.add("dtend", date.fromisoformat(entry["ends_on"]) + timedelta(days=1))  # RFC 5545: the day after the last
    made.add("summary", entry["title"])
    made.add("status", STATUS[entry["status"]])
    made.add("class", CLASS[entry["visibility"]])
    made.add("transp", "TRANSPARENT")
    label = LABELS[EngagementKind(entry["kind"])]
    made.add("categories", [label.get(language, label["en"]), *entry["topics"]])
    place = ", ".join(part for part in (entry["place"], entry["country"]) if part)
    if place:
        made.add("location", place)
    names = "; ".join(dict.fromkeys(part["name"] for part in entry["participants"]))
    made.add("description", "\n\n".join(part for part in (names, entry["outcomes"]) if part))
    return made
