"""Reads the figures of a programme from the facts."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import quantiles
from typing import Any

from sqlalchemy import Row, func, select

from services.monitor.domain.figures import Cell, Figures, MoneyCell, MonthOfTrajectories, RequestCell, Waiting
from services.monitor.store import payment, request, signal, tally, trajectory
from services.shared.calendar import add_months
from services.shared.database import Transaction
from services.shared.types import Code

TENTHS = 10


async def figures(tx: Transaction, programme: Code, until: date) -> Figures:
    """What is known of a programme of the days up to and including `until` (months of tallies: the whole month)."""
    signals = await _signals(tx, programme, until)
    courses = await _courses(tx, programme, until)
    tallies = await _tallies(tx, programme, until)
    declined = [row for row in signals if _within(row.declined_on, until)]
    closed = [row for row in courses if _within(row.closed_on, until)]
    return Figures(
        programme=programme,
        until=until,
        signals_by_channel=_cells(row.channel for row in signals),
        signals_by_area=_cells(row.area for row in signals),
        enrolled=Cell(count=sum(_within(row.enrolled_on, until) for row in signals)),
        declined=Cell(count=len(declined)),
        declined_by_reason=_cells(reason for row in declined for reason in row.declined_for),
        waitlisted=Cell(count=sum(_within(row.waitlisted_on, until) for row in signals)),
        ended_before_intake=_cells(row.closed_for for row in signals if _within(row.closed_on, until)),
        waiting=_waiting(courses, until),
        trajectories_by_month=_by_month(courses, until),
        closed_by_outcome=_cells(row.outcome for row in closed),
        tandems=tallies.get("tandem", {}),
        plans=tallies.get("plan", {}),
        goals_reached=tallies.get("goal", {}),
        reviews=tallies.get("review", {}),
        measurements=tallies.get("measurement", {}),
        aftercare=tallies.get("aftercare", {}),
        hours=tallies.get("hours", {}),
        requests=await _requests(tx, programme, until),
        money=await _money(tx, programme, until),
    )


async def _signals(tx: Transaction, programme: Code, until: date) -> Sequence[Row[*tuple[Any, ...]]]:
    wanted = select(signal).where(signal.c.programme == programme, signal.c.received_on <= until)
    return (await tx.execute(wanted.order_by(signal.c.signal_id))).all()


async def _courses(tx: Transaction, programme: Code, until: date) -> Sequence[Row[*tuple[Any, ...]]]:
    """The trajectories of a programme, each with the day on which its family was first met."""
    wanted = (
        select(trajectory, signal.c.received_on)
        .outerjoin(signal, signal.c.signal_id == trajectory.c.signal_id)
        .where(trajectory.c.programme == programme, trajectory.c.enrolled_on <= until)
    )
    return (await tx.execute(wanted.order_by(trajectory.c.trajectory_id))).all()


async def _tallies(tx: Transaction, programme: Code, until: date) -> dict[str, dict[Code, Cell]]:
    wanted = (
        select(
            tally.c.kind,
            tally.c.label,
            func.sum(tally.c.count).label("total"),
            func.sum(tally.c.amount).label("amount"),
        )
        .join(trajectory, trajectory.c.trajectory_id == tally.c.trajectory_id)
        .where(trajectory.c.programme == programme, tally.c.month <= until)
        .group_by(tally.c.kind, tally.c.label)
        .order_by(tally.c.kind, tally.c.label)
    )
    found: dict[str, dict[Code, Cell]] = {}
    for row in await tx.execute(wanted):
        found.setdefault(row.kind, {})[row.label] = Cell(count=int(row.total), amount=int(row.amount))
    return found


async def _requests(tx: Transaction, programme: Code, until: date) -> tuple[RequestCell, ...]:
    wanted = (
        select(
            request.c.category,
            request.c.verdict,
            func.count().label("total"),
            func.sum(request.c.amount_cents).label("amount"),
        )
        .where(request.c.programme == programme, request.c.decided_on <= until)
        .group_by(request.c.category, request.c.verdict)
        .order_by(request.c.category, request.c.verdict)
    )
    return tuple(
        RequestCell(category=row.category, verdict=row.verdict, cell=Cell(count=row.total, amount=int(row.amount)))
        for row in await tx.execute(wanted)
    )


async def _money(tx: Transaction, programme: Code, until: date) -> tuple[MoneyCell, ...]:
    """Money by source and category; a payment that bounced after it was confirmed counts no more."""
    returned = func.coalesce(payment.c.bounced_sequence, 0) > payment.c.confirmed_sequence
    wanted = (
        select(payment.c.category, payment.c.split)
        .where(payment.c.programme == programme, payment.c.confirmed_on <= until, ~returned)
        .order_by(payment.c.payment_id)
    )
    counts: Counter[tuple[str, str]] = Counter()
    amounts: Counter[tuple[str, str]] = Counter()
    for row in await tx.execute(wanted):
        for source, cents in row.split.items():
            counts[source, row.category] += 1
            amounts[source, row.category] += cents
    return tuple(
        MoneyCell(source=source, category=category, cell=Cell(count=count, amount=amounts[source, category]))
        for (source, category), count in sorted(counts.items())
    )


def _waiting(courses: Sequence[Row[*tuple[Any, ...]]], until: date) -> Waiting:
    days = sorted(
        (row.tandem_on - row.received_on).days
        for row in courses
        if row.received_on is not None and _within(row.tandem_on, until)
    )
    if len(days) < 2:
        only = days[0] if days else None
        return Waiting(families=len(days), median_days=only, p90_days=only)
    tenths = quantiles(days, n=TENTHS, method="inclusive")
    return Waiting(families=len(days), median_days=round(tenths[TENTHS // 2 - 1]), p90_days=round(tenths[-1]))


def _by_month(courses: Sequence[Row[*tuple[Any, ...]]], until: date) -> tuple[MonthOfTrajectories, ...]:
    if not courses:
        return ()
    month = min(row.enrolled_on for row in courses).replace(day=1)
    months = []
    while month <= until:
        last_day = min(add_months(month, 1) - timedelta(days=1), until)
        active = sum(row.enrolled_on <= last_day and not _within(row.closed_on, last_day) for row in courses)
        closed = _cells(row.outcome for row in courses if row.closed_on and month <= row.closed_on <= last_day)
        months.append(MonthOfTrajectories(month=month, active=Cell(count=active), closed=closed))
        month = add_months(month, 1)
    return tuple(months)


def _cells(codes: Any) -> dict[Code, Cell]:
    return {code: Cell(count=count) for code, count in sorted(Counter(codes).items())}


def _within(day: date | None, until: date) -> bool:
    return day is not None and day <= until
