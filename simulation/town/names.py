"""Names, streets and organisations, made up by putting parts together."""

from random import Random

FIRST_PARTS = (
    "Aal",
    "Bren",
    "Dari",
    "Eli",
    "Fen",
    "Gee",
    "Hil",
    "Ima",
    "Jo",
    "Kari",
    "Lie",
    "Mar",
    "Nou",
    "Roe",
    "Sam",
)
LAST_PARTS = ("dine", "ke", "lou", "mira", "nard", "ra", "rik", "sha", "tje", "wen", "zan")
PREFIXES = ("", "", "", "van", "de", "van der", "van den", "ter", "el", "ten")
SURNAME_STARTS = ("Brem", "Dijk", "Elzen", "Groen", "Haver", "Klaver", "Linde", "Molen", "Oever", "Wilgen", "Zand")
SURNAME_ENDS = ("berg", "huis", "kamp", "laan", "man", "meer", "stra", "veld", "wijk")
STREET_STARTS = ("Boterbloem", "Eikel", "Fluitekruid", "Kievits", "Lisdodde", "Meerkoet", "Vlinder", "Zuring")
STREET_ENDS = ("dreef", "hof", "laan", "pad", "plantsoen", "straat", "weg")
POSTCODE_LETTERS = "ABCDEGHJKLMNPRSTVWXZ"
TOWN_CENTRES = {"gemeente-coevorden": ("Coevorden", 7740), "gemeente-groningen": ("Groningen", 9730)}
ELSEWHERE = ("Elders", 9900)
POSTCODES_IN_A_TERRITORY = 50


def given_name(stream: Random) -> str:
    return stream.choice(FIRST_PARTS) + stream.choice(LAST_PARTS)


def prefix(stream: Random) -> str:
    """What stands before many Dutch surnames; often nothing."""
    return stream.choice(PREFIXES)


def surname(stream: Random) -> str:
    return stream.choice(SURNAME_STARTS) + stream.choice(SURNAME_ENDS)


def street(stream: Random) -> str:
    return stream.choice(STREET_STARTS) + stream.choice(STREET_ENDS)


def place_of(territory: str) -> tuple[str, int]:
    """The name of the town on letters, and the first of its postcode numbers."""
    return TOWN_CENTRES.get(territory, ELSEWHERE)


def postcode(stream: Random, territory: str, area_number: int) -> str:
    """A postcode in an area: each area has its own number."""
    number = place_of(territory)[1] + area_number % POSTCODES_IN_A_TERRITORY
    return f"{number}{stream.choice(POSTCODE_LETTERS)}{stream.choice(POSTCODE_LETTERS)}"


def phone(stream: Random) -> str:
    return f"06{stream.randint(10_000_000, 99_999_999)}"


def email(given: str, last: str, number: int) -> str:
    """An address in a domain that exists nowhere."""
    return f"{given}.{last}{number}@voorbeeld.example".lower()
