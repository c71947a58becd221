"""A whole stack of one municipality: real processes, its own programme, and the people who work there."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aio_pika

from deploy.broker import subscriber_owner
from deploy.local.programs import ROOT
from deploy.local.stack import Stack
from deploy.subscriber import add_to_local_broker
from programmes.load import DIRECTORY_VARIABLE
from services.shared.calendar import add_months
from services.shared.roles import Role
from tests.journeys.people import Person, until

PROGRAMME = "kansrijk-emmen"
AREA = "angelslo"
"""Where everybody works who has to do with families."""
DEFINITION = Path(__file__).parent.parent / "programmes" / f"{PROGRAMME}.toml"
WRITTEN_PERIOD = 'start = 2027-02-01, ending = "fixed", end = 2028-07-31'
VERIFY_SECONDS = 120
EVENTS_SECONDS = 30


@dataclass
class TownHall:
    """Who works there, each under one name for the whole day."""

    stack: Stack
    programmes: Path
    outreach: Person
    supporter: Person
    coordinator: Person
    holder: Person
    manager: Person
    controller: Person
    administrator: Person

    def hires(self, *roles: Role, person: UUID | None = None) -> Person:
        """Somebody more, or a person whom we know with other roles."""
        secret = self.stack.settings.secret.get_secret_value()
        return Person.signed_in(self.stack.address, secret, *roles, programme=PROGRAMME, area=AREA, person=person)

    def registers_payee(self, name: str, iban: str, *, payee_id: str | None = None) -> str:
        """A shop that can be paid, or a change of one; gives its id."""
        payee = payee_id or str(uuid4())
        self.controller.does("/budget/v1/payees", payee_id=payee, name=name, iban=iban, town="Emmen")
        return payee

    def subscribes(self, name: str, *patterns: str) -> list[Any]:
        """What a new subscriber reads from its own queue, from the beginning of the log: one event for each pattern."""
        made = self.administrator.does("/monitor/v1/subscribers", name=name, patterns=list(patterns), position=0)
        settings = self.stack.settings
        add_to_local_broker(settings, name)
        until(self._is_forwarded, "the subscriber's queue")
        return asyncio.run(_read(settings.rabbitmq_url_for(subscriber_owner(name)), made["queue"], len(patterns)))

    def _is_forwarded(self) -> bool:
        return all(each["behind"] == 0 for each in self.administrator.sees("/monitor/v1/subscribers")["subscribers"])

    def verified(self) -> list[str]:
        """What `./kansen verify` finds wrong with this stack."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KANSEN_")}
        done = subprocess.run(
            [sys.executable, "-m", "deploy", "verify", "--json"],
            capture_output=True,
            text=True,
            timeout=VERIFY_SECONDS,
            cwd=ROOT,
            env=kept | {"KANSEN_HOME": str(self.stack.home), DIRECTORY_VARIABLE: str(self.programmes)},
        )
        assert done.stdout, done.stderr
        return [finding for check in json.loads(done.stdout)["checks"] for finding in check["findings"]]


@contextmanager
def open_town_hall(folder: Path, *, today: date) -> Iterator[TownHall]:
    """The stack runs inside this block; the programme began a month ago."""
    programmes = folder / "programmes"
    file = programmes / PROGRAMME / "1.toml"
    file.parent.mkdir(parents=True)
    text = DEFINITION.read_text()
    assert WRITTEN_PERIOD in text
    period = f'start = {add_months(today, -1)}, ending = "fixed", end = {add_months(today, 35)}'
    file.write_text(text.replace(WRITTEN_PERIOD, period))
    with Stack(folder / "home", named={"programmes_dir": programmes}) as stack:

        def hire(role: Role) -> Person:
            secret = stack.settings.secret.get_secret_value()
            return Person.signed_in(stack.address, secret, role, programme=PROGRAMME, area=AREA)

        yield TownHall(
            stack=stack,
            programmes=programmes,
            outreach=hire(Role.OUTREACH_WORKER),
            supporter=hire(Role.SUPPORTER),
            coordinator=hire(Role.TEAM_COORDINATOR),
            holder=hire(Role.BUDGET_HOLDER),
            manager=hire(Role.PROGRAMME_MANAGER),
            controller=hire(Role.CONTROLLER),
            administrator=hire(Role.ADMINISTRATOR),
        )


async def _read(url: str, queue_name: str, expected: int) -> list[Any]:
    events: list[Any] = []
    async with await aio_pika.connect(url) as broker, asyncio.timeout(EVENTS_SECONDS):
        channel = await broker.channel()
        queue = await channel.get_queue(queue_name, ensure=False)
        async with queue.iterator() as messages:
            async for message in messages:
                events.append(json.loads(message.body))
                await message.ack()
                if len(events) == expected:
                    break
    return events
