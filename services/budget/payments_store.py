"""Rows of payments, batches and payment files as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import RowMapping, func, select

from services.budget.ledger import Reads
from services.budget.store import first
from services.budget.tables import batch, batch_payment, payee, payee_version, payment, payment_file, releaser, request
from services.shared.types import Cents, Code, Digest

BATCHES_LISTED_MAX = 200
AWAITING_BANK_MAX = 5_000


class PaymentState(StrEnum):
    """Where a payment is: to be released, at the bank, booked by it, or given back."""

    WAITING = "waiting"
    RELEASED = "released"
    BOOKED = "booked"
    BOUNCED = "bounced"


class BatchState(StrEnum):
    MADE = "made"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment of an approved request, or of an instalment of a budget line."""

    id: UUID
    programme: Code
    category: Code
    amount_cents: Cents
    request_id: UUID | None
    request_state: str | None
    trajectory_id: UUID | None
    line: Code | None
    due_on: date | None
    attempt: int
    payee_id: UUID
    payee_version: int
    end_to_end_id: str
    reservation_id: UUID
    state: PaymentState
    created_at: datetime
    released_at: datetime | None
    booked_on: date | None
    bounce_reason: Code | None


@dataclass(frozen=True, kw_only=True)
class PaymentStanding:
    """How far the payment of a request is; `in_batch`: gathered, and waiting for people to release it."""

    request_id: UUID
    state: PaymentState
    in_batch: bool
    booked_on: date | None


@dataclass(frozen=True, kw_only=True)
class PaymentOrder:
    """What the bank is asked to pay: a payment with its payee as it was when the payment was decided."""

    payment_id: UUID
    request_id: UUID | None
    asked_by: UUID | None
    amount_cents: Cents
    end_to_end_id: str
    category: Code
    payee_name: str
    payee_iban: str
    payee_town: str
    payee_country: str
    payee_is_current: bool


@dataclass(frozen=True, kw_only=True)
class Batch:
    id: UUID
    programme: Code
    number: int
    state: BatchState
    digest: Digest
    payments: int
    total_cents: Cents
    made_at: datetime
    released_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AwaitingBank:
    """A payment that the bank has and has not answered yet."""

    payment_id: UUID
    end_to_end_id: str
    amount_cents: Cents
    released_at: datetime


def _payment(row: RowMapping) -> Payment:
    return Payment(**{**row, "state": PaymentState(row["state"])})


async def payment_by_end_to_end_id(tx: Reads, end_to_end_id: str) -> Payment | None:
    row = await first(tx, select(payment).where(payment.c.end_to_end_id == end_to_end_id))
    return _payment(row) if row else None


async def payment_of(tx: Reads, request_id: UUID) -> Payment | None:
    """The payment of an approved request."""
    row = await first(tx, select(payment).where(payment.c.request_id == request_id))
    return _payment(row) if row else None


async def payments_of(tx: Reads, request_ids: Sequence[UUID]) -> dict[UUID, PaymentStanding]:
    """How far the payments of approved requests are, by request."""
    in_batch = select(batch_payment.c.payment_id).where(batch_payment.c.live)
    columns = (payment.c.request_id, payment.c.state, payment.c.id.in_(in_batch).label("in_batch"), payment.c.booked_on)
    rows = await tx.execute(select(*columns).where(payment.c.request_id.in_(request_ids)))
    standing = (PaymentStanding(**{**row, "state": PaymentState(row["state"])}) for row in rows.mappings())
    return {each.request_id: each for each in standing}


async def unreleased_to(tx: Reads, payee_id: UUID) -> list[Payment]:
    """Payments to a payee that the bank does not have yet."""
    mine = (payment.c.payee_id == payee_id) & (payment.c.state == PaymentState.WAITING)
    rows = await tx.execute(select(payment).where(mine).order_by(payment.c.created_at, payment.c.id))
    return [_payment(row) for row in rows.mappings()]


async def waiting_for_batch(tx: Reads, programme: Code, limit: int) -> list[UUID]:
    """Payments that wait and are in no live batch, oldest first."""
    in_batch = select(batch_payment.c.payment_id).where(batch_payment.c.live)
    mine = (payment.c.programme == programme) & (payment.c.state == PaymentState.WAITING)
    rows = await tx.execute(
        select(payment.c.id)
        .where(mine, payment.c.id.not_in(in_batch))
        .order_by(payment.c.created_at, payment.c.id)
        .limit(limit)
    )
    return [row[0] for row in rows]


async def waiting_sum(tx: Reads, programme: Code) -> tuple[int, Cents]:
    """How many payments wait and are in no live batch, and how much they are together."""
    in_batch = select(batch_payment.c.payment_id).where(batch_payment.c.live)
    mine = (payment.c.programme == programme) & (payment.c.state == PaymentState.WAITING)
    totals = select(func.count().label("payments"), func.coalesce(func.sum(payment.c.amount_cents), 0).label("cents"))
    row = (await tx.execute(totals.where(mine, payment.c.id.not_in(in_batch)))).mappings().one()
    return row["payments"], int(row["cents"])


