"""What is done together once there is a tandem: a plan, talks, money, papers, and the work that it puts on a list."""

from datetime import date, datetime, timedelta
from uuid import UUID

from services.budget import handlers as budget
from services.budget import payments_store
from services.budget.commands import AskedFor, BouncePayment, ConfirmPayment, ProposePayee, SubmitRequest
from services.budget.contracts import CloseEnvelope, MakeBatch, RecordDecision, ReleaseBatch
from services.budget.domain.motives import Elsewhere, Purpose
from services.budget.events import Mandate, Verdict
from services.budget.store import request_of
from services.desk import handlers as desk
from services.desk import store as desk_store
from services.desk.commands import AskBack, DeciderAsks, SetStandIn
from services.desk.contracts import OpenTask, OpenTasks, TaskKind, decision_task_id, urgent_task_id
from services.plans import handlers as plans
from services.plans.commands import (
    AddStep,
    AgreePlan,
    DraftPlan,
    HoldReview,
    MarkStepDone,
    NewGoal,
    ReachGoal,
    TakeMeasurement,
    WriteJournal,
)
from services.plans.contracts import CloseTrajectory, EnterPhase, PauseTrajectory
from services.plans.domain import ContactKind, Present, Who
from services.plans.events import Phase, TrajectoryOutcome
from services.shared.roles import Role
from services.shared.types import stable_id
from tests.screens.every_family import (
    CAST,
    CONFIRMED,
    HENK,
    LONG_AWAY,
    NOW,
    PAYEE,
    PROGRAMME,
    PROPOSED_PAYEE,
    STARTED,
    WITH_A_PLAN,
    Family,
    Screens,
    Stage,
)
from tests.screens.people import signed_in

PLANNED = STARTED + timedelta(days=30)
A_YEAR_LATER = STARTED + timedelta(days=365)
A_WEEK_ON = NOW + timedelta(days=7)
COORDINATOR, HOLDER = CAST[Role.TEAM_COORDINATOR], CAST[Role.BUDGET_HOLDER]
FAR_ON = (Stage.LETTING_GO, Stage.AFTERCARE, Stage.LEFT)
ASKED = ("waits", "is looked into", "approved", "refused", "paid", "bounced", "taken back")
"""What came of each time that money was asked."""


async def go_on(screens: Screens) -> None:
    """Every family with a tandem comes as far as its stage says."""
    for stage in CONFIRMED:
        family = screens.families[stage]
        await _enter(screens, family, Phase.PLAN, STARTED)
        if stage in WITH_A_PLAN:
            await _plan(screens, family)
    await _write(screens, screens.families[Stage.TOGETHER])
    for stage in FAR_ON:
        await _enter(screens, screens.families[stage], Phase.LETTING_GO, A_YEAR_LATER)
    for stage in FAR_ON[1:]:
        await _enter(screens, screens.families[stage], Phase.AFTERCARE, A_YEAR_LATER + timedelta(days=90))
    paused = PauseTrajectory(trajectory_id=screens.families[Stage.PAUSED].one("trajectory_id"), reason="illness")
    await screens.does("plans", plans.pause_trajectory, paused, now=A_YEAR_LATER)
    left = screens.families[Stage.LEFT].one("trajectory_id")
    outcome = TrajectoryOutcome.COMPLETED
    closed = CloseTrajectory(trajectory_id=left, outcome=outcome, reason="all-done")
    await screens.does("plans", plans.close_trajectory, closed, now=NOW)
    await screens.does("budget", budget.close_envelope, CloseEnvelope(trajectory_id=left, reason="completed"), now=NOW)
    await _spend(screens, screens.families[Stage.TOGETHER])
    await screens.town.deliver()
    await _put_on_lists(screens)


async def _enter(screens: Screens, family: Family, phase: Phase, at: datetime) -> None:
    entered = EnterPhase(trajectory_id=family.one("trajectory_id"), phase=phase)
    assert (await screens.does("plans", plans.enter_phase, entered, now=at)).changed, (family.stage, phase)


