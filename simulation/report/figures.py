"""What a run came to, as data: from the services' own figures, with what the town knows beside it."""

import hashlib
import json
from datetime import date

from pydantic import BaseModel, ConfigDict

from services.budget.answers import ProgrammeBalance
from services.monitor.domain.figures import Figures
from simulation.report.footprint import Footprint


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Days(_Part):
    """Of so many families: half waited at most the median, nine in ten at most p90."""

    families: int
    median: int | None
    p90: int | None


class Tandems(_Part):
    """Confirmed tandems, how many ended before their trajectory did, and how many were together still after a time.

    Survival is counted over tandems that could be followed that long, or ended early before it.
    """

    confirmed: int
    ended_early: int
    after_3_months: tuple[int, int]
    after_12_months: tuple[int, int]


class Tasks(_Part):
    """People's work of one kind: done, and how much of it after its day."""

    closed: int
    late: int
    escalated: int


class Events(_Part):
    """On the bus: published, handled by those who hear them, set apart because they could not be handled."""

    published: int
    unpublished: int
    handled: int
    retrying: int
    parked: int


class Outcome(_Part):
    """What must be the same for the same seed, whatever was killed on the way."""

    programme: str
    version: int
    seed: int
    lived_from: date
    lived_until: date
    families: int
    families_by_outcome: dict[str, int]
    outcome_by_family: dict[str, str]
    reach_by_channel: dict[str, dict[str, int]]
    signal_to_enrolment: Days
    enrolment_to_tandem: Days
    signal_to_tandem: Days
    tandems: Tandems
    tasks: dict[str, Tasks]
    figures: Figures
    balance: ProgrammeBalance
    done: dict[str, int]
    refused: dict[str, int]

    @property
    def digest(self) -> str:
        """SHA-256 of all of this."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()


class Machine(_Part):
    """What differs from run to run."""

    days: int
    wall_seconds: float
    family_years: float
    events: Events
    footprint: Footprint
    restarts: dict[str, int]

    def a_family_year(self, total: float) -> float:
        """So much of something for each year that a family took part."""
        return total / self.family_years if self.family_years else 0.0
