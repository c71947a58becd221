"""An amount of money as people write it in the Netherlands, read strictly: a slip of the pen is no other amount."""

import re

from services.shared.types import Cents, Code

AMOUNT_CENTS_MAX = 99_999_999_999
"""What a SEPA credit transfer can carry: 999,999,999.99 euro."""
TEXT_LENGTH_MAX = 40

_SPACES = re.compile(r"[ \u00a0\u202f]+")
_EURO = re.compile(r"^(?:€ ?|EUR ?)?(.+?)(?: ?€| ?EUR| euro)?$", re.IGNORECASE)
# Groups of three with points, or no points at all; after a comma one or two digits, or a dash for none.
_DUTCH = re.compile(r"^(?P<euros>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<cents>\d{1,2}|-{1,2}))?$", re.ASCII)
# A keyboard of a phone may have no comma: two digits after one point are cents, three are not.
_POINT = re.compile(r"^(?P<euros>\d+)\.(?P<cents>\d{2})$", re.ASCII)
# As English pages write it: only with both marks, for of one alone nobody knows which it is.
_ENGLISH = re.compile(r"^(?P<euros>\d{1,3}(?:,\d{3})+)\.(?P<cents>\d{2})$", re.ASCII)


def read_amount(text: str) -> Cents | Code:
    """Cents for "12,50", "12,5", "12", "€ 1.234,50", "12.50" or "1,234.50".

    Otherwise a code: amount-missing, amount-unreadable, amount-is-zero, amount-too-large.
    """
    written = _SPACES.sub(" ", text).strip()
    if not written:
        return "amount-missing"
    if len(written) > TEXT_LENGTH_MAX:
        return "amount-unreadable"
    bare = _EURO.match(written)
    found = (_DUTCH.match(bare[1]) or _POINT.match(bare[1]) or _ENGLISH.match(bare[1])) if bare else None
    if found is None:
        return "amount-unreadable"
    part = found["cents"] or ""
    cents = int(re.sub(r"\D", "", found["euros"])) * 100 + (int(part.ljust(2, "0")) if part.isdigit() else 0)
    if cents == 0:
        return "amount-is-zero"
    return cents if cents <= AMOUNT_CENTS_MAX else "amount-too-large"


def written_amount(cents: Cents, *, comma: bool = True) -> str:
    """What `read_amount` reads back: `1234,50`, or with a point, as it stands in a field."""
    return f"{cents // 100}{',' if comma else '.'}{cents % 100:02d}"
