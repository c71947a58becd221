"""The programme as the town lives it: the same definition, a number of years later.

Temporal's time-skipping server starts at the present and its time only goes forward, so a programme of past years is
lived in years to come. Twenty-eight years keep every weekday and every 29 February (until 2099); Easter moves.
"""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from programmes.load import PACKAGED, latest, load
from programmes.schema import Programme

YEARS_LATER = 28
LAST_YEAR = 2099
"""2100 is no leap year: after it the weekdays would no longer fall the same."""
BARE_DATE = re.compile(r"(?<![\w\"'-])(\d{4})(-\d{2}-\d{2})(?![\w\"'-])")

HORIZON = re.compile(r"^horizon-months = \d+$", re.MULTILINE)
"""A programme that runs on would be lived without end: it takes families in until its first horizon."""


class UnlivableProgramme(Exception):
    """The programme cannot be lived in virtual time; the text says why."""


def write_lived(programme_id: str, *, source: Path | None, folder: Path) -> Programme:
    """Write the latest version of a programme to `folder`, with its dates YEARS_LATER, and load it from there.

    Raises ProgrammeError for a programme that is absent or wrong, UnlivableProgramme where its dates cannot move.
    """
    original = latest(programme_id, source)
    text = ((source or PACKAGED) / programme_id / f"{original.version}.toml").read_text()
    moved = BARE_DATE.sub(lambda found: f"{int(found[1]) + YEARS_LATER}{found[2]}", text)
    if tomllib.loads(moved) != _later(tomllib.loads(text)):
        raise UnlivableProgramme(f"{programme_id}: not every date in its file could be moved {YEARS_LATER} years")
    if original.period.last_admission is None:
        last_day = original.period.last_day
        moved = HORIZON.sub(f"\\g<0>\nadmits-until = {last_day.replace(year=last_day.year + YEARS_LATER)}", moved)
    target = folder / programme_id / f"{original.version}.toml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(moved)
    lived = load(programme_id, original.version, folder)
    if lived.period.last_day.year > LAST_YEAR:
        raise UnlivableProgramme(f"{programme_id}: would be lived after {LAST_YEAR}")
    return lived


def _later(value: Any) -> Any:
    """The same document with its dates moved."""
    if isinstance(value, dict):
        return {key: _later(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_later(part) for part in value]
    if isinstance(value, date):
        return value.replace(year=value.year + YEARS_LATER)
    return value
