"""How alike two people are on paper, in the Dutch way of writing names."""

from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from services.intake.domain.names import SHORT_FORMS, plain, surnames

LIKELY_MIN = 75
"""From here on a person should look whether it is the same family."""

WEIGHTS = {"birth": 45, "surname": 25, "given": 20, "postcode": 10}
SWAPPED_BIRTH = 70
"""Day and month, or two digits beside each other, changed places, as happens on paper."""
ONE_DIGIT_OFF = 60
ONE_PART_OFF = 40
SHARED_SURNAME = 90
"""One of them has the other's surname beside another: Jansen, and Jansen-de Boer since she married."""
SHORT_FORM = 90
"""Jan and Johannes; J. and Johannes."""
SAME_GIVEN_MIN = 82
"""Below it two given names are two names, not one name in two spellings."""
SIBLINGS = 60
"""Born on one day under one surname, but with other names: twins are never taken for one person."""
SHORTENED_MIN = 3


@dataclass(frozen=True, kw_only=True)
class Person:
    given_name: str
    prefix: str
    surname: str
    birth_date: date
    postcode: str | None = None


def likeness(one: Person, other: Person) -> int:
    """0 to 100: how likely it is that these are one person. An unknown postcode counts for neither."""
    scores = {
        "birth": _birth(one.birth_date, other.birth_date),
        "surname": _surname(one, other),
        "given": _given(one.given_name, other.given_name),
    }
    if one.postcode and other.postcode:
        scores["postcode"] = 100 if one.postcode == other.postcode else 0
    total = sum(WEIGHTS[part] for part in scores)
    score = sum(WEIGHTS[part] * score for part, score in scores.items()) // total
    if one.birth_date == other.birth_date and scores["given"] < SAME_GIVEN_MIN:
        return min(score, SIBLINGS)
    return score


def called_alike(one: str, other: str) -> bool:
    """Whether one person may be called so: Sam, Samira and Samira Bakker, of whom only the first word counts."""
    ours, theirs = (plain(name).partition(" ")[0] for name in (one, other))
    return bool(ours and theirs) and _given(ours, theirs) >= SAME_GIVEN_MIN


def _birth(one: date, other: date) -> int:
    if one == other:
        return 100
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return SWAPPED_BIRTH
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    digits, others = f"{one:%d%m%Y}", f"{other:%d%m%Y}"
    if same == 2 and OSA.distance(digits, others) == 1:
        return SWAPPED_BIRTH if sorted(digits) == sorted(others) else ONE_DIGIT_OFF
    return ONE_PART_OFF if same == 2 else 0


def _surname(one: Person, other: Person) -> int:
    ours, theirs = surnames(one.prefix, one.surname), surnames(other.prefix, other.surname)
    whole = round(token_sort_ratio(" ".join(ours), " ".join(theirs)))
    if len(ours) == len(theirs) == 1:
        return whole
    best = max(token_sort_ratio(mine, yours) for mine in ours for yours in theirs)
    return max(whole, round(best * SHARED_SURNAME / 100))


def _given(one: str, other: str) -> int:
    ours, theirs = plain(one), plain(other)
    alike = round(100 * JaroWinkler.similarity(ours, theirs))
    return max(alike, SHORT_FORM) if _is_short_form(ours, theirs) or _is_short_form(theirs, ours) else alike


def _is_short_form(short: str, full: str) -> bool:
    """J. for Johannes, Fat for Fatima, and Kees, who is Cornelis in his passport."""
    first, called = full.partition(" ")[0], short.partition(" ")[0]
    if not called or not first:
        return False
    if len(called) == 1 or len(called) >= SHORTENED_MIN:
        return first.startswith(called) or first in SHORT_FORMS.get(called, ())
    return first in SHORT_FORMS.get(called, ())
