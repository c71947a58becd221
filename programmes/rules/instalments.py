"""When the programme's own costs fall due, to the cent."""

from dataclasses import dataclass
from datetime import date

from programmes.schema import BudgetLine, Period, Programme
from services.shared.calendar import add_months
from services.shared.money import split_cents
from services.shared.types import Code

INSTALMENTS_MAXIMUM = 240


@dataclass(frozen=True)
class Instalment:
    """A part of a budget line and the day it falls due."""

    line: Code
    category: Code
    due: date
    amount_cents: int


def instalments(programme: Programme) -> tuple[Instalment, ...]:
    """All instalments of all budget lines by day, then by line; per line they add up to its amount exactly."""
    all_lines = [part for line in programme.budget_lines for part in line_instalments(line, programme.period)]
    return tuple(sorted(all_lines, key=lambda part: (part.due, part.line)))


def line_instalments(line: BudgetLine, period: Period) -> tuple[Instalment, ...]:
    """One line in equal parts over the period; cents that do not divide go to the first instalments."""
    days = [period.start]
    if line.cadence_months is not None:
        for number in range(1, INSTALMENTS_MAXIMUM):
            day = add_months(period.start, number * line.cadence_months)
            if day > period.last_day:
                break
            days.append(day)
    parts = split_cents(line.amount_cents, {f"{number:03d}": 1 for number in range(len(days))})
    return tuple(
        Instalment(line=line.code, category=line.category, due=day, amount_cents=part)
        for day, part in zip(days, parts.values(), strict=True)
    )
