"""Who must be mailed, and what about: a digest on the morning of a working day, and alarms at once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select

from services.desk import mail_store, reach, store
from services.desk.colleagues import COLLEAGUES_MAX, colleague
from services.desk.contracts import TaskKind
from services.desk.handlers.changes import Change, times_released
from services.desk.handlers.concerns import able, called, waits
from services.desk.mail_store import ALARM
from services.shared.access import Actor
from services.shared.calendar import AMSTERDAM, is_working_day, local_date
from services.shared.database import Transaction
from services.shared.types import Code

MORNING = time(7, 30)
EVENING = time(18, 0)
"""A digest that could not go out by then is of no use any more."""
HERE_WITHIN = timedelta(days=30)
"""Who has not been here for so long gets no mail: they may work elsewhere by now."""
ALARM_DAYS = 7
ALARMS_MAX = 200
DIGEST = "digest"


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
    if not is_digest_time(now):
        return 0
    about = f"{DIGEST}/{local_date(now).isoformat()}"
    wanted = 0
    for person in await _without(tx, about, now=now):
        wanted += await mail_store.want(tx, person, about, now=now)
    if wanted:
        await mail_store.forget_old(tx, now=now)
    return wanted


def is_digest_time(now: datetime) -> bool:
    """Whether a digest is of use: on a working day, and not when it is nearly over."""
    here = now.astimezone(AMSTERDAM)
    return is_working_day(here.date()) and MORNING <= here.time() < EVENING


async def want_alarms(tx: Transaction, *, now: datetime, since: datetime | None = None) -> int:
    """Who is called to a safety concern, and to whose role work was escalated, is told; gives how many are new.

    `since`: only about what was opened, escalated or given back from then on. At most ALARMS_MAX, of ALARM_DAYS.
    """
    task = store.task
    alarming = (task.c.kind == TaskKind.SAFETY_CONCERN) | task.c.escalated_role.is_not(None)
    fresh = task.c.closed_at.is_(None) & alarming & (task.c.due_on >= local_date(now) - timedelta(days=ALARM_DAYS))
    query = select(task.c.id).where(fresh).order_by(task.c.opened_at.desc(), task.c.id).limit(ALARMS_MAX)
    if since is not None:
        change = store.task_change
        news = change.c.what.in_((Change.OPENED, Change.ESCALATED, Change.RELEASED))
        query = query.where(task.c.id.in_(select(change.c.task_id).where(change.c.changed_at >= since, news)))
    wanted = 0
    for task_id in (await tx.execute(query)).scalars().all():
        found = await store.task_by_id(tx, task_id)
        if found is not None and (found.kind is not TaskKind.SAFETY_CONCERN or await _waits(tx, found, now=now)):
            wanted += await _want_alarm(tx, found, now=now)
    return wanted


async def _want_alarm(tx: Transaction, task: store.Task, *, now: datetime) -> int:
    about = f"{ALARM}/{task.id}/{task.escalated_role or task.kind}"
    if task.kind is TaskKind.SAFETY_CONCERN:
        people = await called(tx, task, now=now)
        if returned := await times_released(tx, task.id):
            about += f"/{returned}"
    else:
        people = await able(tx, task, [task.escalated_role] if task.escalated_role else [], now=now)
    wanted = 0
    for each in people:
        if await mail_store.address_of(tx, each.person) is not None:
            wanted += await mail_store.want(tx, each.person, about, now=now)
    return wanted


async def _waits(tx: Transaction, task: store.Task, *, now: datetime) -> bool:
    return (await tx.execute(select(store.task.c.id).where(store.task.c.id == task.id, waits(now)))).first() is not None


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


async def is_of_use(tx: Transaction, tried: mail_store.Mail, task: store.Task, *, now: datetime) -> bool:
    """Whether an alarm still says something: what it is about is open, not long ago, and a concern is nobody's yet."""
    if task.closed_at is not None or tried.wanted_at < now - timedelta(days=ALARM_DAYS):
        return False
    return task.kind is not TaskKind.SAFETY_CONCERN or await _waits(tx, task, now=now)


def letter_about(task: store.Task) -> Code:
    """What the mail says: a concern, a concern that nobody took up, or work that waits too long."""
    if task.kind is not TaskKind.SAFETY_CONCERN:
        return "waiting"
    return "concern" if task.escalated_role is None else "concern-alarm"


async def _without(tx: Transaction, about: str, *, now: datetime) -> list[UUID]:
    """Colleagues with an address who were here of late, want a digest and were not meant to get this one yet."""
    address, choice, mail = mail_store.mail_address, mail_store.mail_choice, mail_store.mail
    lately = colleague.c.left_on.is_(None) & (colleague.c.last_here_on >= local_date(now - HERE_WITHIN))
    joined = colleague.join(address, address.c.person == colleague.c.person)
    joined = joined.join(choice, choice.c.person == colleague.c.person, isouter=True)
    told = select(mail.c.person).where(mail.c.about == about)
    wants = func.coalesce(choice.c.daily, True) & colleague.c.person.not_in(told)
    query = select(colleague.c.person).select_from(joined).where(lately, wants)
    return list((await tx.execute(query.order_by(colleague.c.person).limit(COLLEAGUES_MAX))).scalars())


def _working_day_before(day: date) -> date:
    day -= timedelta(days=1)
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
