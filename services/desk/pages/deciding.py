"""Where a decision is taken: a part of the page that shows what is decided, or a page of its own without scripts."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from services.desk import asking_store, decisions, handlers, kept_store, reach, store
from services.desk.commands import AnswerQuestion, AskBack, AskerAnswers, Decide, DeciderAsks
from services.desk.contracts import Choice, TaskKind, decision_task_id
from services.desk.domain import StandIn, lent_roles, why_not_decide, why_not_take
from services.shared.access import Actor, allowed
from services.shared.calendar import local_date
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.permissions import Permission
from services.shared.problems import Problem
from services.shared.readings import log_reading
from services.shared.scopes import NOT_YOUR_FAMILY
from services.shared.screens.language import only_language
from services.shared.screens.part import PartOf
from services.shared.screens.said import Said
from services.shared.screens.web import FormOf, Page, PageOf, see_other
from services.shared.types import Code, Digest
from services.shared.web import DatabaseOf, Now, TemporalOf

router = APIRouter()

Anyone = Annotated[Actor, Depends(allowed(Permission.USE_DESK))]
"""Who may decide is judged by the task and by whom somebody stands in for, as at the API."""

APPROVE_REASONS: tuple[Code, ...] = ("fits-plan", "needed-now", "prevents-worse")
REFUSE_REASONS: tuple[Code, ...] = (
    "not-in-plan",
    "other-provision",
    "too-expensive",
    "not-convincing",
    "not-allowed-by-rules",
)
RELEASE_REASONS: tuple[Code, ...] = ("payments-checked",)
HOLD_REASONS: tuple[Code, ...] = ("payment-is-wrong", "payee-is-wrong", "not-now")
WHERE = {TaskKind.DECIDE_REQUEST: "/budget/besluiten/", TaskKind.RELEASE_BATCH: "/budget/betalingen/"}
"""Where everything stands that a decider needs to see."""


@router.get("/besluiten/{subject_id}")
async def show(
    subject_id: UUID,
    actor: Anyone,
    page: PageOf,
    part: PartOf,
    database: DatabaseOf,
    now: Now,
    seen: Annotated[Digest, Query(alias="gezien")],
) -> Response:
    """`gezien` is the digest of what the page around it shows: that is what is decided about."""
    async with database.transaction() as tx:
        task_id = decision_task_id(subject_id)
        values = await _values(tx, task_id, actor, seen, now=now)
        await asking_store.mark_answers_read(tx, actor.person, task_id, now=now)
    return page("decision_form.html", values | {"part": part})


@router.post("/besluiten")
async def decide(
    form: FormOf,
    actor: Anyone,
    page: PageOf,
    database: DatabaseOf,
    temporal: TemporalOf,
    now: Now,
    pays_on: Annotated[date | None, Query(alias="betaaldag")] = None,
) -> Response:
    """The same form again sends the same decision again, and it is taken once.

    `betaaldag` is the day on which it is paid when this approval is the last, as the page before knows it.
    """
    if only_language(form):
        return await _in_other_language(form, page, database, actor, now=now)
    command = _decision(form)
    async with database.transaction() as tx:
        values = await _values(tx, command.task_id, actor, command.digest, now=now)
    if command.reason not in values["reasons"][command.choice]:
        errors = {f"reason-{command.choice}": "reason-missing"}
        return page("decision_form.html", values | {"part": False, "errors": errors, "chosen": form}, status=400)
    outcome = await decisions.decide(database, temporal, command, actor=actor, now=now)
    if isinstance(outcome, Refused):
        return await _refused(page, database, outcome.code, command, actor, now=now)
    return page(
        "decision_taken.html",
        {
            "choice": command.choice,
            "where": values["where"],
            "more": values["missing"] - 1,
            "pays_on": None if values["release"] else pays_on,
        },
    )


@router.post("/besluiten/{subject_id}/vragen")
async def ask_back(
    subject_id: UUID, form: FormOf, actor: Anyone, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    task_id = decision_task_id(subject_id)
    seen = str(form.get("digest", ""))
    async with database.transaction() as tx:
        values = await _values(tx, task_id, actor, seen, now=now)
        try:
            command = AskBack.model_validate(
                {"question_id": form.get("key"), "task_id": task_id, "question": form.get("question")}
            )
        except ValidationError:
            errors = {"question": "question-missing"}
            return page("decision_form.html", values | {"part": False, "errors": errors}, status=400)
        asked = await handlers.ask_back(tx, command, now=now, actor=actor)
    if isinstance(asked, Refused):
        return page("decision_form.html", values | {"part": False, "refusal": asked.code}, status=409)
    return see_other(f"{values['where']}#besluit")


@router.get("/panelen/vragen/{subject_id}")
async def show_questions(
    subject_id: UUID, actor: Anyone, page: PageOf, part: PartOf, database: DatabaseOf, now: Now
) -> Response:
    """What was asked back about a request and what the answers were, also after the decision.

    For whom it was asked of, and for who sees the family's money.
    """
    async with database.transaction() as tx:
        task = await store.task_by_id(tx, decision_task_id(subject_id))
        asked = await asking_store.questions_about(tx, task.id) if task is not None else []
        if task is not None and asked:
            if all(each.asked_of != actor.person for each in asked) and not await _sees_money(tx, actor, task, now=now):
                raise Problem(403, NOT_YOUR_FAMILY)
            await asking_store.mark_answers_read(tx, actor.person, task.id, now=now)
            if task.family_id is not None:
                await log_reading(tx, actor, task.family_id, what="task", now=now)
    decided = task is None or task.closed_at is not None
    mine = [each for each in asked if each.asked_of == actor.person and each.answer is None and not decided]
    told = [each for each in asked if each not in mine]
    return page("questions_told.html", {"mine": mine, "told": told, "decided": decided, "part": part})


@router.get("/vragen/{task_id}")
async def show_question(task_id: UUID, actor: Anyone, page: PageOf, database: DatabaseOf) -> Response:
    async with database.transaction() as tx:
        values = await _question(tx, task_id, actor)
    return page("question.html", values)


@router.post("/vragen/{task_id}")
async def answer_question(
    task_id: UUID, form: FormOf, actor: Anyone, page: PageOf, database: DatabaseOf, now: Now
) -> Response:
    async with database.transaction() as tx:
        values = await _question(tx, task_id, actor)
        said = str(form.get("answer", ""))
        if said not in set(AskerAnswers):
            return page("question.html", values | {"errors": {"answer": "answer-missing"}}, status=400)
        command = AnswerQuestion(question_id=values["question"].id, answer=AskerAnswers(said))
        answered = await handlers.answer_question(tx, command, now=now, actor=actor)
        if isinstance(answered, Refused):
            return page("question.html", values | {"refusal": answered.code}, status=409)
    return see_other(f"/desk/vragen/{task_id}")


async def _in_other_language(
    form: FormData, page: Page, database: DatabaseOf, actor: Actor, *, now: datetime
) -> Response:
    """The form with the reasons that were chosen, on a page of its own; nothing is decided."""
    said = Said(form)
    async with database.transaction() as tx:
        values = await _values(tx, said.id("task"), actor, said.text("digest"), now=now)
    return page("decision_form.html", values | {"part": False, "chosen": form})


def _decision(form: FormData) -> Decide:
    choice = str(form.get("choice", ""))
    told = {
        "task_id": form.get("task"),
        "choice": choice,
        "reason": form.get(f"reason-{choice}") or "missing",
        "digest": form.get("digest"),
        "on_behalf_of": form.get("on_behalf_of") or None,
    }
    try:
        return Decide.model_validate(told)
    except ValidationError:
        raise Problem(400, "invalid-input") from None


async def _values(tx: Transaction, task_id: UUID, actor: Actor, seen: str, *, now: datetime) -> dict[str, Any]:
    """What the form shows, by the rules that judge the decision itself. Answers 404 where there is nothing to decide.

    `refused_for` is why somebody may not approve, None when they may; `may_refuse` whether they may refuse.
    """
    task = await store.task_by_id(tx, task_id)
    if task is None or task.workflow is None:
        raise Problem(404, "unknown-task")
    judged = await handlers.question_of(tx, task)
    if not await _concerns(tx, actor, task, now=now):
        raise Problem(403, NOT_YOUR_FAMILY)
    needed = await asking_store.mandate_of(tx, task_id)
    signed = await asking_store.standing_decisions(tx, task_id)
    mine = next((each for each in signed if each.person == actor.person), None)
    late = [each for each in await kept_store.kept_by(tx, actor.person, now=now) if each.task_id == task_id]
    stand_in = await _stand_in(tx, actor, task, now=now)
    instead_of = stand_in.person if stand_in else None
    refused_for = why_not_decide(judged, actor, Choice.APPROVE, seen, instead_of, stand_in)
    if actor.person in task.excluded:
        # Whoever asked is told that, and not that their role falls short.
        refused_for = "excluded"
    may_refuse = why_not_decide(judged, actor, Choice.REFUSE, seen, instead_of, stand_in) is None
    release = task.kind is TaskKind.RELEASE_BATCH
    pending = mine is not None and mine.answer is store.Answer.PENDING
    return {
        "task": task,
        "subject_id": task.workflow,
        "seen": seen,
        "signed": signed,
        "missing": max(0, needed.deciders - len(signed)),
        "needed": needed,
        "refused_for": refused_for,
        "may_refuse": may_refuse,
        "instead_of": instead_of,
        "pending": mine if pending else None,
        "goes_by_itself": pending and any(each.by_itself for each in late),
        "turned_down": late[0].refusal if late and mine is None else None,
        "release": release,
        "reasons": {
            Choice.APPROVE: RELEASE_REASONS if release else APPROVE_REASONS,
            Choice.REFUSE: HOLD_REASONS if release else REFUSE_REASONS,
        },
        "questions": await asking_store.questions_about(tx, task_id),
        "may_ask": may_refuse and not release and instead_of is None,
        "asks": tuple(DeciderAsks),
        "key": uuid4(),
        "where": f"{WHERE[task.kind]}{task.workflow}",
        "action": f"/budget/besluiten/{task.workflow}" if not release else "/desk/besluiten",
        "chosen": {},
        "errors": {},
        "refusal": None,
    }


async def _concerns(tx: Transaction, actor: Actor, task: store.Task, *, now: datetime) -> bool:
    """Whether a decision is any business of somebody: they asked for it, it is within reach, or they stand in."""
    if actor.person in task.excluded or await reach.may(tx, actor, task, Permission.WORK_ON_TASKS):
        return True
    return await _stand_in(tx, actor, task, now=now) is not None


async def _sees_money(tx: Transaction, actor: Actor, task: store.Task, *, now: datetime) -> bool:
    return (
        await reach.may(tx, actor, task, Permission.READ_MONEY) or await _stand_in(tx, actor, task, now=now) is not None
    )


async def _stand_in(tx: Transaction, actor: Actor, task: store.Task, *, now: datetime) -> StandIn | None:
    """For whom somebody can decide this who has no role in it themselves: whoever lent them one first."""
    if not actor.roles.isdisjoint(task.roles):
        return None
    lent = await store.stand_ins(tx, local_date(now), by=actor.person)
    return next((each for each in lent if lent_roles(actor, each) & frozenset(task.roles)), None)


async def _refused(
    page: Page, database: DatabaseOf, code: Code, command: Decide, actor: Actor, *, now: datetime
) -> Response:
    """What was not accepted, in words, with how things stand now; what could not be sent is kept, and can be again."""
    async with database.transaction() as tx:
        values = await _values(tx, command.task_id, actor, command.digest, now=now)
    status = 503 if code == decisions.NOT_AVAILABLE else 403 if code in ("not-in-role", "excluded") else 409
    return page("decision_form.html", values | {"part": False, "refusal": code}, status=status)


async def _question(tx: Transaction, task_id: UUID, actor: Actor) -> dict[str, Any]:
    """For whom it was asked of, also when the family is out of reach by now, and for who sees its task."""
    question = await asking_store.question_of_task(tx, task_id)
    asked = question is not None and question.asked_of == actor.person
    task = await (store.task_by_id(tx, task_id) if asked else reach.seen_task(tx, task_id, actor))
    if question is None or task is None or why_not_take(frozenset(task.roles), frozenset(task.excluded), actor):
        raise Problem(404, "unknown-task")
    return {
        "task": task,
        "question": question,
        "answers": tuple(AskerAnswers),
        "request_path": f"/budget/aanvragen/{task.subject_id}",
        "errors": {},
        "refusal": None,
    }
