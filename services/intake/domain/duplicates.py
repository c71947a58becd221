"""How alike two people are on paper, in the Dutch way of writing names."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

LIKELY_MIN = 75
"""From here on a person should look whether it is the same family."""

WEIGHTS = {"birth": 45, "surname": 25, "given": 20, "postcode": 10}
SWAPPED_BIRTH = 70
"""Day and month changed places, as happens on paper."""
ONE_PART_OFF = 40

_DUTCH = ("van", "de", "der", "den", "ten", "ter", "te", "het", "t", "in", "op", "aan", "bij", "v", "d", "vd")
_OTHERS = ("el", "al", "ben", "bin", "von", "du", "da", "dos")
_PREFIXES = frozenset((*_DUTCH, *_OTHERS))


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
        "given": round(100 * JaroWinkler.similarity(_plain(one.given_name), _plain(other.given_name))),
    }
    if one.postcode and other.postcode:
        scores["postcode"] = 100 if one.postcode == other.postcode else 0
    total = sum(WEIGHTS[part] for part in scores)
    return sum(WEIGHTS[part] * score for part, score in scores.items()) // total


def _birth(one: date, other: date) -> int:
    if one == other:
        return 100
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return SWAPPED_BIRTH
    same = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    return ONE_PART_OFF if same == 2 else 0


def _surname(one: Person, other: Person) -> int:
    return round(token_sort_ratio(_core(one), _core(other)))


def _core(person: Person) -> str:
    """A surname without its prefixes: 'van der Berg', 'v.d. Berg' and 'Berg, van der' are the same one."""
    words = _plain(f"{person.prefix} {person.surname}").split()
    core = [word for word in words if word not in _PREFIXES]
    return " ".join(core or words)


def _plain(text: str) -> str:
    """Lower case, without accents and punctuation."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())
