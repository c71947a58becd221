"""What a workflow must know of its programme, taken from the definition when it starts; it keeps these terms."""

from datetime import timedelta

from programmes.rules import first_matching_round
from programmes.schema import Ending, Programme
from services.budget.events import ApprovalAbout, ApprovalAsked, ProgrammeFunded
from services.desk.contracts import TaskKind
from services.intake.events import FamilyEnrolled, SignalReceived
from services.shared.calendar import add_months
from workflows.contracts import ApprovalTerms, IntakeTerms, ProgrammeTerms, TrajectoryTerms


def intake_terms(programme: Programme, event: SignalReceived) -> IntakeTerms:
    return IntakeTerms(
        signal_id=event.signal_id,
        programme=event.programme,
        attempts_maximum=programme.intake.contact_attempts_maximum,
        attempt_working_days=programme.intake.contact_working_days_between,
        intake_days=programme.intake.duration_days,
    )


def trajectory_terms(programme: Programme, event: FamilyEnrolled) -> TrajectoryTerms:
    """The version that the family keeps; nobody is sent away at the end of a programme whose end is not fixed."""
    course = programme.trajectory
    return TrajectoryTerms(
        trajectory_id=event.trajectory_id,
        family_id=event.family_id,
        programme=event.programme,
        programme_version=event.programme_version,
        area=event.area,
        languages=event.languages,
        themes=event.themes,
        started_on=event.enrolled_on,
        choice_days=course.choice_days,
        trial_days=programme.tandem.trial_days,
        first_plan_days=course.first_plan_days,
        working_together_months=course.working_together_months,
        as_long_as_needed=course.as_long_as_needed,
        letting_go_months=course.letting_go_months,
        aftercare_months=course.aftercare_months,
        pause_maximum_months=course.pause_maximum_months,
        pause_talk_days=course.pause_talk_days,
        pause_talks_maximum=course.pause_talks_maximum,
        no_match_months=course.no_match_months,
        ends_on=programme.period.end if programme.period.ending is Ending.FIXED else None,
    )


def approval_terms(event: ApprovalAsked) -> ApprovalTerms:
    return ApprovalTerms(
        subject_id=event.subject_id,
        kind=TaskKind.DECIDE_REQUEST if event.about is ApprovalAbout.REQUEST else TaskKind.RELEASE_BATCH,
        programme=event.programme,
        family_id=event.family_id,
        trajectory_id=event.trajectory_id,
        mandate=event.mandate,
    )


def programme_terms(programme: Programme, event: ProgrammeFunded) -> ProgrammeTerms:
    """Where no end is fixed, the cycles run on, or until whoever came in last has gone the whole way."""
    course = programme.trajectory
    whole_way = course.working_together_months + course.letting_go_months + max(course.aftercare_months)
    is_fixed = programme.period.ending is Ending.FIXED
    runs_on = programme.period.last_admission is None
    families_until = event.ends_on if is_fixed else add_months(event.ends_on, whole_way)
    return ProgrammeTerms(
        programme=event.programme,
        programme_version=event.programme_version,
        starts_on=event.starts_on,
        ends_on=None if runs_on else event.ends_on,
        families_until=None if runs_on else families_until,
        report_months=programme.reports.cadence_months,
        first_round_on=first_matching_round(programme)
        + (event.starts_on - programme.period.start) // timedelta(days=7) * timedelta(days=7),
        round_days=course.matching_round_days,
        retention_months_maximum=max(term.months for term in programme.retention.terms),
    )
