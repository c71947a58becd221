"""What is typed in an intake is read the Dutch way, and what is wrong is told at its field."""

from datetime import date

import pytest

from programmes.load import load
from programmes.rules import HouseholdFacts
from services.intake.domain.fitting import Verdict, fitting, nearby
from services.intake.domain.told import Step, asks_income, contact_told, household_told, read_date, wishes_told
from tests.intake.talk import person

GRONINGEN = load("kansen-voor-kinderen-groningen", 1)
KANSRIJK = load("kansrijk-groningen", 1)
COEVORDEN = load("kansrijk-opgroeien-coevorden", 1)
TODAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    "typed",
    [
        *("31-12-2015", "31/12/2015", "31.12.2015", " 31 12 2015", "31122015", "2015-12-31"),
        *("31 december 2015", "31 Dec. 2015", "31-dec-2015"),
    ],
)
def test_a_date_is_read_however_it_is_typed(typed: str) -> None:
    assert read_date(typed) == date(2015, 12, 31)


@pytest.mark.parametrize(
    ("typed", "month"),
    [("3 april 2026", 4), ("3 mrt 2026", 3), ("3 maart 2026", 3), ("3 mei 2026", 5), ("3-4-2026", 4)],
)
def test_a_month_may_be_written_out(typed: str, month: int) -> None:
    assert read_date(typed) == date(2026, month, 3)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "31-2-2015",
        "12-31-2015",
        "1-1-15",
        "gisteren",
        "3 brumaire 2015",
        "31 april 2015",
        "0-0-0000",
        "٣١-١٢-٢٠١٥x",
    ],
)
def test_what_is_no_day_is_not_made_into_one(typed: str) -> None:
    assert read_date(typed) is None


def test_a_child_has_the_surname_of_the_first_parent_unless_it_has_its_own() -> None:
    rows = [
        person("Samira", "Berg", "1-1-1990", prefix="van der"),
        person("Noor", "", "2-3-2020", role="child"),
        person("Sem", "Jansen", "2-3-2020", role="child"),
    ]
    household = household_told({"members": rows}, today=TODAY).value

    assert [(each.prefix, each.surname) for each in household.members] == [
        ("van der", "Berg"),
        ("van der", "Berg"),
        ("", "Jansen"),
    ]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (person("", "Berg", "1-1-1990"), "given_name-1", "name-missing"),
        (person("Anna", "", "1-1-1990"), "surname-1", "surname-missing"),
        (person("Anna", "Berg", ""), "birth_date-1", "birth-date-missing"),
        (person("Anna", "Berg", "soon"), "birth_date-1", "date-unreadable"),
        (person("Anna", "Berg", "2-3-2024"), "birth_date-1", "birth-in-the-future"),
        (person("Anna", "Berg", "1-1-1890"), "birth_date-1", "birth-too-long-ago"),
        (person("A" * 121, "Berg", "1-1-1990"), "given_name-1", "too-long"),
        (person("Noor", "Berg", "1-1-2020", role="child"), "given_name-1", "parent-missing"),
    ],
)
def test_what_is_wrong_with_a_person_is_told_at_the_field(row: dict[str, str], field: str, code: str) -> None:
    faults = household_told({"members": [row]}, today=TODAY).faults

    assert (Step.HOUSEHOLD, field, code) in {(fault.step, fault.field, fault.code) for fault in faults}


@pytest.mark.parametrize(
    ("typed", "code"),
    [("soon", "date-unreadable"), ("1-3-2023", "due-date-unlikely"), ("1-3-2025", "due-date-unlikely")],
)
def test_a_due_date_lies_within_reach(typed: str, code: str) -> None:
    faults = household_told({"members": [person("Anna", "Berg", "1-1-1990")], "expected": [typed]}, today=TODAY).faults

    assert [(fault.field, fault.code) for fault in faults] == [("expected-1", code)]


def test_a_family_without_phone_or_mail_and_with_half_an_address_hears_all_of_it() -> None:
    faults = contact_told({"street": "Boslaan", "postcode": "78 22", "languages": ["nl"]}).faults

    assert {(fault.field, fault.code) for fault in faults} >= {
        ("house_number", "house-number-missing"),
        ("city", "city-missing"),
        ("area", "area-missing"),
        ("phone", "no-way-to-reach"),
    }
    told = {"area": "beijum", "street": "A", "house_number": "x", "postcode": "78 22", "city": "G", "languages": ["nl"]}
    assert {fault.code for fault in contact_told(told | {"phone": "06"}).faults} == {
        "house-number-unreadable",
        "postcode-unreadable",
        "phone-unreadable",
    }
    short = contact_told(told | {"phone": "06 1234 567"}).faults
    assert [fault.code for fault in short if fault.field == "phone"] == ["phone-wrong-length"]
    without_zero = contact_told(told | {"house_number": "1", "postcode": "9731AB", "phone": "+31 (0)6 12345678"}).value
    assert without_zero.contact is not None
    assert without_zero.contact.phone == "+31 6 12345678"


def test_the_family_says_what_weighs_most() -> None:
    first, second, third = (domain.code for domain in GRONINGEN.goal_domains[:3])
    reading = wishes_told(GRONINGEN, {"ranks": {first: "3", second: "", third: "1"}, "income": "up-to-120-percent"})

    assert (reading.value.themes, reading.faults) == ((third, first), [])
    twice = wishes_told(GRONINGEN, {"ranks": {first: "1", second: "1"}, "income": "up-to-120-percent"})
    assert [(fault.field, fault.code) for fault in twice.faults] == [(f"rank-{second}", "rank-twice")]


def test_income_is_asked_only_where_it_counts() -> None:
    assert asks_income(KANSRIJK)
    assert not asks_income(load("kansrijke-start-groningen", 1))
    first = KANSRIJK.goal_domains[0].code
    [fault] = wishes_told(KANSRIJK, {"ranks": {first: "1"}}).faults
    assert fault.code == "income-missing"


def test_a_programme_that_fits_and_one_that_does_not_both_say_why() -> None:
    facts = HouseholdFacts(on=TODAY, area="beijum", births=(date(2015, 1, 1),))
    weighed = fitting(KANSRIJK, facts)

    assert {each.rule.code: each.verdict for each in weighed.rules} == {
        "lives-in-area": Verdict.YES,
        "has-children": Verdict.YES,
        "low-income": Verdict.UNKNOWN,
    }
    assert weighed.fit.fits is False


def test_programmes_of_the_neighbourhood_are_shown_and_those_of_elsewhere_are_not() -> None:
    facts = HouseholdFacts(on=TODAY, area="elsewhere", births=(date(2015, 1, 1),))
    shown = [each.programme.id for each in nearby(GRONINGEN, [GRONINGEN, KANSRIJK, COEVORDEN], facts)]

    assert shown == ["kansen-voor-kinderen-groningen", "kansrijk-groningen"]


def test_what_is_wrong_with_an_address_is_told_in_the_order_of_the_form() -> None:
    faults = contact_told({}).faults
    assert [fault.field for fault in faults][:5] == ["postcode", "house_number", "street", "city", "area"]
