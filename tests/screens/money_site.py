"""A family with a budget, the people around it, and the screens of money, desk and plans at one front door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from deploy.front import front_app
from services.budget import handlers as budget_handlers
from services.budget.__main__ import SERVICE as BUDGET
from services.budget.commands import AskedFor, SubmitRequest
from services.budget.domain.motives import Elsewhere, Purpose
from services.budget.events import ApprovalAsked, Mandate
from services.desk import handlers as desk_handlers
from services.desk.__main__ import SERVICE as DESK
from services.desk.contracts import (
    DECIDE_UPDATE,
    Decision,
    OpenTask,
    OpenTasks,
    TaskKind,
    approval_id,
    decision_task_id,
)
from services.shared.access import Actor
from services.shared.database import Database
from services.shared.health import Health
from services.shared.roles import Role
from services.shared.settings import Settings
from services.shared.types import stable_id
from services.shared.web import packed_assets
from tests.budget.town import BICYCLE_SHOP, GRONINGEN, Town, funded_town, trajectory
from tests.screens.people import person

NOW = datetime(2023, 2, 1, 12, 0, tzinfo=UTC)
QUEUE = "money-rehearsal"
BEIJUM = "beijum"


def somebody(name: str, *roles: Role) -> Actor:
    return person(name, *roles, programmes=frozenset({GRONINGEN}), areas=frozenset({BEIJUM}))


MARY = somebody("Mary de Vries", Role.SUPPORTER)
JOHN = somebody("John Bakker", Role.TEAM_COORDINATOR)
ANNE = somebody("Anne Smit", Role.BUDGET_HOLDER)
OMAR = somebody("Omar Aydin", Role.BUDGET_HOLDER)
FATIMA = somebody("Fatima Visser", Role.PROGRAMME_MANAGER)
KEES = somebody("Kees Bos", Role.PAYMENT_RELEASER)
LOES = somebody("Loes Kok", Role.PAYMENT_RELEASER)


@workflow.defn(name="MoneyListener")
class MoneyListener:
    """Stands in for an approval: takes every decision."""

    def __init__(self) -> None:
        self.heard: list[Decision] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update(name=DECIDE_UPDATE)
    def decide(self, decision: Decision) -> None:
        self.heard.append(decision)

    @workflow.query
    def people(self) -> list[UUID]:
        return [each.person for each in self.heard]


@dataclass(frozen=True)
class MoneySite:
    """The screens, and what lies behind them."""

    front: FastAPI
    budget: FastAPI
    desk: FastAPI
    town: Town
    desk_database: Database
    temporal: Client

    async def ask(self, name: str, amount_cents: int = 15_000) -> UUID:
        """Mary asks money for the family, and its decision is put on the list; gives the request."""
        request_id = stable_id("request", name)
        command = SubmitRequest(
            request_id=request_id,
            trajectory_id=trajectory(1),
            category="bicycle",
            amount_cents=amount_cents,
            payee_id=BICYCLE_SHOP,
            motive=AskedFor(purpose=Purpose.TAKE_PART, elsewhere=Elsewhere.NOT_ASKED),
        )
        async with self.town.database.transaction() as tx:
            await budget_handlers.submit_request(tx, command, asked_by=MARY.person, now=NOW)
        mandate = await self.town.mandate(name)
        assert mandate is not None
        await self.put_on_list(TaskKind.DECIDE_REQUEST, request_id, mandate, stable_id("family", 1))
        return request_id

    async def batch(self) -> UUID:
        """What was approved is gathered, and its release is put on the list; gives the batch."""
        made = await self.town.make_batch()
        assert made.batch_id is not None
        asked = next(each for each in await self.town.told(ApprovalAsked) if each.subject_id == made.batch_id)
        await self.put_on_list(TaskKind.RELEASE_BATCH, made.batch_id, asked.mandate, None)
        return made.batch_id

    async def put_on_list(self, kind: TaskKind, subject: UUID, mandate: Mandate, family_id: UUID | None) -> None:
        """What a workflow does when people must decide."""
        task = OpenTask(
            task_id=decision_task_id(subject),
            kind=kind,
            programme=GRONINGEN,
            subject_id=subject,
            family_id=family_id,
            trajectory_id=trajectory(1) if family_id else None,
            roles=mandate.roles,
            due_on=date(2023, 2, 8),
            workflow=subject,
            digest=mandate.digest,
            excluded=mandate.excluded,
            deciders=mandate.deciders,
            seats=mandate.seats,
        )
        async with self.desk_database.transaction() as tx:
            await desk_handlers.open_tasks(tx, OpenTasks(tasks=(task,)), now=NOW)

    async def listen(self, subject: UUID) -> None:
        """An approval that hears who decides about a subject."""
        await self.temporal.start_workflow(
            MoneyListener.run,
            id=approval_id(subject),
            task_queue=QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )

    async def heard(self, subject: UUID) -> list[UUID]:
        return await self.temporal.get_workflow_handle(approval_id(subject)).query(MoneyListener.people)


def _names() -> FastAPI:
    """What intake gives these pages: the family's name."""
    app = FastAPI(openapi_url=None)

    @app.get("/panelen/naam/{trajectory_id}")
    async def name(trajectory_id: UUID) -> HTMLResponse:
        return HTMLResponse("gezin Jansen")

    @app.post("/panelen/namen")
    async def names() -> HTMLResponse:
        return HTMLResponse("")

    return app


def _goals() -> FastAPI:
    """What plans gives these pages where a family has no plan yet: nothing."""
    app = FastAPI(openapi_url=None)

    @app.get("/panelen/doelen/{trajectory_id}")
    async def goals(trajectory_id: UUID) -> HTMLResponse:
        return HTMLResponse("")

    return app


@asynccontextmanager
async def open_money_site(settings: Settings, client: Client) -> AsyncIterator[MoneySite]:
    """The screens on empty tables with one funded programme and one family of Mary's."""
    databases = {service.name: service.database(settings) for service in (BUDGET, DESK)}
    town = await funded_town(databases["budget"])
    for database in databases.values():
        async with database.transaction() as tx:
            scope = tx.tables.family_scope
            where = {"programme": GRONINGEN, "area": BEIJUM, "team": "oost", "supporter_id": MARY.person}
            await tx.execute(scope.delete())
            await tx.execute(
                scope.insert().values(trajectory_id=trajectory(1), family_id=stable_id("family", 1), **where)
            )

    def clock() -> datetime:
        return NOW

    budget = await BUDGET.web(settings, database=databases["budget"], clock=clock)
    desk = await DESK.web(settings, database=databases["desk"], clock=clock)
    assert budget is not None
    assert desk is not None
    desk.state.temporal = client
    front = front_app(
        {"budget": budget, "desk": desk, "intake": _names(), "plans": _goals()}, Health(), packed_assets(None)
    )
    front.state.secret, front.state.clock, front.state.sealed = desk.state.secret, clock, desk.state.sealed
    async with Worker(client, task_queue=QUEUE, workflows=[MoneyListener], workflow_runner=UnsandboxedWorkflowRunner()):
        yield MoneySite(front, budget, desk, town, databases["desk"], client)
    for database in databases.values():
        await database.close()
