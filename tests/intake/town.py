"""People around an intake: families that are met, and what the other services tell."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import func, select

from services.budget.events import ProgrammeFunded
from services.intake import handlers, store
from services.intake.commands import (
    Address,
    CompleteIntake,
    Contact,
    GiveConsent,
    Member,
    MemberRole,
    MoveFamily,
    ReceiveSignal,
)
from services.intake.contracts import Admit, Admitted
from services.plans.events import TrajectoryClosed, TrajectoryOutcome
from services.shared.database import Database
from services.shared.events import Event, read_envelope
from services.shared.outcomes import Refused
from services.shared.types import stable_id

PROGRAMME = "kansrijk-emmen"
SUPPORTER = stable_id("test", "supporter")


def day(number: int, *, month: int = 3, year: int = 2027) -> datetime:
    """Nine o'clock Dutch winter time on a day in March 2027, or elsewhere."""
    return datetime(year, month, number, 8, tzinfo=UTC)


def household(surname: str = "de Boer", *, area: str = "angelslo", children: int = 2) -> dict[str, object]:
    """What a family tells: a parent, children of seven, and an address."""
    parent = Member(role=MemberRole.PARENT, given_name="Anna", surname=surname, birth_date=date(1990, 5, 4))
    kids = [
        Member(role=MemberRole.CHILD, given_name=f"Kind{number}", surname=surname, birth_date=date(2020, 1, number + 1))
        for number in range(children)
    ]
    return {
        "address": Address(area=area, street="Boslaan", house_number="12", postcode="7822AB", city="Emmen"),
        "contact": Contact(phone="0591 123456", email="anna@example.org", languages=("nl",)),
        "members": (parent, *kids),
        "themes": ("money",),
    }


class Town:
    """Intake's own database, and families who come in by the front door: its handlers."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def meet(self, name: str, *, on: datetime, needs: tuple[str, ...] = ()) -> UUID:
        """A family is met in the library; gives the signal's id."""
        signal_id = stable_id("signal", name)
        command = ReceiveSignal(
            signal_id=signal_id,
            programme=PROGRAMME,
            area="angelslo",
            channel="library",
            contact_name=f"Mevrouw {name}",
            contact_phone="0612345678",
            needs=needs,
        )
        async with self.database.transaction() as tx:
            assert not isinstance(await handlers.receive_signal(tx, command, now=on, by=SUPPORTER), Refused)
        return signal_id

    async def intake(self, name: str, *, on: datetime, family_id: UUID | None = None, **told: object) -> UUID:
        """A family is met, agrees and tells its story; gives the signal's id."""
        signal_id = await self.meet(name, on=on)
        async with self.database.transaction() as tx:
            consent = GiveConsent(signal_id=signal_id, family_id=family_id, purpose="take-part")
            assert not isinstance(await handlers.give_consent(tx, consent, now=on, by=SUPPORTER), Refused)
        completed = await self.complete(signal_id, on=on, **(household(name) | told))
        assert isinstance(completed, handlers.Completed)
        return signal_id

    async def complete(self, signal_id: UUID, *, on: datetime, **told: object) -> handlers.Completed | Refused:
        command = CompleteIntake.model_validate({"signal_id": signal_id} | household() | told)
        async with self.database.transaction() as tx:
            return await handlers.complete_intake(tx, command, now=on, by=SUPPORTER)

    async def admit(self, signal_id: UUID, *, on: datetime) -> Admitted:
        async with self.database.transaction() as tx:
            return await handlers.admit(tx, Admit(signal_id=signal_id), now=on)

    async def admit_at_once(self, *signals: UUID, on: datetime) -> list[Admitted]:
        return await asyncio.gather(*(self.admit(signal_id, on=on) for signal_id in signals))

    async def fund(self, *, on: datetime) -> None:
        event = ProgrammeFunded(
            programme_id=stable_id("programme", PROGRAMME),
            programme=PROGRAMME,
            programme_version=1,
            sources={"gemeente-emmen": 5_000_000},
            starts_on=date(2027, 2, 1),
            ends_on=date(2028, 7, 31),
        )
        async with self.database.transaction() as tx:
            await handlers.open_programme(tx, event, now=on)

    async def close_trajectory(
        self, signal_id: UUID, *, on: datetime, outcome: TrajectoryOutcome = TrajectoryOutcome.COMPLETED
    ) -> None:
        async with self.database.transaction() as tx:
            enrolment = await store.enrolment_of(tx, signal_id)
            assert enrolment is not None
            event = TrajectoryClosed(
                trajectory_id=enrolment.trajectory_id,
                family_id=enrolment.family_id,
                programme=PROGRAMME,
                outcome=outcome,
                reason=outcome.value,
                closed_on=on.date(),
            )
            await handlers.trajectory_closed(tx, event, now=on)

    async def state(self, signal_id: UUID) -> str:
        async with self.database.transaction() as tx:
            signal = await store.signal_by_id(tx, signal_id)
        assert signal is not None
        return signal.state.value

    async def family_of(self, signal_id: UUID) -> UUID:
        async with self.database.transaction() as tx:
            signal = await store.signal_by_id(tx, signal_id)
        assert signal is not None
        assert signal.family_id is not None
        return signal.family_id

    async def move(self, signal_id: UUID, address: object) -> MoveFamily:
        """A move to this address by somebody who saw where the family lives now."""
        family_id = await self.family_of(signal_id)
        async with self.database.transaction() as tx:
            seen = handlers.address_mark(await store.family_by_id(tx, family_id))
        return MoveFamily.model_validate({"family_id": family_id, "address": address, "seen": seen})

    async def told[E: Event](self, kind: type[E]) -> list[E]:
        """What intake told the world of one kind, in order."""
        outbox = store.tables.outbox
        async with self.database.transaction() as tx:
            query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.position)
            events = [read_envelope(body).event() for body in (await tx.execute(query)).scalars()]
        return [event for event in events if isinstance(event, kind)]

    async def enrolled(self) -> int:
        async with self.database.transaction() as tx:
            return int((await tx.execute(select(func.count()).select_from(store.enrolment))).scalar_one())
