"""Names as the Dutch write them: prefixes, double names after a wedding, y or ij, and what somebody is called."""

import re
import unicodedata

_DUTCH = ("van", "de", "der", "den", "ten", "ter", "te", "het", "t", "in", "op", "aan", "bij", "v", "d", "vd")
_OTHERS = ("el", "al", "ben", "bin", "von", "du", "da", "dos")
PREFIXES = frozenset((*_DUTCH, *_OTHERS))

_BESIDE = re.compile(r"\s*[-\u2013/]\s*|\s+(?:e\.?\s?v\.?|echtg(?:enote)?\.?|geb(?:oren)?\.?)\s+", re.IGNORECASE)
"""Between the two names of somebody who married: Jansen-de Boer, Jansen e.v. de Boer, De Boer geb. Jansen."""

_LETTERS = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters of their own, not letters with an accent."""

_CALLED: dict[str, tuple[str, ...]] = {
    "ab": ("albert", "abraham", "abdullah"),
    "ad": ("adrianus", "adriaan"),
    "annie": ("anna", "johanna"),
    "ans": ("anna", "johanna"),
    "arie": ("adrianus", "adriaan"),
    "bas": ("sebastiaan",),
    "bep": ("elisabeth", "elizabeth"),
    "bert": ("lambertus", "hubertus", "albert", "egbert"),
    "betty": ("elisabeth", "elizabeth"),
    "bram": ("abraham", "ibrahim"),
    "cees": ("cornelis",),
    "dirk": ("diederik", "theodorus"),
    "els": ("elisabeth", "elizabeth"),
    "frans": ("franciscus",),
    "geert": ("gerardus", "gerrit"),
    "gerrit": ("gerardus",),
    "greet": ("margaretha", "margriet"),
    "han": ("johannes", "johanna"),
    "hans": ("johannes",),
    "harry": ("hendrik", "henricus"),
    "henk": ("hendrik", "hendrikus", "henricus"),
    "ina": ("catharina", "wilhelmina"),
    "jaap": ("jacob", "jacobus"),
    "jan": ("johannes",),
    "jannie": ("johanna",),
    "jo": ("johanna", "johannes"),
    "joop": ("johannes", "josephus"),
    "kees": ("cornelis",),
    "klaas": ("nicolaas",),
    "koos": ("jacobus",),
    "lies": ("elisabeth", "elizabeth"),
    "map": ("maria",),
    "mieke": ("maria",),
    "mien": ("wilhelmina",),
    "mo": ("mohamed", "mohammed", "muhammad"),
    "nel": ("petronella", "cornelia"),
    "piet": ("petrus", "pieter"),
    "ria": ("maria",),
    "riet": ("maria",),
    "rik": ("hendrik", "henricus"),
    "sjaak": ("jacobus", "jacques"),
    "sjors": ("georgius", "george"),
    "theo": ("theodorus",),
    "tineke": ("catharina", "martina"),
    "toon": ("antonius",),
    "ton": ("antonius", "anthonius"),
    "tonny": ("antonius", "antonia"),
    "trijn": ("catharina",),
    "truus": ("geertruida", "gertruda"),
    "wil": ("willem", "wilhelmina"),
    "wim": ("willem", "wilhelmus"),
}


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, and y for ij: Bruijn, Bruyn and Bruĳn are written as one."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters.translate(_LETTERS).replace("ij", "y")).split())


SHORT_FORMS = {plain(short): tuple(plain(name) for name in full) for short, full in _CALLED.items()}
"""What somebody is called (roepnaam): the given names it may stand for on paper."""


def surnames(prefix: str, surname: str) -> tuple[str, ...]:
    """The surnames in a surname, without prefixes: 'van der Berg', 'v.d. Berg' and 'Berg, van der' are the same one.

    Two for a double name; always at least one.
    """
    written = f"{prefix} {surname}"
    cores = [_core(part) for part in _BESIDE.split(written)]
    return tuple(core for core in cores if core) or (plain(written),)


def surname_words(prefix: str, surname: str) -> tuple[str, ...]:
    """The words by which a surname is looked up, sorted."""
    return tuple(sorted({word for core in surnames(prefix, surname) for word in core.split()}))


def _core(part: str) -> str:
    return " ".join(word for word in plain(part).split() if word not in PREFIXES)
