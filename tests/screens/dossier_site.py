"""A family with its dossier, and the screens of desk, intake, matching, plans and budget at one front door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from deploy.front import front_app
from programmes.load import load
from services.budget import handlers as budget_handlers
from services.budget.__main__ import SERVICE as BUDGET
from services.budget.contracts import OpenEnvelope
from services.budget.events import ProgrammeFunded
from services.desk import timeline_bus
from services.desk.__main__ import SERVICE as DESK
from services.desk.colleagues import welcome
from services.desk.contracts import OpenTask, OpenTasks, TaskKind
from services.desk.handlers import open_tasks
from services.intake import handlers as intake_handlers
from services.intake import store as intake_store
from services.intake.__main__ import SERVICE as INTAKE
from services.intake.commands import Address, CompleteIntake, Contact, GiveConsent, Member, MemberRole, ReceiveSignal
from services.intake.contracts import Admit
from services.intake.events import FamilyEnrolled
from services.matching import handlers as matching_handlers
from services.matching import store as matching_store
from services.matching.__main__ import SERVICE as MATCHING
from services.matching.commands import ChooseTandem, EvaluateTrial, RegisterPerson
from services.matching.contracts import HoldRound, RequestTandem
from services.matching.events import TandemConfirmed, TandemPart, TrialOutcome
from services.plans import handlers as plans_handlers
from services.plans.__main__ import SERVICE as PLANS
from services.plans.commands import (
    AddStep,
    AgreePlan,
    DraftPlan,
    HoldReview,
    NewGoal,
    TakeMeasurement,
    WriteJournal,
)
from services.plans.contracts import EnterPhase, OpenTrajectory
from services.plans.domain import ContactKind, Present, Who
from services.plans.events import (
    Contributor,
    HoursLogged,
    MeasurementMoment,
    MeasurementTaken,
    Phase,
    PlanAgreed,
    ReviewHeld,
    TrajectoryPhaseEntered,
)
from services.shared.database import Database
from services.shared.events import Event
from services.shared.health import Health
from services.shared.roles import Role
from services.shared.service import Service
from services.shared.settings import Settings
from services.shared.types import stable_id
from services.shared.web import packed_assets
from tests.budget.town import funded_town
from tests.hearing import hears
from tests.screens.people import person

PROGRAMME = "kansen-voor-kinderen-groningen"
NOW = datetime(2024, 6, 3, 8, tzinfo=UTC)
STARTED = datetime(2023, 2, 1, 9, tzinfo=UTC)
MET, TAKEN_IN = STARTED - timedelta(days=14), STARTED - timedelta(days=3)
WHERE = {"programmes": frozenset({PROGRAMME}), "areas": frozenset({"beijum"}), "team": "wij-beijum"}
HENK = person("Henk Jansen", Role.SUPPORTER, **WHERE)
FATIMA = person("Fatima el Amrani", Role.BUDDY)
SANNE, INGE = (
    person(name, Role.SUPPORTER, programmes=frozenset({PROGRAMME}), areas=frozenset({"selwerd"}))
    for name in ("Sanne de Vries", "Inge Visser")
)
"""Who met the families, and who did their intake; both work in another area."""
MARIEKE = person("Marieke Postma", Role.TEAM_COORDINATOR, Role.SUPPORTER, **WHERE)
SIGNAL = stable_id("signal", "De Vries")
SERVICES: tuple[Service, ...] = (INTAKE, MATCHING, PLANS, BUDGET, DESK)


@dataclass(frozen=True)
class DossierSite:
    """The screens, and the databases behind them."""

    front: FastAPI
    desk: FastAPI
    databases: dict[str, Database]
    trajectory: UUID
    waiting: UUID

    async def begin_its_file(self) -> None:
        """Plans has a file of the family that may choose its tandem."""
        async with self.databases["plans"].transaction() as tx:
            scope = tx.tables.family_scope
            known = select(scope.c.family_id).where(scope.c.trajectory_id == self.waiting)
            opened = OpenTrajectory(
                trajectory_id=self.waiting,
                family_id=(await tx.execute(known)).scalar_one(),
                programme=PROGRAMME,
                programme_version=1,
                area="beijum",
                started_on=STARTED.date(),
            )
            await plans_handlers.open_trajectory(tx, opened, now=STARTED)

    async def give_money(self) -> None:
        """The programme is funded, and the family that works together has its envelope."""
        town = await funded_town(self.databases["budget"], families=0)
        async with town.database.transaction() as tx:
            scope = tx.tables.family_scope
            known = select(scope.c.family_id).where(scope.c.trajectory_id == self.trajectory)
            envelope = OpenEnvelope(
                trajectory_id=self.trajectory,
                family_id=(await tx.execute(known)).scalar_one(),
                programme=PROGRAMME,
                programme_version=1,
            )
            assert (await budget_handlers.open_envelope(tx, envelope, now=STARTED)).opened


@asynccontextmanager
async def open_dossier_site(settings: Settings) -> AsyncIterator[DossierSite]:
    """One family that has worked together for a year, and one that may choose its tandem."""
    databases = {service.name: service.database(settings) for service in SERVICES}
    applications = {}
    for service in SERVICES:
        app = await service.web(settings, database=databases[service.name], clock=lambda: NOW)
        assert app is not None
        applications[service.name] = app
    together, choosing = await _come_in(databases["intake"], "De Vries"), await _come_in(databases["intake"], "Bos")
    for each in (together, choosing):
        await _tell(databases, each, STARTED)
    await _match(databases, together, choosing)
    await _work_together(databases, together)
    async with databases["desk"].transaction() as tx:
        for colleague in (HENK, FATIMA, MARIEKE, SANNE, INGE):
            await welcome(tx, colleague, now=NOW)
    yield DossierSite(
        front=front_app(applications, Health(), packed_assets(None)),
        desk=applications["desk"],
        databases=databases,
        trajectory=together.trajectory_id,
        waiting=choosing.trajectory_id,
    )
    for database in databases.values():
        await database.close()


async def _come_in(database: Database, surname: str) -> FamilyEnrolled:
    """A family is met, tells its story and has a place."""
    signal_id = stable_id("signal", surname)
    async with database.transaction() as tx:
        funded = ProgrammeFunded(
            programme_id=stable_id("programme", PROGRAMME),
            programme=PROGRAMME,
            programme_version=1,
            sources={"npg": 1},
            starts_on=date(2023, 1, 1),
            ends_on=date(2025, 12, 31),
        )
        await intake_handlers.open_programme(tx, funded, now=STARTED)
        met = ReceiveSignal(signal_id=signal_id, programme=PROGRAMME, area="beijum", channel="library")
        await intake_handlers.receive_signal(tx, met, now=MET, by=SANNE.person)
    for purpose in load(PROGRAMME, 1).intake.consents:
        async with database.transaction() as tx:
            given = GiveConsent(signal_id=signal_id, purpose=purpose.code)
            await intake_handlers.give_consent(tx, given, now=TAKEN_IN, by=INGE.person)
    told = CompleteIntake(
        signal_id=signal_id,
        address=Address(area="beijum", street="Froukemaheerd", house_number="12", postcode="9736AB", city="Groningen"),
        contact=Contact(phone="06 12345678", email="samira@example.org", languages=("nl",)),
        members=(
            Member(role=MemberRole.PARENT, given_name="Samira", surname=surname, birth_date=date(1990, 5, 4)),
            Member(role=MemberRole.CHILD, given_name="Noor", surname=surname, birth_date=date(2017, 3, 9)),
        ),
        themes=("money", "school"),
        urgent_needs=("bicycle",),
        income_band="up-to-110-percent",
    )
    async with database.transaction() as tx:
        completed = await intake_handlers.complete_intake(tx, told, now=TAKEN_IN, by=INGE.person)
        assert isinstance(completed, intake_handlers.Completed), completed
    async with database.transaction() as tx:
        await intake_handlers.admit(tx, Admit(signal_id=signal_id), now=STARTED)
        enrolment = await intake_store.enrolment_of(tx, signal_id)
    assert enrolment is not None
    return FamilyEnrolled(
        family_id=enrolment.family_id,
        trajectory_id=enrolment.trajectory_id,
        signal_id=signal_id,
        programme=PROGRAMME,
        programme_version=1,
        area="beijum",
        enrolled_on=STARTED.date(),
        children=1,
        languages=("nl",),
        themes=("money",),
        from_waiting_list=False,
        received_by=SANNE.person,
        intake_by=INGE.person,
        met_on=MET.date(),
        intake_on=TAKEN_IN.date(),
        needs=("bicycle",),
    )


async def _tell(databases: dict[str, Database], event: Event, now: datetime) -> None:
    """Every service hears an event that it listens to, on each of its queues."""
    for service in SERVICES:
        for consumer in service.consumers:
            if event.type in getattr(consumer, "handlers", {}):
                await hears(databases[service.name], consumer, event, now=now)  # type: ignore[arg-type]  # none is built


async def _match(databases: dict[str, Database], together: FamilyEnrolled, choosing: FamilyEnrolled) -> None:
    database = databases["matching"]
    async with database.transaction() as tx:
        for who, part in ((HENK, TandemPart.SUPPORTER), (FATIMA, TandemPart.BUDDY)):
            registered = RegisterPerson(
                person_id=who.person,
                programme=PROGRAMME,
                part=part,
                areas=("beijum",),
                languages=("nl",),
                themes=("money",),
                trainings=("buddy-basics", "working-safely"),
                vog_until=date(2030, 1, 1),
                capacity=5,
            )
            await matching_handlers.register_person(tx, registered, now=STARTED)
    for number, family in enumerate((together, choosing), start=1):
        await _propose(database, family, number)
    async with database.transaction() as tx:
        proposal = await matching_store.proposal_for(tx, together.trajectory_id)
        assert proposal is not None
        tandem_id = proposal.options[0].id
        chosen = ChooseTandem(trajectory_id=together.trajectory_id, tandem_id=tandem_id)
        await matching_handlers.choose_tandem(tx, chosen, now=STARTED, by=HENK.person)
        tried = EvaluateTrial(trajectory_id=together.trajectory_id, outcome=TrialOutcome.CONFIRMED)
        await matching_handlers.evaluate_trial(tx, tried, now=STARTED, by=HENK.person)
    confirmed = TandemConfirmed(
        trajectory_id=together.trajectory_id,
        family_id=together.family_id,
        tandem_id=tandem_id,
        supporter_id=HENK.person,
        buddy_id=FATIMA.person,
        replaces=False,
        waited_days=3,
        team="wij-beijum",
    )
    async with databases["plans"].transaction() as tx:
        opened = OpenTrajectory(
            trajectory_id=together.trajectory_id,
            family_id=together.family_id,
            programme=PROGRAMME,
            programme_version=1,
            area="beijum",
            started_on=STARTED.date(),
        )
        await plans_handlers.open_trajectory(tx, opened, now=STARTED)
    for service in ("plans", "budget", "desk", "intake"):
        for consumer in next(each for each in SERVICES if each.name == service).consumers:
            if confirmed.type in getattr(consumer, "handlers", {}):
                await hears(databases[service], consumer, confirmed, now=STARTED)  # type: ignore[arg-type]  # same


async def _propose(database: Database, family: FamilyEnrolled, number: int) -> None:
    async with database.transaction() as tx:
        asked = RequestTandem(
            trajectory_id=family.trajectory_id,
            family_id=family.family_id,
            number=1,
            programme=PROGRAMME,
            programme_version=1,
            area="beijum",
            languages=("nl",),
            themes=("money",),
        )
        await matching_handlers.request_tandem(tx, asked, now=STARTED)
    async with database.transaction() as tx:
        held = HoldRound(programme=PROGRAMME, programme_version=1, round_number=number)
        await matching_handlers.hold_round(tx, held, now=STARTED)


async def _work_together(databases: dict[str, Database], family: FamilyEnrolled) -> None:
    """A plan, contacts, a measurement and a review; and a task that is due."""
    trajectory_id = family.trajectory_id
    goal = NewGoal(goal_id=stable_id("goal"), words="Geen brieven meer die we niet durven openen", theme="money")
    plan_on, year = STARTED + timedelta(days=30), STARTED + timedelta(days=200)
    scores = {"stress": 8, "self-reliance": 4, "network": 5, "future": 6}
    async with databases["plans"].transaction() as tx:
        for phase, at in ((Phase.PLAN, STARTED), (Phase.WORKING_TOGETHER, plan_on)):
            entered = EnterPhase(trajectory_id=trajectory_id, phase=phase)
            await plans_handlers.enter_phase(tx, entered, now=at)
        drafted = DraftPlan(
            trajectory_id=trajectory_id,
            situation="We slapen slecht van de brieven.",
            wishes="Weer samen eten zonder zorgen.",
            goals=(goal,),
        )
        await plans_handlers.draft_plan(tx, drafted, actor=HENK, now=plan_on)
        await plans_handlers.agree_plan(tx, AgreePlan(trajectory_id=trajectory_id, version=1), actor=HENK, now=plan_on)
        step = AddStep(
            trajectory_id=trajectory_id,
            step_id=stable_id("step"),
            goal_id=goal.goal_id,
            words="Elke maandag samen de post openen",
            who=Who.BUDDY,
            by=date(2024, 7, 1),
        )
        await plans_handlers.add_step(tx, step, actor=HENK, now=plan_on)
        taken = TakeMeasurement(trajectory_id=trajectory_id, number=1, instrument="kansen-check", scores=scores)
        await plans_handlers.take_measurement(tx, taken, actor=HENK, now=plan_on)
        held = HoldReview(trajectory_id=trajectory_id, number=1, ready_to_let_go=False, notes="Het gaat beter.")
        await plans_handlers.hold_review(tx, held, actor=HENK, now=year)
        for week in range(12):
            at = plan_on + timedelta(weeks=week * 4)
            written = WriteJournal(
                entry_id=stable_id("entry", week),
                trajectory_id=trajectory_id,
                on=at.date(),
                kind=ContactKind.VISIT,
                present=(Present.PARENT,),
                minutes=60,
                words="Samen de post geopend.",
            )
            await plans_handlers.write_journal(tx, written, actor=HENK if week % 3 == 0 else FATIMA, now=at)
    await _hear(databases["desk"], trajectory_id, family, plan_on, year, scores)
    async with databases["desk"].transaction() as tx:
        due = OpenTask(
            task_id=stable_id("task"),
            kind=TaskKind.HOLD_REVIEW,
            programme=PROGRAMME,
            subject_id=trajectory_id,
            family_id=family.family_id,
            roles=(Role.SUPPORTER,),
            due_on=NOW.date() - timedelta(days=4),
        )
        await open_tasks(tx, OpenTasks(tasks=(due,)), now=NOW)


async def _hear(
    desk: Database,
    trajectory_id: UUID,
    family: FamilyEnrolled,
    plan_on: datetime,
    year: datetime,
    scores: dict[str, int],
) -> None:
    """What the desk hears of it for the timeline."""
    heard: list[tuple[Event, datetime]] = [
        (
            TrajectoryPhaseEntered(
                trajectory_id=trajectory_id, family_id=family.family_id, programme=PROGRAMME, phase=phase
            ),
            at,
        )
        for phase, at in ((Phase.PLAN, STARTED + timedelta(days=7)), (Phase.WORKING_TOGETHER, plan_on))
    ]
    heard += [
        (PlanAgreed(trajectory_id=trajectory_id, plan_id=stable_id("plan"), version=1, goals=1), plan_on),
        (
            MeasurementTaken(
                trajectory_id=trajectory_id,
                instrument="kansen-check",
                instrument_version=1,
                moment=MeasurementMoment.BASELINE,
                scores=scores,
            ),
            plan_on,
        ),
        (
            ReviewHeld(
                trajectory_id=trajectory_id,
                review_id=stable_id("review"),
                ready_to_let_go=False,
                goals_open=1,
                goals_reached=0,
            ),
            year,
        ),
    ]
    for week in range(12):
        on = plan_on + timedelta(weeks=week * 4)
        heard.append(
            (
                HoursLogged(trajectory_id=trajectory_id, contributor=Contributor.BUDDY, minutes=60, on=on.date()),
                on,
            )
        )
    for event, at in heard:
        await hears(desk, timeline_bus.consumer, event, now=at)
