"""One family's years, for tests of plans."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from services.matching.events import TandemConfirmed
from services.plans import bus, handlers
from services.plans.commands import AgreePlan, DraftPlan, NewGoal
from services.plans.contracts import CloseTrajectory, Done, EnterPhase, OpenTrajectory
from services.plans.domain import Trajectory, TrajectoryState
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.access import Actor
from services.shared.calendar import morning_of
from services.shared.database import Database
from services.shared.roles import Role
from services.shared.types import Code, stable_id
from tests.hearing import hears

PROGRAMME: Code = "kansen-voor-kinderen-groningen"
STARTED = date(2023, 2, 1)
HENK = Actor(person=stable_id("person", "Henk"), roles=frozenset({Role.SUPPORTER}))
FATIMA = Actor(person=stable_id("person", "Fatima"), roles=frozenset({Role.BUDDY}))
CALM = {"stress": 3, "self-reliance": 7, "network": 6, "future": 8}
TENSE = {"stress": 9, "self-reliance": 4, "network": 3, "future": 4}


def goal(words: str, theme: Code = "money") -> NewGoal:
    return NewGoal(goal_id=stable_id("goal", words), words=words, theme=theme)


def trajectory_of(family: str) -> UUID:
    return stable_id("trajectory", family)


@dataclass
class Household:
    """Does to one family's trajectory what activities and people do, on the day that it is."""

    database: Database
    family: str = "Van der Veen"
    today: date = field(default=STARTED)

    @property
    def trajectory_id(self) -> UUID:
        return trajectory_of(self.family)

    @property
    def family_id(self) -> UUID:
        return stable_id("family", self.family)

    async def reads(self, query: Callable[..., Any], *arguments: object) -> Any:
        """What stands there now."""
        async with self.database.transaction() as tx:
            return await query(tx, *arguments)

    async def happens(self, handler: Callable[..., Any], command: object) -> Any:
        """What a workflow asks."""
        async with self.database.transaction() as tx:
            return await handler(tx, command, now=morning_of(self.today))

    async def does(self, handler: Callable[..., Any], command: object, actor: Actor = HENK) -> Any:
        """What a person does."""
        async with self.database.transaction() as tx:
            return await handler(tx, command, actor=actor, now=morning_of(self.today))

    async def opens(self, programme_version: int = 1) -> Done:
        opened: Done = await self.happens(
            handlers.open_trajectory,
            OpenTrajectory(
                trajectory_id=self.trajectory_id,
                family_id=self.family_id,
                programme=PROGRAMME,
                programme_version=programme_version,
                area="beijum",
                started_on=self.today,
            ),
        )
        return opened

    async def enters(self, phase: Phase) -> Done:
        command = EnterPhase(trajectory_id=self.trajectory_id, phase=phase)
        entered: Done = await self.happens(handlers.enter_phase, command)
        return entered

    async def finds_its_tandem(self) -> None:
        """Enrolled, and from now on with Henk and Fatima, with whom it makes its plan."""
        await self.opens()
        await self.enters(Phase.PLAN)
        confirmed = TandemConfirmed(
            trajectory_id=self.trajectory_id,
            family_id=self.family_id,
            tandem_id=UUID(int=1),
            supporter_id=HENK.person,
            buddy_id=FATIMA.person,
            replaces=False,
            waited_days=3,
        )
        await hears(self.database, bus.consumer, confirmed, now=morning_of(self.today))

    async def closes(self, outcome: TrajectoryOutcome = TrajectoryOutcome.COMPLETED) -> Done:
        command = CloseTrajectory(trajectory_id=self.trajectory_id, outcome=outcome, reason="all-done")
        closed: Done = await self.happens(handlers.close_trajectory, command)
        return closed

    async def drafts(self, *goals: NewGoal) -> Any:
        command = DraftPlan(
            trajectory_id=self.trajectory_id,
            situation="Wij slapen slecht van de brieven.",
            wishes="Weer samen eten zonder zorgen.",
            goals=goals,
            seen=(await self.reads(handlers.plan_seen, self.trajectory_id)).mark,
        )
        return await self.does(handlers.draft_plan, command)

    async def agrees(self, version: int) -> Any:
        return await self.does(handlers.agree_plan, AgreePlan(trajectory_id=self.trajectory_id, version=version))


def a_trajectory(phase: Phase = Phase.WORKING_TOGETHER, **changes: Any) -> Trajectory:
    """A trajectory as the rules see it."""
    values: dict[str, Any] = {
        "id": trajectory_of("Van der Veen"),
        "family_id": stable_id("family", "Van der Veen"),
        "programme": PROGRAMME,
        "programme_version": 1,
        "area": "beijum",
        "phase": phase,
        "phase_since": STARTED,
        "state": TrajectoryState.ACTIVE,
        "started_on": STARTED,
        "closed_on": None,
        "outcome": None,
        "supporter_id": None,
        "buddy_id": None,
        "next_review_on": None,
        "next_measurement_on": None,
    }
    return Trajectory(**(values | changes))
