"""Amounts as people write them, and what is too doubtful to pay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.budget.domain.amounts import AMOUNT_CENTS_MAX, read_amount


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("12,50", 1_250),
        ("12,5", 1_250),
        ("1234,5", 123_450),
        ("1.234,50", 123_450),
        ("€ 12", 1_200),
        ("12", 1_200),
        ("12,-", 1_200),
        ("0,05", 5),
        ("1234,50", 123_450),
        ("€ 1.234,50", 123_450),
        ("€12,50", 1_250),
        ("12,50 €", 1_250),
        ("12,50 euro", 1_250),
        ("EUR 12,50", 1_250),
        ("  12,50\u00a0", 1_250),
        ("12.50", 1_250),
        ("€1,234.50", 123_450),
        ("1.250", 125_000),
        ("007,00", 700),
    ],
)
def test_an_amount_is_read_as_it_was_meant(text: str, cents: int) -> None:
    assert read_amount(text) == cents


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount-missing"),
        ("   ", "amount-missing"),
        ("twaalf", "amount-unreadable"),
        ("12,505", "amount-unreadable"),
        ("12.5", "amount-unreadable"),
        ("1.23,50", "amount-unreadable"),
        ("1,234", "amount-unreadable"),
        ("1,23.50", "amount-unreadable"),
        ("12.34.567", "amount-unreadable"),
        ("-12,50", "amount-unreadable"),
        ("12,50,00", "amount-unreadable"),
        ("1e3", "amount-unreadable"),
        ("١٢", "amount-unreadable"),
        ("€", "amount-unreadable"),
        ("12 50", "amount-unreadable"),
        ("9" * 41, "amount-unreadable"),
        ("0", "amount-is-zero"),
        ("0,00", "amount-is-zero"),
        ("1.000.000.000,00", "amount-too-large"),
    ],
)
def test_what_is_in_doubt_is_no_amount(text: str, code: str) -> None:
    assert read_amount(text) == code


@given(st.integers(min_value=1, max_value=AMOUNT_CENTS_MAX))
def test_every_amount_is_read_as_it_was_meant(cents: int) -> None:
    assert read_amount(f"{cents // 100},{cents % 100:02d}") == cents


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    read = read_amount(text)
    assert read if isinstance(read, str) else 0 < read <= AMOUNT_CENTS_MAX
