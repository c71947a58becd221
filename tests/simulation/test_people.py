"""What people do keeps to what a programme allows, and comes to about the rates that are written down."""

import pytest

from programmes.load import latest
from programmes.schema import Programme
from services.intake.commands import MemberRole
from simulation.kills import Kill, not_reached, read_kill
from simulation.people import rates
from simulation.people.outreach import told
from simulation.people.working import scores
from simulation.town.chance import Chance
from simulation.town.town import build_town

DRAWS = 4_000


@pytest.fixture
def programme() -> Programme:
    return latest("kansrijke-start-groningen")


@pytest.mark.parametrize("rate", [rates.REFUSED, rates.TRIAL_FAILS, rates.REACHED, rates.BOUNCES])
def test_what_happens_at_a_rate_happens_about_so_often(rate: float) -> None:
    chance = Chance(11)
    happened = sum(chance.happens(rate, "family", number) for number in range(DRAWS))
    assert happened / DRAWS == pytest.approx(rate, abs=0.02)


def test_scores_stay_on_the_scale_and_get_better_over_the_years(programme: Programme) -> None:
    instrument, chance = programme.instruments[0], Chance(5)

    def mean(number: int) -> float:
        answers = [scores(instrument, number, chance.stream(family, number)) for family in range(200)]
        assert all(instrument.minimum <= score <= instrument.maximum for each in answers for score in each.values())
        better = [
            each[dimension.code]
            for each in answers
            for dimension in instrument.dimensions
            if dimension.higher_is_better
        ]
        return sum(better) / len(better)

    assert mean(1) < mean(4) < mean(8)


def test_a_child_that_was_expected_is_told_as_a_child_once_it_is_born(programme: Programme) -> None:
    town = build_town(programme, Chance(2), 40)
    expecting = next(household for household in town.households if household.expected_births)
    birth, signal = expecting.expected_births[0], expecting.meetings[0].signal_id
    before = told(expecting, signal, None, expecting.meetings[0].on)
    after = told(expecting, signal, None, birth)
    assert before.expected_births == (birth,)
    assert after.expected_births == ()
    assert [member.birth_date for member in after.members if member.role is MemberRole.CHILD][-1] == birth
    assert len(after.members) == len(before.members) + 1


def test_what_is_to_be_killed_is_read_with_its_day() -> None:
    assert read_kill("budget@120") == Kill("budget", 120)
    assert read_kill("connections@3") == Kill("connections", 3)


@pytest.mark.parametrize("asked", ["postgres@3", "budget", "budget@", "budget@0", "budget@soon", ""])
def test_a_kill_that_makes_no_sense_is_refused(asked: str) -> None:
    with pytest.raises(ValueError, match=r"one of|on which day"):
        read_kill(asked)


def test_a_kill_on_a_day_that_never_came_is_not_passed_over() -> None:
    kills = [Kill("budget", 120), Kill("workflows", 1200)]
    assert not_reached(kills, 1171) == ["workflows was to be killed on day 1200 of 1171"]
