"""What everybody in the town has: a day, a way to act on each service as its people do, and a memory of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Concatenate
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from temporalio.client import Client

from programmes.schema import Programme
from services.desk.store import Task
from services.plans.domain import Trajectory
from services.shared.access import Actor
from services.shared.calendar import AMSTERDAM, local_date, next_working_day
from services.shared.database import Database, Transaction, is_unavailable
from services.shared.outcomes import Refused
from services.shared.roles import Role
from services.shared.types import stable_id
from simulation.people import rates
from simulation.quiet import Quiet
from simulation.town.chance import Chance
from simulation.town.households import Household
from simulation.town.town import Town
from simulation.town.workers import Worker

ACTING_FROM = time(10, 0, 10)
"""People act in the morning, after the workflows' day has begun; a little earlier than virtual time stands then, so
that what follows from an act never seems to come before it."""

BETWEEN_ACTS = timedelta(milliseconds=5)
ACT_TRIES = 6
ACT_WAIT_SECONDS = 0.5
"""A person whose screen says that it does not work now tries again."""


@dataclass
class Diary:
    """What the town knows of itself: what its people did, and which no they were given."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    request_keys: dict[UUID, str] = field(default_factory=dict)
    """By request: the name under which chance treats it; two equal requests share one."""
    plans: dict[date, list[Callable[[], Awaitable[None]]]] = field(default_factory=dict)
    """What people mean to do on a later day."""


