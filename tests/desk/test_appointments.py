"""Calendar files: what stands in them, and what never does."""

from datetime import UTC, date, datetime, time, timedelta

from icalendar import Calendar

from services.desk.appointments import Appointment, calendar_file
from services.shared.types import stable_id

TASK = stable_id("task")
LINK = f"https://kansen.example.nl/desk/taken/{TASK}"
NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
TITLE = "Kansen: gesprek"


def parsed(on: date, at: time | None, now: datetime = NOW) -> Calendar:
    content = calendar_file(Appointment(task_id=TASK, on=on, at=at), title=TITLE, link=LINK, now=now)
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n")), "a line is folded after 75 octets"
    return Calendar.from_ical(content)


def test_a_talk_stands_at_its_hour_in_winter_and_in_summer() -> None:
    (winter,) = parsed(date(2027, 3, 4), time(14, 0)).walk("VEVENT")
    (summer,) = parsed(date(2027, 7, 1), time(14, 0)).walk("VEVENT")

    assert winter.decoded("dtstart") == datetime(2027, 3, 4, 13, tzinfo=UTC)
    assert summer.decoded("dtstart") == datetime(2027, 7, 1, 12, tzinfo=UTC)
    assert summer.decoded("dtend") - summer.decoded("dtstart") == timedelta(hours=1)


def test_a_talk_without_an_hour_takes_the_day_and_blocks_nothing() -> None:
    (talk,) = parsed(date(2027, 3, 31), None).walk("VEVENT")

    assert (talk.decoded("dtstart"), talk.decoded("dtend")) == (date(2027, 3, 31), date(2027, 4, 1))
    assert talk["transp"] == "TRANSPARENT"


def test_a_talk_that_is_moved_keeps_its_uid_and_counts_up() -> None:
    (first,) = parsed(date(2027, 3, 4), None).walk("VEVENT")
    (moved,) = parsed(date(2027, 3, 8), None, NOW + timedelta(minutes=5)).walk("VEVENT")

    assert first["uid"] == moved["uid"]
    assert int(str(moved["sequence"])) > int(str(first["sequence"]))


def test_the_file_says_nothing_of_anybody() -> None:
    (talk,) = parsed(date(2027, 3, 4), time(14, 0)).walk("VEVENT")

    assert {name: str(talk[name]) for name in ("summary", "description", "url", "class")} == {
        "summary": TITLE,
        "description": LINK,
        "url": LINK,
        "class": "PRIVATE",
    }
    assert set(talk) == {"UID", "DTSTAMP", "SEQUENCE", "SUMMARY", "DESCRIPTION", "URL", "CLASS", "DTSTART", "DTEND"}
