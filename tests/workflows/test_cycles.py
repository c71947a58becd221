"""What a programme does again and again, from its funding until long after its end."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from programmes.load import load
from services.budget.contracts import BatchMade
from services.budget.domain.payment_days import next_batch_day
from services.budget.events import ProgrammeFunded
from services.desk.contracts import TaskKind
from services.plans.contracts import Due, DueItem
from services.shared.calendar import add_months, morning_of
from services.shared.roles import Role
from tests.workflows.stage import Stage
from workflows.bounds import BATCH_PAYMENTS, BATCHES_A_RUN, DUE_PAGE, ERASE_PAGE, PAYMENTS_AFTER_END_DAYS
from workflows.contracts import (
    PROLONG_SIGNAL,
    CycleTerms,
    ProgrammeTerms,
    matching_workflow_id,
    payments_workflow_id,
    programme_workflow_id,
    retention_workflow_id,
    reviews_workflow_id,
)
from workflows.cycle import upcoming
from workflows.matching_round import MatchingRound
from workflows.payment_run import PaymentRun
from workflows.programme_cycle import ProgrammeCycle
from workflows.programme_cycles import all_cycles
from workflows.retention import Retention
from workflows.review_cycle import ReviewCycle
from workflows.terms import programme_terms

PROGRAMME = "kansrijk-opgroeien-coevorden"
engines = pytest.mark.engines


def test_a_turn_in_the_past_is_not_caught_up_but_the_cadence_is_kept() -> None:
    tuesday = date(2026, 12, 1)
    assert upcoming(tuesday, 14, tuesday - timedelta(days=3)) == tuesday
    assert upcoming(tuesday, 14, tuesday) == tuesday
    assert upcoming(tuesday, 14, tuesday + timedelta(days=1)) == tuesday + timedelta(days=14)
    assert upcoming(tuesday, 14, tuesday + timedelta(days=14)) == tuesday + timedelta(days=14)


async def cycle(town: Stage, *, months: int, every_days: int) -> CycleTerms:
    today = await town.today()
    return CycleTerms(
        programme=PROGRAMME,
        programme_version=1,
        next_on=today + timedelta(days=1),
        until=add_months(today, months),
        every_days=every_days,
    )


async def is_over(handle: WorkflowHandle[Any, Any]) -> bool:
    return (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED


@engines
async def test_rounds_are_held_on_their_weekday_over_years_and_numbered_on(town: Stage) -> None:
    terms = await cycle(town, months=26, every_days=14)
    assert terms.until is not None
    handle = await town.start(MatchingRound.run, terms, matching_workflow_id(PROGRAMME))
    await town.until(terms.until + timedelta(days=1))
    rounds = (terms.until - terms.next_on).days // 14 + 1
    assert town.memory.rounds == list(range(1, rounds + 1))
    assert await is_over(town.client.get_workflow_handle(handle.id))


@engines
async def test_a_cycle_without_an_end_goes_on_and_one_that_is_prolonged_goes_on_longer(town: Stage) -> None:
    endless = replace(await cycle(town, months=1, every_days=14), until=None)
    await town.start(MatchingRound.run, endless, matching_workflow_id(PROGRAMME))
    short = await cycle(town, months=1, every_days=0)
    ending = await town.start(Retention.run, short, retention_workflow_id(PROGRAMME))
    longer = replace(short, programme_version=2, until=add_months(endless.next_on, 3))
    await town.client.get_workflow_handle(ending.id).signal(PROLONG_SIGNAL, longer)
    await town.until(add_months(endless.next_on, 26))
    assert len(town.memory.rounds) >= 26 * 2
    assert not await is_over(town.client.get_workflow_handle(matching_workflow_id(PROGRAMME)))
    assert town.memory.erase_pages == 4
    assert await is_over(town.client.get_workflow_handle(ending.id))


@engines
async def test_a_programme_without_an_end_reports_on_and_keeps_its_waiting_list(town: Stage) -> None:
    today = await town.today()
    terms = ProgrammeTerms(
        programme=PROGRAMME,
        programme_version=1,
        starts_on=add_months(today, -30),
        ends_on=None,
        families_until=None,
        report_months=3,
        first_round_on=today,
        round_days=14,
        retention_months_maximum=6,
    )
    await town.start(ProgrammeCycle.run, terms, programme_workflow_id(PROGRAMME))
    await town.until(add_months(today, 18))
    assert [report.number for report in town.memory.reports][-1] >= 15
    assert not town.memory.waiting_list_closed


def test_turns_of_before_the_funding_are_counted_so_that_no_number_is_given_twice() -> None:
    start = date(2021, 1, 5)
    terms = ProgrammeTerms(
        programme=PROGRAMME,
        programme_version=1,
        starts_on=start,
        ends_on=None,
        families_until=None,
        report_months=3,
        first_round_on=start,
        round_days=14,
        retention_months_maximum=6,
    )

    def numbers(today: date) -> dict[str, int]:
        starting = all_cycles(terms, today=today)
        return {each.workflow_id: each.terms.number for each in starting if isinstance(each.terms, CycleTerms)}

    first, later = numbers(start), numbers(start + timedelta(days=28))
    assert set(first.values()) == {1}
    assert later[matching_workflow_id(PROGRAMME)] == 3
    assert later[payments_workflow_id(PROGRAMME)] == 4 * BATCHES_A_RUN + 1


@pytest.mark.parametrize("days", [0, 1, 6, 7, 8, 700])
def test_the_day_that_people_are_told_is_the_day_on_which_payments_leave(days: int) -> None:
    programme = load(PROGRAMME, 1)
    today = programme.period.start + timedelta(days=days)
    funded = ProgrammeFunded(
        programme_id=uuid4(),
        programme=PROGRAMME,
        programme_version=1,
        sources={},
        starts_on=programme.period.start,
        ends_on=programme.period.last_day,
    )
    starting = all_cycles(programme_terms(programme, funded), today=today)
    (payments,) = (each.terms for each in starting if each.run == PaymentRun.run)
    assert isinstance(payments, CycleTerms)

    at_eight = morning_of(today) - timedelta(hours=1)
    assert next_batch_day(programme, at_eight) == payments.next_on
    later = next_batch_day(programme, at_eight + timedelta(hours=4))
    assert later == (payments.next_on if payments.next_on > today else today + timedelta(days=7))


@engines
async def test_batches_are_made_each_week_and_more_while_they_are_full(town: Stage) -> None:
    full = [BatchMade(batch_id=uuid4(), payments=BATCH_PAYMENTS) for _ in range(2)]
    town.memory.batches = [*full, BatchMade(batch_id=uuid4(), payments=3)]
    terms = await cycle(town, months=1, every_days=7)
    await town.start(PaymentRun.run, terms, payments_workflow_id(PROGRAMME))
    await town.until(terms.next_on)
    assert town.memory.made_batches == [1, 2, 3]
    await town.days(7)
    assert town.memory.made_batches == [1, 2, 3, 4]


@engines
async def test_no_more_batches_are_made_at_a_turn_than_its_bound(town: Stage) -> None:
    town.memory.batches = [BatchMade(batch_id=uuid4(), payments=BATCH_PAYMENTS) for _ in range(BATCHES_A_RUN + 1)]
    terms = await cycle(town, months=1, every_days=7)
    await town.start(PaymentRun.run, terms, payments_workflow_id(PROGRAMME))
    await town.until(terms.next_on)
    assert len(town.memory.made_batches) == BATCHES_A_RUN


@engines
async def test_whoever_is_due_for_a_review_comes_on_the_worklist_once(town: Stage) -> None:
    terms = await cycle(town, months=1, every_days=7)
    item = DueItem(trajectory_id=uuid4(), family_id=uuid4(), due=Due.REVIEW, number=1, due_on=terms.next_on)
    many = [replace(item, trajectory_id=uuid4()) for _ in range(DUE_PAGE)]
    town.memory.due = [item, replace(item, due=Due.MEASUREMENT), item, *many]
    await town.start(ReviewCycle.run, terms, reviews_workflow_id(PROGRAMME))
    await town.until(terms.next_on)
    kinds = [task.kind for task in town.memory.tasks.values() if task.subject_id == item.trajectory_id]
    assert kinds == [TaskKind.HOLD_REVIEW, TaskKind.TAKE_MEASUREMENT]
    assert len(town.memory.tasks) == DUE_PAGE + 2
    assert {task.roles for task in town.memory.tasks.values()} == {(Role.SUPPORTER,)}
    assert town.memory.done["desk.open_tasks"] == 2


@engines
async def test_files_are_erased_each_month_page_by_page(town: Stage) -> None:
    town.memory.erasable = ERASE_PAGE + 1
    terms = await cycle(town, months=3, every_days=0)
    handle = await town.start(Retention.run, terms, retention_workflow_id(PROGRAMME))
    await town.until(terms.next_on)
    assert (town.memory.erasable, town.memory.erase_pages) == (0, 2)
    await town.until(add_months(terms.next_on, 3))
    assert town.memory.erase_pages == 4
    assert await is_over(handle)


@engines
async def test_a_funded_programme_reports_each_quarter_and_closes_at_its_end(town: Stage) -> None:
    today = await town.today()
    ends_on = add_months(today, 18) - timedelta(days=1)
    terms = ProgrammeTerms(
        programme=PROGRAMME,
        programme_version=1,
        starts_on=today,
        ends_on=ends_on,
        families_until=ends_on,
        report_months=3,
        first_round_on=today + timedelta(days=2),
        round_days=14,
        retention_months_maximum=6,
    )
    for each in all_cycles(terms, today=today):
        await town.start(each.run, each.terms, each.workflow_id)
    await town.until(ends_on - timedelta(days=1))
    assert [report.number for report in town.memory.reports] == [1, 2, 3, 4, 5]
    assert not town.memory.waiting_list_closed
    await town.until(ends_on)
    assert [report.until for report in town.memory.reports][-1] == ends_on
    assert town.memory.waiting_list_closed
    assert await is_over(town.client.get_workflow_handle(programme_workflow_id(PROGRAMME)))
    # What is approved at the end is still paid, and files are erased when their terms have passed.
    after_end = {
        matching_workflow_id(PROGRAMME): ends_on + timedelta(days=1),
        reviews_workflow_id(PROGRAMME): ends_on + timedelta(days=2),
        payments_workflow_id(PROGRAMME): ends_on + timedelta(days=PAYMENTS_AFTER_END_DAYS + 1),
        retention_workflow_id(PROGRAMME): add_months(ends_on, 8),
    }
    for workflow_id, day in after_end.items():
        if "payments" in workflow_id or "retention" in workflow_id:
            assert not await is_over(town.client.get_workflow_handle(workflow_id))
        await town.until(day)
        assert await is_over(town.client.get_workflow_handle(workflow_id)), workflow_id
