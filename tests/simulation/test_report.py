"""A report that does not add up says so."""

from datetime import date

import pytest

from services.budget.answers import BalanceAnswer, ProgrammeBalance, SourceBalance
from services.monitor.domain.figures import Cell, Figures, MoneyCell, RequestCell, Waiting
from simulation.report.checks import findings
from simulation.report.figures import Days, Events, Machine, Outcome, Tandems
from simulation.report.footprint import Footprint, Weight
from simulation.report.text import as_text

NOBODY = Days(families=0, median=None, p90=None)
SPENT, NPG, GRONINGEN = 54_700, 33_700, 21_000
FOOTPRINT = Footprint(
    by_kind={
        "trajectory": Weight(workflows=1, runs=4, history_events=200, history_bytes=8_000, actions=50),
        "request": Weight(workflows=2, runs=2, history_events=50, history_bytes=2_000, actions=10),
        "payments": Weight(workflows=1, runs=3, history_events=250, history_bytes=5_000, actions=40),
    }
)


def figures() -> Figures:
    none = Cell(count=0)
    return Figures(
        programme="kansen-voor-kinderen-groningen",
        until=date(2053, 12, 31),
        signals_by_channel={"library": Cell(count=2)},
        signals_by_area={"beijum": Cell(count=2)},
        enrolled=Cell(count=1),
        declined=none,
        declined_by_reason={},
        waitlisted=none,
        ended_before_intake={"unreachable": Cell(count=1)},
        waiting=Waiting(families=1, median_days=60, p90_days=60),
        trajectories_by_month=(),
        closed_by_outcome={"completed": Cell(count=1)},
        tandems={"chosen": Cell(count=1)},
        plans={},
        goals_reached={},
        reviews={"going-on": Cell(count=1)},
        measurements={},
        aftercare={},
        hours={"buddy": Cell(count=1, amount=180), "professional": Cell(count=1, amount=60)},
        requests=(RequestCell(category="laptop", verdict="approved", cell=Cell(count=1, amount=SPENT)),),
        money=(
            MoneyCell(source="npg", category="laptop", cell=Cell(count=1, amount=NPG)),
            MoneyCell(source="gemeente-groningen", category="laptop", cell=Cell(count=1, amount=GRONINGEN)),
        ),
    )


def balance(npg: int = NPG, groningen: int = GRONINGEN) -> ProgrammeBalance:
    held = BalanceAnswer(total_cents=SPENT * 2, spent_cents=SPENT, set_apart_cents=0, free_cents=SPENT)
    return ProgrammeBalance(
        programme="kansen-voor-kinderen-groningen",
        version=1,
        families=held,
        costs=held,
        spent_cents=SPENT,
        sources=(
            SourceBalance(code="npg", share_weight=337, granted_cents=33_700_000, charged_cents=npg),
            SourceBalance(
                code="gemeente-groningen", share_weight=210, granted_cents=21_000_000, charged_cents=groningen
            ),
        ),
    )


@pytest.fixture
def outcome() -> Outcome:
    return Outcome(
        programme="kansen-voor-kinderen-groningen",
        version=1,
        seed=7,
        lived_from=date(2051, 1, 1),
        lived_until=date(2053, 12, 31),
        families=2,
        families_by_outcome={"completed": 1, "unreachable": 1},
        outcome_by_family={"family-1": "completed", "family-2": "unreachable"},
        reach_by_channel={"library": {"met": 2, "enrolled": 1}},
        signal_to_enrolment=Days(families=1, median=14, p90=14),
        enrolment_to_tandem=NOBODY,
        signal_to_tandem=NOBODY,
        tandems=Tandems(confirmed=1, ended_early=0, after_3_months=(1, 1), after_12_months=(1, 1)),
        tasks={},
        figures=figures(),
        balance=balance(),
        done={"receive_signal": 2, "hold_review": 1, "log_hours": 2, "submit_request": 1},
        refused={},
    )


@pytest.fixture
def machine() -> Machine:
    return Machine(
        days=1171,
        wall_seconds=60.0,
        family_years=2.5,
        events=Events(published=10, unpublished=0, handled=20, retrying=0, parked=0),
        footprint=FOOTPRINT,
        restarts={},
    )


def test_what_all_families_share_is_told_apart_from_what_each_family_weighs(outcome: Outcome, machine: Machine) -> None:
    assert machine.footprint.total.history_events == 500
    assert machine.footprint.of_families == Weight(
        workflows=3, runs=6, history_events=250, history_bytes=10_000, actions=60
    )
    lines = [" ".join(line.split()) for line in as_text(outcome, machine).splitlines()]
    of_a_year = lines.index("history events a family-year 200.0")
    assert lines[of_a_year + 1] == "of the family's own 100.0"


def test_what_adds_up_has_no_findings(outcome: Outcome, machine: Machine) -> None:
    assert findings(outcome, machine) == []


def test_a_family_that_is_in_no_outcome_is_missed(outcome: Outcome, machine: Machine) -> None:
    lost = outcome.model_copy(update={"families_by_outcome": {"completed": 1}})
    assert findings(lost, machine) == ["1 of 2 families are accounted for"]


def test_a_family_that_still_takes_part_after_the_end_is_found(outcome: Outcome, machine: Machine) -> None:
    left = outcome.model_copy(update={"families_by_outcome": {"completed": 1, "still-taking-part": 1}})
    assert findings(left, machine) == ["1 families are still-taking-part after the end"]


def test_one_cent_from_one_funder_to_another_is_found(outcome: Outcome, machine: Machine) -> None:
    shifted = outcome.model_copy(update={"balance": balance(NPG + 1, GRONINGEN - 1)})
    found = " ".join(findings(shifted, machine))
    assert "npg bears 33701 cents, not its share of 54700" in found
    assert "budget says 33701 cents, the monitor heard 33700" in found


def test_what_the_town_did_and_nobody_heard_of_is_found(outcome: Outcome, machine: Machine) -> None:
    unheard = outcome.model_copy(update={"done": outcome.done | {"hold_review": 2}})
    assert findings(unheard, machine) == ["the town knows of 2 x hold review, the monitor of 1"]


def test_a_parked_event_is_found(outcome: Outcome, machine: Machine) -> None:
    parked = machine.model_copy(update={"events": machine.events.model_copy(update={"parked": 1})})
    assert findings(outcome, parked) == ["1 events are parked"]


def test_the_digest_is_of_the_outcome_and_of_nothing_else(outcome: Outcome) -> None:
    assert outcome.digest == outcome.model_copy(deep=True).digest
    assert outcome.digest != outcome.model_copy(update={"seed": 8}).digest


def test_the_report_tells_a_manager_hours_ratio_shares_and_everybody(outcome: Outcome, machine: Machine) -> None:
    text = as_text(outcome, machine)
    assert "buddy hours for one of a professional            3.00" in text
    assert "€ 337,00 of € 337.000,00" in text
    assert "lived from 2051-01-01 to 2053-12-31" in text
    assert outcome.digest in text
