"""What the bank says of a payment: booked, and split over the sources to the cent; or given back."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import update

from services.budget import store
from services.budget.commands import BouncePayment, ConfirmPayment
from services.budget.domain.shares import change_of_shares
from services.budget.events import PaymentBounced, PaymentConfirmed
from services.budget.ledger import (
    Account,
    AccountCode,
    Kind,
    Transfer,
    balances,
    envelope_account,
    own,
    post,
)
from services.budget.payments_store import Payment, PaymentState, payment_by_end_to_end_id
from services.budget.tables import payment
from services.shared.database import Transaction
from services.shared.outcomes import Refused
from services.shared.types import Cents, Code, stable_id


@dataclass(frozen=True, kw_only=True)
class Booked:
    """`changed` is false when the bank had said so before."""

    payment_id: UUID
    changed: bool


async def confirm_payment(tx: Transaction, command: ConfirmPayment, *, now: datetime) -> Booked | Refused:
    """Book a payment, once. Refused: payment-unknown, amount-differs, payment-not-released, payment-bounced."""
    found = await _locked(tx, command.end_to_end_id, command.amount_cents)
    if isinstance(found, Refused):
        return found
    match found.state:
        case PaymentState.WAITING:
            return Refused("payment-not-released")
        case PaymentState.BOUNCED:
            return Refused("payment-bounced")
        case PaymentState.BOOKED:
            return Booked(payment_id=found.id, changed=False)
    pending = _reservation(found)
    book = replace(pending, id=stable_id("book", found.id), kind=Kind.POST_PENDING, pending_id=pending.id, code="book")
    split, charges = await _charge(tx, found, found.amount_cents, "charge")
    await post(tx, [book, *charges], now=now)
    await tx.execute(
        update(payment).where(payment.c.id == found.id).values(state=PaymentState.BOOKED, booked_on=command.booked_on)
    )
    await tx.publish(
        PaymentConfirmed(
            payment_id=found.id,
            request_id=found.request_id,
            trajectory_id=found.trajectory_id,
            programme=found.programme,
            category=found.category,
            amount_cents=found.amount_cents,
            split=split,
        ),
        now=now,
    )
    return Booked(payment_id=found.id, changed=True)


async def bounce_payment(tx: Transaction, command: BouncePayment, *, now: datetime) -> Booked | Refused:
    """Take a payment back, once. Refused: payment-unknown, amount-differs, payment-not-released."""
    found = await _locked(tx, command.end_to_end_id, command.amount_cents)
    if isinstance(found, Refused):
        return found
    if found.state is PaymentState.WAITING:
        return Refused("payment-not-released")
    if found.state is PaymentState.BOUNCED:
        return Booked(payment_id=found.id, changed=False)
    await give_back(tx, found, command.reason, now=now)
    return Booked(payment_id=found.id, changed=True)


async def give_back(tx: Transaction, under_way: Payment, reason: Code, *, now: datetime) -> None:
    """Undo a payment: its money is where it came from, or in the pool when that envelope is closed."""
    pending = _reservation(under_way)
    split: dict[Code, Cents] = {}
    if under_way.state is PaymentState.BOOKED:
        undo = replace(
            pending,
            id=stable_id("bounce", under_way.id),
            debit=pending.credit,
            credit=pending.debit,
            kind=Kind.POSTED,
            code="bounce",
        )
        change, charges = await _charge(tx, under_way, -under_way.amount_cents, "uncharge")
        split = {source: -cents for source, cents in change.items()}
    else:
        undo = replace(
            pending, id=stable_id("bounce", under_way.id), kind=Kind.VOID_PENDING, pending_id=pending.id, code="bounce"
        )
        charges = []
    await post(tx, [undo, *charges, *await _return_to_pool(tx, under_way, pending.debit)], now=now)
    await tx.execute(
        update(payment).where(payment.c.id == under_way.id).values(state=PaymentState.BOUNCED, bounce_reason=reason)
    )
    await tx.publish(
        PaymentBounced(
            payment_id=under_way.id,
            request_id=under_way.request_id,
            trajectory_id=under_way.trajectory_id,
            amount_cents=under_way.amount_cents,
            reason=reason,
            split=split,
        ),
        now=now,
    )


def _reservation(of: Payment) -> Transfer:
    """The pending transfer that a payment stands on."""
    from_account = (
        envelope_account(of.programme, of.trajectory_id)
        if of.trajectory_id is not None
        else own(of.programme, AccountCode.COSTS)
    )
    return Transfer(
        id=of.reservation_id,
        debit=from_account,
        credit=own(of.programme, AccountCode.SPENT),
        amount_cents=of.amount_cents,
        code="reserve",
        kind=Kind.PENDING,
        category=of.category,
        request_id=of.request_id,
        payment_id=of.id,
    )


async def _charge(
    tx: Transaction, of: Payment, change_cents: Cents, code: Code
) -> tuple[dict[Code, Cents], list[Transfer]]:
    """What each source bears more or less, and the transfers that say so."""
    known = await store.sources(tx, of.programme)
    charged_accounts = {
        each.code: Account(programme=of.programme, code=AccountCode.CHARGED, owner=each.id) for each in known
    }
    held = await balances(tx, list(charged_accounts.values()))
    charged = {source: held[account.id].net_cents for source, account in charged_accounts.items()}
    change = change_of_shares(charged, change_cents, {each.code: each.share_weight for each in known})
    transfers = []
    for source, cents in change.items():
        bearing = charged_accounts[source]
        granted = replace(bearing, code=AccountCode.SOURCE)
        transfers.append(
            Transfer(
                id=stable_id(code, of.id, source),
                debit=granted if cents > 0 else bearing,
                credit=bearing if cents > 0 else granted,
                amount_cents=abs(cents),
                code=code,
                category=of.category,
                request_id=of.request_id,
                payment_id=of.id,
            )
        )
    return change, transfers


async def _return_to_pool(tx: Transaction, of: Payment, came_from: Account) -> list[Transfer]:
    """Nothing stays in a closed envelope."""
    envelope = await store.envelope_of(tx, of.trajectory_id) if of.trajectory_id is not None else None
    if envelope is None or envelope.closed_at is None:
        return []
    return [
        Transfer(
            id=stable_id("return", of.id),
            debit=came_from,
            credit=own(of.programme, AccountCode.POOL),
            amount_cents=of.amount_cents,
            code="return",
            request_id=of.request_id,
            payment_id=of.id,
        )
    ]


async def _locked(tx: Transaction, end_to_end_id: str, amount_cents: Cents) -> Payment | Refused:
    found = await payment_by_end_to_end_id(tx, end_to_end_id)
    if found is None:
        return Refused("payment-unknown")
    await store.lock_programme(tx, found.programme)
    found = await payment_by_end_to_end_id(tx, end_to_end_id)
    if found is None:
        return Refused("payment-unknown")
    return found if found.amount_cents == amount_cents else Refused("amount-differs")
