"""Calendar files (RFC 5545) for talks with a family: when, and a link; with whom stands behind the sign-in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from icalendar import Calendar, Event

from services.desk.contracts import TaskKind
from services.shared.calendar import AMSTERDAM

TALKS = frozenset(
    {
        TaskKind.CONTACT_FAMILY,
        TaskKind.DO_INTAKE,
        TaskKind.EVALUATE_TRIAL,
        TaskKind.MAKE_PLAN,
        TaskKind.HOLD_REVIEW,
        TaskKind.TAKE_MEASUREMENT,
        TaskKind.GIVE_AFTERCARE,
        TaskKind.TALK_ABOUT_PAUSE,
    }
)
"""Work that is done in a talk, for which people make an appointment."""
TALK_LENGTH = timedelta(hours=1)
MEDIA_TYPE = "text/calendar; charset=utf-8"
YEARS_AHEAD_MAX = 2


@dataclass(frozen=True, kw_only=True)
class Appointment:
    """A talk on a day; without an hour it is one to be planned on that day."""

    task_id: UUID
    on: date
    at: time | None


def calendar_file(appointment: Appointment, *, title: str, link: str, now: datetime) -> bytes:
    """The file. The same task keeps the same UID, so that a calendar moves an appointment instead of adding one."""
    talk = Event()
    talk.add("uid", f"{appointment.task_id}@kansen")
    talk.add("dtstamp", now.astimezone(UTC))
    # Whoever imports it again has the newest: the number goes up with every file.
    talk.add("sequence", int(now.timestamp()) // 60)
    talk.add("summary", title)
    talk.add("description", link)
    talk.add("url", link)
    talk.add("class", "PRIVATE")
    if appointment.at is None:
        talk.add("dtstart", appointment.on)
        talk.add("dtend", appointment.on + timedelta(days=1))
        talk.add("transp", "TRANSPARENT")
    else:
        begin = datetime.combine(appointment.on, appointment.at, tzinfo=AMSTERDAM).astimezone(UTC)
        talk.add("dtstart", begin)
        talk.add("dtend", begin + TALK_LENGTH)
    calendar = Calendar()
    calendar.add("prodid", "-//Kansen//NONSGML Kansen//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(talk)
    content: bytes = calendar.to_ical()
    return content
