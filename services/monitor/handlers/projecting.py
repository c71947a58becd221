"""Turns events into facts: the one place that says what the figures are made of."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Table, func
from sqlalchemy.dialects.postgresql import insert

from services.budget.events import (
    PaymentBounced,
    PaymentConfirmed,
    ProgrammeFunded,
    SpendingRequestDecided,
    SpendingRequestSubmitted,
)
from services.intake.events import FamilyDeclined, FamilyEnrolled, FamilyWaitlisted, SignalClosed, SignalReceived
from services.matching.events import (
    TandemChosen,
    TandemConfirmed,
    TandemDeclined,
    TandemEnded,
    TandemProposed,
    TrialEvaluated,
)
from services.monitor.store import payment, programme, request, signal, tally, trajectory
from services.plans.events import (
    AftercareGiven,
    GoalReached,
    HoursLogged,
    MeasurementTaken,
    PlanAgreed,
    ReviewHeld,
    TrajectoryClosed,
)
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.events import Event


async def project(tx: Transaction, event: Event, *, now: datetime, sequence: int) -> None:
    """Bring the facts up to date with one event; one that no figure is made of changes nothing."""
    counted = _tallied(event)
    if counted is not None:
        await _add(tx, counted, local_date(now))
    projection = _PROJECTIONS.get(type(event))
    if projection is not None:
        await projection(tx, event, local_date(now), sequence)


async def _funded(tx: Transaction, event: ProgrammeFunded, day: date, sequence: int) -> None:
    values = {
        "version": event.programme_version,
        "starts_on": event.starts_on,
        "ends_on": event.ends_on,
        "sources": event.sources,
    }
    await _set(tx, programme, {"programme": event.programme}, values)


async def _signal_received(tx: Transaction, event: SignalReceived, day: date, sequence: int) -> None:
    values = {
        "programme": event.programme,
        "version": event.programme_version,
        "area": event.area,
        "channel": event.channel,
        "received_on": day,
    }
    await _set(tx, signal, {"signal_id": event.signal_id}, values)


async def _signal_closed(tx: Transaction, event: SignalClosed, day: date, sequence: int) -> None:
    await _set(tx, signal, {"signal_id": event.signal_id}, {"closed_on": day, "closed_for": event.reason})


async def _declined(tx: Transaction, event: FamilyDeclined, day: date, sequence: int) -> None:
    values = {"declined_on": day, "declined_for": list(event.reasons)}
    await _set(tx, signal, {"signal_id": event.signal_id}, values)


async def _waitlisted(tx: Transaction, event: FamilyWaitlisted, day: date, sequence: int) -> None:
    await _set(tx, signal, {"signal_id": event.signal_id}, {"waitlisted_on": day})


async def _enrolled(tx: Transaction, event: FamilyEnrolled, day: date, sequence: int) -> None:
    values = {"enrolled_on": event.enrolled_on, "trajectory_id": event.trajectory_id}
    await _set(tx, signal, {"signal_id": event.signal_id}, values)
    values = {"programme": event.programme, "signal_id": event.signal_id, "enrolled_on": event.enrolled_on}
    await _set(tx, trajectory, {"trajectory_id": event.trajectory_id}, values)


async def _tandem_confirmed(tx: Transaction, event: TandemConfirmed, day: date, sequence: int) -> None:
    # The first tandem is what the family waited for; `least` passes over an absent date.
    added = insert(trajectory).values(trajectory_id=event.trajectory_id, tandem_on=day)
    earliest = {"tandem_on": func.least(trajectory.c.tandem_on, added.excluded.tandem_on)}
    await tx.execute(added.on_conflict_do_update(index_elements=[trajectory.c.trajectory_id], set_=earliest))


async def _trajectory_closed(tx: Transaction, event: TrajectoryClosed, day: date, sequence: int) -> None:
    values = {"programme": event.programme, "closed_on": event.closed_on, "outcome": event.outcome}
    await _set(tx, trajectory, {"trajectory_id": event.trajectory_id}, values)


async def _request_submitted(tx: Transaction, event: SpendingRequestSubmitted, day: date, sequence: int) -> None:
    added = insert(request).values(
        request_id=event.request_id,
        programme=event.programme,
        category=event.category,
        amount_cents=event.amount_cents,
        urgent=event.urgent,
        submitted_on=day,
        sequence=sequence,
    )
    await tx.execute(added.on_conflict_do_update(index_elements=[request.c.request_id], set_={"submitted_on": day}))


async def _request_decided(tx: Transaction, event: SpendingRequestDecided, day: date, sequence: int) -> None:
    values = {
        "programme": event.programme,
        "category": event.category,
        "amount_cents": event.amount_cents,
        "urgent": event.urgent,
        "verdict": event.verdict,
        "reason": event.reason,
        "decided_on": day,
        "sequence": sequence,
    }
    await _set(tx, request, {"request_id": event.request_id}, values, newest=request.c.sequence)


async def _payment_confirmed(tx: Transaction, event: PaymentConfirmed, day: date, sequence: int) -> None:
    values = {
        "programme": event.programme,
        "category": event.category,
        "amount_cents": event.amount_cents,
        "split": event.split,
        "confirmed_on": day,
        "confirmed_sequence": sequence,
    }
    await _set(tx, payment, {"payment_id": event.payment_id}, values, newest=payment.c.confirmed_sequence)


async def _payment_bounced(tx: Transaction, event: PaymentBounced, day: date, sequence: int) -> None:
    values = {"bounced_on": day, "bounced_sequence": sequence}
    await _set(tx, payment, {"payment_id": event.payment_id}, values, newest=payment.c.bounced_sequence)


def _tallied(event: Event) -> tuple[UUID, str, str, int] | None:
    """What an event adds to a trajectory's month: trajectory, kind, label, amount."""
    match event:
        case TandemProposed():
            return event.trajectory_id, "tandem", "proposed", len(event.options)
        case TandemChosen():
            return event.trajectory_id, "tandem", "chosen", 0
        case TandemDeclined():
            return event.trajectory_id, "tandem", "declined", 0
        case TrialEvaluated():
            return event.trajectory_id, "tandem", f"trial-{event.outcome}", 0
        case TandemConfirmed():
            return event.trajectory_id, "tandem", "replaced" if event.replaces else "first", event.waited_days
        case TandemEnded():
            return event.trajectory_id, "tandem", "ended", 0
        case PlanAgreed():
            return event.trajectory_id, "plan", "agreed" if event.version == 1 else "changed", event.goals
        case GoalReached():
            return event.trajectory_id, "goal", event.theme, 0
        case ReviewHeld():
            return event.trajectory_id, "review", "ready-to-let-go" if event.ready_to_let_go else "going-on", 0
        case MeasurementTaken():
            return event.trajectory_id, "measurement", event.moment, 0
        case AftercareGiven():
            return event.trajectory_id, "aftercare", "reached" if event.reached else "not-reached", 0
        case HoursLogged():
            return event.trajectory_id, "hours", event.contributor, event.minutes
        case _:
            return None


