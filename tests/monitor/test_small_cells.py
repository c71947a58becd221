"""A number that could point at a family is not shown, nor what stands beside it."""

from datetime import date

from services.monitor.domain.figures import (
    Cell,
    Figures,
    MoneyCell,
    MonthOfTrajectories,
    RequestCell,
    Waiting,
    without_small_cells,
)

MINIMUM = 10


def _figures() -> Figures:
    return Figures(
        programme="kansrijk-groningen",
        until=date(2024, 6, 30),
        signals_by_channel={"library": Cell(count=41), "toy-library": Cell(count=9)},
        signals_by_area={"selwerd": Cell(count=50)},
        enrolled=Cell(count=10),
        declined=Cell(count=2),
        declined_by_reason={"outside-area": Cell(count=2)},
        waitlisted=Cell(count=0),
        ended_before_intake={},
        waiting=Waiting(families=7, median_days=30, p90_days=61),
        trajectories_by_month=(
            MonthOfTrajectories(month=date(2024, 6, 1), active=Cell(count=12), closed={"stopped": Cell(count=1)}),
        ),
        closed_by_outcome={"stopped": Cell(count=1)},
        tandems={},
        plans={},
        goals_reached={},
        reviews={},
        measurements={},
        aftercare={},
        hours={"buddy": Cell(count=120, amount=9000), "professional": Cell(count=4, amount=240)},
        requests=(RequestCell(category="fiets", verdict="approved", cell=Cell(count=3, amount=45_000)),),
        money=(MoneyCell(source="npg", category="fiets", cell=Cell(count=11, amount=99_000)),),
    )


def test_numbers_from_the_minimum_up_are_shown() -> None:
    shown = without_small_cells(_figures(), MINIMUM)

    assert shown.enrolled == Cell(count=10)
    assert shown.signals_by_channel["library"].count == 41
    assert shown.trajectories_by_month[0].active.count == 12
    assert shown.hours["buddy"] == Cell(count=120, amount=9000)
    assert shown.money[0].cell == Cell(count=11, amount=99_000)


def test_smaller_numbers_are_left_out_everywhere() -> None:
    shown = without_small_cells(_figures(), MINIMUM)
    hidden = Cell(count=None)

    assert shown.signals_by_channel["toy-library"] == hidden
    assert shown.declined == shown.declined_by_reason["outside-area"] == hidden
    assert shown.closed_by_outcome["stopped"] == shown.trajectories_by_month[0].closed["stopped"] == hidden


def test_what_a_small_number_adds_up_to_goes_with_it() -> None:
    shown = without_small_cells(_figures(), MINIMUM)

    assert shown.requests[0].cell == shown.hours["professional"] == Cell(count=None, amount=None)
    assert shown.waiting == Waiting(families=None, median_days=None, p90_days=None)


def test_whether_there_was_nobody_or_almost_nobody_cannot_be_told() -> None:
    assert without_small_cells(_figures(), MINIMUM).waitlisted == Cell(count=None)
