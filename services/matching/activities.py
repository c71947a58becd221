"""Matching's side of its contract: each activity is one transaction, once."""

from temporalio import activity

from services.matching import handlers
from services.matching.contracts import (
    Done,
    EndTandem,
    HoldRound,
    MatchingActivities,
    MoveFamily,
    RequestTandem,
    RoundHeld,
    WithdrawRequest,
)
from services.shared.database import Database
from services.shared.temporal import once


class Activities(MatchingActivities):
    """The contract, on this service's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="matching.request_tandem")
    async def request_tandem(self, command: RequestTandem) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.request_tandem(tx, command, now=now))

    @activity.defn(name="matching.withdraw_request")
    async def withdraw_request(self, command: WithdrawRequest) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.withdraw_request(tx, command, now=now))

    @activity.defn(name="matching.end_tandem")
    async def end_tandem(self, command: EndTandem) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.end_tandem(tx, command, now=now))

    @activity.defn(name="matching.move_family")
    async def move_family(self, command: MoveFamily) -> Done:
        return await once(self._database, Done, lambda tx, now: handlers.move_family(tx, command, now=now))

    @activity.defn(name="matching.hold_round")
    async def hold_round(self, command: HoldRound) -> RoundHeld:
        return await once(self._database, RoundHeld, lambda tx, now: handlers.hold_round(tx, command, now=now))
