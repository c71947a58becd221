"""What a request is for and what speaks for and against it, in codes that a decider reads in words."""

from dataclasses import dataclass
from enum import StrEnum

from services.shared.types import Cents, Code

LARGE_PART_PER_CENT = 50
"""A request for more than this part of the whole envelope is worth a second look."""


class Purpose(StrEnum):
    """What it does for the family."""

    CALM = "calm"
    TAKE_PART = "take-part"
    LEARN = "learn"
    WORK = "work"
    HOME = "home"
    PREVENT_WORSE = "prevent-worse"


class Elsewhere(StrEnum):
    """Whether another provision could pay."""

    REFUSED_THERE = "refused-there"
    NOT_THERE = "not-there"
    TOO_SLOW = "too-slow"
    NOT_ASKED = "not-asked"


class PlanThen(StrEnum):
    """What there was of the family's plan when money was asked."""

    GOALS = "goals"
    """Goals to choose from."""
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Motive:
    """Why money is asked; `serves_goal`: a goal of the family's plan; `could_choose`: there were goals to choose."""

    purpose: Purpose
    elsewhere: Elsewhere
    serves_goal: bool
    could_choose: bool


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the books say of a request."""

    amount_cents: Cents
    envelope_cents: Cents
    free_after_cents: Cents
    urgent: bool
    same_category_before: int
    payee_changed: bool


def arguments(motive: Motive | None, seen: Circumstances) -> tuple[tuple[Code, ...], tuple[Code, ...]]:
    """What speaks for a request and what against it; the order is that in which they are read."""
    pro: list[Code] = []
    con: list[Code] = []
    if motive is not None:
        pro.append(f"purpose-{motive.purpose}")
        if motive.serves_goal:
            pro.append("serves-goal")
        elif motive.could_choose:
            con.append("no-goal")
        (con if motive.elsewhere is Elsewhere.NOT_ASKED else pro).append(f"elsewhere-{motive.elsewhere}")
    else:
        con.append("no-motive")
    if seen.urgent:
        pro.append("urgent")
    if seen.amount_cents * 100 > seen.envelope_cents * LARGE_PART_PER_CENT:
        con.append("large-part")
    if seen.free_after_cents == 0:
        con.append("envelope-empty")
    if seen.same_category_before:
        con.append("same-category-before")
    if seen.payee_changed:
        con.append("payee-changed")
    return tuple(pro), tuple(con)
