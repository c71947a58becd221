"""Who must be mailed, and what about: a digest on the morning of a working day, and alarms at once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select

from services.desk import mail_store, reach, store
from services.desk.colleagues import COLLEAGUES_MAX, colleague, find_colleague
from services.desk.contracts import TaskKind
from services.shared.access import Actor
from services.shared.calendar import AMSTERDAM, is_working_day, local_date
from services.shared.database import Transaction

MORNING = time(7, 30)
EVENING = time(18, 0)
"""A digest that could not go out by then is of no use any more."""
HERE_WITHIN = timedelta(days=30)
"""Who has not been here for so long gets no mail: they may work elsewhere by now."""
ALARM_DAYS = 7
ALARMS_MAX = 200
DIGEST, ALARM = "digest", "alarm"


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What waits for somebody, in counts: nothing in it says about whom."""

    mine_late: int
    mine_today: int
    mine_week: int
    unassigned: int
    new: int

    @property
    def is_empty(self) -> bool:
        return not any((self.mine_late, self.mine_today, self.mine_week, self.unassigned, self.new))


async def want_digests(tx: Transaction, *, now: datetime) -> int:
    """Between morning and evening of a working day, everybody who wants one gets one; gives how many are new."""
    here = now.astimezone(AMSTERDAM)
    if not is_working_day(here.date()) or not MORNING <= here.time() < EVENING:
        return 0
    wanted = 0
    for person in await _reachable(tx, now=now):
        if (await mail_store.choice_of(tx, person)).daily:
            wanted += await mail_store.want(tx, person, f"{DIGEST}/{here.date().isoformat()}", now=now)
    return wanted


async def want_alarms(tx: Transaction, *, now: datetime) -> int:
    """Whoever may take a safety concern, or what was escalated to their role, is told at once; gives how many are new.

    At most ALARMS_MAX of the last ALARM_DAYS at a time.
    """
    task = store.task
    alarming = (task.c.kind == TaskKind.SAFETY_CONCERN) | task.c.escalated_role.is_not(None)
    fresh = task.c.closed_at.is_(None) & alarming & (task.c.due_on >= local_date(now) - timedelta(days=ALARM_DAYS))
    if (await tx.execute(select(task.c.id).where(fresh).limit(1))).first() is None:
        return 0
    wanted = 0
    for person in await _reachable(tx, now=now):
        actor = await find_colleague(tx, person)
        if actor is None:
            continue
        concerned = fresh & reach.sees(tx, actor) & task.c.roles.overlap(sorted(actor.roles))
        rows = await tx.execute(
            select(task.c.id, task.c.kind, task.c.escalated_role).where(concerned).order_by(task.c.id).limit(ALARMS_MAX)
        )
        for row in rows.all():
            if row.kind == TaskKind.SAFETY_CONCERN or row.escalated_role in actor.roles:
                about = f"{ALARM}/{row.id}/{row.escalated_role or row.kind}"
                wanted += await mail_store.want(tx, person, about, now=now)
    return wanted


async def digest_for(tx: Transaction, actor: Actor, *, now: datetime) -> Digest:
    """What waits for somebody today, as their worklist would show it."""
    task, today = store.task, local_date(now)
    open_now = task.c.closed_at.is_(None) & reach.sees(tx, actor) & task.c.roles.overlap(sorted(actor.roles))
    awake = task.c.snoozed_until.is_(None) | (task.c.snoozed_until <= today)
    mine, nobodys = task.c.taken_by == actor.person, task.c.taken_by.is_(None)
    since = datetime.combine(_working_day_before(today), MORNING, tzinfo=AMSTERDAM)
    counted = select(
        func.count().filter(mine & (task.c.due_on < today)).label("mine_late"),
        func.count().filter(mine & (task.c.due_on == today)).label("mine_today"),
        func.count()
        .filter(mine & (task.c.due_on > today) & (task.c.due_on <= today + timedelta(days=7)))
        .label("mine_week"),
        func.count().filter(nobodys).label("unassigned"),
        func.count().filter((mine | nobodys) & (task.c.opened_at >= since)).label("new"),
    ).where(open_now, awake)
    row = (await tx.execute(counted)).one()
    return Digest(**row._mapping)


def day_of(about: str) -> date | None:
    """The day of a digest; None for an alarm."""
    kind, _, rest = about.partition("/")
    return date.fromisoformat(rest) if kind == DIGEST else None


def task_of(about: str) -> UUID:
    """The task of an alarm."""
    return UUID(about.split("/")[1])


async def _reachable(tx: Transaction, *, now: datetime) -> list[UUID]:
    """Colleagues with an address who were here of late, at most COLLEAGUES_MAX."""
    address = mail_store.mail_address
    lately = colleague.c.left_on.is_(None) & (colleague.c.last_here_on >= local_date(now - HERE_WITHIN))
    query = select(colleague.c.person).join(address, address.c.person == colleague.c.person).where(lately)
    return list((await tx.execute(query.order_by(colleague.c.person).limit(COLLEAGUES_MAX))).scalars())


def _working_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
