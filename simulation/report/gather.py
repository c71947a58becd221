"""Asks the services what a run came to."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from statistics import quantiles
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from services.budget import tables as budget_tables
from services.budget.balances import programme_balance
from services.desk import store as desk
from services.matching import tables as matching_tables
from services.matching.domain import TandemState
from services.monitor import store as monitor
from services.monitor.readings.figures import figures
from services.shared.calendar import add_months
from services.shared.database import Transaction
from simulation.people.world import World, trajectory_of
from simulation.report.figures import Days, Events, Machine, Outcome, Tandems, Tasks
from simulation.report.footprint import weigh, workflow_ids
from simulation.run import Lived

TENTHS = 10
DAYS_A_YEAR = 365.25
NO_SIGNAL = "never-met"
STILL_TAKING_PART = "still-taking-part"
STILL_WAITING = "still-waiting"
IN_INTAKE = "still-in-intake"

ENDED_EARLY = ("no-click", "person-left", "other-work", "paused")
"""Reasons for which a tandem ends while its family goes on."""

Rows = Sequence[Any]


async def outcome_of(run: Lived) -> Outcome:
    """What the services say of the programme that was lived."""
    world, programme = run.world, run.world.programme
    signals = {row.signal_id: row for row in await world.see("monitor", _signals(programme.id))}
    courses = {row.trajectory_id: row for row in await world.see("monitor", _courses(programme.id))}
    by_family = {
        household.key: _outcome(world.signals_of(household), signals, courses) for household in world.town.households
    }
    balance = await world.see("budget", lambda tx: programme_balance(tx, programme.id))
    if balance is None:
        raise LookupError("the programme was never funded")
    return Outcome(
        programme=programme.id,
        version=programme.version,
        seed=world.chance.seed,
        lived_from=programme.period.start,
        lived_until=world.day,
        families=len(world.town.households),
        families_by_outcome=dict(sorted(Counter(by_family.values()).items())),
        outcome_by_family=by_family,
        reach_by_channel=_reach(signals.values()),
        signal_to_enrolment=_days((row.received_on, row.enrolled_on) for row in signals.values()),
        enrolment_to_tandem=_days((row.enrolled_on, row.tandem_on) for row in courses.values()),
        signal_to_tandem=_days(
            (signals[row.signal_id].received_on, row.tandem_on) for row in courses.values() if row.signal_id in signals
        ),
        tandems=await world.see("matching", lambda tx: _tandems(tx, world)),
        tasks=await world.see("desk", _tasks),
        figures=await world.see("monitor", lambda tx: figures(tx, programme.id, world.day)),
        balance=balance,
        done=dict(sorted(world.diary.done.items())),
        refused=dict(sorted(world.diary.refused.items())),
    )


async def machine_of(run: Lived) -> Machine:
    """What it took."""
    world = run.world
    courses = await world.see("monitor", _courses(world.programme.id))
    ids = workflow_ids(
        world.programme.id,
        signals=[row.signal_id for row in await world.see("monitor", _signals(world.programme.id))],
        trajectories=[row.trajectory_id for row in courses],
        requests=await world.see("budget", _ids(budget_tables.request.c.id)),
        batches=await world.see("budget", _ids(budget_tables.batch.c.id)),
    )
    lived = sum(((row.closed_on or world.day) - row.enrolled_on).days for row in courses)
    return Machine(
        days=run.days,
        wall_seconds=round(run.wall_seconds, 1),
        family_years=round(lived / DAYS_A_YEAR, 2),
        events=await _events(world),
        footprint=await weigh(world.client, ids),
        restarts={name: count for name, count in run.restarts.items() if count},
    )


def _signals(programme: str) -> Any:
    async def read(tx: Transaction) -> Rows:
        query = select(monitor.signal).where(monitor.signal.c.programme == programme)
        return (await tx.execute(query.order_by(monitor.signal.c.signal_id))).all()

    return read


def _courses(programme: str) -> Any:
    async def read(tx: Transaction) -> Rows:
        query = select(monitor.trajectory).where(monitor.trajectory.c.programme == programme)
        return (await tx.execute(query.order_by(monitor.trajectory.c.trajectory_id))).all()

    return read


def _ids(column: Any) -> Any:
    async def read(tx: Transaction) -> list[UUID]:
        return list((await tx.execute(select(column).order_by(column))).scalars())

    return read


def _outcome(signal_ids: Iterable[UUID], signals: dict[UUID, Any], courses: dict[UUID, Any]) -> str:
    """What became of one family in the end: its last trajectory, or else its last signal."""
    met = [signals[each] for each in signal_ids if each in signals]
    trajectories = [courses[trajectory_of(row.signal_id)] for row in met if trajectory_of(row.signal_id) in courses]
    if trajectories:
        last = max(trajectories, key=lambda row: (row.enrolled_on, row.trajectory_id))
        return str(last.outcome or STILL_TAKING_PART)
    if not met:
        return NO_SIGNAL
    row = max(met, key=lambda row: (row.received_on, row.signal_id))
    if row.declined_for:
        return f"declined: {row.declined_for[0]}"
    if row.closed_for:
        return str(row.closed_for)
    return STILL_WAITING if row.waitlisted_on else IN_INTAKE


def _reach(rows: Iterable[Any]) -> dict[str, dict[str, int]]:
    reached: dict[str, Counter[str]] = {}
    for row in rows:
        counts = reached.setdefault(row.channel, Counter())
        counts["met"] += 1
        counts["enrolled"] += row.enrolled_on is not None
    return {channel: dict(counts) for channel, counts in sorted(reached.items())}


def _days(pairs: Iterable[tuple[date | None, date | None]]) -> Days:
    waited = sorted((end - start).days for start, end in pairs if start is not None and end is not None)
    if len(waited) < 2:
        only = waited[0] if waited else None
        return Days(families=len(waited), median=only, p90=only)
    tenths = quantiles(waited, n=TENTHS, method="inclusive")
    return Days(families=len(waited), median=round(tenths[TENTHS // 2 - 1]), p90=round(tenths[-1]))


async def _tandems(tx: Transaction, world: World) -> Tandems:
    table = matching_tables.tandem_
    rows = (await tx.execute(select(table).where(table.c.confirmed_on.is_not(None)).order_by(table.c.id))).all()
    early = {row.id for row in rows if row.state == TandemState.ENDED and row.reason in ENDED_EARLY}

    def survived(months: int) -> tuple[int, int]:
        followed = together = 0
        for row in rows:
            until = add_months(row.confirmed_on, months)
            lasted = row.ended_on is None or row.ended_on >= until
            if lasted and until > world.day:
                continue
            if lasted or row.id in early:
                followed += 1
                together += lasted
        return together, followed

    return Tandems(
        confirmed=len(rows), ended_early=len(early), after_3_months=survived(3), after_12_months=survived(12)
    )


async def _tasks(tx: Transaction) -> dict[str, Tasks]:
    table = desk.task
    query = (
        select(
            table.c.kind,
            func.count().filter(table.c.closed_at.is_not(None)).label("closed"),
            func.count().filter(table.c.late).label("late"),
            func.count().filter(table.c.escalated_role.is_not(None)).label("escalated"),
        )
        .group_by(table.c.kind)
        .order_by(table.c.kind)
    )
    return {
        row.kind: Tasks(closed=row.closed, late=row.late, escalated=row.escalated) for row in await tx.execute(query)
    }


async def _events(world: World) -> Events:
    totals: Counter[str] = Counter()
    for name in sorted(world.databases):

        async def read(tx: Transaction, name: str = name) -> Any:
            counts = (
                "SELECT (SELECT count(*) FROM {0}.outbox) AS published,"
                " (SELECT count(*) FROM {0}.outbox WHERE published_at IS NULL) AS unpublished,"
                " (SELECT count(*) FROM {0}.inbox WHERE state = 'done') AS handled,"
                " (SELECT count(*) FROM {0}.inbox WHERE state = 'retrying') AS retrying,"
                " (SELECT count(*) FROM {0}.parked WHERE resolved_at IS NULL) AS parked"
            )
            return (await tx.execute(text(counts.format(name)))).one()

        totals.update(dict((await world.see(name, read))._mapping))
    return Events(**totals)
