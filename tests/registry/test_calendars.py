"""The calendar of engagements as another program reads it, whatever people have written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from services.registry.engagements.calendars import calendar
from shared.schemas import FIRST_DAY, LAST_DAY

NOBODY = "01890000-0000-7000-8000-000000000000"
OWED = "01890000-0000-7000-8000-000000000001"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(made: bytes, kind: str = "VEVENT") -> list[Any]:
    return list(Calendar.from_ical(made).walk(kind))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")) | st.sampled_from("\\;,:\n\"'"), max_size=120)


@given(title=TEXTS, outcomes=TEXTS, names=st.lists(TEXTS, min_size=1, max_size=3, unique=True), day=st.dates(FIRST_DAY, LAST_DAY))
def test_whatever_is_written_is_read_from_the_calendar(title: str, outcomes: str, names: list[str], day: date) -> None:
    instant = "2026-11-22T12:00:00.000000Z"
    entry: dict[str, Any] = {
        "id": NOBODY,
        "kind": "meeting",
        "status": "held",
        "visibility": "restricted",
        "place": title,
        "country": None,
        "topics": ["water"],
    }
    entry |= {"title": title, "outcomes": outcomes, "sequence": 3, "participants": [{"name": name} for name in names]}
    entry |= {"deliverables": [{"id": OWED, "title": title, "owner_name": names[0], "due_on": day.isoformat(), "status": "done"}]}
    entry |= {"starts_on": day.isoformat(), "ends_on": day.isoformat(), "created_at": instant, "updated_at": instant}
    made = calendar([entry], "en")
    assert all(len(line) <= 75 for line in made.split(b"\r\n"))
    (event,) = read(made)
    said = "\n\n".join(part for part in ("; ".join(names), outcomes) if part)
    assert (event["summary"], event.get("location", ""), event["description"]) == (title, title, said)
    assert (event["dtstart"].dt, event["dtend"].dt, event["dtstamp"].dt) == (day, day + timedelta(days=1), NOON)
    assert str(event["class"]) == "CONFIDENTIAL"
    (task,) = read(made, "VTODO")
    assert (task["summary"], task["due"].dt, str(task["status"]), str(task["class"])) == (title, day, "COMPLETED", "CONFIDENTIAL")
    assert (task["description"], int(task["sequence"])) == ("\n\n".join(part for part in (names[0], title) if part), 3)
    assert (str(task["uid"]), str(task["related-to"])) == (f"urn:uuid:{OWED}", str(event["uid"]))


def test_a_control_character_has_no_place_in_a_calendar() -> None:
    instant = "2026-11-22T12:00:00.000000Z"
    entry: dict[str, Any] = {
        "id": NOBODY,
        "kind": "meeting",
        "status": "planned",
        "visibility": "public",
        "place": None,
        "country": "MX",
        "topics": [],
        "title": "\x07End",
        "outcomes": None,
        "sequence": 0,
        "participants": [],
        "deliverables": [],
        "starts_on": str(LAST_DAY),
        "ends_on": str(LAST_DAY),
        "created_at": instant,
        "updated_at": instant,
    }
    (event,) = read(calendar([entry], "en"))
    assert (event["dtstart"].dt, event["dtend"].dt, event["summary"]) == (LAST_DAY, date.max, "End")


@pytest.mark.parametrize("language", ["de", "fr-CA"], ids=["unknown", "regional"])
def test_an_empty_calendar_is_one(language: str) -> None:
    found = Calendar.from_ical(calendar([], language))
    assert (str(found["x-wr-calname"]), found.walk("VEVENT")) == ("Activités" if language == "fr-CA" else "Engagements", [])