async def _plan(screens: Screens, family: Family) -> None:
    trajectory_id = family.one("trajectory_id")
    goals = tuple(
        NewGoal(goal_id=stable_id("goal", family.stage, words), words=words, theme=theme)
        for words, theme in (("Geen brieven meer die we niet durven openen", "money"), ("Noor op zwemles", "school"))
    )
    drafted = DraftPlan(
        trajectory_id=trajectory_id,
        situation="We slapen slecht van de brieven.",
        wishes="Weer samen eten zonder zorgen.",
        goals=goals,
    )
    for handler, command in (
        (plans.draft_plan, drafted),
        (plans.agree_plan, AgreePlan(trajectory_id=trajectory_id, version=1)),
    ):
        await screens.does("plans", handler, command, actor=HENK, now=PLANNED)
    family.has("goal_id", *(goal.goal_id for goal in goals))
    await _enter(screens, family, Phase.WORKING_TOGETHER, PLANNED)


async def _write(screens: Screens, family: Family) -> None:
    """Steps, a talk, a measurement, contacts and a paper."""
    trajectory_id, (first, second) = family.one("trajectory_id"), [UUID(each) for each in family.ids["goal_id"]]
    scores = {"stress": 8, "self-reliance": 4, "network": 5, "future": 6}
    for number, (words, who) in enumerate((("De post openen", Who.BUDDY), ("De kredietbank bellen", Who.SUPPORTER))):
        step = AddStep(
            trajectory_id=trajectory_id,
            step_id=stable_id("step", number),
            goal_id=first,
            words=words,
            who=who,
            by=date(2024, 7, 1),
        )
        await screens.does("plans", plans.add_step, step, actor=HENK, now=PLANNED)
    done: tuple[tuple[object, object], ...] = (
        (plans.mark_step_done, MarkStepDone(trajectory_id=trajectory_id, step_id=stable_id("step", 1))),
        (plans.reach_goal, ReachGoal(trajectory_id=trajectory_id, goal_id=second)),
        (
            plans.take_measurement,
            TakeMeasurement(trajectory_id=trajectory_id, number=1, instrument="kansen-check", scores=scores),
        ),
        (
            plans.hold_review,
            HoldReview(trajectory_id=trajectory_id, number=1, ready_to_let_go=False, notes="Het gaat beter."),
        ),
    )
    for handler, command in done:
        await screens.does("plans", handler, command, actor=HENK, now=A_YEAR_LATER)  # type: ignore[arg-type]  # of several kinds
    for week in range(12):
        at = PLANNED + timedelta(weeks=week * 4)
        written = WriteJournal(
            entry_id=stable_id("entry", week),
            trajectory_id=trajectory_id,
            on=at.date(),
            kind=list(ContactKind)[week % len(ContactKind)],
            present=(Present.PARENT,),
            minutes=60,
            words="Samen de post geopend.",
        )
        await screens.does("plans", plans.write_journal, written, actor=HENK, now=at)
    document_id = stable_id("document")
    async with signed_in(screens.apps["plans"], HENK) as client:
        answer = await client.post(
            f"/documenten/{trajectory_id}",
            data={"key": str(document_id), "kind": "letter", "label": "Brief van de kredietbank"},
            files={"file": ("brief.pdf", b"%PDF-1.4 een brief", "application/pdf")},
        )
    assert answer.status_code == 303, answer.text
    family.has("document_id", document_id)


async def _spend(screens: Screens, family: Family) -> None:
    for name in ASKED:
        asked = SubmitRequest(
            request_id=stable_id("request", name),
            trajectory_id=family.one("trajectory_id"),
            category="bicycle",
            amount_cents=15_000,
            payee_id=PAYEE,
            motive=AskedFor(purpose=Purpose.TAKE_PART, elsewhere=Elsewhere.NOT_ASKED),
        )
        submitted = await screens.does("budget", budget.submit_request, asked, asked_by=HENK.person, now=NOW)
        assert isinstance(submitted, budget.Submitted), submitted
        family.has("request_id", asked.request_id)
        family.has("subject_id", asked.request_id)
    await _propose(screens, family)
    for number, name in enumerate(("paid", "bounced"), start=1):
        await _decide(screens, name, Verdict.APPROVED)
        await _pay(screens, family, number, bounces=name == "bounced")
    await _decide(screens, "approved", Verdict.APPROVED)
    await _decide(screens, "refused", Verdict.REFUSED)
    await screens.does(
        "budget", budget.withdraw_request, stable_id("request", "taken back"), asked_by=HENK.person, now=NOW
    )
    await _batch(screens, family, 3)


