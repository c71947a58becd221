"""What family and tandem do together over the years: reviews, measurements, hours, and the calls afterwards."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from programmes.load import load
from programmes.schema import Instrument
from services.plans import store, tables
from services.plans.commands import GiveAftercare, HoldReview, LogHours, TakeMeasurement
from services.plans.contracts import Done
from services.plans.domain import (
    YEARS_TOGETHER,
    Change,
    GoalState,
    Trajectory,
    hours_refusal,
    measurement_after,
    moment_of,
    review_after,
    wrong_scores,
)
from services.plans.events import AftercareGiven, HoursLogged, MeasurementMoment, MeasurementTaken, ReviewHeld
from services.plans.handlers.entry import open_for_work, remember
from services.plans.store import Measurement, Review
from services.shared.access import Actor
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Code, stable_id


async def hold_review(tx: Transaction, command: HoldReview, *, actor: Actor, now: datetime) -> Done | Refused:
    """How does it go, and can the family go on by itself? The next one falls due a cadence later.

    Refused: trajectory-closed, not-in-this-phase, held-already, not-this-number.
    """
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    if trajectory.phase not in YEARS_TOGETHER:
        return Refused("not-in-this-phase")
    reviews = await store.reviews(tx, trajectory.id)
    held = [each.number for each in reviews if each.held_on is not None]
    refused = _wrong_number(command.number, done=held, last=reviews)
    if refused is not None:
        return refused
    today = local_date(now)
    values = {
        "held_on": today,
        "held_by": actor.person,
        "ready_to_let_go": command.ready_to_let_go,
        "notes": command.notes,
    }
    row = insert(tables.review).values(trajectory_id=trajectory.id, number=command.number, due_on=today, **values)
    number = [tables.review.c.trajectory_id, tables.review.c.number]
    await tx.execute(row.on_conflict_do_update(index_elements=number, set_=values))
    programme = load(trajectory.programme, trajectory.programme_version)
    await _next(tx, trajectory, next_review_on=review_after(trajectory, programme, held_on=today))
    await remember(tx, trajectory.id, Change.REVIEW_HELD, now=now, by=actor, number=command.number)
    goals = await store.goals(tx, trajectory.id)
    await tx.publish(
        ReviewHeld(
            trajectory_id=trajectory.id,
            review_id=stable_id("review", trajectory.id, command.number),
            ready_to_let_go=command.ready_to_let_go,
            goals_open=sum(goal.state is GoalState.OPEN for goal in goals),
            goals_reached=sum(goal.state is GoalState.REACHED for goal in goals),
        ),
        now=now,
    )
    return Done(changed=True)


async def take_measurement(tx: Transaction, command: TakeMeasurement, *, actor: Actor, now: datetime) -> Done | Refused:
    """An instrument's scores, checked against its definition in the programme version of this family.

    Refused: trajectory-closed, unknown-instrument, wrong-scores (with the dimensions), taken-already,
    not-this-number, not-in-this-phase.
    """
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    programme = load(trajectory.programme, trajectory.programme_version)
    instrument = next((each for each in programme.instruments if each.code == command.instrument), None)
    if instrument is None:
        return Refused("unknown-instrument")
    wrong = wrong_scores(instrument, command.scores)
    if wrong:
        return Refused("wrong-scores", wrong)
    before = await store.measurements(tx, trajectory.id)
    refused = _wrong_number(
        command.number, done=[each.number for each in before if each.taken_on], last=before, again="taken-already"
    )
    if refused is not None:
        return refused
    taken = frozenset(each.moment for each in before if each.instrument == instrument.code and each.moment)
    moment = moment_of(trajectory, programme, taken, on=local_date(now))
    if moment is None:
        return Refused("not-in-this-phase")
    await _record(tx, trajectory, command, instrument, moment, actor=actor, now=now)
    following = measurement_after(trajectory, programme, moment, taken_on=local_date(now))
    await _next(tx, trajectory, next_measurement_on=following)
    return Done(changed=True)


async def _record(
    tx: Transaction,
    trajectory: Trajectory,
    command: TakeMeasurement,
    instrument: Instrument,
    moment: MeasurementMoment,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    today = local_date(now)
    values = {
        "taken_on": today,
        "taken_by": actor.person,
        "instrument": instrument.code,
        "instrument_version": instrument.version,
        "moment": moment,
        "scores": command.scores,
    }
    row = insert(tables.measurement).values(trajectory_id=trajectory.id, number=command.number, due_on=today, **values)
    number = [tables.measurement.c.trajectory_id, tables.measurement.c.number]
    await tx.execute(row.on_conflict_do_update(index_elements=number, set_=values))
    await remember(tx, trajectory.id, Change.MEASUREMENT_TAKEN, now=now, by=actor, number=command.number, reason=moment)
    await tx.publish(
        MeasurementTaken(
            trajectory_id=trajectory.id,
            instrument=instrument.code,
            instrument_version=instrument.version,
            moment=moment,
            scores=command.scores,
        ),
        now=now,
    )


async def log_hours(tx: Transaction, command: LogHours, *, actor: Actor, now: datetime) -> Done | Refused:
    """Contact time, by the one who gave it; it may be written down late, also after closing.

    Refused: unknown-trajectory, in-the-future, not-during-the-trajectory.
    """
    trajectory = await store.trajectory(tx, command.trajectory_id, lock=True)
    if trajectory is None:
        return Refused("unknown-trajectory")
    refusal = hours_refusal(trajectory, command.on, today=local_date(now))
    if refusal is not None:
        return Refused(refusal)
    logged = await tx.execute(
        insert(tables.hours)
        .values(
            id=command.entry_id,
            trajectory_id=trajectory.id,
            contributor=command.contributor,
            person_id=actor.person,
            minutes=command.minutes,
            on_date=command.on,
        )
        .on_conflict_do_nothing()
        .returning(tables.hours.c.id)
    )
    if logged.first() is None:
        return Done(changed=False)
    await remember(tx, trajectory.id, Change.HOURS_LOGGED, now=now, by=actor, number=command.minutes)
    await tx.publish(
        HoursLogged(
            trajectory_id=trajectory.id, contributor=command.contributor, minutes=command.minutes, on=command.on
        ),
        now=now,
    )
    return Done(changed=True)


async def give_aftercare(tx: Transaction, command: GiveAftercare, *, actor: Actor, now: datetime) -> Done | Refused:
    """Somebody called, after letting go. Refused: trajectory-closed, no-such-call, given-already."""
    trajectory = await open_for_work(tx, command.trajectory_id)
    if isinstance(trajectory, Refused):
        return trajectory
    calls = await store.aftercare_of(tx, trajectory.id)
    call = next((call for call in calls if call.number == command.number), None)
    if call is None:
        return Refused("no-such-call")
    if call.given_on is not None:
        return Refused("given-already")
    mine = (tables.aftercare.c.trajectory_id == trajectory.id) & (tables.aftercare.c.number == call.number)
    given = {"given_on": local_date(now), "given_by": actor.person, "reached": command.reached}
    await tx.execute(update(tables.aftercare).where(mine).values(given))
    await remember(tx, trajectory.id, Change.AFTERCARE_GIVEN, now=now, by=actor, number=call.number)
    await tx.publish(AftercareGiven(trajectory_id=trajectory.id, number=call.number, reached=command.reached), now=now)
    return Done(changed=True)


def _wrong_number(
    number: int, *, done: Sequence[int], last: Sequence[Review] | Sequence[Measurement], again: Code = "held-already"
) -> Refused | None:
    """The one that is named and open, or else the next one; nothing is done twice and none is left out."""
    if number in done:
        return Refused(again)
    named = next((each.number for each in last if each.number not in done), len(last) + 1)
    return None if number == named else Refused("not-this-number")


async def _next(tx: Transaction, trajectory: Trajectory, **due: date | None) -> None:
    await tx.execute(update(tables.trajectory).where(tables.trajectory.c.id == trajectory.id).values(due))
