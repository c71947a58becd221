"""What runs beside a funded programme: matching, reviews, payments and retention, each from its first day to its last.

They are started one by one and are nobody's children: they outlive the programme, for families leave, payments bounce
and files are erased later, and a child that ends after its parent holds up the time of the time-skipping server.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from services.budget.contracts import PAYMENTS_EVERY_DAYS
from services.shared.calendar import add_months
from workflows.bounds import BATCHES_A_RUN, PAYMENTS_AFTER_END_DAYS, REVIEWS_EVERY_DAYS
from workflows.contracts import (
    CycleTerms,
    ProgrammeTerms,
    matching_workflow_id,
    payments_workflow_id,
    programme_workflow_id,
    retention_workflow_id,
    reviews_workflow_id,
)
from workflows.cycle import upcoming
from workflows.matching_round import MatchingRound
from workflows.payment_run import PaymentRun
from workflows.programme_cycle import ProgrammeCycle
from workflows.retention import Retention
from workflows.review_cycle import ReviewCycle


@dataclass(frozen=True)
class Starting:
    """One workflow to start: its run method, what it is given, and its id."""

    run: Any
    terms: ProgrammeTerms | CycleTerms
    workflow_id: str


def all_cycles(terms: ProgrammeTerms, *, today: date) -> Iterator[Starting]:
    """Everything that a programme starts with; turns of before `today` are not caught up, but they count.

    So a number is never given twice, also when a programme that had ended is funded again.
    """

    def cycle(first_on: date, until: date | None, every_days: int, *, numbers_a_turn: int = 1) -> CycleTerms:
        next_on = upcoming(first_on, every_days or 1, today)
        return CycleTerms(
            programme=terms.programme,
            programme_version=terms.programme_version,
            next_on=next_on,
            until=until,
            every_days=every_days,
            number=(next_on - first_on).days // (every_days or 1) * numbers_a_turn + 1,
        )

    programme, start, end = terms.programme, terms.starts_on, terms.families_until
    retention_until = None if end is None else add_months(end, terms.retention_months_maximum + 1)
    payments_until = None if end is None else end + timedelta(days=PAYMENTS_AFTER_END_DAYS)
    payments = cycle(start, payments_until, PAYMENTS_EVERY_DAYS, numbers_a_turn=BATCHES_A_RUN)
    rounds = cycle(terms.first_round_on, end, terms.round_days)
    yield Starting(ProgrammeCycle.run, terms, programme_workflow_id(programme))
    yield Starting(MatchingRound.run, rounds, matching_workflow_id(programme))
    yield Starting(ReviewCycle.run, cycle(start, end, REVIEWS_EVERY_DAYS), reviews_workflow_id(programme))
    yield Starting(PaymentRun.run, payments, payments_workflow_id(programme))
    yield Starting(Retention.run, cycle(add_months(start, 1), retention_until, 0), retention_workflow_id(programme))
