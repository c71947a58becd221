"""Whom a hard rule keeps from a family, and how well people fit."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.matching.domain import Obstacle, Person, fit, obstacles, reasons
from services.matching.domain.people import CERTIFICATE_MARGIN, LONG_WAITING
from services.matching.events import TandemPart
from tests.matching.town import RULES, TODAY, buddy, request, supporter, who


def _missed(person: Person, **changes: object) -> tuple[Obstacle, ...]:
    return obstacles(person, request("El Amrani", **changes), RULES, declined=frozenset(), on=TODAY)


def test_a_trained_buddy_who_speaks_the_familys_language_may_be_proposed() -> None:
    assert _missed(buddy("Fatima")) == ()


@pytest.mark.parametrize(
    ("person", "obstacle"),
    [
        (buddy("Fatima", languages=("ar",)), Obstacle.NO_SHARED_LANGUAGE),
        (buddy("Fatima", trainings=("buddy-basics",)), Obstacle.TRAINING_MISSING),
        (buddy("Fatima", vog_until=None), Obstacle.NO_VALID_CERTIFICATE),
        (buddy("Fatima", left_on=date(2023, 3, 1)), Obstacle.NOT_ACTIVE),
        (buddy("Fatima", active_from=date(2023, 3, 8)), Obstacle.NOT_ACTIVE),
        (supporter("Henk", left_on=date(2023, 3, 1)), Obstacle.NOT_ACTIVE),
    ],
)
def test_a_hard_rule_is_bought_off_by_nothing(person: Person, obstacle: Obstacle) -> None:
    assert _missed(person) == (obstacle,)


def test_a_certificate_must_outlast_the_choice_the_trial_and_its_renewal() -> None:
    enough = TODAY + timedelta(days=14 + 28) + CERTIFICATE_MARGIN

    assert _missed(buddy("Fatima", vog_until=enough)) == ()
    assert _missed(buddy("Fatima", vog_until=enough - timedelta(days=1))) == (Obstacle.NO_VALID_CERTIFICATE,)


def test_a_supporter_may_work_through_an_interpreter() -> None:
    assert _missed(supporter("Henk"), languages=("ti",)) == ()


def test_somebody_whom_the_family_declined_is_not_proposed_again() -> None:
    missed = obstacles(buddy("Fatima"), request("El Amrani"), RULES, declined=frozenset({who("Fatima")}), on=TODAY)

    assert missed == (Obstacle.DECLINED_BEFORE,)


def test_where_a_programme_asks_for_the_same_area_another_area_is_an_obstacle() -> None:
    strict = replace(RULES, same_area=True)

    missed = obstacles(buddy("Fatima"), request("El Amrani", area="lewenborg"), strict, declined=frozenset(), on=TODAY)

    assert missed == (Obstacle.OTHER_AREA,)


def test_the_stricter_of_two_limits_says_how_many_families_a_person_takes() -> None:
    assert RULES.places[TandemPart.BUDDY] == 4
    assert RULES.room(buddy("Fatima", capacity=9), 1) == 3
    assert RULES.room(buddy("Fatima", capacity=2), 1) == 1
    assert RULES.room(buddy("Fatima", capacity=2), 5) == 0


def test_who_shares_more_of_what_weighs_most_fits_better() -> None:
    family = request("El Amrani")

    both = fit(buddy("Fatima", themes=("money", "parenting")), family, RULES)
    one = fit(buddy("Fatima", themes=("money",)), family, RULES)
    far_away = fit(buddy("Fatima", themes=("money",), areas=("selwerd",)), family, RULES)

    assert both > one > far_away


def test_a_family_hears_why_a_tandem_is_proposed() -> None:
    longer_ago = TODAY - LONG_WAITING
    family = request("El Amrani", requested_on=longer_ago)

    assert reasons(supporter("Henk"), buddy("Fatima"), family, on=TODAY) == (
        "same-area",
        "shared-language",
        "shared-theme",
        "long-waiting",
    )
    assert reasons(supporter("Henk"), buddy("Fatima", themes=(), languages=("ar",)), request("Jansen"), on=TODAY) == (
        "same-area",
    )