@dataclass
class World:
    """One run of the simulation."""

    programme: Programme
    town: Town
    chance: Chance
    databases: dict[str, Database]
    client: Client
    quiet: Quiet
    day: date
    diary: Diary = field(default_factory=Diary)
    trajectories: dict[UUID, Trajectory] = field(default_factory=dict)
    """Those that are not closed, as they stood this morning."""
    families: dict[str, UUID] = field(default_factory=dict)
    """By household: the id that the software gave the family at its intake."""
    looked_ahead: set[UUID] = field(default_factory=set)
    waiting_for: set[tuple[UUID, str]] = field(default_factory=set)
    """What people have decided to come back to, so that they do not decide it anew each day."""
    gone: set[UUID] = field(default_factory=set)
    """Supporters and buddies who have left."""
    acts_today: int = 0

    def __post_init__(self) -> None:
        self._payment_keys: dict[UUID, str] = {}
        self._returns: dict[str, list[UUID]] = {}
        self._households = {
            trajectory_of(meeting.signal_id): household
            for household in self.town.households
            for meeting in household.meetings
        }

    def household(self, trajectory_id: UUID) -> Household:
        """The family of a trajectory."""
        return self._households[trajectory_id]

    def household_of_signal(self, signal_id: UUID) -> Household:
        """The family that a signal is about."""
        return self._households[trajectory_of(signal_id)]

    def signals_of(self, household: Household) -> list[UUID]:
        """Every signal about a family, also of its coming back."""
        own = [meeting.signal_id for meeting in household.meetings]
        return [*own, *self._returns.get(household.key, [])]

    def expect(self, signal_id: UUID, household: Household) -> None:
        """A family is met again: what comes of this signal is about it."""
        self._households[trajectory_of(signal_id)] = household
        self._returns.setdefault(household.key, []).append(signal_id)

    def begin(self, day: date) -> None:
        """A new day."""
        self.day, self.acts_today = day, 0

    def moment(self) -> datetime:
        """When the next act of this day takes place."""
        self.acts_today += 1
        return datetime.combine(self.day, ACTING_FROM, tzinfo=AMSTERDAM) + self.acts_today * BETWEEN_ACTS

    async def act[**P, R](
        self,
        service: str,
        handler: Callable[Concatenate[Transaction, P], Awaitable[R]],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> R:
        """Do something as people do it: one transaction of a service, tried again while its database is away."""
        for attempt in range(1, ACT_TRIES + 1):
            try:
                async with self.databases[service].transaction() as tx:
                    outcome = await handler(tx, *arguments, **named)
                break
            except (DBAPIError, OSError) as error:
                if not is_unavailable(error) or attempt == ACT_TRIES:
                    raise
                await asyncio.sleep(ACT_WAIT_SECONDS * attempt)
        self.note(handler.__name__, outcome)
        return outcome

    async def see[R](self, service: str, query: Callable[[Transaction], Awaitable[R]]) -> R:
        """Look at a screen."""
        for attempt in range(1, ACT_TRIES + 1):
            try:
                async with self.databases[service].transaction() as tx:
                    return await query(tx)
            except (DBAPIError, OSError) as error:
                if not is_unavailable(error) or attempt == ACT_TRIES:
                    raise
                await asyncio.sleep(ACT_WAIT_SECONDS * attempt)
        raise AssertionError("the last try either returned or raised")

    def note(self, what: str, outcome: object) -> None:
        """Remember that it was done, or which no was given."""
        if isinstance(outcome, Refused):
            self.diary.refused[f"{what}: {outcome.code}"] += 1
        else:
            self.diary.done[what] += 1

    def plan(self, day: date, what: Callable[[], Awaitable[None]]) -> None:
        """Mean to do something on a working day from that day on."""
        self.diary.plans.setdefault(next_working_day(max(day, self.day + timedelta(days=1))), []).append(what)

    def is_day_for(self, task: Task, days: tuple[int, int], *, after: date | None = None, key: str = "") -> bool:
        """Whether people do this work today: some days after it was asked, later when they are late."""
        place = (key or task.id, task.kind, "day")
        start = after or local_date(task.opened_at)
        planned = start + self.chance.days(*days, *place)
        if self.chance.happens(rates.LATE, *place, "late"):
            planned = max(planned, task.due_on) + self.chance.days(*rates.LATE_DAYS, *place, "how late")
        if self.chance.happens(rates.FORGOTTEN, *place, "forgotten") and task.escalated_role is None:
            planned += timedelta(days=rates.FORGOTTEN_DAYS)
        return self.day >= planned

    def worker(self, roles: Iterable[Role], *place: object, but: Iterable[UUID] = ()) -> Worker | None:
        """A colleague with one of these roles who is there today; the same one for the same place and day."""
        wanted, left_out = set(roles), set(but)
        free = [
            worker
            for worker in self.town.workers
            if wanted & set(worker.roles) and worker.person not in left_out and worker.is_there(self.day)
        ]
        return self.chance.stream(*place, "worker").choice(free) if free else None

    def supporter_of(self, trajectory_id: UUID) -> Actor:
        """The family's own supporter, or a colleague while it has none."""
        trajectory = self.trajectories.get(trajectory_id)
        person = trajectory.supporter_id if trajectory else None
        if person is None:
            person = self.town.supporters[0].person_id
        return Actor(person=person, roles=frozenset({Role.SUPPORTER}))

    def payment_key(self, payment_id: UUID) -> str:
        """The name under which chance treats a payment: equal requests share one."""
        return self._payment_keys.get(payment_id, str(payment_id))

    def ask_as(self, request_id: UUID, key: str) -> None:
        """Two equal requests have one fate, whichever of them gets the money."""
        self.diary.request_keys[request_id] = key
        self._payment_keys[stable_id("payment", request_id)] = key

    def member_of(self, trajectory_id: UUID, number: int = 1) -> Actor:
        """Somebody of the household, signed in by themselves."""
        person = self.chance.identifier("member", trajectory_id, number)
        return Actor(person=person, roles=frozenset({Role.FAMILY_MEMBER}))


def as_actor(worker: Worker) -> Actor:
    return Actor(person=worker.person, roles=frozenset(worker.roles))


def trajectory_of(signal_id: UUID) -> UUID:
    """The id that a trajectory gets when this signal leads to one."""
    return stable_id("trajectory", signal_id)