async def _add(tx: Transaction, counted: tuple[UUID, str, str, int], day: date) -> None:
    trajectory_id, kind, label, amount = counted
    added = insert(tally).values(
        trajectory_id=trajectory_id, month=day.replace(day=1), kind=kind, label=label, count=1, amount=amount
    )
    sums = {"count": tally.c.count + 1, "amount": tally.c.amount + added.excluded.amount}
    await tx.execute(added.on_conflict_do_update(index_elements=list(tally.primary_key), set_=sums))


async def _set(
    tx: Transaction, table: Table, key: dict[str, Any], values: dict[str, Any], *, newest: Column[Any] | None = None
) -> None:
    """Set columns of one fact; with `newest` only where that column does not hold a higher sequence already."""
    newer = None if newest is None else func.coalesce(newest, 0) <= values[newest.name]
    added = insert(table).values(**key, **values)
    await tx.execute(added.on_conflict_do_update(index_elements=list(key), set_=values, where=newer))


Projection = Callable[[Transaction, Any, date, int], Awaitable[None]]
_PROJECTIONS: dict[type[Event], Projection] = {
    kind: cast(Projection, projection)
    for kind, projection in (
        (ProgrammeFunded, _funded),
        (SignalReceived, _signal_received),
        (SignalClosed, _signal_closed),
        (FamilyDeclined, _declined),
        (FamilyWaitlisted, _waitlisted),
        (FamilyEnrolled, _enrolled),
        (TandemConfirmed, _tandem_confirmed),
        (TrajectoryClosed, _trajectory_closed),
        (SpendingRequestSubmitted, _request_submitted),
        (SpendingRequestDecided, _request_decided),
        (PaymentConfirmed, _payment_confirmed),
        (PaymentBounced, _payment_bounced),
    )
}
