"""Has matching hold a round on its weekday, as long as the programme runs."""

from datetime import timedelta

from temporalio import workflow

from services.matching.contracts import TASK_QUEUE, HoldRound, MatchingActivities
from workflows.asking import insist
from workflows.contracts import CycleTerms
from workflows.cycle import Cycle


@workflow.defn
class MatchingRound:
    """The rounds of one programme."""

    @workflow.run
    async def run(self, terms: CycleTerms) -> None:
        """Hold a round, wait for the next."""
        cycle = Cycle(terms)
        while await cycle.next_turn():
            command = HoldRound(
                programme=terms.programme,
                programme_version=cycle.terms.programme_version,
                round_number=cycle.number,
            )
            await insist(TASK_QUEUE, MatchingActivities.hold_round, command)
            cycle.take_turn(timedelta(days=terms.every_days))
