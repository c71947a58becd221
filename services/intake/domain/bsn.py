"""The citizen service number (burgerservicenummer), as somebody types it."""

import re

DIGITS = 9
_BETWEEN = re.compile(r"[ .\u00a0]")
_WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2, -1)
NOT_NINE_DIGITS = "bsn-not-nine-digits"
WRONG_DIGIT = "bsn-wrong-digit"


def read_bsn(typed: str) -> str:
    """Nine digits that pass the test of eleven (elfproef); spaces and dots between them do not count.

    A shorter number is not filled up with a zero in front: whoever reads it from a card sees nine. Raises ValueError
    with the code of what is wrong.
    """
    number = _BETWEEN.sub("", typed)
    if not re.fullmatch(r"[0-9]{9}", number):
        raise ValueError(NOT_NINE_DIGITS)
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=True))
    if total % 11 or number == "0" * DIGITS:
        raise ValueError(WRONG_DIGIT)
    return number
