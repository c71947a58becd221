"""Money is divided to the cent, whatever is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.money import euros, split_cents

GRONINGEN = {"npg": 337, "gemeente": 210}
WEIGHTS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 10**9), min_size=1).filter(
    lambda weights: sum(weights.values()) > 0
)


def test_the_whole_grant_is_split_as_it_was_granted() -> None:
    assert split_cents(54_700_000, GRONINGEN) == {"npg": 33_700_000, "gemeente": 21_000_000}


def test_a_bicycle_of_149_95_is_split_to_the_cent() -> None:
    assert split_cents(14_995, GRONINGEN) == {"npg": 9_238, "gemeente": 5_757}


@given(amount=st.integers(0, 10**12), weights=WEIGHTS)
def test_parts_always_add_up_and_are_never_a_cent_off(amount: int, weights: dict[str, int]) -> None:
    parts = split_cents(amount, weights)
    assert sum(parts.values()) == amount
    total = sum(weights.values())
    assert all(abs(part * total - amount * weights[name]) < total for name, part in parts.items())


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        split_cents(-1, GRONINGEN)
    with pytest.raises(ValueError, match="above zero"):
        split_cents(1, {"npg": 0})


def test_euros_are_written_the_dutch_way() -> None:
    assert euros(123_456) == "€ 1.234,56"
    assert euros(-5) == "€ -0,05"
