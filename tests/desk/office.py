"""People around a desk, and the work on it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.desk import handlers, store
from services.desk.contracts import OpenTask, OpenTasks, TaskKind, decision_task_id
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.events import Event, read_envelope
from services.shared.roles import Role
from services.shared.types import stable_id

MONDAY = datetime(2027, 3, 1, 8, tzinfo=UTC)
"""Nine o'clock in the Netherlands."""
SEEN = "ab" * 32
"""The digest of what deciders saw."""
TRAJECTORY = stable_id("trajectory")
REQUEST = stable_id("request")
ASKER = stable_id("asker")
PROGRAMMES = frozenset({"kansrijk-emmen", "kansrijk-dorp"})
AREA = "angelslo"
TEAM = "team-noord"


def person(name: str, *roles: Role, **where: object) -> Actor:
    """Somebody of team noord in the programmes and the area of these tests, unless told otherwise."""
    place: dict[str, object] = {"programmes": PROGRAMMES, "areas": frozenset({AREA}), "team": TEAM}
    return Actor(person=stable_id("person", name), roles=frozenset(roles), name=name, **(place | where))  # type: ignore[arg-type]  # the places are a test's own


HOLDER = person("Hanneke", Role.BUDGET_HOLDER)
OTHER_HOLDER = person("Omar", Role.BUDGET_HOLDER)
COLLEAGUE = person("Carla", Role.SUPPORTER)


def task(kind: TaskKind = TaskKind.MAKE_PLAN, **changes: object) -> OpenTask:
    values: dict[str, object] = {
        "task_id": stable_id("task", kind),
        "kind": kind,
        "programme": "kansrijk-emmen",
        "subject_id": TRAJECTORY,
        "family_id": stable_id("family"),
        "roles": (Role.SUPPORTER,),
        "due_on": date(2027, 3, 10),
    }
    return OpenTask(**(values | changes))  # type: ignore[arg-type]  # the changes are a test's own


def question(**changes: object) -> OpenTask:
    """A budget holder is asked to decide on a request."""
    values: dict[str, object] = {
        "task_id": decision_task_id(REQUEST),
        "subject_id": REQUEST,
        "roles": (Role.BUDGET_HOLDER,),
        "workflow": REQUEST,
        "digest": SEEN,
        "excluded": (ASKER,),
    }
    return task(TaskKind.DECIDE_REQUEST, **(values | changes))


class Office:
    """The desk's own database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(self, *tasks: OpenTask, now: datetime = MONDAY, area: str = AREA, team: str | None = TEAM) -> int:
        """Put work on the list, for families of which it is known where they stand."""
        await self.place(*tasks, area=area, team=team)
        async with self.database.transaction() as tx:
            return (await handlers.open_tasks(tx, OpenTasks(tasks=tasks), now=now)).count

    async def place(self, *tasks: OpenTask, area: str = AREA, team: str | None = TEAM) -> None:
        """Let it be known where the families of some work stand."""
        async with self.database.transaction() as tx:
            for each in tasks:
                standing: dict[str, object] = {"programme": each.programme, "area": area, "team": team}
                if each.family_id is not None:
                    standing |= {"trajectory_id": each.subject_id, "family_id": each.family_id}
                else:
                    standing |= {"signal_id": each.subject_id}
                await tx.execute(insert(store.tables.family_scope).values(standing).on_conflict_do_nothing())

    async def open_ids(self) -> list[UUID]:
        async with self.database.transaction() as tx:
            return [each.id for each in await store.open_tasks(tx)]

    async def task(self, task_id: UUID) -> store.Task:
        async with self.database.transaction() as tx:
            found = await store.task_by_id(tx, task_id)
        assert found is not None
        return found

    async def told[E: Event](self, kind: type[E]) -> Sequence[E]:
        """What the desk told the world of one kind, in order."""
        outbox = store.tables.outbox
        async with self.database.transaction() as tx:
            query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.position)
            events = [read_envelope(body).event() for body in (await tx.execute(query)).scalars()]
        return [event for event in events if isinstance(event, kind)]
