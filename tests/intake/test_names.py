"""Who is who on paper: Dutch names, dates written wrong, twins; and numbers that cannot be anybody's."""

from datetime import date

import pytest

from services.intake.domain import LIKELY_MIN, Person, likeness
from services.intake.domain.bsn import NOT_NINE_DIGITS, WRONG_DIGIT, read_bsn
from services.intake.domain.names import surname_words

BORN = date(1990, 5, 14)


def person(given_name: str, surname: str, birth_date: date = BORN, *, prefix: str = "", postcode: str = "") -> Person:
    return Person(
        given_name=given_name, prefix=prefix, surname=surname, birth_date=birth_date, postcode=postcode or None
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Anna", "Berg", prefix="van der"), person("Anna", "Berg")),
        (person("Anna", "Berg", prefix="van der"), person("Anna", "v.d. Berg")),
        (person("Anna", "Berg", prefix="v/d"), person("Anna", "Berg, van der")),
        (person("Femke", "de Bruijn"), person("Femke", "Bruyn", prefix="de")),
        (person("Femke", "Dĳkstra"), person("Femke", "Dykstra")),
        (person("Linda", "Jansen"), person("Linda", "de Boer-Jansen")),
        (person("Linda", "Jansen e.v. de Boer"), person("Linda", "Boer", prefix="de")),
        (person("Linda", "de Boer geb. Jansen"), person("Linda", "Jansen - de Boer")),
        (person("Kees", "Visser"), person("Cornelis", "Visser")),
        (person("J.", "Visser"), person("Johannes", "Visser")),
        (person("Mohamed", "el Amrani"), person("Mohammed", "Amrani")),
        (person("Fatma", "Yılmaz"), person("Fatma", "Yilmaz")),
        (person("Anna", "Visser"), person("Anna", "Visser", date(1990, 5, 15))),
        (person("Anna", "Visser", postcode="9731AB"), person("Anna", "Visser", date(1990, 5, 4), postcode="9731AB")),
        (person("Anna", "Visser", date(1990, 12, 3)), person("Anna", "Visser", date(1990, 3, 12))),
        (person("Anna", "Visser", date(1989, 1, 21)), person("Anna", "Visser", date(1989, 1, 12))),
        (person("Anna", "Visser", date(1989, 1, 21)), person("Anna", "Visser", date(1998, 1, 21))),
        (person("Anna", "Visser", postcode="9731AB"), person("Anna", "Visser", postcode="7822CD")),
    ],
)
def test_one_person_written_in_two_ways_is_seen(one: Person, other: Person) -> None:
    assert likeness(one, other) >= LIKELY_MIN
    assert likeness(other, one) == likeness(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Lisa", "Visser", postcode="9731AB"), person("Lotte", "Visser", postcode="9731AB")),
        (person("Tim", "Visser", postcode="9731AB"), person("Tom", "Visser", postcode="9731AB")),
        (person("Sem", "de Boer-Jansen", postcode="9731AB"), person("Daan", "Jansen", postcode="9731AB")),
        (person("Anna", "Visser"), person("Anna", "Visser", date(1961, 11, 2))),
        (person("Anna", "Jansen", postcode="9731AB"), person("Anna", "Bakker", postcode="7822CD")),
        (person("Anna", "Visser", postcode="9731AB"), person("Bram", "Visser", date(2016, 5, 14), postcode="9731AB")),
        (person("Mohamed", "Amrani"), person("Fatima", "Amrani")),
    ],
    ids=[
        "twins",
        "twins with names alike",
        "twins, one under a double name",
        "a namesake",
        "a first name and a day",
        "mother and son",
        "born on one day",
    ],
)
def test_two_people_are_not_taken_for_one(one: Person, other: Person) -> None:
    assert likeness(one, other) < LIKELY_MIN
    assert likeness(other, one) == likeness(one, other)


def test_a_surname_is_looked_up_by_its_own_words() -> None:
    assert surname_words("van der", "Berg") == ("berg",)
    assert surname_words("", "Jansen-de Boer") == ("boer", "jansen")
    assert surname_words("", "Dĳkstra") == surname_words("", "Dykstra") == ("dykstra",)
    assert surname_words("", "de") == ("de",), "a surname of nothing but a prefix is still a surname"


@pytest.mark.parametrize("typed", ["111222333", "111.222.333", " 111 222 333 ", "123456782"])
def test_a_bsn_may_be_typed_with_spaces_and_dots(typed: str) -> None:
    assert len(read_bsn(typed)) == 9


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("111222334", WRONG_DIGIT),
        ("000000000", WRONG_DIGIT),
        ("11122233", NOT_NINE_DIGITS),
        ("1112223330", NOT_NINE_DIGITS),
        ("0111222333", NOT_NINE_DIGITS),
        ("11122233a", NOT_NINE_DIGITS),
        ("١١١٢٢٢٣٣٣", NOT_NINE_DIGITS),
        ("", NOT_NINE_DIGITS),
    ],
)
def test_a_number_that_is_nobodys_is_no_bsn(typed: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_bsn(typed)
