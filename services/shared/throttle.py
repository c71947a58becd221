"""Bounds how often somebody may try something, per sender and process; what is not tried is soon forgotten."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from math import ceil

from services.shared.problems import Problem

SENDERS_MAX = 10_000


class Throttle:
    """At most `times` tries of one sender within `period`."""

    def __init__(self, *, times: int, period: timedelta) -> None:
        self._times = times
        self._period = period
        self._tries: OrderedDict[str, deque[datetime]] = OrderedDict()

    def take(self, sender: str, now: datetime) -> None:
        """One try more. Raises Problem 429 with `Retry-After` when there were too many."""
        tries = self._tries.setdefault(sender, deque())
        self._tries.move_to_end(sender)
        while tries and tries[0] <= now - self._period:
            tries.popleft()
        if len(tries) >= self._times:
            wait = tries[0] + self._period - now
            raise Problem(429, "too-often", headers={"Retry-After": str(ceil(wait.total_seconds()))})
        tries.append(now)
        if len(self._tries) > SENDERS_MAX:
            # Whoever was not seen for longest makes room: memory is bounded, whoever asks.
            self._tries.popitem(last=False)