async def _propose(screens: Screens, family: Family) -> None:
    """Money for somebody whom the books do not know yet."""
    motive = AskedFor(purpose=Purpose.LEARN, elsewhere=Elsewhere.NOT_THERE)
    request = SubmitRequest(
        request_id=stable_id("request", "to somebody new"),
        trajectory_id=family.one("trajectory_id"),
        category="bicycle",
        amount_cents=8_000,
        payee_id=PROPOSED_PAYEE,
        motive=motive,
    )
    proposal = ProposePayee(
        name="Fietsenwinkel Beijum", iban="NL85BANK0100000002", town="Groningen", request=request, motive=motive
    )
    proposed = await screens.does("budget", budget.propose_payee, proposal, proposed_by=HENK.person, now=NOW)
    assert isinstance(proposed, budget.Proposed), proposed
    family.has("request_id", request.request_id)


async def _mandate(screens: Screens, name: str) -> Mandate:
    found = await screens.asks("budget", request_of, stable_id("request", name))
    mandate: Mandate = await screens.asks("budget", budget.mandate_today, found)
    return mandate


async def _decide(screens: Screens, name: str, verdict: Verdict) -> None:
    decision = RecordDecision(
        request_id=stable_id("request", name),
        verdict=verdict,
        reason="fits-plan" if verdict is Verdict.APPROVED else "other-provision",
        deciders=(COORDINATOR.person,),
        digest=(await _mandate(screens, name)).digest,
    )
    assert (await screens.does("budget", budget.record_decision, decision, now=NOW)).changed


async def _batch(screens: Screens, family: Family, number: int) -> payments_store.Batch:
    command = MakeBatch(programme=PROGRAMME, programme_version=1, number=number, limit=100)
    made = await screens.does("budget", budget.make_batch, command, now=NOW)
    assert made.batch_id is not None, number
    family.has("batch_id", made.batch_id)
    family.has("subject_id", made.batch_id)
    batch: payments_store.Batch = await screens.asks("budget", payments_store.batch_of, made.batch_id)
    return batch


async def _pay(screens: Screens, family: Family, number: int, *, bounces: bool) -> None:
    batch = await _batch(screens, family, number)
    two = (CAST[Role.PAYMENT_RELEASER].person, stable_id("person", "another releaser"))
    release = ReleaseBatch(batch_id=batch.id, releasers=two, digest=batch.digest)
    assert (await screens.does("budget", budget.release_batch, release, now=NOW)).changed
    for payment in await screens.asks("budget", payments_store.awaiting_bank, PROGRAMME):
        of_it = {"end_to_end_id": payment.end_to_end_id, "amount_cents": payment.amount_cents}
        if bounces:
            await screens.does(
                "budget", budget.bounce_payment, BouncePayment(**of_it, reason="account-closed"), now=NOW
            )
        else:
            booked = ConfirmPayment(**of_it, booked_on=NOW.date())
            await screens.does("budget", budget.confirm_payment, booked, now=NOW)


