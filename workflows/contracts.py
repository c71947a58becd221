"""What starts each workflow, what it is told on the way, and what it gives in the end."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.budget.events import Mandate, Verdict
from services.desk.contracts import TaskKind
from services.intake.contracts import Admission
from services.intake.events import ContactOutcome
from services.plans.events import TrajectoryOutcome
from services.shared.types import Code

HEAR_UPDATE = "hear"
"""The update by which a fact reaches an IntakeProcess or a FamilyTrajectory."""
WITHDRAW_UPDATE = "withdraw"
"""The update by which an approval hears that nobody needs to decide any more."""
PROLONG_SIGNAL = "prolong"
"""The signal by which a running cycle hears that its programme was funded again: a later version, a later end."""


def intake_workflow_id(signal_id: UUID) -> str:
    return f"intake-{signal_id}"


def programme_workflow_id(programme: Code) -> str:
    return f"programme-{programme}"


def matching_workflow_id(programme: Code) -> str:
    return f"matching-{programme}"


def reviews_workflow_id(programme: Code) -> str:
    return f"reviews-{programme}"


def payments_workflow_id(programme: Code) -> str:
    return f"payments-{programme}"


def retention_workflow_id(programme: Code) -> str:
    return f"retention-{programme}"


@dataclass(frozen=True, kw_only=True)
class IntakeTerms:
    """One signal, and how long its programme takes to reach a family and to know it."""

    signal_id: UUID
    programme: Code
    attempts_maximum: int
    attempt_working_days: int
    intake_days: int


class IntakeFactKind(StrEnum):
    CONTACT_ATTEMPTED = "contact-attempted"
    INTAKE_COMPLETED = "intake-completed"
    SIGNAL_CLOSED = "signal-closed"


@dataclass(frozen=True, kw_only=True)
class IntakeFact:
    """`attempt`, `outcome` and `by` (who tried) come with CONTACT_ATTEMPTED, `reason` with SIGNAL_CLOSED."""

    kind: IntakeFactKind
    attempt: int = 0
    outcome: ContactOutcome | None = None
    reason: Code | None = None
    by: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class IntakeEnded:
    """Either decided (`admission`) or closed before that (`closed` says why)."""

    admission: Admission | None = None
    closed: Code | None = None


@dataclass(frozen=True, kw_only=True)
class TrajectoryTerms:
    """One family's trajectory under the version of the programme that it keeps.

    `ends_on` is the last day of a programme whose end is fixed: everyone is closed by then. What has a default was not
    among the terms of trajectories that began earlier: those keep to it.
    """

    trajectory_id: UUID
    family_id: UUID
    programme: Code
    programme_version: int
    area: Code
    languages: tuple[Code, ...]
    themes: tuple[Code, ...]
    started_on: date
    choice_days: int
    trial_days: int
    first_plan_days: int
    working_together_months: int
    as_long_as_needed: bool
    letting_go_months: int
    aftercare_months: tuple[int, ...]
    pause_maximum_months: int
    ends_on: date | None
    pause_talk_days: int = 14
    pause_talks_maximum: int = 2
    no_match_months: int = 12


class FactKind(StrEnum):
    TANDEM_PROPOSED = "tandem-proposed"
    TANDEM_DECLINED = "tandem-declined"
    TANDEM_CHOSEN = "tandem-chosen"
    TRIAL_FAILED = "trial-failed"
    TANDEM_CONFIRMED = "tandem-confirmed"
    TANDEM_LOST = "tandem-lost"
    PLAN_AGREED = "plan-agreed"
    READY_TO_LET_GO = "ready-to-let-go"
    AFTERCARE_GIVEN = "aftercare-given"
    MOVED = "moved"
    MOVED_AWAY = "moved-away"
    CONSENT_WITHDRAWN = "consent-withdrawn"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that happened to a family's trajectory.

    `event_id` tells it from another that looks the same; `subject_id` is the round or tandem it is about, `number`
    the aftercare call, `area` where the family moved to.
    """

    event_id: UUID
    kind: FactKind
    subject_id: UUID | None = None
    number: int = 0
    area: Code | None = None


@dataclass(frozen=True, kw_only=True)
class TrajectoryEnded:
    outcome: TrajectoryOutcome
    reason: Code


@dataclass(frozen=True, kw_only=True)
class ApprovalTerms:
    """What is to be decided, by whom and within which terms."""

    subject_id: UUID
    kind: TaskKind
    programme: Code
    family_id: UUID | None
    mandate: Mandate
    trajectory_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ApprovalEnded:
    verdict: Verdict
    reason: Code
    deciders: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class SpendingEnded:
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class ReleaseEnded:
    """`released` is false when the batch was taken apart: its payments wait for the next one."""

    released: bool


@dataclass(frozen=True, kw_only=True)
class CycleTerms:
    """Something that a programme does again and again: from `next_on` until `until` (None: on and on), counted by
    `number`.

    A cycle that goes on as new hands itself the next date and number.
    """

    programme: Code
    programme_version: int
    next_on: date
    until: date | None
    every_days: int
    number: int = 1


@dataclass(frozen=True, kw_only=True)
class ProgrammeTerms:
    """A funded programme: its period, its reports, and the cycles that run beside it.

    `ends_on` is the last day that families come in and reports are made, `families_until` the last day on which a
    family can still be in it: the end where that is fixed, later where nobody is sent away at the end. Both are None
    while nobody has planned an end.
    """

    programme: Code
    programme_version: int
    starts_on: date
    ends_on: date | None
    families_until: date | None
    report_months: int
    first_round_on: date
    round_days: int
    retention_months_maximum: int
    report_number: int = 1
