"""A subscriber's patterns mean what they mean to the broker."""

import pytest

from services.monitor.domain.patterns import wants


@pytest.mark.parametrize("pattern", ["family.enrolled", "family.*", "*.enrolled", "#", "family.#", "#.enrolled", "*.*"])
def test_a_pattern_that_fits_an_enrolment_lets_it_through(pattern: str) -> None:
    assert wants([pattern], "family.enrolled")


@pytest.mark.parametrize("pattern", ["family", "family.declined", "*", "tandem.#", "family.*.*", "*.enrolled.*"])
def test_a_pattern_for_something_else_does_not(pattern: str) -> None:
    assert not wants([pattern], "family.enrolled")


def test_one_fitting_pattern_of_several_is_enough() -> None:
    assert wants(["tandem.*", "payment.confirmed"], "payment.confirmed")