async def line_attempts(tx: Reads, programme: Code) -> dict[tuple[Code, date], tuple[int, bool]]:
    """Per instalment that was tried: how often, and whether it is paid or under way."""
    attempts = func.max(payment.c.attempt).label("attempts")
    alive = func.bool_or(payment.c.state != PaymentState.BOUNCED).label("alive")
    rows = await tx.execute(
        select(payment.c.line, payment.c.due_on, attempts, alive)
        .where(payment.c.programme == programme, payment.c.line.is_not(None))
        .group_by(payment.c.line, payment.c.due_on)
    )
    return {(row["line"], row["due_on"]): (row["attempts"], row["alive"]) for row in rows.mappings()}


async def orders(tx: Reads, payment_ids: list[UUID]) -> list[PaymentOrder]:
    """What the bank would be asked to pay, in the order of the payments' ids."""
    rows = await tx.execute(
        select(
            payment.c.id.label("payment_id"),
            payment.c.request_id,
            request.c.asked_by,
            payment.c.amount_cents,
            payment.c.end_to_end_id,
            payment.c.category,
            payee_version.c.name.label("payee_name"),
            payee_version.c.iban.label("payee_iban"),
            payee_version.c.town.label("payee_town"),
            payee_version.c.country.label("payee_country"),
            (payee.c.version == payment.c.payee_version).label("payee_is_current"),
        )
        .join(
            payee_version,
            (payee_version.c.payee_id == payment.c.payee_id) & (payee_version.c.version == payment.c.payee_version),
        )
        .join(payee, payee.c.id == payment.c.payee_id)
        .outerjoin(request, request.c.id == payment.c.request_id)
        .where(payment.c.id.in_(payment_ids))
        .order_by(payment.c.id)
    )
    return [PaymentOrder(**row) for row in rows.mappings()]


async def batch_of(tx: Reads, batch_id: UUID) -> Batch | None:
    row = await first(tx, select(batch).where(batch.c.id == batch_id))
    return Batch(**{**row, "state": BatchState(row["state"])}) if row else None


async def batches_of(tx: Reads, programme: Code) -> list[Batch]:
    """The newest batches of a programme, at most BATCHES_LISTED_MAX."""
    newest = select(batch).where(batch.c.programme == programme).order_by(batch.c.number.desc())
    rows = await tx.execute(newest.limit(BATCHES_LISTED_MAX))
    return [Batch(**{**row, "state": BatchState(row["state"])}) for row in rows.mappings()]


async def live_payments(tx: Reads, batch_id: UUID) -> list[UUID]:
    """The payments of a batch that wait for its release, in the order of their ids."""
    rows = await tx.execute(
        select(batch_payment.c.payment_id)
        .join(payment, payment.c.id == batch_payment.c.payment_id)
        .where(batch_payment.c.batch_id == batch_id, batch_payment.c.live, payment.c.state == PaymentState.WAITING)
        .order_by(batch_payment.c.payment_id)
    )
    return [row[0] for row in rows]


async def orders_in(tx: Reads, batch_id: UUID) -> list[PaymentOrder]:
    """Every payment that a batch was made of, also after it left or was taken apart."""
    rows = await tx.execute(select(batch_payment.c.payment_id).where(batch_payment.c.batch_id == batch_id))
    return await orders(tx, [row[0] for row in rows])


async def releasers_of(tx: Reads, batch_id: UUID) -> list[UUID]:
    rows = await tx.execute(
        select(releaser.c.person).where(releaser.c.batch_id == batch_id).order_by(releaser.c.person)
    )
    return [row[0] for row in rows]


async def file_of(tx: Reads, batch_id: UUID) -> bytes | None:
    """The payment file as the bank gets it."""
    row = await first(tx, select(payment_file.c.content).where(payment_file.c.batch_id == batch_id))
    return bytes(row["content"]) if row else None


async def awaiting_bank(tx: Reads, programme: Code) -> list[AwaitingBank]:
    """Payments released and not yet booked or bounced, oldest first, at most AWAITING_BANK_MAX."""
    columns = (payment.c.id.label("payment_id"), payment.c.end_to_end_id, payment.c.amount_cents, payment.c.released_at)
    rows = await tx.execute(
        select(*columns)
        .where(payment.c.programme == programme, payment.c.state == PaymentState.RELEASED)
        .order_by(payment.c.released_at, payment.c.id)
        .limit(AWAITING_BANK_MAX)
    )
    return [AwaitingBank(**row) for row in rows.mappings()]
