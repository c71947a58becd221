"""The rules of coming in, without a database."""

from datetime import date, timedelta

import pytest

from programmes.load import load
from programmes.rules import Fit
from services.intake.contracts import Admission
from services.intake.domain import (
    InLine,
    Person,
    decide,
    erase_on,
    last_day_to_enrol,
    likeness,
    missing_consents,
    result_of_closing,
)
from services.intake.domain.duplicates import LIKELY_MIN

GRONINGEN = load("kansen-voor-kinderen-groningen", 1)
FITS = Fit(fits=True)
IN_TIME = date(2024, 3, 1)


def in_line(*, taken: int = 0, given: int = 0, ahead: int = 0, waiting: int = 0) -> InLine:
    return InLine(taken=taken, given=given, ahead=ahead, waiting=waiting)


@pytest.mark.parametrize(
    ("line", "funded", "admission"),
    [
        (in_line(), True, Admission.ENROLLED),
        (in_line(), False, Admission.WAITING),
        (in_line(taken=39, given=39), True, Admission.ENROLLED),
        (in_line(taken=40, given=40), True, Admission.WAITING),
        (in_line(taken=39, given=39, ahead=1), True, Admission.WAITING),
        (in_line(taken=40, given=40, waiting=24), True, Admission.WAITING),
        (in_line(taken=40, given=40, waiting=25), True, Admission.DECLINED),
        (in_line(taken=10, given=49, ahead=1), True, Admission.WAITING),
        (in_line(taken=10, given=50), True, Admission.DECLINED),
    ],
    ids=[
        "an empty programme",
        "money is not there yet",
        "the last place",
        "no place",
        "the last place is for who came earlier",
        "the last place on the list",
        "the list is full",
        "the target is promised to who came earlier",
        "the target is reached",
    ],
)
def test_places_follow_capacity_target_and_the_line(line: InLine, *, funded: bool, admission: Admission) -> None:
    decision = decide(GRONINGEN, fit=FITS, already_enrolled=False, funded=funded, on=IN_TIME, line=line)

    assert decision.admission is admission
    assert decision.reasons == (("programme-full",) if admission is Admission.DECLINED else ())


def test_a_family_that_does_not_fit_hears_every_reason() -> None:
    fit = Fit(fits=False, reasons=("lives-in-area", "has-children"))

    decision = decide(GRONINGEN, fit=fit, already_enrolled=False, funded=True, on=IN_TIME, line=in_line())

    assert decision.reasons == ("lives-in-area", "has-children")


def test_nobody_comes_in_when_there_is_no_time_left_for_a_plan_and_letting_go() -> None:
    # 31 December 2025, less 6 months of letting go, less 14 + 14 + 28 + 42 days to a first plan.
    assert last_day_to_enrol(GRONINGEN) == date(2025, 3, 24)
    too_late = decide(GRONINGEN, fit=FITS, already_enrolled=False, funded=True, on=date(2025, 3, 25), line=in_line())

    assert too_late.reasons == ("programme-nearly-over",)


@pytest.mark.parametrize("programme", ["kansrijk-groningen", "kansrijke-start-groningen"])
def test_a_programme_without_an_end_takes_families_in_after_its_horizon_too(programme: str) -> None:
    running = load(programme, 1)
    after = running.period.last_day + timedelta(days=400)

    assert last_day_to_enrol(running) is None
    decision = decide(running, fit=FITS, already_enrolled=False, funded=True, on=after, line=in_line())
    assert decision.admission is Admission.ENROLLED


def test_a_programme_that_was_decided_to_stop_takes_nobody_in_after_that_day() -> None:
    running = load("kansrijk-groningen", 1)
    last = date(2026, 12, 31)
    stopping = running.model_copy(update={"period": running.period.model_copy(update={"admits_until": last})})

    def on(day: date) -> Admission:
        return decide(stopping, fit=FITS, already_enrolled=False, funded=True, on=day, line=in_line()).admission

    assert (on(last), on(last + timedelta(days=1))) == (Admission.ENROLLED, Admission.DECLINED)


def test_a_refused_or_withdrawn_consent_is_as_missing_as_an_unasked_one() -> None:
    answers = {"take-part": "withdrawn", "share-with-tandem": "refused", "measurement": "given"}

    assert missing_consents(GRONINGEN, answers) == ("take-part", "share-with-tandem")


def test_how_long_a_file_is_kept_follows_its_result() -> None:
    ended = date(2024, 1, 31)

    assert erase_on(GRONINGEN, "not-reached", ended) == date(2024, 7, 31)
    assert erase_on(GRONINGEN, "consent-withdrawn", ended) == date(2024, 2, 29)
    assert result_of_closing("no-consent") == "consent-withdrawn", "who said no is kept no longer than who took it back"
    assert erase_on(GRONINGEN, "no-match", ended) == date(2029, 1, 31)


ANNA = Person(given_name="Anna", prefix="van der", surname="Berg", birth_date=date(1990, 5, 4), postcode="9731AB")


@pytest.mark.parametrize(
    "other",
    [
        Person(given_name="Anna", prefix="", surname="v.d. Berg", birth_date=date(1990, 5, 4), postcode="9731AB"),
        Person(given_name="Anna", prefix="", surname="Berg, van der", birth_date=date(1990, 5, 4)),
        Person(given_name="Ana", prefix="van den", surname="Bergh", birth_date=date(1990, 5, 4), postcode="9731AB"),
        Person(given_name="Anna", prefix="van der", surname="Berg", birth_date=date(1990, 4, 5), postcode="9731AB"),
        Person(given_name="Anna", prefix="van der", surname="Berg", birth_date=date(1990, 5, 4), postcode="7822CD"),
    ],
    ids=["short prefix", "prefix behind", "spelt otherwise", "day and month swapped", "moved"],
)
def test_the_same_person_written_otherwise_is_likely_the_same(other: Person) -> None:
    assert likeness(ANNA, other) >= LIKELY_MIN


@pytest.mark.parametrize(
    "other",
    [
        Person(given_name="Anna", prefix="van der", surname="Berg", birth_date=date(1971, 11, 23), postcode="9731AB"),
        Person(given_name="Fatima", prefix="", surname="Yilmaz", birth_date=date(1990, 5, 4), postcode="9731AB"),
        Person(given_name="Bram", prefix="van der", surname="Berg", birth_date=date(2015, 5, 4), postcode="9731AB"),
    ],
    ids=["a namesake of another age", "a neighbour of the same day", "her son"],
)
def test_other_people_are_not_taken_for_the_same(other: Person) -> None:
    assert likeness(ANNA, other) < LIKELY_MIN


def test_accents_and_capitals_make_no_difference() -> None:
    one = Person(given_name="Zoë", prefix="", surname="Müller", birth_date=date(1990, 5, 4))
    other = Person(given_name="zoe", prefix="", surname="MULLER", birth_date=date(1990, 5, 4))

    assert likeness(one, other) == 100
