"""A programme with money, families and people, for tests that spend it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import select

from services.budget import handlers, payments_store, store
from services.budget.commands import (
    TEST_DEBTOR,
    AskedFor,
    BouncePayment,
    ConfirmPayment,
    FundProgramme,
    RegisterPayee,
    SubmitRequest,
)
from services.budget.contracts import (
    BatchMade,
    CloseEnvelope,
    DecisionRecorded,
    EnvelopeResult,
    MakeBatch,
    OpenEnvelope,
    RecordDecision,
    ReleaseBatch,
)
from services.budget.domain.requests import RequestState
from services.budget.events import Mandate, Verdict
from services.shared.database import Database
from services.shared.events import Event, read_envelope
from services.shared.outcomes import Refused
from services.shared.types import stable_id

GRONINGEN = "kansen-voor-kinderen-groningen"
NOON = datetime(2023, 2, 1, 12, 0, tzinfo=UTC)
BEFORE_ANY_LINE = datetime(2022, 12, 1, 12, 0, tzinfo=UTC)
EXECUTOR = stable_id("payee", "kansrijk")
BICYCLE_SHOP = stable_id("payee", "bicycle-shop")
IBANS = ("NL15BANK0100000001", "NL69TEST0000000001")
MARY = stable_id("person", "supporter Mary")
JOHN = stable_id("person", "coordinator John")
ANNE = stable_id("person", "budget holder Anne")
RELEASERS = (stable_id("person", "releaser Kees"), stable_id("person", "releaser Loes"))


def trajectory(number: int) -> UUID:
    return stable_id("trajectory", number)


@dataclass(frozen=True)
class Town:
    """One programme on a real database; each method is one transaction, as in a process."""

    database: Database
    programme: str = GRONINGEN

    async def fund(self, version: int = 1) -> handlers.Funded | Refused:
        command = FundProgramme(
            programme=self.programme, version=version, executor_payee_id=EXECUTOR, debtor=TEST_DEBTOR
        )
        async with self.database.transaction() as tx:
            return await handlers.fund_programme(tx, command, now=BEFORE_ANY_LINE)

    async def register_payee(
        self, payee_id: UUID = BICYCLE_SHOP, iban: str = IBANS[0], name: str = "De Fietsenmaker & Zn."
    ) -> handlers.Registered:
        command = RegisterPayee(payee_id=payee_id, name=name, iban=iban, town="Groningen")
        async with self.database.transaction() as tx:
            return await handlers.register_payee(tx, command, by=ANNE, now=BEFORE_ANY_LINE)

    async def open_envelope(self, number: int = 1) -> EnvelopeResult:
        command = OpenEnvelope(
            trajectory_id=trajectory(number),
            family_id=stable_id("family", number),
            programme=self.programme,
            programme_version=1,
        )
        async with self.database.transaction() as tx:
            return await handlers.open_envelope(tx, command, now=NOON)

    async def close_envelope(self, number: int = 1) -> int:
        command = CloseEnvelope(trajectory_id=trajectory(number), reason="completed")
        async with self.database.transaction() as tx:
            return (await handlers.close_envelope(tx, command, now=NOON)).returned_cents

    async def submit(
        self,
        name: str,
        amount_cents: int = 40_000,
        *,
        category: str = "bicycle",
        urgent: bool = False,
        family: int = 1,
        asked_by: UUID = MARY,
        motive: AskedFor | None = None,
    ) -> handlers.Submitted | Refused:
        command = SubmitRequest(
            request_id=stable_id("request", name),
            trajectory_id=trajectory(family),
            category=category,
            amount_cents=amount_cents,
            urgent=urgent,
            payee_id=BICYCLE_SHOP,
            motive=motive,
        )
        async with self.database.transaction() as tx:
            return await handlers.submit_request(tx, command, asked_by=asked_by, now=NOON)

    async def knows(self, name: str) -> bool:
        """Whether there is such a request; a closed envelope takes none."""
        async with self.database.transaction() as tx:
            return await store.request_of(tx, stable_id("request", name)) is not None

    async def mandate(self, name: str) -> Mandate | None:
        """Who decides about a request that is set apart, None when it is not."""
        async with self.database.transaction() as tx:
            found = await store.request_of(tx, stable_id("request", name))
            if found is None or found.state is not RequestState.RESERVED:
                return None
            return await handlers.mandate_today(tx, found)

    async def told[E: Event](self, kind: type[E]) -> list[E]:
        """What budget told the world of one kind, in order."""
        outbox = store.tables.outbox
        async with self.database.transaction() as tx:
            query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.position)
            events = [read_envelope(body).event() for body in (await tx.execute(query)).scalars()]
        return [event for event in events if isinstance(event, kind)]

    async def decide(
        self,
        name: str,
        verdict: Verdict = Verdict.APPROVED,
        *,
        reason: str = "fits-plan",
        deciders: tuple[UUID, ...] = (JOHN, ANNE),
        digest: str | None = None,
    ) -> DecisionRecorded:
        if digest is None:
            mandate = await self.mandate(name)
            digest = mandate.digest if mandate else "0" * 64
        command = RecordDecision(
            request_id=stable_id("request", name), verdict=verdict, reason=reason, deciders=deciders, digest=digest
        )
        async with self.database.transaction() as tx:
            return await handlers.record_decision(tx, command, now=NOON)

    async def ask(self, name: str, amount_cents: int = 40_000, *, family: int = 1) -> Mandate:
        """A request whose money is set apart; gives who decides."""
        await self.submit(name, amount_cents, family=family)
        mandate = await self.mandate(name)
        assert mandate is not None
        return mandate

    async def approve(self, name: str, amount_cents: int = 40_000, *, family: int = 1) -> DecisionRecorded:
        await self.submit(name, amount_cents, family=family)
        return await self.decide(name)

    async def make_batch(self, number: int = 1, *, limit: int = 100, now: datetime = BEFORE_ANY_LINE) -> BatchMade:
        command = MakeBatch(programme=self.programme, programme_version=1, number=number, limit=limit)
        async with self.database.transaction() as tx:
            return await handlers.make_batch(tx, command, now=now)

    async def release(
        self, made: BatchMade, *, releasers: tuple[UUID, ...] = RELEASERS, digest: str | None = None
    ) -> bool:
        assert made.batch_id is not None
        async with self.database.transaction() as tx:
            found = await payments_store.batch_of(tx, made.batch_id)
            assert found is not None
            command = ReleaseBatch(batch_id=made.batch_id, releasers=releasers, digest=digest or found.digest)
            return (await handlers.release_batch(tx, command, now=NOON)).changed

    async def pay(
        self, number: int = 1, *, now: datetime = BEFORE_ANY_LINE, limit: int = 100
    ) -> list[payments_store.AwaitingBank]:
        """Make and release a batch; what the bank has then."""
        assert await self.release(await self.make_batch(number, now=now, limit=limit))
        return await self.at_bank()

    async def at_bank(self) -> list[payments_store.AwaitingBank]:
        async with self.database.transaction() as tx:
            return await payments_store.awaiting_bank(tx, self.programme)

    async def confirm(self, end_to_end_id: str, amount_cents: int) -> handlers.Booked | Refused:
        command = ConfirmPayment(end_to_end_id=end_to_end_id, amount_cents=amount_cents, booked_on=date(2023, 2, 2))
        async with self.database.transaction() as tx:
            return await handlers.confirm_payment(tx, command, now=NOON)

    async def bounce(self, end_to_end_id: str, amount_cents: int) -> handlers.Booked | Refused:
        command = BouncePayment(end_to_end_id=end_to_end_id, amount_cents=amount_cents, reason="account-closed")
        async with self.database.transaction() as tx:
            return await handlers.bounce_payment(tx, command, now=NOON)


async def funded_town(database: Database, *, families: int = 1) -> Town:
    """A town whose programme has its money, with so many open envelopes."""
    town = Town(database)
    await town.register_payee(EXECUTOR)
    await town.register_payee(BICYCLE_SHOP)
    assert isinstance(await town.fund(), handlers.Funded)
    for number in range(1, families + 1):
        assert (await town.open_envelope(number)).opened
    return town