async def _put_on_lists(screens: Screens) -> None:
    """Work of every kind, late and in time, somebody's and nobody's."""
    both = (Role.SUPPORTER, Role.TEAM_COORDINATOR)
    for stage, kind, days in (
        (Stage.MET, TaskKind.CONTACT_FAMILY, 2),
        (Stage.HALFWAY, TaskKind.DO_INTAKE, -1),
        (Stage.CHOOSING, TaskKind.CHOOSE_TANDEM, 0),
        (Stage.ON_TRIAL, TaskKind.EVALUATE_TRIAL, 5),
        (Stage.BEGINNING, TaskKind.MAKE_PLAN, 10),
        (Stage.TOGETHER, TaskKind.HOLD_REVIEW, -4),
        (Stage.TOGETHER, TaskKind.TAKE_MEASUREMENT, 1),
        (Stage.PAUSED, TaskKind.TALK_ABOUT_PAUSE, 3),
        (Stage.AFTERCARE, TaskKind.GIVE_AFTERCARE, 20),
    ):
        family = screens.families[stage]
        about = family.one("trajectory_id") if "trajectory_id" in family.ids else family.signal_id
        await _open(screens, family, kind, about, roles=(*both, Role.OUTREACH_WORKER), days=days)
    cannot_wait = screens.families[Stage.ENROLLED]
    cannot_wait.has("task_id", urgent_task_id(cannot_wait.one("trajectory_id")))
    together = screens.families[Stage.TOGETHER]
    await screens.does("desk", desk.take_task, UUID(together.ids["task_id"][0]), actor=HENK, now=NOW)
    of_who_is_away = screens.families[Stage.HALFWAY].one("task_id")
    await screens.does("desk", desk.take_task, of_who_is_away, actor=CAST[LONG_AWAY], now=NOW)
    async with signed_in(screens.apps["desk"], HENK) as client:
        path = f"/gezinnen/{together.one('trajectory_id')}/zorg"
        answer = await client.post(path, data={"key": str(stable_id("concern"))})
    assert answer.status_code == 303, answer.text
    listed = await screens.asks("desk", desk_store.open_tasks)
    screens.concern = next(task.id for task in listed if task.kind is TaskKind.SAFETY_CONCERN)
    together.has("task_id", screens.concern)
    for name in ASKED[:2]:
        mandate = await _mandate(screens, name)
        subject = stable_id("request", name)
        await _open(screens, together, TaskKind.DECIDE_REQUEST, subject, roles=mandate.roles, days=7, mandate=mandate)
    question = AskBack(
        question_id=stable_id("question asked"),
        task_id=decision_task_id(stable_id("request", ASKED[1])),
        question=DeciderAsks.CHEAPER_WAY,
    )
    asked = await screens.does("desk", desk.ask_back, question, actor=COORDINATOR, now=NOW)
    assert asked == question.question_id, asked
    together.has("task_id", stable_id("question", question.question_id))
    away = SetStandIn(
        stand_in_id=stable_id("stand-in"),
        stand_in=CAST[Role.PRIVACY_OFFICER].person,
        from_on=NOW.date(),
        until_on=A_WEEK_ON.date(),
    )
    await screens.does("desk", desk.set_stand_in, away, actor=CAST[Role.ADMINISTRATOR], now=NOW)
    together.has("stand_in_id", away.stand_in_id)
    batch = await screens.asks("budget", payments_store.batch_of, UUID(together.ids["batch_id"][-1]))
    roles = (Role.PAYMENT_RELEASER,)
    await _open(screens, None, TaskKind.RELEASE_BATCH, batch.id, roles=roles, days=1, digest=batch.digest)


async def _open(
    screens: Screens,
    family: Family | None,
    kind: TaskKind,
    subject: UUID,
    *,
    roles: tuple[Role, ...],
    days: int,
    mandate: Mandate | None = None,
    digest: str | None = None,
) -> None:
    decides = mandate is not None or digest is not None
    task = OpenTask(
        task_id=decision_task_id(subject) if decides else stable_id("task", kind, subject),
        kind=kind,
        programme=PROGRAMME,
        subject_id=subject,
        family_id=family.one("family_id") if family and "family_id" in family.ids else None,
        roles=roles,
        due_on=NOW.date() + timedelta(days=days),
        workflow=subject if decides else None,
        digest=mandate.digest if mandate else digest,
        excluded=mandate.excluded if mandate else (),
        deciders=mandate.deciders if mandate else 1 + (digest is not None),
        seats=mandate.seats if mandate else (),
    )
    assert (await screens.does("desk", desk.open_tasks, OpenTasks(tasks=(task,)), now=NOW)).count == 1
    (family or screens.families[Stage.TOGETHER]).has("task_id", task.task_id)
