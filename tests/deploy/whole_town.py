"""One family in a programme, known to every service by what it does itself; nothing is written past a handler."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import select, update

from deploy.consumers import Bound, bound_consumers
from deploy.services import OWNERS, part_of
from services.budget import handlers as budget
from services.budget.commands import TEST_DEBTOR, FundProgramme, RegisterPayee
from services.budget.contracts import OpenEnvelope
from services.desk import handlers as desk
from services.desk.contracts import OpenTask, OpenTasks, TaskKind
from services.matching import handlers as matching
from services.matching.contracts import RequestTandem
from services.plans import handlers as plans
from services.plans.contracts import OpenTrajectory
from services.shared.consumer import Consumer, Message
from services.shared.database import Database, Transaction
from services.shared.inbox import Inbox
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from tests.intake.town import PROGRAMME, Town, day

SURNAME = "van Zuylekom"
OWN_WORDS = "Eindelijk weer zonder zorgen slapen"
OPENED, MET = day(2), day(9)


@dataclass
class WholeTown:
    """Every service's tables in one database, with one family that waits for its tandem."""

    settings: Settings
    databases: dict[str, Database] = field(default_factory=dict)
    trajectory_id: UUID = field(default_factory=uuid4)
    family_id: UUID = field(default_factory=uuid4)

    async def live(self) -> None:
        """From the programme's money to a family that waits for a tandem; every event is published and handled."""
        await self._in("budget", self._fund)
        await self.deliver()
        intake = Town(self.databases["intake"])
        signal_id = await intake.intake(SURNAME, on=MET)
        admitted = await intake.admit(signal_id, on=MET)
        assert admitted.trajectory_id is not None
        assert admitted.family_id is not None
        self.trajectory_id, self.family_id = admitted.trajectory_id, admitted.family_id
        await self._in("plans", self._open_trajectory)
        await self._in("budget", self._open_envelope)
        await self._in("matching", self._request_tandem)
        await self._in("desk", self._open_task)
        await self.deliver()

    async def deliver(self) -> None:
        """Publish what stands in the outboxes and let every consumer handle it, until nothing is left."""
        bound = await bound_consumers(self.settings)
        while True:
            bodies = [body for owner in OWNERS for body in await self._take(owner)]
            if not bodies:
                return
            for each in bound:
                await self._hand_over(each, bodies)

    async def _take(self, owner: str) -> list[tuple[str, bytes]]:
        database = self.databases[owner]
        outbox = database.tables.outbox
        async with database.transaction() as tx:
            query = select(outbox.c.type, outbox.c.body).where(outbox.c.published_at.is_(None))
            rows = (await tx.execute(query.order_by(outbox.c.position))).all()
            await tx.execute(update(outbox).values(published_at=MET))
        return [(row.type, row.body) for row in rows]

    async def _hand_over(self, bound: Bound, told: list[tuple[str, bytes]]) -> None:
        heard = [Message(body, 0) for kind, body in told if bound.consumer.hears(kind)]
        consumer = bound.consumer
        if bound.schema == "workflows":
            # Its effect is at Temporal, which is not part of these tests: only the row that says that it was handled.
            consumer = Consumer(bound.consumer.name)
            consumer.handlers = dict.fromkeys(bound.consumer.handlers, _nothing)
        await Inbox(self.databases[bound.schema], consumer).receive_batch(heard)

    async def _in(self, owner: str, work: Callable[[Transaction], Awaitable[Any]]) -> None:
        async with self.databases[owner].transaction() as tx:
            await work(tx)

    async def _fund(self, tx: Transaction) -> None:
        payee_id = stable_id("payee", "executor")
        payee = RegisterPayee(payee_id=payee_id, name="Stichting Samen", iban="NL15BANK0100000001", town="Emmen")
        await budget.register_payee(tx, payee, by=stable_id("person", "anne"), now=OPENED)
        command = FundProgramme(programme=PROGRAMME, version=1, executor_payee_id=payee_id, debtor=TEST_DEBTOR)
        assert isinstance(await budget.fund_programme(tx, command, now=OPENED), budget.Funded)

    async def _open_trajectory(self, tx: Transaction) -> None:
        command = OpenTrajectory(
            trajectory_id=self.trajectory_id,
            family_id=self.family_id,
            programme=PROGRAMME,
            programme_version=1,
            area="angelslo",
            started_on=MET.date(),
        )
        await plans.open_trajectory(tx, command, now=MET)

    async def _open_envelope(self, tx: Transaction) -> None:
        command = OpenEnvelope(
            trajectory_id=self.trajectory_id, family_id=self.family_id, programme=PROGRAMME, programme_version=1
        )
        assert (await budget.open_envelope(tx, command, now=MET)).opened

    async def _request_tandem(self, tx: Transaction) -> None:
        command = RequestTandem(
            trajectory_id=self.trajectory_id,
            family_id=self.family_id,
            number=1,
            programme=PROGRAMME,
            programme_version=1,
            area="angelslo",
            languages=("nl",),
            themes=("money",),
        )
        await matching.request_tandem(tx, command, now=MET)

    async def _open_task(self, tx: Transaction) -> None:
        task = OpenTask(
            task_id=stable_id("task", "choose"),
            kind=TaskKind.CHOOSE_TANDEM,
            programme=PROGRAMME,
            subject_id=self.trajectory_id,
            family_id=self.family_id,
            roles=(Role.SUPPORTER,),
            due_on=MET.date(),
        )
        await desk.open_tasks(tx, OpenTasks(tasks=(task,)), now=MET)

    def plant(self, statement: str, *parameters: object) -> None:
        """Break something past every rule, as only the owner of the database could."""
        url = self.settings.owner_database_url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            done = connection.execute(statement.encode(), parameters)
            assert done.rowcount > 0, "the fault was not planted"


async def _nothing(*_: object) -> None:
    return None


async def open_town(settings: Settings, stack: AsyncExitStack) -> WholeTown:
    """The services' own databases, closed with the stack."""
    town = WholeTown(settings)
    for owner in OWNERS:
        store = part_of(owner, "store")
        assert store is not None
        url = settings.database_url_for(owner)
        database = Database(url, tables=store.tables, source=settings.source_of(owner))
        stack.push_async_callback(database.close)
        town.databases[owner] = database
    return town
