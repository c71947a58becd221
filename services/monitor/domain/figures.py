"""The figures of a programme, and the rule that a number too small to hide a family is not shown."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict

from services.shared.types import Cents, Code

MINIMUM_CELL_UNKNOWN = 10
"""The smallest number that may be shown where the programme's own rule is not known."""


class _Figure(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cell(_Figure):
    """How many, and what it adds up to (minutes or cents) where that means something; None is: too small to show."""

    count: int | None
    amount: Cents | None = None


class Waiting(_Figure):
    """Days from signal to confirmed tandem, over `families` that have one."""

    families: int | None
    median_days: int | None
    p90_days: int | None


class MonthOfTrajectories(_Figure):
    """The month by its first day: how many were active at its end, and how many closed in it, by outcome."""

    month: date
    active: Cell
    closed: dict[Code, Cell]


class RequestCell(_Figure):
    category: Code
    verdict: Code
    cell: Cell


class MoneyCell(_Figure):
    """Confirmed and not bounced; `cell.amount` in cents, `cell.count` the payments that it is part of."""

    source: Code
    category: Code
    cell: Cell


class Figures(_Figure):
    """What the monitor knows of one programme, up to and including a day.

    `hours` amounts are minutes; `money` and `requests` amounts are cents.
    """

    programme: Code
    until: date
    signals_by_channel: dict[Code, Cell]
    signals_by_area: dict[Code, Cell]
    enrolled: Cell
    declined: Cell
    declined_by_reason: dict[Code, Cell]
    waitlisted: Cell
    ended_before_intake: dict[Code, Cell]
    waiting: Waiting
    trajectories_by_month: tuple[MonthOfTrajectories, ...]
    closed_by_outcome: dict[Code, Cell]
    tandems: dict[Code, Cell]
    plans: dict[Code, Cell]
    goals_reached: dict[Code, Cell]
    reviews: dict[Code, Cell]
    measurements: dict[Code, Cell]
    aftercare: dict[Code, Cell]
    hours: dict[Code, Cell]
    requests: tuple[RequestCell, ...]
    money: tuple[MoneyCell, ...]


def without_small_cells(figures: Figures, minimum: int) -> Figures:
    """The figures with every number under the minimum left out, with whatever amount stands beside it.

    This is the first rule only: what can be worked out from totals or from an earlier release is not hidden yet.
    """
    return Figures.model_validate(_hidden(figures.model_dump(), minimum))


def _hidden(value: Any, minimum: int) -> Any:
    if isinstance(value, dict):
        if set(value) == set(Cell.model_fields):
            return value if _shown(value["count"], minimum) else {"count": None, "amount": None}
        if set(value) == set(Waiting.model_fields):
            return value if _shown(value["families"], minimum) else dict.fromkeys(value)
        return {name: _hidden(inner, minimum) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(inner, minimum) for inner in value]
    return value


def _shown(count: int | None, minimum: int) -> bool:
    return count is not None and count >= minimum
