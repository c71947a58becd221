"""Virtual time: moved only here, only when nothing is at work.

Tried on the time-skipping server: its time stands still while a workflow task or activity is queued or running (also
while no process polls for it), runs on as fast as real time otherwise, and skips inside a sleep that is asked of the
test service. An activity that is tried again keeps the moment at which it was scheduled first.
"""

from datetime import UTC, datetime, timedelta
from typing import Self

from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty
from temporalio.api.testservice.v1 import SleepRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

SLEEP_MAX = timedelta(seconds=180)
"""How long a sleep may really take: work that falls due inside it is done first, also by a process that comes back."""


class TimeStuck(Exception):
    """Virtual time did not move: something is queued or running in Temporal and does not end."""


class VirtualClock:
    """The time of a time-skipping server."""

    def __init__(self, client: Client) -> None:
        self._service = client.service_client.test_service

    @classmethod
    async def connect(cls, address: str) -> Self:
        """A connection of its own, without keep-alive: the server ends one that asks for it too often, and a sleep
        that was cut off would leave time running beside the next one."""
        return cls(await Client.connect(address, keep_alive_config=None))

    async def now(self) -> datetime:
        """The server's time, in UTC."""
        answer = await self._service.get_current_time(Empty())
        return answer.time.ToDatetime(tzinfo=UTC)

    async def sleep_until(self, moment: datetime) -> None:
        """Move to a moment; nothing when it has passed. Raises TimeStuck."""
        remaining = moment - await self.now()
        if remaining > timedelta(0):
            await self.sleep(remaining)

    async def sleep(self, duration: timedelta) -> None:
        """Let this much time pass; what falls due in it happens. Raises TimeStuck."""
        length = Duration()
        length.FromTimedelta(duration)
        try:
            await self._service.unlock_time_skipping_with_sleep(SleepRequest(duration=length), timeout=SLEEP_MAX)
        except RPCError as error:
            if error.status not in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED):
                raise
            raise TimeStuck(f"no time passed in {SLEEP_MAX.seconds} s: a task stays queued or running") from error
